"""The small reference job in Bytewax: keyed stateful maps, recovery store on, Kafka by its own connector.

As its documentation advises: one process a worker, recovery partitions made beforehand, the snapshot interval
of its examples. Its state is durable in SQLite, not in a changelog; it is so when the flow has ended.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import bytewax.operators as op
import msgspec
from bytewax._bytewax import cli_main
from bytewax.connectors.kafka import KafkaSource, KafkaSourceMessage
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.recovery import RecoveryConfig

from benchmarks.engines.plain import Event
from benchmarks.reference import bucket
from benchmarks.task import Meter, Task

SNAPSHOT_SECONDS = 10
BATCH_RECORDS = 1000
Told = tuple[str, int, int | None]
"""Channel and stage, minute, response bucket."""


def keep(known: list[Any] | None, event: Event) -> tuple[list[Any] | None, Told]:
    """Keep the lead; pass on what is to be counted."""
    at, waited = event.time, None
    if known is None:
        known = [at, 0.0, event.type, event.data.owner, event.data.channel, 1]
    else:
        if known[1] == 0.0:
            known[1] = at
            waited = bucket(at - known[0])
        known[2], known[3] = event.type, event.data.owner
        known[5] += 1
    return known, (f"{event.data.channel}:{event.type}", int(at // 60), waited)


def count(known: int | None, _told: Any) -> tuple[int | None, int]:
    """One more."""
    total = (known or 0) + 1
    return total, total


class Drain(StatelessSinkPartition[Any]):  # type: ignore[misc]
    """Counts what has come through."""

    def __init__(self, meter: Meter) -> None:
        self._meter, self._events = meter, 0

    def write_batch(self, items: list[Any]) -> None:
        """Called by Bytewax with whatever it has ready."""
        self._events += len(items)
        self._meter.reached(self._events)
        self._meter.tell()


class DrainSink(DynamicSink[Any]):  # type: ignore[misc]
    """The end of the flow."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def build(self, _step_id: str, _worker_index: int, _worker_count: int) -> Drain:
        """One for each worker."""
        return Drain(self._meter)


def build(task: Task, meter: Meter) -> Dataflow:
    """From Kafka through three states."""
    decode = msgspec.json.Decoder(Event).decode

    def parse(message: KafkaSourceMessage[Any, Any]) -> tuple[str, Event]:
        meter.began()
        event = decode(message.value)
        return event.subject, event

    flow = Dataflow(task.name.replace("-", "_"))
    source = KafkaSource([task.bootstrap], list(task.topics), tail=False, batch_size=BATCH_RECORDS)
    keyed = op.map("parse", op.input("source", flow, source), parse)
    told = op.stateful_map("leads", keyed, keep)
    minutes = op.map("by_minute", told, lambda each: (f"{each[1][0]}:{each[1][1]}", None))
    counted = op.stateful_map("funnel", minutes, count)
    waited = op.filter("responded", told, lambda each: each[1][2] is not None)
    places = op.map("by_bucket", waited, lambda each: (f"{each[1][0].split(':')[0]}:{each[1][2]}", None))
    responses = op.stateful_map("responses", places, count)
    op.output("counted", counted, DrainSink(meter))
    op.inspect("responded_end", responses, lambda *_: None)
    return flow


def main() -> None:
    """Run one process of the flow to the end of its source."""
    task = Task.taken()
    meter = Meter(task)
    cli_main(
        build(task, meter),
        process_id=task.number if task.workers > 1 else None,
        addresses=task.options["addresses"] if task.workers > 1 else None,
        epoch_interval=timedelta(seconds=SNAPSHOT_SECONDS),
        recovery_config=RecoveryConfig(str(Path(task.options["recovery"]))),
    )
    meter.finished()
    meter.tell(at_once=True, ended=True)


if __name__ == "__main__":
    main()
