"""A place for a shard in a worker's memory, and the right to write its log."""

from dataclasses import dataclass
from typing import Generic

from agents.lane.types import ShardT
from agents.lane.writer import ShardWriter


@dataclass(slots=True)
class Slot(Generic[ShardT]):
    """A shard that lives here; only an owner has a writer, a standby has none."""

    shard: ShardT
    writer: ShardWriter | None = None
    ready: bool = False
    refold: bool = True
    logged_to: int | None = None
    claimed_at: int = -1
    """Offset of the record by which its owner claimed it, where the broker fences."""
    log_was_empty: bool = False
    """Whether that was the log's first record, until the sources' commits have been looked at."""

    async def rest(self) -> bool:
        """Give up the right to write; False when the shard is ahead of its log and cannot be kept."""
        writer, self.writer, self.log_was_empty = self.writer, None, False
        if writer is None:
            return True
        await writer.close()
        if writer.last_offset is not None:
            self.logged_to = max(writer.last_offset, self.logged_to or 0)
        return not writer.unfinished
