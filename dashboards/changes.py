"""How far every KPI has changed against the period before of the same length, as `/api/kpis` says it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dashboards.recording import Rule
from streams.kpis import COMPARABLE, Catalogue, Kpi
from streams.promql import has_rule, rule_name

_LENGTHS = "|".join(COMPARABLE)


def changes(catalogue: Catalogue) -> Iterator[Sequence[Rule]]:
    """One rule a KPI, for the department; none where the period before is not exported."""
    for kpi in catalogue.kpis.values():
        if has_change(kpi):
            name = rule_name(kpi.id, "department")
            now = f'{name}{{window=~"{_LENGTHS}"}}'
            then = f'{name}{{window=~"prev_({_LENGTHS})"}}'
            before = f'label_replace({then}, "window", "$1", "window", "prev_(.+)")'
            yield [Rule(change_name(kpi.id), f"({now} - {before}) / abs({before} != 0)")]


def has_change(kpi: Kpi) -> bool:
    """Whether it is about windows, all of them, and does not compare them itself."""
    whole = kpi.period == "window" and not kpi.windows and not kpi.compares
    return whole and has_rule(kpi, "department")


def change_name(kpi_id: str) -> str:
    """The recording rule that holds the change: 0.2 is a fifth more."""
    return f"{rule_name(kpi_id, 'department')}:change"
