"""Panels as these boards use them: always a title, a unit, and what is healthy and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from grafana_foundation_sdk.builders import barchart, bargauge, common, heatmap, stat, table, timeseries
from grafana_foundation_sdk.builders.dashboard import FieldColor, ThresholdsConfig
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard
from grafana_foundation_sdk.models import heatmap as heatmap_model
from grafana_foundation_sdk.models.common import (
    BarGaugeDisplayMode,
    BigValueColorMode,
    BigValueGraphMode,
    DataSourceRef,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    TooltipDisplayMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import (
    DynamicConfigValue,
    FieldColorModeId,
    MatcherConfig,
    Threshold,
    ThresholdsMode,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from dashboards.boards.speech import Link, Speech

Panel = Builder[dashboard.Panel]
SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
BLUE, GREEN, ORANGE, RED = "#5794F2", "#73BF69", "#FF9830", "#F2495C"
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_P = TypeVar("_P", stat.Panel, timeseries.Panel, bargauge.Panel, barchart.Panel, heatmap.Panel, table.Panel)
Steps = Sequence[tuple[float | None, str]]


@dataclass(frozen=True)
class Query:
    """An expression, and how its series are called."""

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class About:
    """What a panel says about itself."""

    title: str
    healthy: str
    unit: str = "short"
    steps: Steps = ()
    """Where values turn from good to bad; none where no limit means anything."""
    decimals: int | None = None


def number(about: About, expr: str, *, trend: bool = True, span: int = 4) -> Panel:
    """One big number, the last one known, with its course behind it."""
    panel = (
        stat.Panel()
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .graph_mode(BigValueGraphMode.AREA if trend else BigValueGraphMode.NONE)
        .color_mode(BigValueColorMode.VALUE)
        .no_value("–")
        .span(span)
        .height(4)
    )
    return _described(panel, about).with_target(_target(Query(expr), 0))


def lines(
    about: About, queries: Iterable[Query], speech: Speech, *, span: int = 12, height: int = 8
) -> timeseries.Panel:
    """Values over time, a gap where there were none, named in a legend with the last value."""
    legend = (
        common.VizLegendOptions()
        .show_legend(True)
        .display_mode(LegendDisplayMode.TABLE)
        .placement(LegendPlacement.BOTTOM)
        .calcs(["lastNotNull"])
    )
    panel = (
        timeseries.Panel()
        .legend(legend)
        .tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
        .line_width(2)
        .span(span)
        .height(height)
    )
    panel = _described(panel, about, palette=True)
    channels = {channel: speech.channel(channel) for channel in speech.funnels.channels}
    return _with_targets(named(panel, channels), queries)


def named(panel: _P, names: Mapping[str, str]) -> _P:
    """The panel with series called by other names than their legends."""
    for legend, name in names.items():
        told = [DynamicConfigValue(id_val="displayName", value=name)]
        panel = panel.with_override(MatcherConfig(id_val="byName", options=legend), told)
    return panel


def bars(
    about: About, queries: Iterable[Query], *, span: int = 12, height: int = 8, least: float | None = 0
) -> bargauge.Panel:
    """A bar for each series now, in the order of the queries, from 0 where nothing is below."""
    panel = (
        bargauge.Panel()
        .orientation(VizOrientation.HORIZONTAL)
        .display_mode(BarGaugeDisplayMode.BASIC)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .no_value("–")
        .span(span)
        .height(height)
    )
    panel = panel if least is None else panel.min(least)
    return _with_targets(_described(panel, about), queries, instant=True)


def cells(
    about: About, by: Sequence[str], columns: Sequence[tuple[str, str, str]], link: Link, speech: Speech
) -> Panel:
    """A row for each value of some labels; columns: name, unit, expression; the first label links on."""
    panel = _described(table.Panel().span(24).height(10).filterable(True), about)
    values = [f"Value #{_letter(place)}" for place in range(len(columns))]
    names = dict(zip(values, (name for name, _, _ in columns), strict=True))
    for transformer, options in (
        ("merge", {}),
        ("filterFieldsByName", {"include": {"names": [*by, *values]}}),
        ("organize", {"renameByName": names}),
    ):
        panel = panel.with_transformation(
            dashboard.DataTransformerConfig(id_val=transformer, options=options)
        )
    for name, unit, _ in columns:
        panel = panel.with_override(
            MatcherConfig(id_val="byName", options=name), [DynamicConfigValue(id_val="unit", value=unit)]
        )
    for place, label in enumerate(by):
        links = [DynamicConfigValue(id_val="links", value=[link.told])] if place == 0 else []
        named = DynamicConfigValue(id_val="mappings", value=[speech.names(label)])
        panel = panel.with_override(MatcherConfig(id_val="byName", options=label), [named, *links])
    for place, (_, _, expr) in enumerate(columns):
        panel = panel.with_target(_target(Query(expr), place, instant=True).format(PromQueryFormat.TABLE))
    return panel


def week(about: About, expr: str, days: Sequence[str]) -> Panel:
    """Hours of the day by weekday, of series with the labels `clock` and `day`."""
    panel = _described(table.Panel().span(24).height(12), about)
    corner, names = "clock\\day", dict(zip(_WEEKDAYS, days, strict=True))
    order = {name: place for place, name in enumerate((corner, *_WEEKDAYS))}
    for transformer, options in (
        ("groupingToMatrix", {"columnField": "day", "rowField": "clock", "valueField": "Value"}),
        ("organize", {"renameByName": {corner: "🕒", **names}, "indexByName": order}),
        ("sortBy", {"sort": [{"field": "🕒"}]}),
    ):
        panel = panel.with_transformation(
            dashboard.DataTransformerConfig(id_val=transformer, options=options)
        )
    shaded = DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-background"})
    for name in days:
        panel = panel.with_override(MatcherConfig(id_val="byName", options=name), [shaded])
    return panel.with_target(_target(Query(expr), 0, instant=True).format(PromQueryFormat.TABLE))


def columns_by(label: str, about: About, expr: str, *, span: int = 12, height: int = 8) -> Panel:
    """An upright bar for each value of a label now, in the label's order."""
    panel = _described(barchart.Panel().x_field(label).min(0).span(span).height(height), about)
    for transformer, options in (
        ("filterFieldsByName", {"include": {"names": [label, "Value"]}}),
        ("organize", {"renameByName": {"Value": about.title}}),
        ("sortBy", {"sort": [{"field": label}]}),
    ):
        panel = panel.with_transformation(
            dashboard.DataTransformerConfig(id_val=transformer, options=options)
        )
    return panel.with_target(_target(Query(expr), 0, instant=True).format(PromQueryFormat.TABLE))


