"""The least of a multiset that grows and shrinks."""

from __future__ import annotations

import heapq

_ROOM = 64


class Minimum:
    """Values with how often they are there; what is no longer there leaves the heap late."""

    __slots__ = ("_counts", "_heap")

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._heap: list[int] = []

    def add(self, value: int, amount: int) -> None:
        """Let a value be there so many times more, or fewer."""
        if value not in self._counts:
            heapq.heappush(self._heap, value)
        count = self._counts.get(value, 0) + amount
        if count:
            self._counts[value] = count
        else:
            del self._counts[value]
            if len(self._heap) > 2 * len(self._counts) + _ROOM:
                self._heap = list(self._counts)
                heapq.heapify(self._heap)

    def standing(self) -> dict[int, int]:
        """All values with their numbers."""
        return dict(self._counts)

    def least(self) -> int | None:
        """The least value that is there."""
        while self._heap and self._heap[0] not in self._counts:
            heapq.heappop(self._heap)
        return self._heap[0] if self._heap else None

    @property
    def room(self) -> int:
        """Values that it keeps, those that are no longer there among them."""
        return len(self._heap)
