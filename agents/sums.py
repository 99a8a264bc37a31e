"""Base totals of one place, and those of several places together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from agents.readings import Readings
from streams.base_totals import NET
from streams.kpis import ALL_TIME
from streams.reported_totals import TOTALS
from streams.rows import Key

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


def stocks(readings: Readings, until: str | None = None) -> dict[Key, int]:
    """The stocks that are not 0 as they stand now, or as those that can be known stood before a window."""
    found = {key: amount for key, amount in readings.sums[ALL_TIME].items() if TOTALS[key[1]].kind == "stock"}
    for (family, total, *labels), amount in readings.sums[until].items() if until else ():
        if TOTALS[total].net:
            key = (family, total.removeprefix(NET), labels[0], labels[1])
            found[key] = found.get(key, 0) - amount
    return {key: amount for key, amount in found.items() if amount}
