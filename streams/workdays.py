"""Who works when: weekly working hours, and a country's public holidays with its moved working days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import holidays

from streams.zones import EPOCH_ORDINAL

Hours = Mapping[int, tuple[tuple[int, int], ...]]
"""By weekday (0 = Monday): the [from, to) minutes of the local day in which people work."""

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_YEARS = range(1970, 2101)


class CalendarError(ValueError):
    """The calendar cannot be used; the message names the setting and the fix."""


@dataclass(frozen=True)
class PublicDays:
    """Days since 1970 on which a country rests, and weekend days on which it works instead of another day."""

    holidays: frozenset[int]
    moved_workdays: frozenset[int]


@lru_cache(maxsize=8)
def public_days(country: str) -> PublicDays:
    """Public holidays of an ISO 3166 country from 1970 to 2100, as far as `holidays` knows them."""
    try:
        known = holidays.country_holidays(country, years=_YEARS)
    except NotImplementedError as error:
        raise CalendarError(
            f"country: {country!r} has no holidays here, use a code such as RU or none"
        ) from error
    return PublicDays(
        holidays=frozenset(day.toordinal() - EPOCH_ORDINAL for day in known),
        moved_workdays=frozenset(day.toordinal() - EPOCH_ORDINAL for day in known.weekend_workdays),
    )


def check_hours(hours: Hours) -> Hours:
    """The same hours in order; a `CalendarError` where spans overlap, leave the day, or nobody works."""
    ordered = {weekday: tuple(sorted(spans)) for weekday, spans in sorted(hours.items()) if spans}
    if not ordered:
        raise CalendarError(
            "hours: nobody ever works, give at least one span such as 09:00-18:00 from Monday to Friday"
        )
    for weekday, spans in ordered.items():
        if weekday not in range(7):
            raise CalendarError(f"hours: {weekday} is no weekday, use 0 (Monday) to 6 (Sunday)")
        end = 0
        for start, until in spans:
            if not end <= start < until <= 24 * 60:
                day = _WEEKDAYS[weekday]
                raise CalendarError(f"hours: {day} has spans that overlap, are empty or leave 00:00-24:00")
            end = until
    return ordered
