"""Base totals of one place, and those of several places together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from streams.reported_totals import TOTALS

Sums = dict[str, int]
"""By total: the department's, a channel's, a stage's, a source's, a rep's."""


def joined(parts: Iterable[Mapping[str, int]]) -> Sums:
    """Sums are added; of minima the least stands."""
    together: Sums = {}
    for sums in parts:
        for total, amount in sums.items():
            if total in together:
                least = total in TOTALS and TOTALS[total].kind == "minimum"
                together[total] = min(together[total], amount) if least else together[total] + amount
            else:
                together[total] = amount
    return together
