"""Checkpoints: what a shard has derived from its entries, logged beside them: a start need not fold all.

A head lies in the log exactly between the entries that it counts and those that came later; pieces follow it
whenever they are made. They reach a shard that is restored like any record, by keys that no entry may have.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

from agents.lane.slot import Slot
from agents.lane.types import Shard
from agents.lane.writer import ShardWriter
from agents.turns import Turns

HEAD_KEY = b"\x00checkpoint"
_PIECE_KEY = b"\x00checkpoint-%06d"
PIECES_AT_ONCE = 16
SHARE_OF_PAUSES = 12
"""Between pieces, of the time that one takes to make."""
KEEP_MS = 3 * 86_400_000
"""A checkpoint is believed for so long: the changelog keeps what it refers to (`min.compaction.lag.ms`)."""


class Messages(Protocol):
    """A checkpoint, to be logged."""

    def first_message(self) -> bytes: ...
    def messages(self) -> Iterator[bytes]: ...


class Checkpointed(Shard, Protocol):
    """A shard that has something to log besides its entries."""

    def settle(self) -> Iterable[None]:
        """Bring what is derived up to date, in pieces with pauses."""
        ...

    def checkpoint(self) -> Messages:
        """All that is derived, as it is now."""
        ...


CheckpointedT = TypeVar("CheckpointedT", bound=Checkpointed)


async def checkpoint(slot: Slot[CheckpointedT]) -> int | None:
    """Log a checkpoint of a shard that is ours; how many bytes it took, or None where it went elsewhere."""
    writer, turns = slot.writer, Turns()
    if writer is None or not slot.ready:
        return None
    for _ in slot.shard.settle():  # most of it before anybody has to wait
        await turns.give_way()
    async with writer.turn:
        if slot.writer is not writer or not await writer.log(()):  # all that came before is logged
            return None
        for _ in slot.shard.settle():
            await turns.give_way()
        found = slot.shard.checkpoint()
        head = found.first_message()
        if not await writer.log([(HEAD_KEY, head)]):
            return None
    return await _log_pieces(writer, found.messages(), len(head))


async def take_back(slot: Slot[CheckpointedT]) -> bool:
    """Let no start believe a checkpoint that was logged so far; False where the shard went elsewhere."""
    writer = slot.writer
    return writer is not None and slot.ready and await writer.log([(HEAD_KEY, None)])


async def _log_pieces(writer: ShardWriter, pieces: Iterator[bytes], size: int) -> int | None:
    made, began = list[tuple[bytes, bytes]](), time.thread_time()
    for number, piece in enumerate(pieces):
        await asyncio.sleep(SHARE_OF_PAUSES * (time.thread_time() - began))
        if len(made) == PIECES_AT_ONCE:
            if not await writer.log(made):
                return None
            made = []
        made.append((_PIECE_KEY % number, piece))
        size += len(piece)
        began = time.thread_time()
    return size if await writer.log(made) else None
