"""Facts: what a journey adds to the base totals. Totals change by `facts(new) - facts(old)` only (law 2)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping

from streams.base_totals import RESPONSE_EDGES_SECONDS
from streams.fragments import Fragment
from streams.funnels import UNKNOWN
from streams.journeys import Journey
from streams.monthly_facts import deal_facts, lead_facts
from streams.passage import STOCK, passage
from streams.rows import EDGE, UNITS, Key, Places, Rows
from streams.rules import Rules
from streams.stories import Deal, Story, contacts, story

HOUR_MS = 3_600_000

Fact = tuple[int, int, int]
"""(row number, time in ms or `STOCK`, instant from which it exists or 0)."""
Facts = dict[Fact, int]
"""Packed amounts (see `streams.rows`) by row and time."""


def facts(key: str, journey: Journey, rules: Rules) -> Facts:
    """All facts of a journey, amounts by fact; none where everything was deleted or moved away."""
    told = story(key, journey)
    return {} if told is None else facts_of(told, rules)[0]


def facts_of(told: Story, rules: Rules) -> tuple[Facts, str]:
    """The facts that a story makes, and the channel they are counted in."""
    book = _Book(told, rules)
    if told.lead is not None:
        book.lead(told.lead)
    for deal in told.deals:
        book.deal(deal, first=deal is told.deals[0])
        deal_facts(told, deal, rules, book.credit_monthly)
    funnel, written = rules.funnels.funnel(book.channel), book.facts
    rows = rules.rows.stages(book.channel, funnel)
    for stage, at_ms, packed, due_ms in passage(told, funnel):
        fact = (rows[stage], at_ms, due_ms)
        written[fact] = written.get(fact, 0) + packed
    return written, book.channel


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


_ENQUIRY, _QUALIFIED, _WON_LATER = UNITS["enquiries"], UNITS["enquiries_qualified"], UNITS["enquiries_won"]
_DUE = UNITS["due_1h"] + UNITS["due_1wh"]
_WITHIN, _WORKING_WITHIN = UNITS["answered_1h"], UNITS["answered_1wh"]
_RESPONSE_MS, _WORKING_MS = UNITS["response_ms"], UNITS["response_working_ms"]
_BUCKET, _WORKING_BUCKET = UNITS["response_bucket"], UNITS["response_working_bucket"]
_HOURLY_DUE, _HOURLY_WITHIN = UNITS["hourly_due_1wh"], UNITS["hourly_answered_1wh"]
_CREATED = {
    "open": UNITS["deals_created"],
    "won": UNITS["deals_created"] + UNITS["deals_created_won"],
    "lost": UNITS["deals_created"] + UNITS["deals_created_lost"],
}


class _Book:
    """Writes down the facts of one journey."""

    __slots__ = ("_here", "_rows", "_where", "channel", "facts", "rules", "told")

    def __init__(self, told: Story, rules: Rules) -> None:
        self.told, self.rules, self._rows = told, rules, rules.rows
        self.channel = self.known(told.channel)
        self.facts: Facts = {}
        self._here = self.places(self.channel, None)
        self._where: dict[str, tuple[Places, Places]] = {}
        """Where each deal counts, by its id."""

    def known(self, channel: str) -> str:
        return channel if channel in self.rules.funnels.by_channel else UNKNOWN

    def places(self, channel: str, deal: Deal | None) -> tuple[Places, Places]:
        told, rules = self.told, self.rules
        cuts = tuple((cut, rules.cut(cut, told.told(cut, deal))) for cut in rules.cuts) if rules.cuts else ()
        return self._rows.places(channel, told.told("source", deal), cuts)

    def where(self, deal: Deal) -> tuple[Places, Places]:
        found = self._where.get(deal.id)
        if found is None:
            channel = self.known(self.told.told("channel", deal))
            found = self._where[deal.id] = self.places(channel, deal)
        return found

    def add(self, row: int, at_ms: int, packed: int, due_ms: int = 0) -> None:
        fact = (row, at_ms, due_ms)
        self.facts[fact] = self.facts.get(fact, 0) + packed

    def credit(self, at_ms: int, rep: str, packed: int, deal: Deal | None = None, due_ms: int = 0) -> None:
        """Totals of one time, by channel, rep and source; they may exist from an instant on only."""
        places = self._here if deal is None else self.where(deal)
        fact = (places[0][rep], at_ms, due_ms)
        self.facts[fact] = self.facts.get(fact, 0) + packed

    def credit_monthly(self, at_ms: int | None, rep: str, packed: int, deal: Deal | None) -> None:
        """The same for totals that are kept for few windows; without a time they are stocks."""
        places = self._here if deal is None else self.where(deal)
        fact = (places[1][rep], STOCK if at_ms is None else at_ms, 0)
        self.facts[fact] = self.facts.get(fact, 0) + packed

    # -- the lead ------------------------------------------------------------------------------

    def lead(self, lead: Fragment) -> None:
        told, created_at = self.told, lead.created_at
        won = told.outcome == "won"
        if told.qualified_at is not None:
            packed = UNITS["qualified_leads"] + (UNITS["qualified_won"] if won else 0)
            self.credit(told.qualified_at, told.owner(told.qualified_at), packed)
        answered_at = self.first_response(lead)
        lead_facts(told, lead, answered_at, HOUR_MS, self.credit_monthly)
        if created_at is None:
            return
        packed = _ENQUIRY + (_WON_LATER if won else 0)
        if told.qualified_at is not None:
            packed += _QUALIFIED
        rep = told.owner(created_at)
        if self.channel in self.rules.funnels.with_enquiries:
            if answered_at is None:
                self.unanswered(created_at, rep)
            else:
                packed += self.answered(created_at, answered_at)
        self.credit(created_at, rep, packed)

    def first_response(self, lead: Fragment) -> int | None:
        """When a person first answered, in a channel whose leads wait for an answer."""
        created_at = lead.created_at
        if created_at is None or self.channel not in self.rules.funnels.with_enquiries:
            return None
        return min((at for at in contacts(lead) if at >= created_at), default=None)

    def by_hour(self, created_at: int, packed: int, due_ms: int = 0) -> None:
        """The same by the hour of the week at which the lead came."""
        hour = self.rules.calendar.hour_of_week(created_at)
        self.add(self._rows.number(EDGE, self.channel, hour), created_at, packed, due_ms)

    def unanswered(self, created_at: int, rep: str) -> None:
        told = self.told
        working_due_ms = self.rules.calendar.working_deadline_ms(created_at, HOUR_MS)
        self.credit(created_at, rep, UNITS["due_1h"], due_ms=created_at + HOUR_MS)
        self.credit(created_at, rep, UNITS["due_1wh"], due_ms=working_due_ms)
        self.by_hour(created_at, _HOURLY_DUE, working_due_ms)
        if told.disqualified_at is None and told.outcome == "open":
            self.credit(STOCK, told.owner(None), UNITS["waiting"])
            self.add(self._rows.number("waiting_since", self.channel), created_at, 1)

    def answered(self, created_at: int, answered_at: int) -> int:
        """The shares within an hour, and the times."""
        wall_ms = answered_at - created_at
        working_ms = self.rules.calendar.working_ms(created_at, answered_at)
        for unit, ms in ((_BUCKET, wall_ms), (_WORKING_BUCKET, working_ms)):
            self.add(self._rows.number(EDGE, self.channel, edge(ms)), created_at, unit)
        self.by_hour(created_at, _HOURLY_DUE + (_HOURLY_WITHIN if working_ms <= HOUR_MS else 0))
        shares = (
            _DUE + (_WITHIN if wall_ms <= HOUR_MS else 0) + (_WORKING_WITHIN if working_ms <= HOUR_MS else 0)
        )
        return shares + UNITS["responses"] + _RESPONSE_MS * wall_ms + _WORKING_MS * working_ms

    # -- a deal --------------------------------------------------------------------------------

    def deal(self, deal: Deal, *, first: bool) -> None:
        created_at, told = deal.state.created_at, self.told
        if created_at is not None:
            self.credit(created_at, told.owner(created_at, deal), _CREATED[deal.outcome], deal)
        if deal.closed_at is None:
            packed = UNITS["open_deals"] + self.value(
                deal, "pipeline_minor", "open_deals_valued", "open_deals_unconverted"
            )
            self.credit(STOCK, told.owner(None, deal), packed, deal)
            return
        packed = UNITS[f"{deal.outcome}_deals"]
        if deal.outcome == "won":
            packed += self.value(deal, "revenue_minor", "won_deals_valued", "won_deals_unconverted")
            packed += self.cycle(deal, deal.closed_at, first=first)
        self.credit(deal.closed_at, told.owner(deal.closed_at, deal), packed, deal)

    def value(self, deal: Deal, amount: str, valued: str, unconverted: str) -> int:
        """A deal's amount, if it is told: summed in the reporting currency, only counted without a rate."""
        match deal.amount:
            case None:
                return 0
            case amount_minor, currency if currency == self.rules.currency:
                return UNITS[amount] * amount_minor + UNITS[valued]
            case told:
                converted = self.rules.convert(*told, deal.closed_at)
                return UNITS[unconverted] if converted is None else UNITS[amount] * converted + UNITS[valued]

    def cycle(self, deal: Deal, closed_at: int, *, first: bool) -> int:
        """From first contact to sale, where that is known and not negative."""
        starts = [] if deal.state.created_at is None else [deal.state.created_at]
        lead = self.told.lead
        if first and lead is not None:
            starts += [] if lead.created_at is None else [lead.created_at]
            starts += contacts(lead)
        start_ms = min(starts, default=None)
        if start_ms is None or start_ms > closed_at:
            return 0
        return UNITS["cycle_ms"] * (closed_at - start_ms) + UNITS["cycles"]


_EDGES_MS = [float(seconds) * 1000 for seconds in RESPONSE_EDGES_SECONDS]


def edge(ms: int) -> str:
    """Upper edge, in seconds, of the response histogram's bucket; inclusive."""
    return RESPONSE_EDGES_SECONDS[bisect_left(_EDGES_MS, ms)]
