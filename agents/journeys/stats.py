"""What a shard counts about the stream itself, since it came to this worker."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate

from streams.metrics import ENTRY_LAG_EDGES_SECONDS

_EDGES_MS = tuple(float(edge) * 1000 for edge in ENTRY_LAG_EDGES_SECONDS)


@dataclass(slots=True)
class EntryLag:
    """How long after the fact events are entered: counts by bucket (not cumulative), and their sum."""

    buckets: list[int] = field(default_factory=lambda: [0] * len(_EDGES_MS))
    sum_ms: int = 0

    @property
    def count(self) -> int:
        return sum(self.buckets)

    @property
    def cumulative(self) -> list[int]:
        """Counts up to each of `ENTRY_LAG_EDGES_SECONDS`."""
        return list(accumulate(self.buckets))

    def observe(self, lag_ms: int) -> None:
        """Count one event; an event that is entered ahead of its time has no lag."""
        lag_ms = max(lag_ms, 0)
        self.sum_ms += lag_ms
        self.buckets[bisect_left(_EDGES_MS, lag_ms)] += 1


@dataclass(slots=True)
class ShardStats:
    """Plain counters; `restatements` by base total, `entry_lag` by channel, `quarantined` by reason."""

    applied: int = 0
    duplicates: int = 0
    forwarded: int = 0
    parts: int = 0
    audits: int = 0
    audit_drift: int = 0
    """Sums of all windows that the last audit found otherwise."""
    quarantined: Counter[str] = field(default_factory=Counter)
    restatements: Counter[str] = field(default_factory=Counter)
    entry_lag: dict[str, EntryLag] = field(default_factory=dict)
