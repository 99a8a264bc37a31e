"""Facts: what a journey adds to the base totals. Totals change by `facts(new) - facts(old)` only (law 2)."""

from __future__ import annotations

from dataclasses import dataclass

from streams.calendar import BusinessCalendar
from streams.fragments import Fragment
from streams.funnels import UNKNOWN, Funnels
from streams.journeys import Journey
from streams.passage import STOCK, passage
from streams.stories import Deal, Story, contacts, story

HOUR_MS = 3_600_000
EDGES_SECONDS = (300, 900, 3_600, 14_400, 28_800, 86_400, 172_800, 604_800)

Fact = tuple[str, str, str, str, int, int]
"""(family, total, label 1, label 2, time in ms or `STOCK`, instant from which it exists or 0)."""
Facts = dict[Fact, int]

WIDE = ("channel", "source", "rep")
NARROW = ("channel", "rep")


@dataclass(frozen=True)
class Rules:
    """What the numbers depend on besides the events."""

    funnels: Funnels
    calendar: BusinessCalendar
    currency: str


def facts(key: str, journey: Journey, rules: Rules) -> Facts:
    """All facts of a journey, amounts by fact; none where everything was deleted or moved away."""
    told = story(key, journey)
    return {} if told is None else facts_of(told, rules)[0]


def facts_of(told: Story, rules: Rules) -> tuple[Facts, str]:
    """The facts that a story makes, and the channel they are counted in."""
    book = _Book(told, rules)
    if told.lead is not None:
        book.lead(told.lead)
    for number, deal in enumerate(told.deals):
        book.deal(deal, first=number == 0)
    for total, stage, at_ms, amount in passage(told, rules.funnels.funnel(book.channel)):
        book.add("stage", total, book.channel, stage, at_ms, amount)
    return book.facts, book.channel


def difference(new: Facts, old: Facts) -> list[tuple[Fact, int]]:
    """`new - old`, without zeros."""
    changes = [(fact, amount - old.get(fact, 0)) for fact, amount in new.items() if old.get(fact) != amount]
    changes += [(fact, -amount) for fact, amount in old.items() if fact not in new]
    return [(fact, amount) for fact, amount in changes if amount]


