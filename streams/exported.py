"""For which windows each sum is exported, and each rule has values; the other windows are in the API alone.

What a rule compares with the period before is exported for both; what no board reads costs no series.
"""

from __future__ import annotations

from streams.base_totals import BASE_TOTALS
from streams.formulas import Total
from streams.kpis import CLOCK, Kpi, Place
from streams.metrics import Metric
from streams.promql import has_rule, metric_of
from streams.windows import (
    WINDOWS,
    WINDOWS_BY_SOURCE_AND_REP,
    WINDOWS_EXPORTED_BY_SOURCE_AND_REP,
    WINDOWS_OF_LOSSES,
)

_NARROW = ("source", "rep", "team", "region", "industry")
_GROWING = ("rep", "region", "industry")
"""Where growth of revenue is told over 7 and 30 days."""


def windows_of(metric: Metric) -> tuple[str, ...]:
    """The windows of a total that is exported; none for a stock."""
    total = BASE_TOTALS[metric.total]
    if "window" not in metric.labels:
        return ()
    if metric.family in _NARROW:
        grows = metric.family in _GROWING and total.id == "revenue_minor"
        return WINDOWS_BY_SOURCE_AND_REP if grows else WINDOWS_EXPORTED_BY_SOURCE_AND_REP
    if total.monthly:
        return WINDOWS_BY_SOURCE_AND_REP
    match total.id:
        case "stage_lost":
            return WINDOWS_OF_LOSSES
        case "stage_still":
            return WINDOWS_EXPORTED_BY_SOURCE_AND_REP
        case _:
            return total.windows or WINDOWS


def recorded_windows(kpi: Kpi, place: Place) -> tuple[str, ...]:
    """The windows for which a KPI's rule can have a value: all that it is made of is exported for them."""
    if kpi.period != "window" or not has_rule(kpi, place):
        return ()
    leaves = kpi.formula.totals | kpi.sample.totals
    return tuple(
        window
        for window in kpi.windows or WINDOWS
        if all(_has(leaf, place, window) for leaf in leaves if leaf.id != CLOCK)
    )


def _has(leaf: Total, place: Place, window: str) -> bool:
    if BASE_TOTALS[leaf.id].kind != "flow":
        return True
    return (f"prev_{window}" if leaf.previous else window) in windows_of(metric_of(leaf.id, place))