def heat(about: About, expr: str) -> Panel:
    """A classic histogram over time: how many in each bucket."""
    panel = (
        heatmap.Panel()
        .calculate(False)
        .color(
            heatmap.HeatmapColorOptions()
            .mode(heatmap_model.HeatmapColorMode.SCHEME)
            .scheme("Blues")
            .steps(32)
        )
        .y_axis(heatmap.YAxisConfig().unit("s"))
        .span(24)
        .height(9)
    )
    query = _target(Query(expr, "{{le}}"), 0).format(PromQueryFormat.HEATMAP)
    return _described(panel, about).with_target(query)


def _with_targets(panel: _P, queries: Iterable[Query], *, instant: bool = False) -> _P:
    for place, query in enumerate(queries):
        panel = panel.with_target(_target(query, place, instant=instant))
    return panel


def _described(panel: _P, about: About, *, palette: bool = False) -> _P:
    """Bars without thresholds would turn red at 80 by themselves, so every panel has a colour of its own."""
    panel = panel.title(about.title).description(about.healthy).unit(about.unit).datasource(SOURCE)
    if about.decimals is not None:
        panel = panel.decimals(about.decimals)
    if palette:
        return panel.color_scheme(FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
    if not about.steps:
        return panel.color_scheme(FieldColor().mode(FieldColorModeId.FIXED).fixed_color(BLUE))
    steps = [Threshold(value=value, color=color) for value, color in about.steps]
    return panel.thresholds(ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)).color_scheme(
        FieldColor().mode(FieldColorModeId.THRESHOLDS)
    )


def _target(query: Query, place: int, *, instant: bool = False) -> Dataquery:
    target = Dataquery().expr(query.expr).ref_id(_letter(place)).datasource(SOURCE)
    target = target.instant() if instant else target.range()
    return target.legend_format(query.legend) if query.legend else target


def _letter(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else f"A{chr(ord('A') + place - 26)}"
