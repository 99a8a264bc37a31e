"""The agent of one source topic: every chunk through the job, once and in order."""

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, Generic, cast

from aiokafka.errors import KafkaError
from faust import Stream
from faust.types import EventT, StreamT

from agents.lane.chunk import Chunk
from agents.lane.cursor import Admission
from agents.lane.halt import halting
from agents.lane.table import LaneTable
from agents.lane.types import Effects, Job, Output, ShardT, StopWorker
from agents.lane.writer import Flush

if TYPE_CHECKING:
    from agents.lane.app import LaneApp


class Feed(Generic[ShardT]):
    """Brings the chunks of one topic to their shards."""

    def __init__(self, app: "LaneApp", table: LaneTable[ShardT], job: Job[ShardT]) -> None:
        self._app, self._table, self._job = app, table, job

    async def run(self, stream: StreamT[Any]) -> None:
        """The agent's body; a failure ends the process, for Faust would acknowledge the chunk and go on."""
        with halting("running the job"):
            async for event in cast("Stream[Any]", stream).noack().events():
                await self._take(event)

    async def _take(self, event: EventT[Any]) -> None:
        """Take the chunk in the shard's turn: what is applied first must be logged first.

        While outputs of this chunk are sent, another topic's may change the same entries; it would be
        logged before, and our older values would then hide its newer ones.
        """
        chunk = cast("Chunk", event.message)
        while (slot := self._table.slots.get(chunk.partition)) is not None and slot.writer is not None:
            writer = slot.writer
            async with writer.turn:
                if slot.writer is writer:
                    await self._apply(event, chunk)
                    return
        await self._apply(event, chunk)

    async def _apply(self, event: EventT[Any], chunk: Chunk) -> None:
        """Apply the chunk unless it was before; let the shard's writer make it durable."""
        stats = self._app.lane_stats
        cursor, slot = self._app.consumer.cursors.get(chunk.tp), self._table.slots.get(chunk.partition)
        if cursor is None or slot is None or slot.writer is None or not slot.ready:
            if cursor is not None:
                cursor.rewind_wanted = True
            event.ack()  # not ours now: its offset is not committed, it will be read again
            return
        match cursor.admit(chunk.span.first, chunk.span.upto, chunk.epoch):
            case Admission.STALE:
                stats.stale_chunks += 1
                event.ack()
            case Admission.HOLE:
                stats.holes += 1
                event.ack()
            case Admission.APPLY:
                records = chunk.span.since(cursor.next_offset)
                effects = self._job(slot.shard, chunk.tp, records) if records else Effects()
                ticket = cursor.apply(chunk.span.upto)
                stats.chunks += 1
                stats.records += len(records)
                acks = [await self._send(output) for output in effects.outputs]
                await slot.writer.put(Flush(acks, effects.changelog, cursor, ticket, event))

    async def _send(self, output: Output) -> Awaitable[object]:
        """Hand an output to the producer; one that cannot be sent stops the worker, naming its topic."""
        self._app.lane_stats.output_records += 1
        try:
            sent: Awaitable[object] = await self._table.producers.shared.send(
                output.topic,
                output.value,
                key=output.key,
                partition=output.partition,
                timestamp_ms=output.timestamp_ms,
                headers=list(output.headers),
            )
        except KafkaError as error:
            size = len(output.key or b"") + len(output.value or b"")
            raise StopWorker(f"cannot write {size} bytes to {output.topic}: {error}") from error
        return sent
