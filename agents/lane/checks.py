"""What must hold of topics before a table may trust them; else the worker stops with what to do."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from faust.types import TP

from agents.lane.types import EXIT_CONFIG, StopWorker

if TYPE_CHECKING:
    from agents.lane.table import LaneTable


async def require_equal_counts(table: "LaneTable[Any]") -> None:
    """One shard serves partition p of every topic, so all must have as many."""
    for topic in (table.changelog_topic_name, *table.sources):
        count = await table.producers.partitions(topic)
        if count != table.partitions:
            found = f"has {count} partitions" if count else "does not exist"
            raise StopWorker(
                f"topic {topic} {found}, table {table.name} has {table.partitions}: create the topic with"
                f" {table.partitions} partitions; another number takes new topics (docs/settings.md, More"
                " partitions)",
                EXIT_CONFIG,
            )


def require_log(table: "LaneTable[Any]", committed: Mapping[TP, int | None]) -> None:
    """A log that was empty when its shard was claimed cannot hold what had been committed before.

    It is looked at once a claim: what we commit ourselves comes later, and Faust seeks again at any time.
    """
    for tp, offset in committed.items():
        slot = table.slots.get(tp.partition)
        if tp.topic in table.sources and offset and slot is not None and slot.log_was_empty:
            raise StopWorker(
                f"{table.changelog_topic_name}-{tp.partition} is empty, but {tp.topic} was read to offset"
                f" {offset}: what it held is gone. Restore it, or let all be read again under a new app id",
                EXIT_CONFIG,
            )
    for slot in table.slots.values():
        slot.log_was_empty = False
