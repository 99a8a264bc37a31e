"""The table: one shard a partition in memory, its changelog read back at recovery by Faust."""

import asyncio
import socket
from collections.abc import Callable, Iterable
from time import monotonic
from typing import TYPE_CHECKING, Any, Generic, cast

from aiokafka.errors import KafkaConnectionError, ProducerFenced
from faust import Table
from faust.tables.manager import TableManager
from faust.types import TP, EventT

from agents.lane.checks import require_equal_counts
from agents.lane.chunk import Chunk, ChunkSchema
from agents.lane.cursor import Admission
from agents.lane.halt import halting
from agents.lane.producers import CLAIM_KEY, Producers, claimed_by_another
from agents.lane.slot import Slot
from agents.lane.types import ShardT, StopWorker
from agents.lane.writer import Destination, ShardWriter
from agents.turns import Turns

if TYPE_CHECKING:
    from agents.lane.app import LaneApp

RETRY_SECONDS = 0.5
FIRST = -1
"""Faust's word for an offset before the first."""


class LaneTable(Table[Any, Any], Generic[ShardT]):
    """Shards by partition. Exported ones are those between `on_ready(p)` and `on_revoked(p)`."""

    app: "LaneApp"

    def __init__(
        self,
        app: "LaneApp",
        *,
        name: str,
        shard: Callable[[int], ShardT],
        partitions: int,
        max_batch_bytes: int = 900_000,
        renew_seconds: float = 86_400,
        on_ready: Callable[[int], None] = lambda _: None,
        on_revoked: Callable[[int], None] = lambda _: None,
        **options: Any,
    ) -> None:
        # Chunks are restored as they come, so Faust's own buffers hold as few of them as it allows:
        # one alone would make it go on reading active changelogs after recovery.
        options |= {"recovery_buffer_size": 2, "standby_buffer_size": 2}
        super().__init__(app, name=name, partitions=partitions, schema=ChunkSchema(), **options)
        self._new_shard, self._max_batch_bytes = shard, max_batch_bytes
        self._renew_seconds = renew_seconds
        self._on_ready, self._on_revoked = on_ready, on_revoked
        self.slots: dict[int, Slot[ShardT]] = {}
        self.sources: list[str] = []
        self._producers: Producers | None = None
        self._recovery_started_at = 0.0
        self._withdrawals = 0

    @property
    def shards(self) -> dict[int, ShardT]:
        """The shards that are recovered and ours, by partition."""
        return {number: slot.shard for number, slot in self.slots.items() if slot.ready}

    @property
    def producers(self) -> Producers:
        """The producers of changelog and outputs; there from start to stop."""
        if self._producers is None:
            raise RuntimeError(f"table {self.name} is not started")
        return self._producers

    async def on_start(self) -> None:
        """Connect producers and see that the changelog topic is there."""
        self._producers = Producers(self.app, self._max_batch_bytes)
        await self._producers.start()
        await self.changelog_topic.maybe_declare()
        with halting("checking topics"):
            await require_equal_counts(self)

    async def on_stop(self) -> None:
        """Faust has waited for flushes in flight: end writers and producers."""
        self.withdraw()
        await asyncio.gather(*(slot.rest() for slot in self.slots.values()))
        self.slots.clear()
        if self._producers is not None:
            await self._producers.stop()
            self._producers = None

    async def on_rebalance(
        self,
        assigned: set[TP],
        revoked: set[TP],  # noqa: ARG002 - Faust's signature
        newly_assigned: set[TP],  # noqa: ARG002 - Faust's signature
        generation_id: int = 0,
    ) -> None:
        """Keep the shards that are still ours, drop the others, claim what we own.

        Claims come before recovery looks for the changelog's end: nothing is written behind it any more.
        """
        with halting("taking over partitions"):
            self._recovery_started_at = monotonic()
            self.withdraw()
            ours = {tp.partition for tp in assigned if tp.topic == self.changelog_topic_name}
            for number, slot in list(self.slots.items()):
                if not await slot.rest() or number not in ours:
                    del self.slots[number]
            for number in ours - set(self.slots):
                self.slots[number] = Slot(self._new_shard(number))
            actives = self.app.assignor.assigned_actives()
            owned = [n for n in sorted(ours) if TP(self.changelog_topic_name, n) in actives]
            await asyncio.gather(*(self._claim(number, generation_id) for number in owned))

    async def _claim(self, number: int, generation_id: int) -> None:
        """Give an owned shard its writer; not if another worker claims it first, or we were reassigned."""
        topic = self.changelog_topic_name
        while self.app.consumer_generation_id == generation_id and not self.app.should_stop:
            try:
                claim = await self.producers.claim(topic, number, f"{socket.gethostname()} {generation_id}")
            except ProducerFenced:
                self.log.warning("%s-%d went to another worker while we took it over", topic, number)
                self.app.add_future(self._require_rebalance(number, generation_id))
                return
            except KafkaConnectionError as error:
                self.log.warning("no broker to claim %s-%d from: %s", topic, number, error)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                most = self.producers.max_entry_bytes
                to = Destination(topic, number, most, self.app.queue_chunks, self._renew_seconds)
                self.slots[number].claimed_at = claim.offset
                self.slots[number].log_was_empty = claim.offset == 0
                self.slots[number].writer = ShardWriter(claim, to, self.app, self.app.lane_stats)
                return

    async def _require_rebalance(self, number: int, generation_id: int) -> None:
        """Whoever claimed a shard after us owns it by a later word of the group; stop if that never comes."""
        with halting("taking over partitions"):
            await asyncio.sleep(self.app.conf.broker_session_timeout)
            if self.app.consumer_generation_id == generation_id and not await self.app.rebalance_follows():
                raise StopWorker(claimed_by_another(self.changelog_topic_name, number))

    def withdraw(self) -> None:
        """Partitions were revoked: nothing is fed or exported until the next recovery is complete."""
        self._withdrawals += 1
        for number, slot in self.slots.items():
            if slot.ready:
                slot.ready = False
                self._on_revoked(number)

    def persisted_offset(self, tp: TP) -> int:
        """Where recovery may go on from: a kept or standby shard is not read again, a new one from the first.

        Never None: Faust would go on from where a former shard of this process had read to.
        """
        slot = self.slots.get(tp.partition)
        return FIRST if slot is None or slot.logged_to is None else slot.logged_to

    async def on_changelog_event(self, event: EventT[Any]) -> None:
        """Merge a chunk of the changelog at once; read again where a piece before it is missing."""
        with halting(f"restoring table {self.name}"):
            self._restore(cast("Chunk", event.message))

    def _restore(self, chunk: Chunk) -> None:
        slot, cursor = self.slots.get(chunk.partition), self.app.consumer.cursors.get(chunk.tp)
        if slot is None or cursor is None or chunk.topic != self.changelog_topic_name:
            return  # Faust gives a chunk of a partition that it no longer knows to the table before
        admission = cursor.admit(chunk.span.first, chunk.span.upto, chunk.epoch)
        if admission is Admission.APPLY:
            known = (
                cursor.next_offset if slot.logged_to is None else max(cursor.next_offset, slot.logged_to + 1)
            )
            records = [record for record in chunk.span.since(known) if record.key != CLAIM_KEY]
            if records:
                slot.shard.restore(records)
                slot.refold = True
            cursor.settle(cursor.apply(chunk.span.upto))
            slot.logged_to = max(cursor.next_offset - 1, slot.logged_to or 0)
            self.app.lane_stats.recovered_records += len(records)
        elif admission is Admission.HOLE:
            self.app.lane_stats.holes += 1
        self._report(chunk.tp, cursor.next_offset - 1)

    def _require_complete(self, tp: TP) -> None:
        """Faust believes that the changelog is read: stop rather than go on with less than was logged."""
        end = cast("TableManager", self.app.tables).recovery.active_highwaters.get(tp)
        logged_to = self.slots[tp.partition].logged_to
        end = max(FIRST if end is None else end, self.slots[tp.partition].claimed_at)
        if end > (FIRST if logged_to is None else logged_to):
            raise RuntimeError(f"{tp} was read to offset {logged_to}, its last one is {end}")

    def _report(self, tp: TP, offset: int) -> None:
        """Tell Faust how far we are: it has noted the chunk as read, whatever became of it."""
        recovery = cast("TableManager", self.app.tables).recovery
        for offsets in (recovery.active_offsets, recovery.standby_offsets):
            if offsets.get(tp) is not None:
                offsets[tp] = offset

    def apply_changelog_batch(self, batch: Iterable[EventT[Any]]) -> None:
        """Nothing is left to do: `on_changelog_event` has merged it."""

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:  # noqa: ARG002
        """All that was logged is here: let shards refold, then show and feed them.

        Faust swallows a rebalance that comes amid a recovery and completes it unread; the next one follows.
        """
        withdrawals = self._withdrawals
        with halting(f"completing the recovery of table {self.name}"):
            for tp in sorted(active_tps):
                if not await self._refolded(tp, withdrawals):
                    break
            if self._overtaken(withdrawals):
                self.log.info("a rebalance came amid the recovery: it starts again")
                return
            self.app.lane_stats.recoveries += 1
            self.app.lane_stats.recovery_seconds = monotonic() - self._recovery_started_at
        await self.call_recover_callbacks()

    def _overtaken(self, withdrawals: int) -> bool:
        """Whether a rebalance has come since there were so many withdrawals."""
        recovery = cast("TableManager", self.app.tables).recovery
        return recovery.signal_recovery_start.is_set() or self._withdrawals != withdrawals

    async def _refolded(self, tp: TP, withdrawals: int) -> bool:
        """Let a shard refold and show it; False where a rebalance came meanwhile."""
        if self._overtaken(withdrawals):
            return False
        self._require_complete(tp)
        slot, turns = self.slots[tp.partition], Turns()
        while slot.refold:
            slot.refold = False
            for _ in slot.shard.recovered():
                await turns.give_way()
                if self._overtaken(withdrawals):
                    slot.refold = True
                    return False
        if not slot.ready and slot.writer is not None:
            slot.ready = True
            self._on_ready(tp.partition)
        return True
