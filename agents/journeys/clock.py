"""The worker's clock: the wall's, or for replays the greatest event time that was applied."""

from __future__ import annotations

import time

from agents.settings import Clock
from streams.decode import FUTURE_MS


class WorkerClock:
    """`now_ms` never goes back."""

    def __init__(self, mode: Clock) -> None:
        self._mode = mode
        self._latest_ms = 0

    def observe(self, event_ms: int) -> None:
        """An event of that time was applied."""
        self._latest_ms = max(self._latest_ms, event_ms)

    def resume(self, ms: int) -> bool:
        """Go on from the time of a former run; False where the wall's clock is more than a skew behind it."""
        if self._mode == "wall" and ms > self.now_ms() + FUTURE_MS:
            return False
        self.observe(ms)
        return True

    def now_ms(self) -> int:
        """UTC milliseconds; 0 in event mode before the first event."""
        if self._mode == "wall":
            self._latest_ms = max(self._latest_ms, int(time.time() * 1000))
        return self._latest_ms
