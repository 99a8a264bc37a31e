"""Facts of a customer: who bought for the first time or again, who stays and who has left, what they brought.

Different customers are counted by sums: in windows that end now at their last purchase, in closed calendar
periods once a period, in those that slide and have ended by what held at every instant. A customer's channel
is that of the last purchase, so that channels add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest

from streams.book import STOCK, Facts
from streams.customer_stays import Stay, left_within, marks_of, stays
from streams.customers import Purchase, purchases
from streams.journeys import Journey
from streams.rows import (
    CAMPAIGN,
    CUSTOMER,
    CUSTOMER_CAMPAIGN,
    CUSTOMER_LEVEL,
    CUSTOMER_NOW,
    CUSTOMER_PERIODS,
    CUSTOMER_SLID,
    CUSTOMER_SOURCE,
    UNITS,
)
from streams.rules import Rules
from streams.windows import HOUR_MS, SLID_PERIODS, period_end, period_start

_ACTIVE, _REPEAT, _CHURNED = (UNITS[f"{what}_customers"] for what in ("active", "repeat", "churned"))


def customer_facts(key: str, journey: Journey, rules: Rules) -> Facts:
    """All facts of a customer; none without a purchase."""
    bought = purchases(key, journey)
    if not bought:
        return {}
    marks = marks_of(journey)
    book = _Book(rules, bought, stays(bought, marks, rules.silence_ms))
    book.bought()
    book.lifetime()
    book.stayed(told=bool(marks) or rules.silence_ms is not None)
    book.closed_periods()
    book.slid_periods()
    return book.facts


@dataclass(frozen=True, slots=True)
class _Worth:
    """What purchases come to in the reporting currency, as far as that is known."""

    revenue_minor: int
    valued: bool
    margin_minor: int
    costed: bool


class _Book:
    """Writes down the facts of one customer."""

    def __init__(self, rules: Rules, bought: Sequence[Purchase], stayed: Sequence[Stay]) -> None:
        self.rules, self.purchases, self.stays = rules, bought, stayed
        self.channel = self.rules.channel(bought[-1].channel)
        self.facts: Facts = {}

    def add(self, kind: str, at_ms: int, packed: int, channel: str = "", due_ms: int = 0) -> None:
        if packed:
            fact = (self.rules.rows.number(kind, channel or self.channel), at_ms, due_ms)
            self.facts[fact] = self.facts.get(fact, 0) + packed

    def bought(self) -> None:
        """The first purchase, what each brought, and the last one, by which windows know who was active."""
        first, last = self.purchases[0], self.purchases[-1]
        new, channel = UNITS["new_customers"], self.rules.channel(first.channel)
        self.add(CUSTOMER, first.at_ms, new, channel)
        by_source = self.rules.rows.number(CUSTOMER_SOURCE, channel, first.source)
        self.facts[by_source, first.at_ms, 0] = new
        if CAMPAIGN in self.rules.cuts:
            campaign = self.rules.cut(CAMPAIGN, first.campaign)
            self.facts[self.rules.rows.number(CUSTOMER_CAMPAIGN, campaign), first.at_ms, 0] = new
        for one in self.purchases:
            worth = self.worth([one])
            packed = UNITS["customer_revenue_minor"] * worth.revenue_minor
            packed += UNITS["customer_margin_minor"] * worth.margin_minor
            self.add(CUSTOMER, one.at_ms, packed, self.rules.channel(one.channel))
        active = _ACTIVE + (_REPEAT if last is not first else 0)
        self.add(CUSTOMER_NOW, last.at_ms, active)
        self.add(CUSTOMER_NOW, STOCK, active)

    def lifetime(self) -> None:
        """What the customer has brought so far, and with which purchase."""
        worth = self.worth(self.purchases)
        packed = UNITS["lifetime_revenue_minor"] * worth.revenue_minor
        packed += UNITS["lifetime_margin_minor"] * worth.margin_minor
        packed += UNITS["lifetime_customers"] * worth.valued
        packed += UNITS["lifetime_costed_customers"] * worth.costed
        self.add(CUSTOMER, STOCK, packed)
        valued = costed = False
        for one in self.purchases:
            worth = self.worth([one])
            packed = UNITS["net_lifetime_revenue_minor"] * worth.revenue_minor
            packed += UNITS["net_lifetime_margin_minor"] * worth.margin_minor
            packed += UNITS["net_lifetime_customers"] * (worth.valued and not valued)
            packed += UNITS["net_lifetime_costed_customers"] * (worth.costed and not costed)
            valued, costed = valued or worth.valued, costed or worth.costed
            self.add(CUSTOMER, one.at_ms, packed)

    def worth(self, bought: Iterable[Purchase]) -> _Worth:
        """At the rate of each purchase's day."""
        amounts = [
            minor
            for one in bought
            if one.amount and (minor := self.rules.convert(*one.amount, one.at_ms)) is not None
        ]
        margins = [
            amount_minor - cost_minor
            for one in bought
            for told_minor, currency, told_cost_minor in one.lines
            if (amount_minor := self.rules.convert(told_minor, currency, one.at_ms)) is not None
            and (cost_minor := self.rules.convert(told_cost_minor, currency, one.at_ms)) is not None
        ]
        return _Worth(sum(amounts), bool(amounts), sum(margins), bool(margins))

    def stayed(self, *, told: bool) -> None:
        """Who is a customer, how many there were at any start, and who of them has left by now."""
        customer, due_ms = UNITS["customers"], self.stays[-1].due_ms
        gone = self.stays[-1].until_ms is not None
        if told:
            self.add(CUSTOMER, STOCK, UNITS["customers_told"])
        self.add(CUSTOMER_LEVEL, STOCK, UNITS["customers_at_start"])
        if not gone or due_ms:
            self.add(CUSTOMER, STOCK, customer)
        if gone and due_ms:
            self.add(CUSTOMER, STOCK, -customer, due_ms=due_ms)
        if gone:
            self.add(CUSTOMER_NOW, STOCK, _CHURNED, due_ms=due_ms)
        for stay in self.stays:
            self.add(CUSTOMER_LEVEL, stay.since_ms, UNITS["customers_at_start"])
            if stay.until_ms is not None:
                self.add(CUSTOMER_LEVEL, stay.until_ms, -UNITS["customers_at_start"], due_ms=stay.due_ms)
            if gone and stay.until_ms is not None:
                self.add(CUSTOMER_NOW, stay.until_ms, _CHURNED, due_ms=due_ms)
                self.add(CUSTOMER_NOW, stay.since_ms, -_CHURNED, due_ms=due_ms)

    def closed_periods(self) -> None:
        """Once a day, week, month, quarter and year: bought in it, and left in it."""
        calendar, first = self.rules.calendar, self.purchases[0]
        for period, kind in CUSTOMER_PERIODS.items():

            def start_of(at_ms: int, period: str = period) -> int:
                return period_start(period, calendar.day_index(at_ms))

            for _, within in groupby(self.purchases, key=lambda one: start_of(one.at_ms)):
                *_, last = within
                packed = _ACTIVE + (_REPEAT if last is not first else 0)
                self.add(kind, last.at_ms, packed, self.rules.channel(last.channel))
            ends = {start_of(stay.until_ms): stay for stay in self.stays if stay.until_ms is not None}
            for day, stay in ends.items():
                start_ms = calendar.day_start_ms(day)
                end_ms = calendar.day_start_ms(period_end(period, day))
                if self.in_at(start_ms) and not self.in_at(end_ms) and stay.until_ms is not None:
                    self.add(kind, stay.until_ms, _CHURNED, due_ms=stay.due_ms)

    def slid_periods(self) -> None:
        """For every instant, who bought in so much time before it, and who left in it."""
        ends = [one.at_ms for one in self.purchases[1:]]
        for window, length_ms in SLID_PERIODS.items():
            kind = CUSTOMER_SLID[window]
            for one, next_ms in zip_longest(self.purchases, ends):
                until_ms = one.at_ms + length_ms
                packed = _ACTIVE + (_REPEAT if one is not self.purchases[0] else 0)
                until_ms = until_ms if next_ms is None else min(until_ms, next_ms)
                self.between(kind, one.at_ms, until_ms, packed, self.rules.channel(one.channel))
            for since_ms, until in left_within(self.stays, length_ms):
                self.between(kind, since_ms, until, _CHURNED)

    def between(self, kind: str, since_ms: int, until_ms: int | None, packed: int, channel: str = "") -> None:
        """What holds after one instant up to another; such windows end on hours, so hours tell all."""
        for at_ms, change in ((since_ms, packed), (until_ms, -packed)):
            if at_ms is not None:
                hour_ms = at_ms - at_ms % HOUR_MS
                self.add(kind, hour_ms, change, channel, due_ms=hour_ms)

    def in_at(self, at_ms: int) -> bool:
        """Whether this was a customer just before that instant."""
        return any(
            stay.since_ms < at_ms and (stay.until_ms is None or stay.until_ms >= at_ms) for stay in self.stays
        )
