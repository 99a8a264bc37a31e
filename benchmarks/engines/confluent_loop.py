"""The other limit: confluent-kafka's consume, dicts, and every second what changed, merged, to a changelog.

A restart would read its changelog back; after a kill it may count up to a second of events twice.
"""

from __future__ import annotations

from time import monotonic
from typing import Any

import msgspec
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from benchmarks.engines.plain import Event, PlainState
from benchmarks.task import Meter, Task

BATCH_RECORDS = 10_000
WRITE_SECONDS = 1.0


class Loop:
    """One consumer, one producer, and the state of each partition."""

    def __init__(self, task: Task, meter: Meter) -> None:
        self._task, self._meter = task, meter
        self._states: dict[int, PlainState] = {}
        self._read: dict[int, int] = {}
        self._written: dict[int, int] = {}
        self._consumer = Consumer(
            {
                "bootstrap.servers": task.bootstrap,
                "group.id": task.name,
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "fetch.queue.backoff.ms": 10,
            }
        )
        self._producer = Producer(
            {
                "bootstrap.servers": task.bootstrap,
                "acks": "all",
                "linger.ms": 5,
                "batch.size": 1_000_000,
                "queue.buffering.max.messages": 1_000_000,
            }
        )

    def run(self) -> None:
        """Consume until the parent ends us."""
        decode = msgspec.json.Decoder(Event).decode
        self._consumer.subscribe(list(self._task.topics))
        written_at = monotonic()
        while True:
            for message in self._consumer.consume(BATCH_RECORDS, 0.05):
                if (error := message.error()) is not None:
                    raise KafkaException(error)
                self._meter.began()
                partition = message.partition()
                state = self._states.get(partition)
                if state is None:
                    state = self._states[partition] = PlainState()
                state.take(decode(message.value()))
                self._read[partition] = message.offset() + 1
            finished = sum(self._read.values()) >= self._mine()
            if monotonic() - written_at >= WRITE_SECONDS or (finished and self._read != self._written):
                self._write()
                written_at = monotonic()
            self._meter.tell(durable=self._durable())

    def _mine(self) -> int:
        """Events of the partitions that we have had records of."""
        return sum(self._task.ends[f"{topic}/{n}"] for topic in self._task.topics for n in self._read)

    def _durable(self) -> dict[str, int]:
        return {f"{self._task.topics[0]}/{n}": offset for n, offset in self._written.items()}

    def _write(self) -> None:
        """Write the newest value of all that changed, wait for every acknowledgement, then commit."""
        topic, encode, failed = f"{self._task.name}-changelog", msgspec.msgpack.encode, []

        def done(error: Any, _message: Any) -> None:
            if error is not None:
                failed.append(error)

        for partition, state in self._states.items():
            for place in state.changed:
                key, value = _entry(state, place)
                while True:
                    try:
                        self._producer.produce(
                            topic, encode(value), key.encode(), partition=partition, on_delivery=done
                        )
                        break
                    except BufferError:
                        self._producer.poll(0.1)
            state.changed.clear()
        self._producer.flush()
        if failed:
            raise KafkaException(failed[0])
        if self._read:
            topics = self._task.topics[0]
            self._consumer.commit(
                offsets=[TopicPartition(topics, n, offset) for n, offset in self._read.items()],
                asynchronous=True,
            )
        self._written = dict(self._read)
        self._meter.reached(sum(self._written.values()))


def _entry(state: PlainState, place: Any) -> tuple[str, Any]:
    if isinstance(place, str):
        return f"l{place}", state.leads[place]
    name = ":".join(map(str, place))
    return (f"f{name}", state.funnel[place]) if len(place) == 3 else (f"r{name}", state.responses[place])


def main() -> None:
    """Run one worker."""
    task = Task.taken()
    Loop(task, Meter(task)).run()


if __name__ == "__main__":
    main()
