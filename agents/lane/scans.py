"""Python's collector beside a lane: what is made amid a backlog lives on, and is no garbage."""

import gc

BACKLOG = 50_000
RECOVERED = 1_000
"""Records read back since the last beat from which on a recovery is under way."""
OLDER_EVERY = 2_400
THRESHOLDS = 1_000_000, 1_000, 1_000
"""Scans that Python begins by itself, should there be no beat for long."""


class Scans:
    """Scans what is new at every beat; amid a backlog or a recovery it is set aside unseen, at no cost.

    There a scan would take an eighth of the time, in pauses of up to a third of a second. Garbage that refers
    to itself stays if it was set aside: of closed connections a little, of shards none, as a test holds.
    """

    def __init__(self) -> None:
        self._recovered = self._calm_beats = 0
        gc.set_threshold(*THRESHOLDS)

    def beat(self, waiting: int, recovered: int) -> None:
        """So many records wait to be read, and so many were read back since the start."""
        busy = waiting >= BACKLOG or recovered - self._recovered >= RECOVERED
        self._recovered = recovered
        if busy:
            gc.freeze()
            return
        self._calm_beats += 1
        gc.collect(1 if self._calm_beats % OLDER_EVERY == 0 else 0)
