"""The consumer: one message a chunk, commits only what is durable, reads again where a piece is missing."""

from collections.abc import Iterator, Mapping
from itertools import chain
from time import monotonic
from typing import TYPE_CHECKING, Any

from aiokafka.errors import IllegalStateError
from faust.transport.consumer import ensure_TP
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ConsumerMessage

from agents.lane.checks import require_log
from agents.lane.chunk import Chunk
from agents.lane.cursor import Cursor
from agents.lane.halt import halting
from agents.lane.spans import Span
from agents.lane.thread import LaneConsumerThread

if TYPE_CHECKING:
    from agents.lane.app import LaneApp


class LaneConsumer(driver.Consumer):
    """Faust's consumer; partitions of lane topics have a cursor each, others work as before."""

    app: "LaneApp"
    _thread: LaneConsumerThread

    def __init__(self, *args: Any, **options: Any) -> None:
        self.cursors: dict[TP, Cursor] = {}
        super().__init__(*args, **options)

    def _new_consumer_thread(self) -> LaneConsumerThread:
        return LaneConsumerThread(
            self,
            loop=self.loop,
            beacon=self.beacon,
            lane_topics=frozenset(self.app.lane_topics),
            span_records=self.app.chunk_records,
        )

    @property
    def heartbeat_age_seconds(self) -> float:
        """How long ago we sent the last heartbeat that the group accepted."""
        return monotonic() - self._thread.heartbeat_at

    @property
    def missing_offsets(self) -> int:
        """Offsets of lane topics that turned out not to exist: compacted, expired or control records."""
        return sum(self._thread.positions.missing.values())

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:
        if not isinstance(record, Span):
            return super()._to_message(tp, record)
        plain = ensure_TP(tp)
        cursor = self.cursors.get(plain)
        if cursor is not None:
            cursor.handed(record.upto)
        return Chunk(plain, record, cursor.epoch if cursor else 0, self.app.consumer_generation_id)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Mapping[TP, list[Any]]:  # noqa: ASYNC109
        await self._rewind_holes()
        return await super()._getmany(active_partitions, timeout)

    async def _rewind_holes(self) -> None:
        """Seek back where a piece is missing; between two fetches nothing else moves read positions."""
        for tp, cursor in list(self.cursors.items()):
            cursor.watch(monotonic(), self.app.stall_seconds)
            if not cursor.rewind_wanted:
                continue
            self.log.info("reading %s again from %d: a piece before it never arrived", tp, cursor.next_offset)
            try:
                await super().seek_wait({tp: cursor.next_offset})
            except IllegalStateError:
                continue  # revoked meanwhile: the next owner starts at the committed offset
            cursor.rewound()

    async def perform_seek(self) -> None:
        """Start every partition at its committed offset, or at its first record when it has none.

        Flow stops first, for the whole app: Faust resumes partitions while flow is still active, and what
        agents were given in between is lost for good when their queues are cleared. And it leaves partitions
        without a commit where that reading brought them. Of a standby's changelog it may have dropped what
        had just come: that is read again.
        """
        self.stop_flow()
        await super().perform_seek()
        offsets = {tp: self._read_offset.get(tp) for tp in self.assignment() if not self._is_changelog_tp(tp)}
        with halting("finding where to go on"):
            for table in self.app.lane_tables:
                require_log(table, offsets)
        new = [tp for tp, offset in offsets.items() if not offset]
        starts = await self.earliest_offsets(*new) if new else {}
        places = {tp: offset or starts[tp] for tp, offset in offsets.items()}
        await super().seek_wait(places)
        for tp, offset in places.items():
            if tp.topic in self.app.source_topics:
                self.cursors[tp] = Cursor(offset)
        for tp in self.app.assignor.assigned_standbys():
            if tp in self.cursors:
                self.cursors[tp].rewind_wanted = True

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Seek; only recovery does, so its changelog partitions get a new cursor there."""
        for tp, offset in partitions.items():
            if tp.topic in self.app.lane_topics:
                self.cursors[ensure_TP(tp)] = Cursor(offset)
        await super().seek_wait(partitions)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Let Faust wait for flushes in flight and commit them; then shards are no longer shown or fed."""
        await super().on_partitions_revoked(revoked)
        for table in self.app.lane_tables:
            table.withdraw()
        for tp in revoked:
            self.cursors.pop(tp, None)

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        ours = (
            tp
            for tp in list(self.cursors)
            if tp.topic in self.app.source_topics and tp not in self._acked
            if topics is None or tp in topics or tp.topic in topics
        )
        return chain(super()._filter_tps_with_pending_acks(topics), ours)

    def _new_offset(self, tp: TP) -> int | None:
        if tp.topic not in self.app.source_topics:
            return super()._new_offset(tp)
        self._acked[tp].clear()
        self._acked_index[tp].clear()
        cursor = self.cursors.get(tp)
        return cursor.durable_offset if cursor and cursor.durable_offset else None

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        if tp.topic not in self.app.lane_topics:
            await super()._add_gap(tp, offset_from, offset_to)


class LaneTransport(driver.Transport):
    """Faust's aiokafka transport with our consumer."""

    Consumer = LaneConsumer
