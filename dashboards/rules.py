"""Recording rules: every KPI by every dimension it has, while all shards are ready."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dashboards.changes import changes
from dashboards.hours import hours
from dashboards.leaks import leaks
from dashboards.pace import pace
from dashboards.per_rep import per_rep_rules
from dashboards.recording import Group, Rule, grouped
from dashboards.shrinkage import shrunk
from dashboards.yaml import dump
from streams import promql
from streams.base_totals import BASE_TOTALS
from streams.catalogue import SHIPPED
from streams.funnels import DEFAULT, Funnels
from streams.kpis import Catalogue, Dimension, Kpi, Place
from streams.series import has_rule

DIMENSIONS: tuple[Dimension, ...] = (
    *("department", "channel", "stage", "source", "rep"),
    *("region", "industry"),
)
_LISTED: tuple[Place, ...] = ("team", "campaign")
Z = 1.959964
COMPLETE = "voronka:complete"
"""1 while every shard is exported by exactly one worker, absent otherwise."""


def rules(catalogue: Catalogue = SHIPPED, funnels: Funnels = DEFAULT) -> str:
    """The rules file of a catalogue and its funnels."""
    return dump({"groups": [group.told for group in _all_groups(catalogue, funnels)]})


def recorded(catalogue: Catalogue = SHIPPED, funnels: Funnels = DEFAULT) -> frozenset[str]:
    """The names of all rules."""
    return frozenset(rule.record for group in _all_groups(catalogue, funnels) for rule in group.rules)


def _all_groups(catalogue: Catalogue, funnels: Funnels) -> list[Group]:
    groups = [Group("voronka-complete", [Rule(COMPLETE, f"({promql.READY}) * 0 + 1")])]
    groups += grouped("sales-stages", _stage_infos(funnels))
    for dimension in DIMENSIONS:
        groups += grouped(f"sales-{dimension}", _kpi_rules(catalogue, dimension, funnels))
    for place in _LISTED:
        groups += grouped(f"sales-{place}", _listed_rules(catalogue, place))
    groups += grouped("sales-change", changes(catalogue))
    groups += grouped("sales-leaks", leaks())
    groups += grouped("sales-per-rep", per_rep_rules(catalogue))
    groups += grouped("sales-pace", pace())
    groups += grouped("sales-hours", hours())
    groups += grouped("sales-reps-shrunk", (shrunk(kpi.id) for kpi in fairly_compared(catalogue)))
    return groups


def measured(catalogue: Catalogue = SHIPPED) -> Iterator[Kpi]:
    """The KPIs that have a rule; of the others nothing is exported that they could be made of."""
    return (kpi for kpi in catalogue.kpis.values() if places(kpi))


def fairly_compared(catalogue: Catalogue = SHIPPED) -> Iterator[Kpi]:
    """The shares by rep, in which few things could make somebody first or last."""
    return (kpi for kpi in measured(catalogue) if "rep" in places(kpi) and is_share(kpi))


def places(kpi: Kpi) -> tuple[Dimension, ...]:
    """The dimensions by which a KPI has a rule."""
    return tuple(dimension for dimension in DIMENSIONS if has_rule(kpi, dimension))


def has_sample(kpi: Kpi) -> bool:
    """Whether what its value rests on is another number, worth a rule of its own."""
    return kpi.sample.root != kpi.formula.root


def bounds(name: str, sample: str) -> tuple[str, str]:
    """The ends of a share's 95 % interval (Wilson's, sensible for few and for 0 and 100 %)."""
    middle = f"{name} + {Z * Z / 2:.6f} / {sample}"
    spread = f"{Z} * sqrt({name} * (1 - {name}) / {sample} + {Z * Z / 4:.6f} / ({sample} * {sample}))"
    low, high = (f"({middle} {sign} {spread}) / (1 + {Z * Z:.6f} / {sample})" for sign in "-+")
    return low, high


def is_share(kpi: Kpi) -> bool:
    """Whether it says how many of some things did something, so that chance has a known size."""
    totals = kpi.formula.totals | kpi.sample.totals
    counted = all(total.id in BASE_TOTALS and BASE_TOTALS[total.id].unit == "count" for total in totals)
    ahead = any(total.next_stage for total in totals)
    return kpi.entry.unit == "ratio" and kpi.sample.root == kpi.formula.denominator and counted and not ahead


def _kpi_rules(catalogue: Catalogue, dimension: Dimension, funnels: Funnels) -> Iterator[Sequence[Rule]]:
    for kpi in measured(catalogue):
        if dimension in places(kpi):
            name, sample = promql.rule_name(kpi.id, dimension), promql.sample_name(kpi.id, dimension)
            batch = [Rule(name, promql.gated(promql.value(kpi, dimension, funnels)))]
            if has_sample(kpi):
                batch.append(Rule(sample, promql.gated(promql.sample(kpi, dimension, funnels))))
            if is_share(kpi):
                low, high = bounds(name, sample)
                batch += [Rule(f"{name}:low", low), Rule(f"{name}:high", high)]
            yield batch


def _listed_rules(catalogue: Catalogue, place: Place) -> Iterator[Sequence[Rule]]:
    """For the teams or campaigns that workers list; nothing where they list none."""
    for kpi in measured(catalogue):
        if has_rule(kpi, place):
            batch = [Rule(promql.rule_name(kpi.id, place), promql.gated(promql.value(kpi, place)))]
            if has_sample(kpi):
                name = promql.sample_name(kpi.id, place)
                batch.append(Rule(name, promql.gated(promql.sample(kpi, place))))
            yield batch


def _stage_infos(funnels: Funnels) -> Iterator[Sequence[Rule]]:
    for channel in funnels.channels:
        stages = [stage.id for stage in funnels.funnel(channel)]
        for position, stage in enumerate(stages, start=1):
            following = {"next": stages[position]} if position < len(stages) else {}
            labels = {"channel": channel, "stage": stage, "position": str(position)} | following
            yield [Rule(promql.STAGE_INFO, "vector(1)", labels)]
