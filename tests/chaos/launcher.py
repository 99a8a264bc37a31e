"""The worker as tests start it: paced, mortal at a chosen point, or with a protection switched off.

Started as `python -m tests.chaos.launcher FAULTS` with the VORONKA_ variables of `voronka worker`.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Generator, Iterator, Sequence
from typing import Any

import faust
from faust.types import TP

import agents.app
import agents.journeys.job
from agents.app import VoronkaWorker
from agents.broker import await_broker
from agents.journeys import checkpointing
from agents.journeys.job import JourneyJob
from agents.journeys.recall import Recall
from agents.journeys.shard import JourneyShard
from agents.lane import HEAD_KEY, Effects, LaneApp, LaneRecord, LaneTable, Output, checkpoints
from agents.lane.feed import Feed
from agents.lane.writer import Flush, Note, ShardWriter
from agents.settings import load_settings
from tests.chaos.faults import DIES, Faults


class CounterShard(JourneyShard):
    """Counts instead of journeys: no join, so what is read twice counts twice."""

    def restore(self, records: Sequence[LaneRecord]) -> None:
        """The newest count stands."""
        self.journeys.update({(r.key or b"").decode(): r.value for r in records if r.value is not None})

    def recovered(self) -> Iterator[None]:
        """A count needs no folding."""
        yield from ()

    def audit(self) -> Generator[None, None, None]:
        """Nor is there anything to audit."""
        yield from ()


class CounterJob(JourneyJob):
    """`table[key] += 1`, as tutorials have it."""

    def __call__(self, shard: JourneyShard, tp: TP, chunk: Sequence[LaneRecord]) -> Effects:  # noqa: ARG002
        changed = {}
        for record in chunk:
            key = (record.key or b"").decode()
            shard.journeys[key] = changed[key] = b"%d" % (int(shard.journeys.get(key, b"0")) + 1)
        return Effects((), [(key.encode(), value) for key, value in changed.items()])


class SwallowingJob(JourneyJob):
    """Drops what it cannot read, as a stream processor does that logs a decode error and goes on."""

    def __call__(self, shard: JourneyShard, tp: TP, chunk: Sequence[LaneRecord]) -> Effects:
        effects = super().__call__(shard, tp, chunk)
        topic = self._settings.quarantine_topic
        return Effects([each for each in effects.outputs if each.topic != topic], effects.changelog)


def die(where: str) -> None:
    """End as by kill -9, at this very place."""
    print(f"{DIES} {where}", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)


def before_the_changelog(app: LaneApp, faults: Faults) -> Callable[[], Awaitable[bool]]:
    """What the writer asks when outputs are acknowledged and the changelog is not yet written."""
    still_member, seen, calls = app.still_member, 0, 0

    async def asked() -> bool:
        nonlocal seen, calls
        if app.lane_stats.output_records > seen and faults.die_at == "outputs":
            seen, calls = app.lane_stats.output_records, calls + 1
            if calls == faults.after:
                die("outputs")
        return await still_member()

    return asked


def slow_changelog(seconds: float) -> None:
    """Let every write wait that a chunk waits for."""
    write = ShardWriter._write

    async def slowly(writer: ShardWriter, flushes: Sequence[Flush | Note]) -> bool:
        if any(flush.chunks for flush in flushes):
            await asyncio.sleep(seconds)
        return await write(writer, flushes)

    ShardWriter._write = slowly  # type: ignore[assignment, method-assign]


def after_the_changelog(faults: Faults) -> None:
    """Die where changelog writes are acknowledged and the source offset is not yet committable."""
    settle, calls = Flush.settle, 0

    def settled(flush: Flush) -> None:
        nonlocal calls
        calls += bool(flush.changelog)
        if calls == faults.after:
            die("changelog")
        settle(flush)

    Flush.settle = settled  # type: ignore[assignment, method-assign]


def after_a_part_of_a_checkpoint(faults: Faults) -> None:
    """Die where a head is acknowledged, or a piece."""
    log, calls = ShardWriter.log, 0

    async def logged(writer: ShardWriter, entries: Sequence[tuple[bytes, bytes | None]]) -> bool:
        nonlocal calls
        done = await log(writer, entries)
        calls += bool(entries) and (entries[0][0] == HEAD_KEY) == (faults.die_at == "head")
        if calls == faults.after:
            die(faults.die_at)
        return done

    ShardWriter.log = logged  # type: ignore[assignment, method-assign]


def log_checkpoints_all_the_time() -> None:
    """However few journeys there are, however little has changed and however much waits."""
    checkpointing.LEAST, checkpointing.LOOK_SECONDS, checkpointing.BYTES_A_SECOND = 1, 0.05, 10**12
    checkpointing.REST_SECONDS = checkpoints.SHARE_OF_PAUSES = 0
    checkpointing.KEEP_MS = 0  # type: ignore[attr-defined]
    kept = checkpointing.Checkpointing
    agents.app.Checkpointing = lambda slots, stats, _: kept(slots, stats, lambda: False)  # type: ignore[assignment, attr-defined]


def slow_outputs(seconds: float) -> None:
    """Let every output wait, as on a full producer buffer: other topics' chunks come in between."""
    send = Feed._send

    async def slowly(feed: Feed[JourneyShard], output: Output) -> Awaitable[object]:
        await asyncio.sleep(seconds)
        return await send(feed, output)

    Feed._send = slowly  # type: ignore[assignment, method-assign]


