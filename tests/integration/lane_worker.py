"""The reference job of the lane's tests, as a worker process: per key the set of sequence numbers seen.

Started as `python -m tests.integration.lane_worker SETTINGS`, where SETTINGS is a JSON object.
"""

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from faust import StreamT
from faust.types import TP, EventT

from agents.lane import Effects, LaneApp, LaneRecord, LaneTable, Output, StopWorker
from agents.lane.chunk import Chunk
from agents.lane.feed import Feed
from agents.lane.producers import Producers
from agents.lane.writer import Flush, ShardWriter


class SeenShard:
    """Per key the union of all sequence numbers as a bit set: a join, so repeats and order do not matter."""

    def __init__(self, partition: int) -> None:
        self.partition = partition
        self.seen: dict[bytes, int] = {}
        self.total = 0

    def restore(self, records: Sequence[LaneRecord]) -> None:
        """Merge logged bit sets; a tombstone forgets the key."""
        for record in records:
            assert record.key is not None
            if record.value is None:
                self.seen.pop(record.key, None)
            else:
                logged = int.from_bytes(record.value)
                self.seen[record.key] = self.seen.get(record.key, 0) | logged

    def recovered(self) -> Iterator[None]:
        """Count again."""
        yield
        self.total = sum(bits.bit_count() for bits in self.seen.values())

    def add(self, record: LaneRecord) -> bool:
        """Note one record's sequence number; False when it was there before."""
        assert record.key is not None
        assert record.value is not None
        bit = 1 << int(record.value)  # a sequence number
        before = self.seen.get(record.key, 0)
        self.seen[record.key] = before | bit
        self.total += not before & bit
        return not before & bit


def encoded(bits: int) -> bytes:
    """A bit set as it stands in the changelog."""
    return bits.to_bytes((bits.bit_length() + 7) // 8)


def job(shard: SeenShard, _tp: TP, records: Sequence[LaneRecord]) -> Effects:
    """Collect; b"poison" stops the worker, b"break" is an unexpected failure."""
    for record in records:
        if record.value == b"poison":
            raise StopWorker("too many rejects in a row: 1")
        if record.value == b"break":
            raise RuntimeError("the job is broken")
        if record.value == b"forget" and record.key is not None:
            shard.seen.pop(record.key, None)
            return Effects((), [(record.key, None)])
    changed = {record.key: None for record in records if shard.add(record)}
    echoes = [
        Output(f"{settings['app']}-echo", record.key, record.value, shard.partition)
        for record in records
        if settings.get("echo")
    ]
    return Effects(echoes, [(key, encoded(shard.seen[key])) for key in changed if key is not None])


settings: dict[str, Any] = {}


def loosen(app: LaneApp) -> None:
    """Slow the changelog down, and switch protections off for the controls that must fail without them."""
    still_member = app.still_member

    async def slowly() -> bool:
        await asyncio.sleep(float(settings.get("slow", 0)))
        return settings.get("off") in ("fence", "member") or await still_member()

    app.still_member = slowly  # type: ignore[method-assign]
    if settings.get("off") == "order":
        put = ShardWriter.put

        async def settle_first(writer: ShardWriter, flush: Flush) -> None:
            flush.settle()
            await put(writer, flush)

        ShardWriter.put = settle_first  # type: ignore[assignment, method-assign]
    if settings.get("off") == "fence":
        start = Producers.start

        async def start_without_fence(producers: Producers) -> None:
            await start(producers)
            producers._fencing = False

        Producers.start = start_without_fence  # type: ignore[assignment, method-assign]


def lose(every: int) -> None:
    """Lose one chunk in so many on its way to the job and to recovery, as cleared queues do."""
    chance = random.Random(every)

    def lost() -> bool:
        return chance.random() < 1 / every

    take, restore = Feed._take, LaneTable._restore

    async def leaky_take(feed: Feed[Any], event: EventT[Any]) -> None:
        if lost():
            event.ack()
        else:
            await take(feed, event)

    def leaky_restore(table: LaneTable[Any], chunk: Chunk) -> None:
        if lost():
            table._report(chunk.tp, table.app.consumer.cursors[chunk.tp].next_offset - 1)
        else:
            restore(table, chunk)

    Feed._take = leaky_take  # type: ignore[assignment, method-assign]
    LaneTable._restore = leaky_restore  # type: ignore[assignment, method-assign]


def build() -> LaneApp:
    """The app that the settings describe: its topics, one table, perhaps an ordinary agent."""
    partitions = int(settings.get("partitions", 4))
    app = LaneApp(
        settings["app"],
        broker=f"kafka://{settings['bootstrap']}",
        topic_partitions=partitions,
        datadir=settings["folder"],
        store="memory://",
        broker_session_timeout=float(settings.get("session", 6)),
        broker_heartbeat_interval=0.5,
        broker_commit_interval=0.3,
        chunk_records=int(settings.get("chunk", 500)),
        stall_seconds=float(settings.get("stall", 30)),
        table_standby_replicas=int(settings.get("standby", 0)),
        consumer_group_instance_id=settings.get("instance"),
    )
    loosen(app)
    if "lose" in settings:
        lose(int(settings["lose"]))
    renew = float(settings.get("renew", 86_400))
    table = app.lane_table("seen", SeenShard, partitions=partitions, renew_seconds=renew)
    for name in settings["topics"]:
        app.lane(app.lane_topic(name, partitions=partitions), table, job)
    plain: Counter[str] = Counter()
    if "plain" in settings:

        @app.agent(app.topic(settings["plain"], value_serializer="raw", key_serializer="raw"))
        async def ordinary(stream: StreamT[Any]) -> None:
            async for _ in stream:
                plain["records"] += 1

    def report() -> None:
        """What the test waits for, newest at the end of the file."""
        positions = app.lane_positions()
        line = {
            "totals": {number: shard.total for number, shard in sorted(table.shards.items())},
            "next": {f"{tp.topic}/{tp.partition}": at.next_offset for tp, at in sorted(positions.items())},
            "durable": {
                f"{tp.topic}/{tp.partition}": at.durable_offset for tp, at in sorted(positions.items())
            },
            "lag": sum(at.lag or 0 for at in positions.values()) if positions else None,
            "plain": plain["records"],
            "stats": {name: getattr(app.lane_stats, name) for name in app.lane_stats.__slots__},
        }
        with Path(settings["report"]).open("a") as file:
            file.write(json.dumps(line) + "\n")

    @app.timer(interval=0.1)  # type: ignore[untyped-decorator]
    async def tell() -> None:
        report()

    return app


if __name__ == "__main__":
    settings.update(json.loads(sys.argv[1]))
    sys.argv[1:] = ["worker", "--without-web", "-l", "info"]
    build().main()