class _Book:
    """Writes down the facts of one journey."""

    def __init__(self, told: Story, rules: Rules) -> None:
        self.told, self.rules = told, rules
        known = told.channel in rules.funnels.by_channel
        self.channel = told.channel if known else UNKNOWN
        self.facts: Facts = {}

    def add(
        self, family: str, total: str, label1: str, label2: str, at_ms: int, amount: int = 1, due: int = 0
    ) -> None:
        fact = (family, total, label1, label2, at_ms, due)
        self.facts[fact] = self.facts.get(fact, 0) + amount

    def add_all(
        self,
        families: tuple[str, ...],
        totals: dict[str, int],
        at_ms: int,
        rep: str,
        deal: Deal | None = None,
        due: int = 0,
    ) -> None:
        channel = self.channel if deal is None else self.deal_channel(deal)
        for family in families:
            label1 = rep if family == "rep" else channel
            label2 = self.told.told("source", deal) if family == "source" else ""
            for total, amount in totals.items():
                self.add(family, total, label1, label2, at_ms, amount, due)

    def deal_channel(self, deal: Deal) -> str:
        channel = self.told.told("channel", deal)
        return channel if channel in self.rules.funnels.by_channel else UNKNOWN

    # -- the lead ------------------------------------------------------------------------------

    def lead(self, lead: Fragment) -> None:
        told, created_at = self.told, lead.created_at
        won = told.outcome == "won"
        if told.qualified_at is not None:
            totals = {"qualified_leads": 1} | ({"qualified_won": 1} if won else {})
            self.add_all(WIDE, totals, told.qualified_at, told.owner(told.qualified_at))
        if created_at is None:
            return
        totals = {"enquiries": 1}
        if told.qualified_at is not None:
            totals["enquiries_qualified"] = 1
        if won:
            totals["enquiries_won"] = 1
        self.add_all(WIDE, totals, created_at, told.owner(created_at))
        if self.channel in self.rules.funnels.with_enquiries:
            answered_at = min((at for at in contacts(lead) if at >= created_at), default=None)
            if answered_at is None:
                self.unanswered(created_at)
            else:
                self.answered(created_at, answered_at)

    def unanswered(self, created_at: int) -> None:
        told, calendar = self.told, self.rules.calendar
        rep = told.owner(created_at)
        self.add_all(WIDE, {"due_1h": 1}, created_at, rep, due=created_at + HOUR_MS)
        working_due = calendar.working_deadline_ms(created_at, HOUR_MS)
        self.add_all(WIDE, {"due_1wh": 1}, created_at, rep, due=working_due)
        if told.disqualified_at is None and told.outcome == "open":
            self.add_all(NARROW, {"waiting": 1}, STOCK, told.owner(None))
            self.add("channel", "waiting_since", self.channel, "", created_at)

    def answered(self, created_at: int, answered_at: int) -> None:
        wall_ms = answered_at - created_at
        working_ms = self.rules.calendar.working_ms(created_at, answered_at)
        rep = self.told.owner(created_at)
        within = {"answered_1h": wall_ms, "answered_1wh": working_ms}
        shares = {"due_1h": 1, "due_1wh": 1} | {name: 1 for name, ms in within.items() if ms <= HOUR_MS}
        self.add_all(WIDE, shares, created_at, rep)
        sums = {"responses": 1, "response_ms": wall_ms, "response_working_ms": working_ms}
        self.add_all(NARROW, sums, created_at, rep)
        for total, ms in (("response_bucket", wall_ms), ("response_working_bucket", working_ms)):
            self.add("channel", total, self.channel, bucket(ms), created_at)

    # -- a deal --------------------------------------------------------------------------------

    def deal(self, deal: Deal, *, first: bool) -> None:
        created_at, told = deal.state.created_at, self.told
        if created_at is not None:
            totals = {"deals_created": 1}
            if deal.outcome != "open":
                totals[f"deals_created_{deal.outcome}"] = 1
            self.add_all(WIDE, totals, created_at, told.owner(created_at, deal), deal)
        if deal.closed_at is None:
            self.add_all(NARROW, self.open_totals(deal), STOCK, told.owner(None, deal), deal)
            return
        totals = {f"{deal.outcome}_deals": 1}
        if deal.outcome == "won":
            totals |= self.won_totals(deal, first=first)
        self.add_all(WIDE, totals, deal.closed_at, told.owner(deal.closed_at, deal), deal)

    def open_totals(self, deal: Deal) -> dict[str, int]:
        match deal.amount:
            case None:
                return {"open_deals": 1}
            case amount_minor, currency if currency == self.rules.currency:
                return {"open_deals": 1, "open_deals_valued": 1, "pipeline_minor": amount_minor}
            case _:
                return {"open_deals": 1, "open_deals_unconverted": 1}

    def won_totals(self, deal: Deal, *, first: bool) -> dict[str, int]:
        totals: dict[str, int] = {}
        match deal.amount:
            case None:
                pass
            case amount_minor, currency if currency == self.rules.currency:
                totals = {"revenue_minor": amount_minor, "won_deals_valued": 1}
            case _:
                totals = {"won_deals_unconverted": 1}
        start_ms = self.cycle_start(deal, first=first)
        if start_ms is not None and deal.closed_at is not None and deal.closed_at >= start_ms:
            totals |= {"cycle_ms": deal.closed_at - start_ms, "cycles": 1}
        return totals

    def cycle_start(self, deal: Deal, *, first: bool) -> int | None:
        starts = [] if deal.state.created_at is None else [deal.state.created_at]
        lead = self.told.lead
        if first and lead is not None:
            starts += [] if lead.created_at is None else [lead.created_at]
            starts += contacts(lead)
        return min(starts, default=None)


def bucket(ms: int) -> str:
    """Upper edge, in seconds, of the response histogram's bucket; inclusive."""
    return next((str(edge) for edge in EDGES_SECONDS if ms <= edge * 1000), "+Inf")
