"""Python's collector beside a lane: what is made while much is read lives on, and is no garbage."""

import gc

BUSY_RECORDS = 1_000
"""Records a second from which on nothing is scanned: it would cost an eighth of the time, in pauses."""
OLDER_EVERY = 600
THRESHOLDS = 1_000_000, 1_000, 1_000
"""Scans that Python begins by itself, should there be no beat for long."""


class Scans:
    """Scans what is new once a beat; amid much work it is set aside unseen instead, which costs nothing.

    Garbage that refers to itself would stay there: tests hold that neither shards nor pages make any.
    """

    def __init__(self) -> None:
        self._records = self._calm_beats = 0
        gc.set_threshold(*THRESHOLDS)

    def beat(self, records: int) -> None:
        """A second has passed, and so many records were read since the start."""
        busy = records - self._records >= BUSY_RECORDS
        self._records = records
        if busy:
            gc.freeze()
            return
        self._calm_beats += 1
        gc.collect(1 if self._calm_beats % OLDER_EVERY == 0 else 0)
