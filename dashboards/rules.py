"""Recording rules: every KPI by every dimension it has, while all shards are ready."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dashboards.yaml import Value, dump
from streams import promql
from streams.base_totals import BASE_TOTALS
from streams.catalogue import SHIPPED
from streams.funnels import DEFAULT, Funnels
from streams.kpis import Catalogue, Dimension, Kpi

DIMENSIONS: tuple[Dimension, ...] = ("department", "channel", "stage", "source", "rep")
RULES_IN_A_GROUP = 20
Z = 1.959964
COMPLETE = "voronka:complete"
"""1 while every shard is exported by exactly one worker, absent otherwise."""


def rules(catalogue: Catalogue = SHIPPED, funnels: Funnels = DEFAULT) -> str:
    """The rules file of a catalogue and its funnels."""
    groups: list[Value] = [
        {"name": "voronka-complete", "rules": [_rule(COMPLETE, f"({promql.READY}) * 0 + 1")]}
    ]
    groups += _groups("sales-stages", _stage_infos(funnels))
    for dimension in DIMENSIONS:
        groups += _groups(f"sales-{dimension}", _kpi_rules(catalogue, dimension))
    return dump({"groups": groups})


def measured(catalogue: Catalogue = SHIPPED) -> Iterator[Kpi]:
    """The KPIs that have a rule; of the others nothing is exported that they could be made of."""
    return (kpi for kpi in catalogue.kpis.values() if places(kpi))


def places(kpi: Kpi) -> tuple[Dimension, ...]:
    """The dimensions by which a KPI has a rule."""
    return tuple(dimension for dimension in DIMENSIONS if promql.has_rule(kpi, dimension))


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


def _groups(name: str, batches: Iterable[Sequence[Value]]) -> Iterator[Value]:
    """Groups run beside each other, their rules in order: what rests on each other stays together."""
    number, group = 1, list[Value]()
    for batch in batches:
        if group and len(group) + len(batch) > RULES_IN_A_GROUP:
            yield {"name": f"{name}-{number}", "rules": group}
            number, group = number + 1, []
        group = [*group, *batch]
    if group:
        yield {"name": f"{name}-{number}", "rules": group}


def _kpi_rules(catalogue: Catalogue, dimension: Dimension) -> Iterator[Sequence[Value]]:
    for kpi in measured(catalogue):
        if dimension in places(kpi):
            name, sample = promql.rule_name(kpi.id, dimension), promql.sample_name(kpi.id, dimension)
            batch = [_rule(name, promql.gated(promql.value(kpi, dimension)))]
            if has_sample(kpi):
                batch.append(_rule(sample, promql.gated(promql.sample(kpi, dimension))))
            if is_share(kpi):
                low, high = bounds(name, sample)
                batch += [_rule(f"{name}:low", low), _rule(f"{name}:high", high)]
            yield batch


def _stage_infos(funnels: Funnels) -> Iterator[Sequence[Value]]:
    for channel in funnels.channels:
        stages = [stage.id for stage in funnels.funnel(channel)]
        for position, stage in enumerate(stages, start=1):
            following = {"next": stages[position]} if position < len(stages) else {}
            labels = {"channel": channel, "stage": stage, "position": str(position)} | following
            yield [_rule(promql.STAGE_INFO, "vector(1)", labels)]


def _rule(name: str, expression: str, labels: dict[str, str] | None = None) -> Value:
    return {"record": name, "expr": expression} | ({"labels": labels} if labels else {})
