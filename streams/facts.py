"""Facts: what a journey adds to the base totals. Totals change by `facts(new) - facts(old)` only (law 2)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from typing import Final

from streams.base_totals import RESPONSE_EDGES_SECONDS
from streams.book import Book, Fact, Facts
from streams.fragments import Fragment
from streams.journeys import Journey
from streams.monthly_facts import deal_facts, lead_facts
from streams.passage import pass_funnel
from streams.rows import EDGE, UNITS, Key, Rows
from streams.rules import Rules
from streams.stock_facts import deal_stock, lead_stock
from streams.stories import Deal, Story, contacts, story

HOUR_MS: Final = 3_600_000


def facts(key: str, journey: Journey, rules: Rules) -> Facts:
    """All facts of a journey, amounts by fact; none where everything was deleted or moved away."""
    told = story(key, journey)
    return {} if told is None else facts_of(told, rules).facts


def facts_of(told: Story, rules: Rules) -> Book:
    """The book of all facts that a story makes."""
    book = Book(told, rules)
    if told.lead is not None:
        _lead(book, told.lead)
    for deal in told.deals:
        book.turn_to(deal)
        first = deal is told.deals[0]
        _deal(book, deal, first=first)
        deal_stock(book, deal)
        deal_facts(book, deal, first=first)
    pass_funnel(book)
    return book


def difference(new: Facts, old: Facts) -> list[tuple[Fact, int]]:
    """`new - old`, without zeros."""
    changes = []
    for fact, packed in new.items():
        change = packed - old.get(fact, 0)
        if change:
            changes.append((fact, change))
    changes += [(fact, -packed) for fact, packed in old.items() if packed and fact not in new]
    return changes


def unpacked(written: Mapping[Fact, int], rows: Rows) -> dict[tuple[Key, int, int], int]:
    """The same facts by total: (key, time, instant from which it exists)."""
    found: dict[tuple[Key, int, int], int] = {}
    for (number, at_ms, due_ms), packed in written.items():
        for row in rows.parts[number]:
            for key, amount in rows.totals(row, packed):
                found[key, at_ms, due_ms] = found.get((key, at_ms, due_ms), 0) + amount
    return found


_ENQUIRY: Final = UNITS["enquiries"]
_QUALIFIED: Final = UNITS["enquiries_qualified"]
_WON_LATER: Final = UNITS["enquiries_won"]
_QUALIFIED_LEAD: Final = UNITS["qualified_leads"]
_QUALIFIED_WON: Final = UNITS["qualified_won"]
_WAITING: Final = UNITS["waiting"]
_DUE_WALL: Final = UNITS["due_1h"]
_DUE_WORKING: Final = UNITS["due_1wh"]
_WITHIN: Final = UNITS["answered_1h"]
_WORKING_WITHIN: Final = UNITS["answered_1wh"]
_RESPONSES: Final = UNITS["responses"]
_RESPONSE_MS: Final = UNITS["response_ms"]
_WORKING_MS: Final = UNITS["response_working_ms"]
_BUCKET: Final = UNITS["response_bucket"]
_WORKING_BUCKET: Final = UNITS["response_working_bucket"]
_HOURLY_DUE: Final = UNITS["hourly_due_1wh"]
_HOURLY_WITHIN: Final = UNITS["hourly_answered_1wh"]
_CREATED: Final = UNITS["deals_created"]
_CREATED_WON: Final = UNITS["deals_created_won"]
_CREATED_LOST: Final = UNITS["deals_created_lost"]
_OPEN: Final = UNITS["open_deals"]
_PIPELINE: Final = UNITS["pipeline_minor"]
_OPEN_VALUED: Final = UNITS["open_deals_valued"]
_OPEN_UNCONVERTED: Final = UNITS["open_deals_unconverted"]
_WON: Final = UNITS["won_deals"]
_LOST: Final = UNITS["lost_deals"]
_REVENUE: Final = UNITS["revenue_minor"]
_WON_VALUED: Final = UNITS["won_deals_valued"]
_WON_UNCONVERTED: Final = UNITS["won_deals_unconverted"]
_CYCLES: Final = UNITS["cycles"]
_CYCLE_MS: Final = UNITS["cycle_ms"]


def _lead(book: Book, lead: Fragment) -> None:
    told, created_at = book.told, lead.created_at
    won, qualified_at = told.outcome == "won", told.qualified_at
    if qualified_at is not None:
        book.credit(qualified_at, _QUALIFIED_LEAD + (_QUALIFIED_WON if won else 0))
    waits = book.rules.waits(book.channel)
    answered_at = _first_response(lead) if waits else None
    lead_facts(book, lead, answered_at, HOUR_MS)
    if created_at is None:
        return
    packed = _ENQUIRY + (_WON_LATER if won else 0)
    if qualified_at is not None:
        packed += _QUALIFIED
    if answered_at is not None:
        packed += _answered(book, created_at, answered_at)
    elif waits:
        _unanswered(book, created_at)
    book.credit(created_at, packed)
    lead_stock(book, lead, answered_at)


def _first_response(lead: Fragment) -> int | None:
    """When a person first answered."""
    created_at = lead.created_at
    if created_at is not None:
        for at_ms in contacts(lead):
            if at_ms >= created_at:
                return at_ms
    return None


def _by_hour(book: Book, created_at: int, packed: int, due_ms: int = 0) -> None:
    """The same by the hour of the week at which the lead came."""
    hour = book.rules.calendar.hour_of_week(created_at)
    book.add(book.rules.rows.number(EDGE, book.channel, hour), created_at, packed, due_ms)


def _unanswered(book: Book, created_at: int) -> None:
    told = book.told
    working_due_ms = book.rules.calendar.working_deadline_ms(created_at, HOUR_MS)
    book.credit(created_at, _DUE_WALL, created_at + HOUR_MS)
    book.credit(created_at, _DUE_WORKING, working_due_ms)
    _by_hour(book, created_at, _HOURLY_DUE, working_due_ms)
    if told.disqualified_at is None and told.outcome == "open":
        book.credit_stock(_WAITING)
        book.add(book.rules.rows.number("waiting_since", book.channel), created_at, 1)
        book.waiting_since = created_at


def _answered(book: Book, created_at: int, answered_at: int) -> int:
    """The shares within an hour, and the times."""
    rows, channel = book.rules.rows, book.channel
    wall_ms = answered_at - created_at
    working_ms = book.rules.calendar.working_ms(created_at, answered_at)
    book.add(rows.number(EDGE, channel, edge(wall_ms)), created_at, _BUCKET)
    book.add(rows.number(EDGE, channel, edge(working_ms)), created_at, _WORKING_BUCKET)
    packed = _DUE_WALL + _DUE_WORKING + _RESPONSES + _RESPONSE_MS * wall_ms + _WORKING_MS * working_ms
    if wall_ms <= HOUR_MS:
        packed += _WITHIN
    hourly = _HOURLY_DUE
    if working_ms <= HOUR_MS:
        packed += _WORKING_WITHIN
        hourly += _HOURLY_WITHIN
    _by_hour(book, created_at, hourly)
    return packed


def _deal(book: Book, deal: Deal, *, first: bool) -> None:
    created_at, closed_at, outcome = deal.state.created_at, deal.closed_at, deal.outcome
    if created_at is not None:
        later = _CREATED_WON if outcome == "won" else _CREATED_LOST if outcome == "lost" else 0
        book.credit(created_at, _CREATED + later)
    if closed_at is None:
        book.credit_stock(_OPEN + _value(book, deal, _PIPELINE, _OPEN_VALUED, _OPEN_UNCONVERTED))
    elif outcome == "lost":
        book.credit(closed_at, _LOST)
    else:
        packed = _WON + _value(book, deal, _REVENUE, _WON_VALUED, _WON_UNCONVERTED)
        book.credit(closed_at, packed + _cycle(book, deal, closed_at, first=first))


def _value(book: Book, deal: Deal, amount: int, valued: int, unconverted: int) -> int:
    """A deal's amount, if it is told: summed in the reporting currency, only counted without a rate."""
    told = deal.amount
    if told is None:
        return 0
    amount_minor = book.rules.convert(told[0], told[1], deal.closed_at)
    return unconverted if amount_minor is None else amount * amount_minor + valued


def _cycle(book: Book, deal: Deal, closed_at: int, *, first: bool) -> int:
    """From first contact to sale, where that is known and not negative."""
    starts = [deal.state.created_at]
    lead = book.told.lead
    if first and lead is not None:
        starts.append(lead.created_at)
        starts += contacts(lead)[:1]
    start_ms = min([start for start in starts if start is not None], default=None)
    if start_ms is None or start_ms > closed_at:
        return 0
    return _CYCLE_MS * (closed_at - start_ms) + _CYCLES


_EDGES_MS: Final = [int(seconds) * 1000 for seconds in RESPONSE_EDGES_SECONDS[:-1]]


def edge(ms: int) -> str:
    """Upper edge, in seconds, of the response histogram's bucket; inclusive."""
    return RESPONSE_EDGES_SECONDS[bisect_left(_EDGES_MS, ms)]
