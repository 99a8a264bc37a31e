"""One shard's way out: outputs acknowledged, then changelog, then the source offset; in this order only."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaProducer
from faust.types import EventT

from agents.lane.batches import batches
from agents.lane.cursor import Cursor, Ticket
from agents.lane.halt import halting
from agents.lane.stats import LaneStats


@dataclass(frozen=True, slots=True)
class Flush:
    """One applied chunk on its way to durability."""

    acks: Sequence[Awaitable[object]]
    changelog: Sequence[tuple[bytes, bytes | None]]
    cursor: Cursor
    ticket: Ticket
    event: EventT[Any]

    def settle(self) -> None:
        """The chunk is durable: its offset may be committed."""
        self.cursor.settle(self.ticket)
        self.event.ack()


class ShardWriter:
    """Flushes of one shard in the order of their chunks; what queued up meanwhile goes out together.

    `may_write` answers whether we still own the partition; when not, nothing more is written or settled.
    """

    def __init__(
        self,
        producer: AIOKafkaProducer,
        topic: str,
        partition: int,
        *,
        max_batch_bytes: int,
        queue_chunks: int,
        may_write: Callable[[], Awaitable[bool]],
        stats: LaneStats,
    ) -> None:
        self._producer, self._topic, self._partition = producer, topic, partition
        self._max_batch_bytes, self._may_write, self._stats = max_batch_bytes, may_write, stats
        self._queue: asyncio.Queue[Flush] = asyncio.Queue(queue_chunks)
        self.abandoned = False
        self.last_offset: int | None = None
        self._task = asyncio.create_task(self._run(), name=f"lane writer {topic}-{partition}")

    async def put(self, flush: Flush) -> None:
        """Queue a flush; waits while too many chunks are on their way."""
        if self.abandoned:
            self._stats.abandoned_chunks += 1
            return
        await self._queue.put(flush)

    def cancel(self) -> None:
        """Stop writing: the partition is no longer ours and nothing is in flight."""
        self._task.cancel()

    async def _run(self) -> None:
        with halting(f"writing the changelog {self._topic}-{self._partition}"):
            while True:
                flushes = [await self._queue.get()]
                while not self._queue.empty():
                    flushes.append(self._queue.get_nowait())
                if self.abandoned or not await self._write(flushes):
                    self.abandoned = True
                    self._stats.abandoned_chunks += len(flushes)
                    continue
                for flush in flushes:
                    flush.settle()

    async def _write(self, flushes: Sequence[Flush]) -> bool:
        """Wait for the outputs, write the newest value of each key and wait for that; False: not ours."""
        for flush in flushes:
            for ack in flush.acks:
                await ack
        entries = {key: value for flush in flushes for key, value in flush.changelog}
        if not entries:
            return True
        acks = []
        for batch in batches(
            self._producer, entries.items(), topic=self._topic, max_bytes=self._max_batch_bytes
        ):
            if not await self._may_write():
                return False
            self._stats.changelog_batches += 1
            self._stats.changelog_records += batch.record_count()
            self._stats.changelog_bytes += batch.size()
            sent = await self._producer.send_batch(batch, self._topic, partition=self._partition)
            acks.append((sent, batch.record_count()))
        for sent, count in acks:
            self.last_offset = (await sent).offset + count - 1
        self._stats.flushes += 1
        return True
