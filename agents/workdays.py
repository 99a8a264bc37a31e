"""Working days of the running periods: what a plan is spread over, and what is left to make it."""

from __future__ import annotations

from collections.abc import Iterator

from agents.settings import Settings
from streams.calendar import BusinessCalendar
from streams.windows import period_end, period_start

PERIODS = ("month", "quarter", "year")


def workdays(settings: Settings, now_ms: int) -> Iterator[tuple[str, str, int]]:
    """(period, part, days): those that have begun, those from today on, today in both if it is one; all."""
    calendar = BusinessCalendar(settings.zone, settings.working_hours, settings.holidays)
    today = calendar.day_index(now_ms)
    for period in PERIODS:
        first, last = period_start(period, today), period_end(period, today) - 1
        yield period, "begun", calendar.working_days(first, today)
        yield period, "left", calendar.working_days(today, last)
        yield period, "all", calendar.working_days(first, last)