def settle_first() -> None:
    """Let offsets be committed before the changelog holds what they stand for."""
    put = ShardWriter.put

    async def settled_put(writer: ShardWriter, flush: Flush) -> None:
        flush.settle()
        await put(writer, flush)

    ShardWriter.put = settled_put  # type: ignore[assignment, method-assign]


def where_a_kept_shard_stands(table: LaneTable[Any], tp: TP) -> int | None:
    """Nothing of a new shard, so that Faust goes on from where a former one of this process had read to."""
    slot = table.slots.get(tp.partition)
    return slot.logged_to if slot else None


def loosen(faults: Faults) -> None:
    """Switch one protection off."""
    match faults.off:
        case "counter":
            agents.app.JourneyShard = CounterShard  # type: ignore[attr-defined]
            agents.app.JourneyJob = CounterJob  # type: ignore[attr-defined]
        case "quarantine":
            agents.app.JourneyJob = SwallowingJob  # type: ignore[attr-defined]
        case "future":
            agents.journeys.job.check_future = lambda *_: None  # type: ignore[attr-defined]
        case "recall":
            Recall.note = lambda *_: None  # type: ignore[method-assign]
        case "order":
            settle_first()
        case "anew":
            LaneTable.persisted_offset = where_a_kept_shard_stands  # type: ignore[assignment, method-assign]
        case _:
            assert not faults.off, f"there is no protection {faults.off}"


def main(argument: str) -> None:
    """Run a worker with these faults until it is ended."""
    faults = Faults(**json.loads(argument))
    loosen(faults)
    if faults.checkpoints:
        log_checkpoints_all_the_time()
    settings = load_settings(os.environ)
    (settings.data_dir / settings.app_id).mkdir(parents=True, exist_ok=True)
    worker = VoronkaWorker(settings)
    app: Any = worker.app
    app.chunk_records = faults.chunk
    app.still_member = before_the_changelog(app, faults)
    if faults.pace:
        slow_changelog(faults.pace)
    if faults.slow_outputs:
        slow_outputs(faults.slow_outputs)
    if faults.die_at == "changelog":
        after_the_changelog(faults)
    if faults.die_at in ("head", "piece"):
        after_a_part_of_a_checkpoint(faults)
    await_broker(settings)
    faust.Worker(app, loglevel=settings.log_level, redirect_stdouts=False).execute_from_commandline()


if __name__ == "__main__":
    main(sys.argv[1])
