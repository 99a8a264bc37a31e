"""Business time and windows, with nothing cached but days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

import holidays

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS

LENGTHS: Final = {"1h": HOUR_MS, "24h": DAY_MS, "7d": 7 * DAY_MS, "30d": 30 * DAY_MS, "90d": 90 * DAY_MS}
PERIODS: Final = ("today", "week", "month", "quarter", "year")
WINDOWS: Final = (*LENGTHS, *PERIODS, *(f"prev_{name}" for name in (*LENGTHS, *PERIODS)))

WINDOWS_BY_SOURCE_AND_REP: Final = ("7d", "30d", "month", "prev_7d", "prev_30d", "prev_month")
"""The only ones for which totals by source and by rep are kept."""

OFFICE_HOURS: Final = dict.fromkeys(range(5), ((9 * 60, 18 * 60),))

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Config:
    """What a department sets: its clock, hours (minutes of the day by weekday), holidays, currency, rates."""

    zone: str = "Europe/Moscow"
    hours: Mapping[int, tuple[tuple[int, int], ...]] = field(default_factory=lambda: dict(OFFICE_HOURS))
    holidays: str | None = "RU"
    currency: str = "RUB"
    rates: Mapping[str, Mapping[date, str]] = field(default_factory=dict)
    """By currency and day what one unit is worth in the reporting currency, as decimal text."""
    regions: frozenset[str] = frozenset()
    industries: frozenset[str] = frozenset()
    campaigns: frozenset[str] = frozenset()
    """The names that are told apart; none means not at all."""
    silence_days: int | None = None
    """A customer who neither buys nor renews for so long has left."""

    @cached_property
    def calendar(self) -> Calendar:
        """Made once."""
        return Calendar(self)


class Calendar:
    """Days, working time and windows of a department."""

    def __init__(self, config: Config) -> None:
        self.zone = ZoneInfo(config.zone)
        self.hours = config.hours
        self.holidays = holidays.country_holidays(config.holidays) if config.holidays else None
        self._days: dict[date, list[tuple[int, int]]] = {}

    def day_of(self, ms: int) -> date:
        """The date on the department's wall at this instant."""
        return (_EPOCH + timedelta(milliseconds=ms)).astimezone(self.zone).date()

    def instant(self, day: date, minute: int = 0) -> int:
        """The instant at which the wall clock shows this minute of the day."""
        local = datetime(day.year, day.month, day.day, tzinfo=self.zone) + timedelta(minutes=minute)
        return (local - _EPOCH) // timedelta(milliseconds=1)

    def working_hours(self, day: date) -> list[tuple[int, int]]:
        """[from, to) in milliseconds of each working interval of the day."""
        if day not in self._days:
            self._days[day] = [(self.instant(day, a), self.instant(day, b)) for a, b in self._minutes(day)]
        return self._days[day]

    def _minutes(self, day: date) -> tuple[tuple[int, int], ...]:
        if self.holidays is not None and day in self.holidays:
            return ()
        weekday = day.weekday()
        if self.holidays is not None and day in self.holidays.weekend_workdays:
            back = (weekday - days for days in range(7))
            weekday = next((other % 7 for other in back if self.hours.get(other % 7)), weekday)
        return self.hours.get(weekday, ())

    def working_ms(self, start_ms: int, end_ms: int) -> int:
        """Working time between two instants."""
        worked = 0
        day, last = self.day_of(start_ms), self.day_of(end_ms)
        while day <= last:
            for opens, closes in self.working_hours(day):
                worked += max(0, min(closes, end_ms) - max(opens, start_ms))
            day += timedelta(days=1)
        return worked

    def working_deadline(self, start_ms: int, worked_ms: int) -> int | None:
        """The first instant by which this much working time has passed; None if nobody works for a year."""
        day, left = self.day_of(start_ms), worked_ms
        for _ in range(366):
            for opens, closes in self.working_hours(day):
                begin = max(opens, start_ms)
                if begin < closes and closes - begin >= left:
                    return begin + left
                left -= max(0, closes - begin)
            day += timedelta(days=1)
        return None

    def bounds(self, window: str, now_ms: int) -> tuple[int, int]:
        """[start, end) of a window, seen from now."""
        name = window.removeprefix("prev_")
        end = now_ms // MINUTE_MS * MINUTE_MS + MINUTE_MS
        if name in PERIODS:
            first = self._first_day(name, self.day_of(now_ms))
            start = self.instant(first)
            if window != name:
                return self.instant(self._first_day(name, first - timedelta(days=1))), start
            return start, end
        if name in ("1h", "24h"):
            start = end - LENGTHS[name]
        else:
            start = now_ms // HOUR_MS * HOUR_MS + HOUR_MS - LENGTHS[name]
        return (start, end) if window == name else (start - LENGTHS[name], start)

    def _first_day(self, period: str, day: date) -> date:
        if period == "today":
            return day
        if period == "week":
            return day - timedelta(days=day.weekday())
        month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}[period]
        return date(day.year, month, 1)
