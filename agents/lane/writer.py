"""One shard's way out: outputs acknowledged, then changelog, then the source offset; in this order only."""

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from aiokafka.errors import ProducerFenced
from faust.types import EventT

from agents.lane.batches import batches
from agents.lane.cursor import Cursor, Ticket
from agents.lane.halt import halting
from agents.lane.producers import Claim, claimed_by_another
from agents.lane.stats import LaneStats
from agents.lane.types import StopWorker

logger = logging.getLogger(__name__)


Entries = Sequence[tuple[bytes, bytes | None]]


@dataclass(frozen=True, slots=True)
class Flush:
    """One applied chunk on its way to durability."""

    chunks: ClassVar = 1
    acks: Sequence[Awaitable[object]]
    changelog: Entries
    cursor: Cursor
    ticket: Ticket
    event: EventT[Any]

    def settle(self) -> None:
        """The chunk is durable: its offset may be committed."""
        self.cursor.settle(self.ticket)
        self.event.ack()

    def abandon(self) -> None:
        """Nobody waits for the chunk any more; its offset is never committed, the next owner reads it."""
        self.event.ack()


@dataclass(frozen=True, slots=True)
class Note:
    """Entries that no chunk brought; whoever wrote them waits for them, and nobody else."""

    chunks: ClassVar = 0
    acks: ClassVar[Sequence[Awaitable[object]]] = ()
    changelog: Entries
    logged: asyncio.Future[bool]

    def settle(self) -> None:
        """They are durable."""
        self._tell(logged=True)

    def abandon(self) -> None:
        """They were not written."""
        self._tell(logged=False)

    def _tell(self, *, logged: bool) -> None:
        if not self.logged.done():  # it is where its writer was cancelled
            self.logged.set_result(logged)


@dataclass(frozen=True, slots=True)
class Destination:
    """A changelog partition and the bounds of what is sent there."""

    topic: str
    partition: int
    max_entry_bytes: int
    queue_chunks: int
    renew_seconds: float


class Membership(Protocol):
    """What the consumer group says of us."""

    async def still_member(self) -> bool:
        """Whether we still own our partitions."""
        ...

    async def rebalance_follows(self) -> bool:
        """Whether we are about to lose partitions, or to stop; waits for a session's time to see."""
        ...


class ShardWriter:
    """Flushes of one shard in the order of their chunks; what queued up meanwhile goes out together.

    Once we are no longer a member that owns the partition, nothing more is written or settled, and the shard,
    ahead of its log now, is `abandoned`.
    """

    def __init__(self, claim: Claim, to: Destination, group: Membership, stats: LaneStats) -> None:
        self._claim, self._to, self._group, self._stats = claim, to, group, stats
        self._queue: asyncio.Queue[Flush | Note] = asyncio.Queue(to.queue_chunks)
        self._in_hand: list[Flush | Note] = []
        self._pending = 0
        self.abandoned = False
        self.turn = asyncio.Lock()
        """Held from a chunk's job until its flush is queued."""
        self.last_offset: int | None = None
        self._task = asyncio.create_task(self._run(), name=f"lane writer {to.topic}-{to.partition}")

    @property
    def unfinished(self) -> bool:
        """Whether the shard holds something that its log does not."""
        return self.abandoned or self._pending > 0

    async def log(self, entries: Entries) -> bool:
        """Write entries of the lane's own after all that is queued; False where they could not be written."""
        note = Note(entries, asyncio.get_running_loop().create_future())
        await self.put(note)
        return await note.logged

    async def put(self, flush: Flush | Note) -> None:
        """Queue a flush; waits while too many chunks are on their way."""
        self._pending += flush.chunks
        await self._queue.put(flush)
        if self._task.done():
            self._give_up()

    async def close(self) -> None:
        """Stop writing: the partition is no longer ours, and nobody waits for what was not written."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        self._give_up()
        await self._claim.release()

    def _give_up(self) -> None:
        for flush in self._in_hand:
            flush.abandon()
        self._in_hand.clear()
        while not self._queue.empty():
            self._queue.get_nowait().abandon()

    async def _run(self) -> None:
        with halting(f"writing the changelog {self._to.topic}-{self._to.partition}"):
            while True:
                self._in_hand.append(await self._queue.get())
                while not self._queue.empty():
                    self._in_hand.append(self._queue.get_nowait())
                if not self.abandoned:
                    self.abandoned = not await self._write(self._in_hand)
                for flush in self._in_hand:
                    if self.abandoned:
                        self._stats.abandoned_chunks += flush.chunks
                        flush.abandon()
                    else:
                        flush.settle()
                self._pending -= sum(flush.chunks for flush in self._in_hand)
                self._in_hand.clear()

    async def _write(self, flushes: Sequence[Flush | Note]) -> bool:
        """Wait for the outputs, write the newest value of each key and wait for that; False: not ours."""
        for flush in flushes:
            for ack in flush.acks:
                await ack
        entries = {key: value for flush in flushes for key, value in flush.changelog}
        if not entries:
            return True
        if not await self._group.still_member():
            logger.warning("lost the group before a write to %s-%d", self._to.topic, self._to.partition)
            return False
        try:
            await self._claim.renew(self._to.renew_seconds)
            await self._send(entries)
        except ProducerFenced as error:
            if not await self._group.rebalance_follows():
                raise StopWorker(claimed_by_another(self._to.topic, self._to.partition)) from error
            logger.warning("another worker has taken over %s-%d", self._to.topic, self._to.partition)
            return False
        return True

    async def _send(self, entries: dict[bytes, bytes | None]) -> None:
        producer, to = self._claim.producer, self._to
        acks = []
        for batch in batches(producer, entries.items(), topic=to.topic, max_bytes=to.max_entry_bytes):
            self._stats.changelog_batches += 1
            self._stats.changelog_records += batch.record_count()
            self._stats.changelog_bytes += batch.size()
            sent = await producer.send_batch(batch, to.topic, partition=to.partition)
            acks.append((sent, batch.record_count()))
        for sent, count in acks:
            self.last_offset = (await sent).offset + count - 1
        self._stats.flushes += 1
