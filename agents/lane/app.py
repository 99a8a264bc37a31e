"""A Faust app whose lane topics arrive by the chunk and whose lane tables are exact."""

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Any, cast

import faust
from faust.tables.manager import TableManager
from faust.types import TP

from agents.errors import UserError
from agents.lane import internals
from agents.lane.chunk import ChunkSchema
from agents.lane.consumer import LaneConsumer, LaneTransport
from agents.lane.feed import Feed
from agents.lane.recovery import LaneRecovery
from agents.lane.scans import Scans
from agents.lane.stats import LanePosition, LaneStats
from agents.lane.table import LaneTable
from agents.lane.types import Job, ShardT

SCAN_SECONDS = 0.25
DEFAULTS: dict[str, Any] = {
    "topic_disable_leader": True,
    "web_bind": "127.0.0.1",
    "web_tables_enabled": False,
    "web_router_enabled": False,
    "web_stats_enabled": False,
    "web_graph_enabled": False,
    "table_standby_replicas": 0,
}
# A revoked partition waits for its flushes; a new one starts at the first record; Faust's own transactions
# would commit by another way. What is fetched is bounded by its bytes, and comes by the batch.
REQUIRED: dict[str, Any] = {
    "stream_wait_empty": True,
    "consumer_auto_offset_reset": "earliest",
    "processing_guarantee": "at_least_once",
    "broker_max_poll_records": None,
}


class LaneApp(faust.App):
    """Lanes beside ordinary agents; `chunk_records` bounds a chunk, `queue_chunks` each queue on its way.

    A chunk that neither arrives nor is missed for `stall_seconds` is read again.
    """

    consumer: LaneConsumer

    def __init__(
        self,
        *args: Any,
        chunk_records: int = 5000,
        queue_chunks: int = 8,
        stall_seconds: float = 30.0,
        **options: Any,
    ) -> None:
        internals.check()
        for name, value in REQUIRED.items():
            if options.get(name, value) != value:
                raise UserError(f"{name}={options[name]!r} does not go with lanes: they need {value!r}")
        self.chunk_records, self.queue_chunks = chunk_records, queue_chunks
        self.stall_seconds = stall_seconds
        self.source_topics: set[str] = set()
        self.lane_topics: set[str] = set()
        self.lane_tables: list[LaneTable[Any]] = []
        self.lane_stats = LaneStats()
        super().__init__(*args, **{**DEFAULTS, **options, **REQUIRED})
        tables = cast("TableManager", self.tables)
        tables._recovery = LaneRecovery(self, tables, beacon=tables.beacon)  # noqa: SLF001 - listed in internals

    async def on_start(self) -> None:
        """Scan by our own beat from the first record that is read: Faust starts tasks after the recovery."""
        await super().on_start()
        self.add_future(self._keep_scanning())

    async def _keep_scanning(self) -> None:
        scans = Scans()
        while not self.should_stop:
            await asyncio.sleep(SCAN_SECONDS)
            scans.beat(self.backlog(), self.lane_stats.recovered_records)

    def _new_transport(self) -> LaneTransport:
        return LaneTransport(self.conf.broker_consumer, self)

    def lane_topic(self, name: str, *, partitions: int) -> faust.TopicT:
        """A source topic whose records arrive by the chunk, undecoded."""
        self.source_topics.add(name)
        self.lane_topics.add(name)
        topic = self.topic(name, schema=ChunkSchema(), partitions=partitions)
        topic.maxsize = self.queue_chunks  # App.topic accepts a maxsize and drops it
        return topic

    def lane_table(
        self,
        name: str,
        shard: Callable[[int], ShardT],
        *,
        partitions: int,
        **options: Any,
    ) -> LaneTable[ShardT]:
        """A table of shards with its changelog."""
        table = LaneTable(
            self, name=name, shard=shard, partitions=partitions, beacon=self.tables.beacon, **options
        )
        self.lane_topics.add(table.changelog_topic_name)
        self.lane_tables.append(table)
        self.tables.add(table)
        return table

    def lane(self, topic: faust.TopicT, table: LaneTable[ShardT], job: Job[ShardT]) -> None:
        """Run the job on every chunk of the topic: partition p of it and shard p of the table."""
        source = topic.get_topic_name()
        table.sources.append(source)
        feed = Feed(self, table, job)
        self.agent(topic, name=f"lane {source}")(feed.run)

    async def still_member(self) -> bool:
        """Whether we still own our partitions, as the group last told; waits while nobody can tell.

        A worker that slept through its session must not write what it had ready: others own it now.
        """
        generation = self.consumer_generation_id
        while self.consumer.heartbeat_age_seconds > self.conf.broker_session_timeout:
            if self.rebalancing or self.consumer_generation_id != generation:
                return False
            await asyncio.sleep(0.1)
        return True

    async def rebalance_follows(self) -> bool:
        """Whether we are about to lose partitions or to stop; an heir may have heard of it before us."""
        generation, give_up_at = self.consumer_generation_id, monotonic() + self.conf.broker_session_timeout
        while monotonic() < give_up_at:
            if self.rebalancing or self.should_stop or self.consumer_generation_id != generation:
                return True
            await asyncio.sleep(0.1)
        return False

    def backlog(self) -> int:
        """Records of our source partitions that wait on the broker."""
        return sum(position.lag or 0 for position in self.lane_positions().values())

    def lane_positions(self) -> dict[TP, LanePosition]:
        """Where each source partition of ours stands now; cheap enough for every scrape."""
        consumer = self.consumer
        self.lane_stats.gap_offsets = consumer.missing_offsets
        if not consumer.cursors:
            return {}  # pages are served before the consumer's client is there
        assigned = consumer.assignment()
        return {
            tp: LanePosition(
                next_offset=cursor.next_offset,
                durable_offset=cursor.durable_offset,
                committed_offset=consumer._committed_offset.get(tp),  # noqa: SLF001 - Faust keeps it nowhere else
                highwater=consumer.highwater(tp),
            )
            for tp, cursor in list(consumer.cursors.items())
            if tp.topic in self.source_topics and tp in assigned
        }
