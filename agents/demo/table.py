"""The KPIs of the demo as a person reads them: tables on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from streams.catalogue import SHIPPED
from streams.funnels import Funnels
from streams.kpis import Catalogue

Answer = Mapping[str, Any]
"""What `/api/kpis` says of one window."""

NO_DATA = "–"
MAIN = (
    "initial_enquiries",
    "response_within_1h_share",
    "lead_response_time_working",
    "leads_waiting",
    "oldest_waiting_hours",
    "qualified_leads",
    "qualified_conversion_rate",
    "opportunity_count_new",
    "won_deals",
    "lost_deals",
    "win_rate_closed",
    "sales_cycle_days",
    "revenue",
    "plan_attainment",
    "avg_deal_value",
    "cpl",
    "cac",
    "opportunity_count_open",
    "pipeline_value_open",
)
BY_CHANNEL = (
    ("new", "opportunity_count_new"),
    ("won", "won_deals"),
    ("win rate", "win_rate_closed"),
    ("cycle", "sales_cycle_days"),
    ("revenue", "revenue"),
    ("of plan", "plan_attainment"),
    ("pipeline", "pipeline_value_open"),
)
BY_REP = (
    ("within 1 h", "response_within_1h_share"),
    ("won", "won_deals"),
    ("win rate", "win_rate_closed"),
    ("revenue", "revenue"),
    ("of plan", "plan_attainment"),
)


def shown(value: float | None, unit: str, currency: str) -> str:
    """A KPI's value with its unit; a KPI without data has none."""
    if value is None:
        return NO_DATA
    match unit:
        case "ratio":
            return f"{value:.1%}"
        case "money":
            return f"{value / 1e6:,.2f} M {currency}" if abs(value) >= 1e6 else f"{value:,.0f} {currency}"
        case "hours":
            return f"{value * 60:,.0f} min" if abs(value) < 1.5 else f"{value:,.1f} h"
        case "days":
            return f"{value:,.1f} d"
        case "score" | "multiple" | "months" | "points":
            return f"{value:,.2f}"
        case _:
            return f"{value:,.0f}"


def heading(answer: Answer, zone: str, note: str) -> str:
    """What the clock of the department shows."""
    there = datetime.fromtimestamp(answer["now_ms"] / 1000, UTC).astimezone(ZoneInfo(zone))
    return f"{there:%A %d %B %Y, %H:%M} in the simulated department; {note}"


def tables(
    month: Answer, today: Answer, funnels: Funnels, title: str, catalogue: Catalogue = SHIPPED
) -> RenderableType:
    """The main KPIs, then channels and reps beside or below them."""
    main = Table(title="The department", title_justify="left")
    main.add_column("", no_wrap=True)
    for column in ("30 days", "today"):
        main.add_column(column, justify="right", no_wrap=True)
    for line in main_lines(month, today, catalogue):
        main.add_row(*line)
    channels = _by(month, "by_channel", BY_CHANNEL, "Channels, 30 days")
    reps = _by(month, "by_rep", BY_REP, "Reps, 30 days")
    funnel = _funnel(month, funnels)
    return Group(Text(title), Columns([main, Group(channels, funnel), reps], padding=(0, 2)))


def main_lines(month: Answer, today: Answer, catalogue: Catalogue = SHIPPED) -> list[tuple[str, str, str]]:
    """Name, value of 30 days and value of today of the main KPIs."""
    return [
        (catalogue.kpis[kpi].entry.names.en, _value(month, kpi), _value(today, kpi))
        for kpi in MAIN
        if kpi in month["kpis"]
    ]


def plain(month: Answer, today: Answer, title: str, catalogue: Catalogue = SHIPPED) -> str:
    """The main KPIs as lines of text."""
    told = main_lines(month, today, catalogue)
    lines = [f"{name:<44} {value:>18} {now:>18}" for name, value, now in told]
    return "\n".join([title, f"{'':<44} {'30 days':>18} {'today':>18}", *lines, ""])


def _value(answer: Answer, kpi: str) -> str:
    entry = answer["kpis"].get(kpi, {"value": None, "unit": ""})
    return shown(entry["value"], entry["unit"], answer["currency"])


def _by(answer: Answer, dimension: str, columns: tuple[tuple[str, str], ...], title: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for name, _ in columns:
        table.add_column(name, justify="right", no_wrap=True)
    parts = {kpi: answer["kpis"][kpi].get(dimension, {}) for _, kpi in columns}
    places = dict.fromkeys(place for by_place in parts.values() for place in by_place)
    for place in sorted(places) if dimension == "by_rep" else places:
        cells = []
        for _, kpi in columns:
            value = parts[kpi].get(place, {"value": None})["value"]
            cells.append(shown(value, answer["kpis"][kpi]["unit"], answer["currency"]))
        table.add_row(place, *cells)
    return table


def _funnel(answer: Answer, funnels: Funnels) -> Table:
    """Entries of each stage of each funnel; the last column is won."""
    table = Table(title="Funnels, 30 days: journeys that entered each stage", title_justify="left")
    table.add_column("")
    by_stage = answer["kpis"]["stage_entries"]["by_stage"]
    table.add_column("stages", no_wrap=True)
    for channel in funnels.channels:
        counts = by_stage.get(channel, {})
        entered = [counts.get(stage.id, {"value": 0})["value"] or 0 for stage in funnels.funnel(channel)]
        if entered:
            table.add_row(channel, " › ".join(f"{count:,.0f}" for count in entered))
    return table
