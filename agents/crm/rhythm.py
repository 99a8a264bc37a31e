"""When things happen: enquiries around the clock, work in working hours, entries when the rep gets to it."""

from __future__ import annotations

from math import log
from random import Random

from agents.crm.cast import Rep
from streams.calendar import BusinessCalendar

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

_WEEKDAY = (1.15, 1.1, 1.05, 1.0, 0.85, 0.4, 0.35)
_HOLIDAY = 0.35
_HOURS = (2, 1, 1, 1, 1, 2, 4, 10, 24, 46, 62, 66, 58, 54, 60, 62, 56, 44, 26, 18, 14, 11, 8, 4)
"""How many enquiries come in each hour of the local day, in proportion."""


def arrivals(random: Random, mean: float) -> int:
    """How many come in a day that has this many on average: Poisson, with good and bad days."""
    count, passed = 0, random.expovariate(1.0)
    expected = mean * random.gammavariate(50.0, 0.02)
    while passed < expected:
        count += 1
        passed += random.expovariate(1.0)
    return count


def enquiry_factor(calendar: BusinessCalendar, day: int) -> float:
    """Enquiries of this day in proportion to a usual one."""
    weekday = (day + 3) % 7
    if weekday < 5 and not calendar.is_working_day(day):
        return _HOLIDAY
    return _WEEKDAY[weekday]


def enquiry_time(random: Random, calendar: BusinessCalendar, day: int) -> int:
    """An instant of the day, by the daily rhythm of people who look for something."""
    hour = random.choices(range(24), _HOURS)[0]
    start, end = calendar.day_start_ms(day), calendar.day_start_ms(day + 1)
    return min(start + hour * HOUR_MS + random.randrange(HOUR_MS), end - 1)


def work_time(random: Random, calendar: BusinessCalendar, day: int) -> int:
    """An instant within the working hours of a working day."""
    start, end = calendar.day_start_ms(day), calendar.day_start_ms(day + 1)
    worked = calendar.working_ms(start, end)
    return calendar.working_deadline_ms(start, random.randint(1, worked))


def after_work(
    random: Random, calendar: BusinessCalendar, from_ms: int, median_hours: float, spread: float = 0.9
) -> int:
    """The instant after so many working hours: lognormal, most soon, some very late."""
    hours = random.lognormvariate(log(median_hours), spread)
    return calendar.working_deadline_ms(from_ms, max(1, round(hours * HOUR_MS)))


def entered_at(random: Random, calendar: BusinessCalendar, rep: Rep, happened_ms: int) -> int:
    """When the rep enters what happened: within minutes; else at the day's end or on Friday evening."""
    minutes_later = happened_ms + round(random.expovariate(1.0) * 4 * MINUTE_MS) + 1_000
    if random.random() < rep.prompt:
        return minutes_later
    day = calendar.day_index(happened_ms)
    if random.random() < 0.4:
        day += (4 - (day + 3)) % 7
    evening = calendar.day_start_ms(day) + 17 * HOUR_MS + random.randrange(90 * MINUTE_MS)
    return max(evening, minutes_later)
