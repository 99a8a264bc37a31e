"""Which series carry a total for a place, and for which windows; the other windows are in the API alone.

What a rule compares with the period before is exported for both; what no board reads costs no series.
"""

from __future__ import annotations

from streams import metrics
from streams.base_totals import BASE_TOTALS
from streams.formulas import Total
from streams.kpis import Kpi, Place
from streams.metrics import Metric, Told
from streams.windows import (
    RIPE_WINDOW,
    WINDOWS,
    WINDOWS_BY_SOURCE_AND_REP,
    WINDOWS_EXPORTED_BY_SOURCE_AND_REP,
    WINDOWS_EXPORTED_OF_DISTINCT,
    WINDOWS_OF_LOSSES,
)

_FAMILIES: dict[Place, tuple[Told, ...]] = {
    "department": ("channel", "stage"),
    "channel": ("channel", "stage"),
    "stage": ("stage",),
    "source": ("source",),
    "rep": ("rep",),
    "team": ("rep",),
    "region": ("region",),
    "industry": ("industry",),
    "campaign": ("campaign",),
}
_STREAM = {
    "entry_lag_ms": f"{metrics.ENTRY_LAG.name}_sum",
    "entry_lags": f"{metrics.ENTRY_LAG.name}_count",
    "restatements": metrics.RESTATEMENTS.name,
}
_STREAM_BY_REP = {
    "entry_lag_ms": f"{metrics.ENTRY_LAG_BY_REP.name}_sum",
    "entry_lags": f"{metrics.ENTRY_LAG_BY_REP.name}_count",
}
_NARROW = ("source", "rep", "team", "region", "industry")
_GROWING = ("rep", "region", "industry")
"""Where growth of revenue is told over 7 and 30 days."""


def has_rule(kpi: Kpi, dimension: Place) -> bool:
    """Whether everything that it is made of is exported by this dimension; the rest is in the API alone."""
    if dimension == "team":
        return has_rule(kpi, "rep") and all(team_plan(total) for total in kpi.told_totals)
    told = kpi.counts_by(dimension) if dimension == "campaign" else dimension in kpi.entry.dimensions
    if not told:
        return False
    carried = all(total in _STREAM or _carrier(total, dimension) is not None for total in kpi.totals)
    return carried and bool(recorded_windows(kpi, dimension))


def team_plan(total: str) -> str | None:
    """The name of the samples of what was told of teams themselves."""
    return next((m.name for m in metrics.SALES if (m.family, m.total) == ("team", total)), None)


def exported(total: str, dimension: Place) -> str:
    """The name of the samples that carry a total for a dimension."""
    if total in _STREAM:
        return (_STREAM_BY_REP if dimension in ("rep", "team") else _STREAM)[total]
    metric = _metric(total, dimension)
    suffixes = {metric.sum_total: "_gsum", metric.count_total: "_gcount"}
    return metric.name + (suffixes[total] if metric.sum_total else "")


def windows_of(metric: Metric) -> tuple[str, ...]:
    """The windows that a total is exported for; none for a stock."""
    total = BASE_TOTALS[metric.total]
    if "window" not in metric.labels:
        return ()
    if metric.family == "campaign":
        return metrics.WINDOWS_OF_CAMPAIGNS
    if metric.family in _NARROW:
        grows = metric.family in _GROWING and total.id in ("revenue_minor", "won_deals_valued")
        return WINDOWS_BY_SOURCE_AND_REP if grows else WINDOWS_EXPORTED_BY_SOURCE_AND_REP
    if total.monthly:
        return WINDOWS_BY_SOURCE_AND_REP
    if total.layout in ("distinct", "level"):
        return WINDOWS_EXPORTED_OF_DISTINCT
    match total.id:
        case "stage_lost":
            return WINDOWS_OF_LOSSES
        case "stage_still":
            return WINDOWS_EXPORTED_BY_SOURCE_AND_REP
        case _:
            return total.windows or WINDOWS


def exported_windows(total: str, dimension: Place) -> tuple[str, ...]:
    """The windows that a total is exported for by a dimension."""
    return windows_of(_metric(total, dimension))


def recorded_windows(kpi: Kpi, place: Place) -> tuple[str, ...]:
    """The windows for which a KPI's rule can have a value: all that it is made of is exported for them."""
    return tuple(
        window for window in kpi.windows or WINDOWS if all(_has(leaf, place, window) for leaf in kpi.leaves)
    )


def _has(leaf: Total, place: Place, window: str) -> bool:
    if BASE_TOTALS[leaf.id].kind != "flow":
        return True
    if leaf.ripe:
        window = RIPE_WINDOW
    return (f"prev_{window}" if leaf.previous else window) in exported_windows(leaf.id, place)


def _metric(total: str, dimension: Place) -> Metric:
    metric = _carrier(total, dimension)
    if metric is None:
        raise KeyError(f"{total} is not exported by {dimension}")
    return metric


def _carrier(total: str, dimension: Place) -> Metric | None:
    """The metric with a total's samples; of a histogram that of its sum or count."""
    for metric in metrics.SALES:
        carried = (metric.sum_total, metric.count_total) if metric.sum_total else (metric.total,)
        if metric.family in _FAMILIES[dimension] and total in carried:
            return metric
    return None
