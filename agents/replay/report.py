"""What a replay says at its end: the KPI tables for people, one JSON object for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from agents.replay.follow import Balance
from streams.catalogue import SHIPPED
from streams.kpis import Catalogue

_BY_PLACE = ("won_deals", "lost_deals", "win_rate_closed", "revenue", "sales_cycle_days")
_MOST_REPS = 40


def as_json(mapping: str, kpis: Mapping[str, Any], balance: Balance) -> bytes:
    """One object: `kpis` by id, then what became of the events and why."""
    return msgspec.json.encode(
        {
            "mapping": mapping,
            "currency": kpis["currency"],
            "now_ms": kpis["now_ms"],
            "kpis": kpis["kpis"],
            "published": balance.published,
            "applied": balance.applied,
            "quarantined": balance.quarantined,
            "records": balance.records,
            "quarantine": balance.by_reason,
        }
    )


def print_report(
    console: Console, kpis: Mapping[str, Any], balance: Balance, catalogue: Catalogue = SHIPPED
) -> None:
    """The department's KPIs, the main ones by channel and rep, and what was quarantined."""
    currency = kpis["currency"]
    console.print(_department(kpis["kpis"], currency, catalogue))
    for title, dimension in (("Channel", "by_channel"), ("Rep", "by_rep")):
        table = _places(kpis["kpis"], currency, title, dimension, catalogue)
        if table is not None:
            console.print(table)
    console.print(_balance(balance), highlight=False, markup=False, soft_wrap=True)


def _department(kpis: Mapping[str, Any], currency: str, catalogue: Catalogue) -> Table:
    table = Table("KPI", "n", "value", title="All of the file", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for kpi_id, kpi in kpis.items():
        if kpi["value"] is not None:
            name = catalogue.kpis[kpi_id].entry.names.en
            table.add_row(name, _count(kpi["n"]), shown(kpi["value"], kpi["unit"], currency))
    return table


def _places(
    kpis: Mapping[str, Any], currency: str, title: str, dimension: str, catalogue: Catalogue
) -> Table | None:
    chosen = [kpi_id for kpi_id in _BY_PLACE if kpis.get(kpi_id, {}).get(dimension)]
    if not chosen:
        return None
    table = Table(title, *(_heading(kpi_id, currency, catalogue) for kpi_id in chosen))
    table.columns[0].no_wrap = True
    for column in table.columns[1:]:
        column.justify = "right"
    names = _by_revenue({name for kpi_id in chosen for name in kpis[kpi_id][dimension]}, kpis, dimension)
    for name in names[:_MOST_REPS]:
        cells = []
        for kpi_id in chosen:
            value = kpis[kpi_id][dimension].get(name, {}).get("value")
            cells.append("" if value is None else _number(value, kpis[kpi_id]["unit"]))
        table.add_row(escape(name), *cells)
    if len(names) > _MOST_REPS:
        table.caption = f"and {len(names) - _MOST_REPS} more, see --json"
    return table


def _by_revenue(names: Iterable[str], kpis: Mapping[str, Any], dimension: str) -> list[str]:
    revenue = kpis.get("revenue", {}).get(dimension, {})
    return sorted(names, key=lambda name: (-(revenue.get(name, {}).get("value") or 0), name))


def _heading(kpi_id: str, currency: str, catalogue: Catalogue) -> str:
    entry = catalogue.kpis[kpi_id].entry
    unit = {"money": currency, "hours": "hours", "days": "days"}.get(entry.unit)
    return f"{entry.names.en}, {unit}" if unit else entry.names.en


def shown(value: float, unit: str, currency: str) -> str:
    """A value as people read it; rounded here and nowhere before."""
    suffix = {"money": f" {currency}", "hours": " hours", "days": " days"}.get(unit, "")
    return _number(value, unit) + suffix


def _number(value: float, unit: str) -> str:
    match unit:
        case "ratio":
            return f"{value:.3%}"
        case "money":
            return f"{value:,.2f}".removesuffix(".00")
        case "hours" | "days":
            return f"{value:,.3f}"
        case "score" | "multiple" | "months" | "points":
            return f"{value:,.2f}"
        case _:
            return _count(value)


def _count(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _balance(balance: Balance) -> str:
    sides = f"{balance.applied} applied + {balance.quarantined} quarantined"
    lines = [f"{balance.published} events published = {sides}"]
    if balance.records != balance.published:
        lines[0] += f" ({balance.records} records: repeated rows are the same events)"
    for rows in balance.by_reason:
        where = f"column {', '.join(rows.columns)}" if rows.columns else rows.field
        more = ", …" if rows.events > len(rows.rows) else ""
        lines.append(f"  {rows.events} {rows.reason}, {where}: {rows.fix}")
        lines.append(f"    {', '.join(rows.rows)}{more}")
    return "\n".join(lines)
