"""Bars of the last business days, as known now: unlike published lines they show what was restated."""

from __future__ import annotations

from dashboards.boards.panels import About, Panel, columns_by
from dashboards.boards.speech import Speech
from dashboards.rules import COMPLETE
from streams import metrics

_NAMES = {
    "enquiries": ("Enquiries by day", "Запросы по дням"),
    "qualified_leads": ("Qualified leads by day", "Целевые лиды по дням"),
    "deals_created": ("Deals opened by day", "Открытые сделки по дням"),
    "won_deals": ("Deals won by day", "Выигранные сделки по дням"),
    "revenue_minor": ("Revenue by day", "Выручка по дням"),
}


def by_day(say: Speech, *totals: str) -> list[Panel]:
    """A bar for each of the last days, whatever time range is chosen."""
    healthy = say(
        "Each of the last 35 business days, as known now: events that came late are in the day they belong "
        "to. Healthy: the weekly pattern repeats. Otherwise compare the day with the lines: if it differs "
        "from what was published then, it was restated; if not, see by channel what was missing.",
        "Каждый из последних 35 дней, как известно сейчас: опоздавшие события стоят в своём дне. Норма: "
        "недельный рисунок повторяется. Иначе сравните день с линиями: если он отличается от показанного "
        "тогда, его пересчитали; если нет, посмотрите по каналам, чего не хватало.",
    )
    shown = []
    for metric in metrics.DAYS:
        if metric.total in totals:
            unit = say.money if metric.unit == "minor" else "short"
            about = About(say(*_NAMES[metric.total]), healthy, unit)
            shown.append(columns_by("day", about, f"sum by (day) ({metric.name}) and on () {COMPLETE}"))
    return shown
