"""What a shard counts about the stream itself, since it came to this worker."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from streams.metrics import ENTRY_LAG_EDGES_SECONDS

_EDGES_MS = [int(edge) * 1000 for edge in ENTRY_LAG_EDGES_SECONDS[:-1]]


@dataclass(slots=True)
class EntryLag:
    """How long after the fact events are entered: counts by bucket (not cumulative), and their sum."""

    buckets: list[int] = field(default_factory=lambda: [0] * len(ENTRY_LAG_EDGES_SECONDS))
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
        if lag_ms > 0:
            self.sum_ms += lag_ms
        self.buckets[bisect_left(_EDGES_MS, lag_ms)] += 1


@dataclass(slots=True)
class ShardStats:
    """Plain counters; `restatements` by base total, `entry_lag` by channel, `quarantined` by reason.

    `rep_lags` counts events by who owned them at their time, `rep_lag_ms` sums how late those were entered.
    """

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
    rep_lags: dict[str, int] = field(default_factory=dict)
    rep_lag_ms: dict[str, int] = field(default_factory=dict)

    def observe_lags(self, channel: str, lags: list[tuple[int, str]]) -> None:
        """Count events of a journey: how late each was entered, and whose it was."""
        by_channel = self.entry_lag.get(channel)
        if by_channel is None:
            by_channel = self.entry_lag[channel] = EntryLag()
        counts, sums_ms = self.rep_lags, self.rep_lag_ms
        for lag_ms, rep in lags:
            by_channel.observe(lag_ms)
            counts[rep] = counts.get(rep, 0) + 1
            sums_ms[rep] = sums_ms.get(rep, 0) + max(lag_ms, 0)

    def lag_sums(self) -> Iterator[tuple[str, str, int, int]]:
        """Entry lags by channel and by rep: family, place, number of events, sum (ms)."""
        for channel, lag in self.entry_lag.items():
            yield "channel", channel, lag.count, lag.sum_ms
        for rep, count in self.rep_lags.items():
            yield "rep", rep, count, self.rep_lag_ms[rep]
