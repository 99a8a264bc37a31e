"""Amounts of periods by day: spread over working days in whole units; on each the shortest period stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from streams.calendar import BusinessCalendar
from streams.fragments import Order
from streams.funnels import UNKNOWN
from streams.zones import EPOCH_ORDINAL


@dataclass(frozen=True, slots=True)
class Entry:
    """What was told for the days from `first` to `last` (days since 1970, both included)."""

    first: int
    last: int
    amount: int
    currency: str
    order: Order


Share = tuple[int, str]
"""What an entry tells of one day: amount and currency (none for what is no money)."""


def day_number(text: str) -> int:
    """A checked day such as 2026-03-01 in days since 1970."""
    return date.fromisoformat(text).toordinal() - EPOCH_ORDINAL


def shares(entry: Entry, calendar: BusinessCalendar, *, spread: bool = True) -> Iterator[tuple[int, int]]:
    """What each working day has of an entry's amount, whole units that add up to it; not spread, all of it.

    A period without any working day is spread over all its days.
    """
    every = range(entry.first, entry.last + 1)
    days = [day for day in every if calendar.is_working_day(day)] or list(every)
    told = 0
    for number, day in enumerate(days, start=1):
        upto = entry.amount * number // len(days)
        yield day, upto - told if spread else entry.amount
        told = upto


def standing(
    entries: Iterable[Entry], calendar: BusinessCalendar, *, spread: bool = True
) -> dict[int, Share]:
    """By day the share of what stands there: the shortest that covers it, of equals the last writer."""
    by_day: dict[int, Share] = {}
    for entry in sorted(entries, key=lambda entry: (entry.first - entry.last, entry.order, entry.first)):
        for day in range(entry.first, entry.last + 1):
            by_day.pop(day, None)
        for day, amount in shares(entry, calendar, spread=spread):
            by_day[day] = amount, entry.currency
    return by_day


def whole(told: Mapping[str, int], department: int | None) -> dict[str, int]:
    """Channels' amounts of a day, such that they add up to the department's where that was told.

    What they leave of it or go beyond it is in `unknown`; a unit a channel is rounding, the first one's.
    """
    amounts = dict(told)
    if department is not None:
        left = department - sum(told.values())
        rounding = bool(told) and abs(left) <= len(told)
        where = min(told) if rounding else UNKNOWN
        amounts[where] = amounts.get(where, 0) + left
    return amounts


def level(told: Mapping[str, int], department: int | None, channels: Iterable[str]) -> dict[str, int]:
    """The same for what does not add up over channels: one without its own has the department's.

    The department's, else the mean of those told, is the sum, so `unknown` has what brings the others to it.
    """
    common = department
    if common is None:
        if not told:
            return {}
        common = sum(told.values()) // len(told)
    amounts = {
        channel: own
        for channel in channels
        if channel != UNKNOWN and (own := told.get(channel, department)) is not None
    }
    amounts[UNKNOWN] = common - sum(amounts.values())
    return amounts
