"""Facts that do not exist yet: a lead that waits for an hour, a deal that stands still for two weeks."""

from __future__ import annotations

from streams.book import Fact, Facts
from streams.windows import HOUR_MS


class Later:
    """By the hour in which they will exist; most are taken back before, and forgotten then."""

    __slots__ = ("_hours",)

    def __init__(self) -> None:
        self._hours: dict[int, Facts] = {}

    def __len__(self) -> int:
        return sum(map(len, self._hours.values()))

    def add(self, fact: Fact, packed: int) -> None:
        """Add an amount to a fact, by the instant that it names last."""
        hour = fact[2] // HOUR_MS
        waiting = self._hours.get(hour)
        if waiting is None:
            waiting = self._hours[hour] = {}
        packed += waiting.get(fact, 0)
        if packed:
            waiting[fact] = packed
        else:
            waiting.pop(fact, None)

    def standing(self) -> Facts:
        """All of them."""
        return {fact: packed for waiting in self._hours.values() for fact, packed in waiting.items()}

    def due(self, now_ms: int) -> list[tuple[Fact, int]]:
        """What exists at `now_ms`, and did not when this was asked before."""
        found: list[tuple[Fact, int]] = []
        for hour in [hour for hour in self._hours if hour * HOUR_MS <= now_ms]:
            waiting = self._hours[hour]
            ripe = [fact for fact in waiting if fact[2] <= now_ms]
            found += [(fact, waiting.pop(fact)) for fact in ripe]
            if not waiting:
                del self._hours[hour]
        return found
