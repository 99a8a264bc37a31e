"""What the ledger adds to the totals: money by day, voices at their own time, aims from their day on."""

from __future__ import annotations

from collections.abc import Mapping

from streams.book import STOCK, Facts
from streams.fragments import Fragment, Order
from streams.funnels import UNKNOWN
from streams.journeys import Journey
from streams.ledger_book import LedgerBook, entries_by_subject
from streams.ledger_days import day_number
from streams.ledger_growth import parts
from streams.ledger_plans import plan_facts
from streams.rows import (
    CAMPAIGN,
    CAMPAIGN_DAYS,
    CHANNEL_DAYS,
    CHANNEL_MONTHLY,
    KPI,
    REP_MONTHLY,
    SOURCE_DAYS,
    UNITS,
)
from streams.rules import Rules
from streams.stories import UNASSIGNED

_AIMED = ("channel/", "source/", "rep/", "team/")
"""Aims of these are theirs; every other subject means the whole department."""
_PROMOTER, _DETRACTOR = 9, 6


def ledger_facts(key: str, journey: Journey, rules: Rules) -> Facts:
    """All facts of one journey of the ledger."""
    book = LedgerBook(rules)
    fragments = {name.partition("/")[2]: fragment for name, fragment in journey.fragments.items()}
    _, what, about = f"{key}/".split("/", 2)
    match what:
        case "plan":
            plan_facts(book, about.partition("/")[0], fragments)
        case "spend":
            _spend(book, fragments)
        case "expense":
            _expense(book, fragments)
        case "target":
            _aims(book, about.removesuffix("/"), fragments)
        case _:
            _voices(book, fragments)
    return {fact: packed for fact, packed in book.facts.items() if packed}


def _spend(book: LedgerBook, fragments: Mapping[str, Fragment]) -> None:
    unit = UNITS["spend_minor"]
    for fragment in fragments.values():
        for (source, campaign, told), entries in entries_by_subject(fragment).items():
            channel, apart = book.rules.channel(told), CAMPAIGN in book.rules.cuts
            for day, amount in book.days(entries, channel):
                book.add_day((CHANNEL_DAYS, channel, ""), day, unit * amount)
                book.add_day((SOURCE_DAYS, channel, source or UNKNOWN), day, unit * amount)
                if apart:
                    label = book.rules.cut(CAMPAIGN, campaign or UNKNOWN)
                    book.add_day((CAMPAIGN_DAYS, label, ""), day, unit * amount)


def _expense(book: LedgerBook, fragments: Mapping[str, Fragment]) -> None:
    for subject, fragment in fragments.items():
        kind, _, name = subject.partition("/")
        channel = book.rules.channel(name) if kind == "channel" else UNKNOWN
        for (what,), entries in entries_by_subject(fragment).items():
            unit = UNITS[f"{what}_minor"]
            for day, amount in book.days(entries, channel):
                book.add_day((CHANNEL_MONTHLY, channel, ""), day, unit * amount)


def _voices(book: LedgerBook, fragments: Mapping[str, Fragment]) -> None:
    """Answers and contacts, by channel and by the rep who looks after the customer."""
    for fragment in fragments.values():
        for name, (at_ms, _, _, _, value) in fragment.items.items():
            match name, value:
                case "nps", (int(score), str(told), str(owner), _):
                    packed = UNITS["nps_answers"]
                    packed += UNITS["nps_promoters"] if score >= _PROMOTER else 0
                    packed += UNITS["nps_detractors"] if score <= _DETRACTOR else 0
                case "care", (_, str(told), str(owner), _):
                    packed = UNITS["care_contacts"]
                case _:
                    continue
            book.add((CHANNEL_MONTHLY, book.rules.channel(told), ""), at_ms, packed)
            book.add((REP_MONTHLY, owner or UNASSIGNED, ""), at_ms, packed)


def _aims(book: LedgerBook, kpi: str, fragments: Mapping[str, Fragment]) -> None:
    """Baselines and targets: each holds from its day on, until the next one's day."""
    latest: dict[tuple[str, str, int], tuple[Order, int]] = {}
    for subject, fragment in fragments.items():
        place = subject if subject.startswith(_AIMED) else ""
        for item, (at_ms, rank, source, event_id, value) in fragment.items.items():
            name, text = parts(item)
            about = name, place, day_number(text)
            known = latest.get(about)
            if isinstance(value, int) and (known is None or ((at_ms, rank, source, event_id), value) > known):
                latest[about] = (at_ms, rank, source, event_id), value
    before: dict[tuple[str, str], int] = {}
    for (name, place, day), (_, value) in sorted(latest.items()):
        told = before.get((name, place))
        packed = UNITS[name] * (value - (told or 0)) + (UNITS[f"{name}s"] if told is None else 0)
        book.add((KPI, kpi, place), STOCK, packed, book.calendar.day_start_ms(day))
        before[name, place] = value
