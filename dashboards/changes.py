"""How far every KPI has changed against the period before, as `/api/kpis` says it.

What grows with time is compared, in a running period, with as much of the one before as has passed of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dashboards.per_rep import is_per_rep
from dashboards.recording import Rule
from streams import metrics
from streams.kpis import Catalogue, Kpi, Place
from streams.promql import gated, rule_name
from streams.promql_before import stocks_of, value_before, windows_before
from streams.series import has_rule, recorded_windows
from streams.windows import WINDOWS_EXPORTED_BY_SOURCE_AND_REP

PLACES: tuple[Place, ...] = ("department", "rep", "team", "region", "industry")
_PASSED = f"on (window) group_left () max by (window) ({metrics.PASSED.name})"


def changes(catalogue: Catalogue) -> Iterator[Sequence[Rule]]:
    """One rule a KPI and place; none where no window has the period before exported."""
    for place in PLACES:
        for kpi in catalogue.kpis.values():
            if windows := compared_windows(kpi, place):
                stands = bool(stocks_of(kpi))
                yield (
                    _standing(kpi)
                    if stands
                    else [Rule(change_name(kpi.id, place), _change(kpi, place, windows))]
                )


def compared_windows(kpi: Kpi, place: Place) -> tuple[str, ...]:
    """The windows that a rule compares; none for a KPI that compares by itself.

    What rests on stocks is compared for the department alone: only of it is exported what they changed by.
    """
    if kpi.compares or (place != "department" and stocks_of(kpi)):
        return ()
    if stocks_of(kpi):
        return windows_before(kpi)
    if kpi.period != "window":
        return ()
    told: tuple[str, ...] = ()
    if has_rule(kpi, place):
        told = recorded_windows(kpi, place)
    elif is_per_rep(kpi) and place == "department":
        told = WINDOWS_EXPORTED_BY_SOURCE_AND_REP
    return tuple(window for window in told if f"prev_{window}" in told)


def before_name(kpi_id: str) -> str:
    """The recording rule that holds the department's value of the period before, where stocks are in it."""
    return f"{rule_name(kpi_id, 'department')}:before"


def change_name(kpi_id: str, place: Place = "department") -> str:
    """The recording rule that holds the change: 0.2 is a fifth more."""
    return f"{rule_name(kpi_id, place)}:change"


def _change(kpi: Kpi, place: Place, windows: Sequence[str]) -> str:
    name, some = rule_name(kpi.id, place), "|".join(windows)
    then = f'label_replace({name}{{window=~"prev_({some})"}}, "window", "$1", "window", "prev_(.+)")'
    before = f"({then} * {_PASSED})" if kpi.grows_with_time else then
    return f'({name}{{window=~"{some}"}} - {before}) / abs({before} != 0)'


def _standing(kpi: Kpi) -> Sequence[Rule]:
    now, before = rule_name(kpi.id, "department"), before_name(kpi.id)
    difference = f"{now} - {before}" if kpi.period == "window" else f"({now} - on () group_right () {before})"
    return (
        Rule(before, gated(value_before(kpi))),
        Rule(change_name(kpi.id), f"({difference}) / abs({before} != 0)"),
    )
