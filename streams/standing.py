"""All that totals hold at one moment, for a shard that goes on from there in another process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

Shelf = tuple[str, int, str, int, int]
"""Where a pane stands: what it is, the number of its class, a window's name, its index or bounds."""
ALL_ROWS: Final = "all"
"""The sums of all rows over all time."""
EVERY: Final = "every"
"""Those of a class that keeps its own."""
WINDOW: Final = "window"
MINUTE: Final = "minute"
HOUR: Final = "hour"
DAY: Final = "day"


@dataclass(slots=True)
class Standing:
    """Copies of what goes on changing, by the row numbers of this process; hours that rest are bytes."""

    now_ms: int
    shelves: list[tuple[Shelf, dict[int, int] | bytes]]
    later: dict[tuple[int, int, int], int] = field(default_factory=dict)
    """Facts that do not exist yet."""
    least: dict[str, dict[int, int]] = field(default_factory=dict)
    """By channel how many leads wait since when (ms)."""
