"""KPIs for each rep who sells: how many those are is counted in Prometheus, from what is kept by rep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dashboards.recording import Rule
from dashboards.shrinkage import UNASSIGNED
from streams import metrics, promql
from streams.catalogue import SHIPPED
from streams.kpis import Catalogue, Kpi
from streams.promql import rule_name
from streams.series import exported
from streams.windows import WINDOWS_EXPORTED_BY_SOURCE_AND_REP

REPS = "reps"


def is_per_rep(kpi: Kpi) -> bool:
    """Whether it divides an exported total by the number of reps."""
    return REPS in kpi.totals and len(kpi.totals) == 2


def per_rep(catalogue: Catalogue = SHIPPED) -> Iterator[Kpi]:
    """All of them."""
    return (kpi for kpi in catalogue.kpis.values() if is_per_rep(kpi))


def per_rep_rules(catalogue: Catalogue) -> Iterator[Sequence[Rule]]:
    """The department's value; none while reps are folded into one: nobody knows how many they are."""
    some = f'window=~"{"|".join(WINDOWS_EXPORTED_BY_SOURCE_AND_REP)}"'
    sellers = f'sum by (rep, window) ({exported("won_deals", "rep")}{{{some},rep!="{UNASSIGNED}"}}) > 0'
    folded = f'max({metrics.LABELS_FOLDED.name}{{label="rep"}}) > 0'
    for kpi in per_rep(catalogue):
        (total,) = kpi.totals - {REPS}
        whole = f"sum by (window) ({exported(total, 'department')}{{{some}}})"
        told = f"{whole} / count by (window) ({sellers}) unless on () ({folded})"
        yield [Rule(rule_name(kpi.id, "department"), promql.gated(told))]
