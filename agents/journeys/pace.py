"""When totals follow what was applied: at once, or seldom while a backlog is read.

Behind a backlog nobody could tell the difference, for the numbers are those of a past moment anyway; but many
events of a journey are one fold then, and many moves of the windows are one.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from agents.journeys.clock import WorkerClock

BACKLOG = 50_000
"""Records that wait to be read: some seconds of work."""
BEHIND_SECONDS = 15.0
"""How old the totals may grow meanwhile."""


class Pace:
    """The turns in which totals follow, and the time at which their windows end."""

    def __init__(
        self, clock: WorkerClock, backlog: Callable[[], int], seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock, self._backlog, self._seconds = clock, backlog, seconds
        self._next_at = -float("inf")
        self._turn = self._now_ms = 0

    def behind(self) -> bool:
        """Whether so much waits to be read that totals follow seldom."""
        return self._backlog() >= BACKLOG

    def turn(self) -> int:
        """The number of the turn; it stays the same for as long as totals need not follow."""
        seconds = self._seconds()
        if seconds >= self._next_at or not self.behind():
            self._turn, self._now_ms = self._turn + 1, self._clock.now_ms()
            self._next_at = seconds + BEHIND_SECONDS
        return self._turn

    def now_ms(self) -> int:
        """The clock's time in this turn: windows end where the totals do."""
        self.turn()
        return self._now_ms
