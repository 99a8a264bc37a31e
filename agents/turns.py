"""Long work on the event loop, cut into slices: others get their turn before anybody could notice."""

from __future__ import annotations

import asyncio
import time

SLICE_SECONDS = 0.002
"""A chunk on its way to the totals needs several turns of the loop, and waits for a slice in each."""


def rest_seconds(took_seconds: float, least: float, most: float) -> float:
    """How long a task beside the stream rests after a round, so that it takes a twentieth of the time."""
    return min(most, max(least, 19 * took_seconds))


class Turns:
    """Gives way where a slice is used up; asking costs next to nothing."""

    def __init__(self) -> None:
        self._began = time.perf_counter()

    async def give_way(self) -> None:
        """Let everything else that is ready run once, if this slice is over."""
        if time.perf_counter() - self._began >= SLICE_SECONDS:
            await asyncio.sleep(0)
            self._began = time.perf_counter()
