"""Recording rules: every KPI by every dimension it has, while all shards are ready."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dashboards.yaml import Value, dump
from streams import promql
from streams.base_totals import BASE_TOTALS
from streams.catalogue import SHIPPED
from streams.funnels import DEFAULT, Funnels
from streams.kpis import Catalogue, Dimension, Kpi

DIMENSIONS: tuple[Dimension, ...] = ("department", "channel", "stage", "source", "rep")
RULES_IN_A_GROUP = 20
COMPLETE = "voronka:complete"
"""1 while every shard is exported by exactly one worker, absent otherwise."""


def rules(catalogue: Catalogue = SHIPPED, funnels: Funnels = DEFAULT) -> str:
    """The rules file of a catalogue and its funnels."""
    groups: list[Value] = [
        {"name": "voronka-complete", "rules": [_rule(COMPLETE, f"({promql.READY}) * 0 + 1")]}
    ]
    groups += _groups("sales-stages", list(_stage_infos(funnels)))
    for dimension in DIMENSIONS:
        groups += _groups(f"sales-{dimension}", list(_kpi_rules(catalogue, dimension)))
    return dump({"groups": groups})


def measured(catalogue: Catalogue = SHIPPED) -> Iterator[Kpi]:
    """The KPIs all of whose inputs workers export; the others have no value yet."""
    return (kpi for kpi in catalogue.kpis.values() if kpi.totals <= BASE_TOTALS.keys())


def has_sample(kpi: Kpi) -> bool:
    """Whether what its value rests on is another number, worth a rule of its own."""
    return kpi.sample.root != kpi.formula.root


def _groups(name: str, all_rules: Sequence[Value]) -> Iterator[Value]:
    for number in range(0, len(all_rules), RULES_IN_A_GROUP):
        yield {
            "name": f"{name}-{number // RULES_IN_A_GROUP + 1}",
            "rules": all_rules[number : number + RULES_IN_A_GROUP],
        }


def _kpi_rules(catalogue: Catalogue, dimension: Dimension) -> Iterator[Value]:
    for kpi in measured(catalogue):
        if dimension in kpi.entry.dimensions:
            yield _rule(promql.rule_name(kpi.id, dimension), promql.gated(promql.value(kpi, dimension)))
            if has_sample(kpi):
                yield _rule(
                    promql.sample_name(kpi.id, dimension), promql.gated(promql.sample(kpi, dimension))
                )


def _stage_infos(funnels: Funnels) -> Iterator[Value]:
    for channel in funnels.channels:
        stages = [stage.id for stage in funnels.funnel(channel)]
        for position, stage in enumerate(stages, start=1):
            following = {"next": stages[position]} if position < len(stages) else {}
            labels = {"channel": channel, "stage": stage, "position": str(position)} | following
            yield _rule(promql.STAGE_INFO, "vector(1)", labels)


def _rule(name: str, expression: str, labels: dict[str, str] | None = None) -> Value:
    return {"record": name, "expr": expression} | ({"labels": labels} if labels else {})
