"""Plans by day: those of the department, its channels and their sources are one whole, reps' are apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from streams.fragments import Fragment
from streams.funnels import UNKNOWN
from streams.ledger_book import LedgerBook, entries_by_subject
from streams.ledger_days import level, whole
from streams.rows import (
    CHANNEL_DAYS,
    CHANNEL_MONTHLY,
    REP_DAYS,
    SOURCE_MONTHLY,
    TEAM_DAYS,
    UNITS,
)

_APART = {"rep": REP_DAYS, "team": TEAM_DAYS}
DEPARTMENT = ("", "")
Place = tuple[str, str]
"""Channel and source; both empty for the whole department, the source alone for a whole channel."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure of plans: the total that it makes, and how."""

    total: str
    daily: bool = True
    """Kept for every window of whole days, and by rep."""
    by_source: bool = False
    adds_up: bool = True
    """Over channels; what does not is for the department what it was told, never the channels' sum."""
    days: str = ""
    """Of what holds on each day as it is, and is not spread: the total that counts such days."""


MEASURES: dict[str, Measure] = {
    "revenue": Measure("plan_minor"),
    "deals": Measure("plan_deals"),
    "baseline": Measure("baseline_minor", daily=False, by_source=True),
    "handling_hours": Measure("handling_ms", daily=False, adds_up=False, days="handling_told"),
    "capacity_hours": Measure("capacity_ms", daily=False, adds_up=False),
}


def plan_facts(book: LedgerBook, name: str, fragments: Mapping[str, Fragment]) -> None:
    """All plans of one measure that were told together, by subject."""
    measure = MEASURES[name]
    told: defaultdict[int, defaultdict[Place, int]] = defaultdict(lambda: defaultdict(int))
    for subject, fragment in fragments.items():
        kind, _, what = subject.partition("/")
        place = _place(book, kind, what)
        for entries in entries_by_subject(fragment).values():
            for day, amount in book.days(entries, place[0] or UNKNOWN, spread=not measure.days):
                if kind not in _APART:
                    told[day][place] += amount
                elif measure.daily:
                    book.add_day((_APART[kind], what, ""), day, UNITS[measure.total] * amount)
    for day, amounts in told.items():
        _day(book, measure, day, amounts)


def _place(book: LedgerBook, kind: str, what: str) -> Place:
    match kind:
        case "channel":
            channel, _, source = what.partition("/")
            return book.rules.channel(channel), source
        case "source":
            return UNKNOWN, what
        case _:
            return DEPARTMENT


def _day(book: LedgerBook, measure: Measure, day: int, told: Mapping[Place, int]) -> None:
    channels = {channel: amount for (channel, source), amount in told.items() if channel and not source}
    sources: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for (channel, source), amount in told.items():
        if source:
            sources[channel][source] = amount
    for channel, amounts in sources.items():
        channels.setdefault(channel, sum(amounts.values()))
    if not measure.adds_up:
        _level(book, measure, day, channels, told.get(DEPARTMENT))
        return
    row, unit = CHANNEL_DAYS if measure.daily else CHANNEL_MONTHLY, UNITS[measure.total]
    for channel, amount in whole(channels, told.get(DEPARTMENT)).items():
        book.add_day((row, channel, ""), day, unit * amount)
        if measure.by_source:
            for source, part in whole(sources[channel], amount).items():
                book.add_day((SOURCE_MONTHLY, channel, source), day, unit * part)


def _level(
    book: LedgerBook, measure: Measure, day: int, channels: Mapping[str, int], department: int | None
) -> None:
    everywhere = book.rules.funnels.channels
    for channel, amount in level(channels, department, everywhere).items():
        book.add_day((CHANNEL_MONTHLY, channel, ""), day, UNITS[measure.total] * amount)
    if measure.days:
        ones = level(dict.fromkeys(channels, 1), None if department is None else 1, everywhere)
        for channel, days in ones.items():
            book.add_day((CHANNEL_MONTHLY, channel, ""), day, UNITS[measure.days] * days)
