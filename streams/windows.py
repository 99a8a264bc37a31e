"""The windows of time that every flow is summed over, and how long the panes behind them are kept.

A window runs through the end of the minute that holds now; `prev_<window>` is the period before it.
"""

from __future__ import annotations

from datetime import date

from streams.calendar import BusinessCalendar
from streams.zones import DAY_MS, EPOCH_ORDINAL, MINUTE_MS

__all__ = [
    "CLOSED_PERIODS",
    "DAY_MS",
    "DAY_PANES_DAYS",
    "HOUR_MS",
    "HOUR_PANES_BY_SOURCE_AND_REP_MS",
    "HOUR_PANES_MS",
    "MINUTE_MS",
    "MINUTE_PANES_MS",
    "RIPE_WINDOW",
    "SLID_PERIODS",
    "WINDOWS",
    "WINDOWS_BY_SOURCE_AND_REP",
    "WINDOWS_ENDING_NOW",
    "WINDOWS_EXPORTED_BY_SOURCE_AND_REP",
    "WINDOWS_EXPORTED_OF_DISTINCT",
    "WINDOWS_OF_DAYS",
    "WINDOWS_OF_DISTINCT",
    "WINDOWS_OF_LOSSES",
    "bounds",
    "period_end",
    "period_start",
]

HOUR_MS = 60 * MINUTE_MS

MINUTE_PANES_MS = 48 * HOUR_MS
HOUR_PANES_MS = 190 * DAY_MS
HOUR_PANES_BY_SOURCE_AND_REP_MS = 62 * DAY_MS
DAY_PANES_DAYS = 800

_BY_MINUTE = {"1h": HOUR_MS, "24h": DAY_MS}
_BY_HOUR = {"7d": 7 * DAY_MS, "30d": 30 * DAY_MS, "90d": 90 * DAY_MS}
_BY_CALENDAR = ("today", "week", "month", "quarter", "year")
_CURRENT = (*_BY_MINUTE, *_BY_HOUR, *_BY_CALENDAR)
_PREV = "prev_"

WINDOWS: tuple[str, ...] = (*_CURRENT, *(_PREV + window for window in _CURRENT))
WINDOWS_BY_SOURCE_AND_REP: tuple[str, ...] = ("7d", "30d", "month", "prev_7d", "prev_30d", "prev_month")
"""Those for which sums by source and rep, and totals of the second rank, are kept: each has its before."""
WINDOWS_EXPORTED_BY_SOURCE_AND_REP: tuple[str, ...] = ("7d", "30d", "month", "prev_month")
"""Those of them that are worth their series."""
RIPE_WINDOW = "prev_30d"
"""The last closed 30 days: most of who came then have come to an end, and every place has them."""
WINDOWS_OF_LOSSES: tuple[str, ...] = (*_BY_HOUR, "month", "quarter", "year")
"""In shorter ones too few journeys come to an end to price anything."""
WINDOWS_ENDING_NOW: tuple[str, ...] = _CURRENT
CLOSED_PERIODS: tuple[str, ...] = ("prev_week", "prev_month", "prev_quarter", "prev_year")
SLID_PERIODS: dict[str, int] = {_PREV + window: length for window, length in _BY_HOUR.items()}
"""Those that slide and have ended, and how long each is."""
WINDOWS_EXPORTED_OF_DISTINCT: tuple[str, ...] = (*WINDOWS_ENDING_NOW, *CLOSED_PERIODS)
"""Those in which different customers are worth their series."""
WINDOWS_OF_DISTINCT: tuple[str, ...] = (*WINDOWS_EXPORTED_OF_DISTINCT, "prev_today", *SLID_PERIODS)
"""Those over which different customers are counted: by the hour nobody compares them."""
WINDOWS_OF_DAYS: tuple[str, ...] = tuple(
    window for window in WINDOWS if window.removeprefix(_PREV) not in _BY_MINUTE
)
"""Those that hold whole days, over which the amounts of periods can be spread."""


def bounds(window: str, now_ms: int, calendar: BusinessCalendar) -> tuple[int, int]:
    """[start, end) of one of `WINDOWS` in UTC milliseconds; `KeyError` for another name."""
    name = window.removeprefix(_PREV)
    previous = name != window
    minute_end = now_ms - now_ms % MINUTE_MS + MINUTE_MS
    if name in _BY_CALENDAR:
        today = calendar.day_index(now_ms)
        first = period_start(name, today)
        start = calendar.day_start_ms(first)
        if previous:
            return calendar.day_start_ms(period_start(name, first - 1)), start
        return start, minute_end
    if name in _BY_MINUTE:
        length = _BY_MINUTE[name]
        start = minute_end - length
    else:
        length = _BY_HOUR[name]
        start = now_ms - now_ms % HOUR_MS + HOUR_MS - length
    return (start - length, start) if previous else (start, minute_end)


def period_start(period: str, day: int) -> int:
    """First day of the today, week (from Monday), month, quarter or year that holds this day."""
    if period == "today":
        return day
    there = date.fromordinal(max(day + EPOCH_ORDINAL, 1))
    if period == "week":
        return day - there.weekday()
    month = {"month": there.month, "quarter": there.month - (there.month - 1) % 3, "year": 1}[period]
    return date(there.year, month, 1).toordinal() - EPOCH_ORDINAL


def period_end(period: str, day: int) -> int:
    """First day after the week, month, quarter or year that holds this day."""
    longest = {"today": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}[period]
    return period_start(period, period_start(period, day) + longest)
