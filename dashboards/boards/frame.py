"""What every board has: id, tags, variables, annotations, links that keep variables and time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    VariableHide,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from dashboards.boards.panels import ORANGE, RED, SOURCE, Panel
from dashboards.boards.speech import Speech
from streams.metrics import APP
from streams.promql import STAGE_INFO
from streams.series import exported
from streams.windows import WINDOWS, WINDOWS_EXPORTED_BY_SOURCE_AND_REP

TAG = "voronka"
_LABELS = {
    "datasource": ("Data source", "Источник данных"),
    "window": ("Period", "Период"),
    "channel": ("Channel", "Канал"),
    "source": ("Source", "Источник лидов"),
    "rep": ("Rep", "Продавец"),
}
_VALUES = {
    "channel": f"label_values({STAGE_INFO}, channel)",
    "source": f'label_values({exported("enquiries", "source")}{{channel=~"$channel"}}, source)',
    "rep": f"label_values({exported('won_deals', 'rep')}, rep)",
}


@dataclass(frozen=True)
class Board:
    """One board in one language: rows of panels, the smallest numbers first."""

    name: str
    title: str
    description: str
    variables: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Panel]]]
    every: str = "30s"


def to_json(board: Board, speech: Speech) -> str:
    """The board as Classic JSON, always the same text for the same board."""
    dashboard = (
        build.Dashboard(f"{speech('Voronka', 'Воронка')} · {board.title}")
        .uid(speech.uid(board.name))
        .description(board.description)
        .tags([TAG, f"{TAG}-{speech.language}"])
        .readonly()
        .refresh(board.every)
        .time("now-7d", "now")
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(_source(speech))
        .link(_others(speech))
        .annotation(_marks("Alerts", 'ALERTS{alertstate="firing",severity!="info"}', "{{alertname}}", RED))
        .annotation(
            _marks(
                "Releases",
                f"count by (version) ({APP.name}) unless count by (version) ({APP.name} offset 5m)",
                "{{version}}",
                ORANGE,
            )
        )
    )
    for name in board.variables:
        dashboard = dashboard.with_variable(_variable(name, board, speech))
    for title, panels in (row for row in board.rows if row[1]):
        dashboard = dashboard.with_row(build.Row(title))
        for panel in panels:
            dashboard = dashboard.with_panel(panel)
    return json.dumps(dashboard.build(), cls=JSONEncoder, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _source(speech: Speech) -> build.DatasourceVariable:
    return build.DatasourceVariable("datasource").label(speech(*_LABELS["datasource"])).type("prometheus")


def _variable(name: str, board: Board, speech: Speech) -> build.QueryVariable | build.CustomVariable:
    label = speech(*_LABELS[name])
    if name == "window":
        narrow = {"source", "rep"} & set(board.variables)
        windows = WINDOWS_EXPORTED_BY_SOURCE_AND_REP if narrow else WINDOWS
        return (
            build.CustomVariable("window")
            .label(label)
            .values(",".join(windows))
            .current(VariableOption(text="30d", value="30d", selected=True))
            .options([VariableOption(text=each, value=each, selected=each == "30d") for each in windows])
        )
    return (
        build.QueryVariable(name)
        .label(label)
        .datasource(SOURCE)
        .query({"query": _VALUES[name], "refId": name})
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .hide(VariableHide.DONT_HIDE)
        .current(VariableOption(text=["All"], value=["$__all"], selected=True))
    )


def _others(speech: Speech) -> build.DashboardLink:
    return (
        build.DashboardLink(speech("Other boards", "Другие доски"))
        .type(DashboardLinkType.DASHBOARDS)
        .tags([f"{TAG}-{speech.language}"])
        .as_dropdown(True)
        .include_vars(True)
        .keep_time(True)
    )


def _marks(name: str, expr: str, title: str, color: str) -> build.AnnotationQuery:
    query = build.AnnotationQuery().name(name).datasource(SOURCE).enable(True).icon_color(color)
    return query.expr(expr).title_format(title).step("60s")
