"""What customers come to: who bought first, again or not any more, and what they brought.

Each customer is looked at anew for every window: nothing is added up that has to be counted once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from tests.oracle.calendar import DAY_MS, Config
from tests.oracle.entities import Entity
from tests.oracle.funnel import Story, closed_at
from tests.oracle.labels import Fact, Key, Labels
from tests.oracle.rates import worth
from tests.oracle.wire import Event

SUMS: Final = {
    "new_customers": "channel source",
    "customer_revenue_minor customer_margin_minor": "channel",
    "customers customers_told": "channel",
    "lifetime_customers lifetime_revenue_minor": "channel",
    "lifetime_costed_customers lifetime_margin_minor": "channel",
    "net_lifetime_customers net_lifetime_revenue_minor": "channel",
    "net_lifetime_costed_customers net_lifetime_margin_minor": "channel",
}
"""Totals of customers that are sums of facts."""
COUNTED: Final = {"active_customers repeat_customers churned_customers customers_at_start": "channel"}
"""Those that count customers, each once a window."""
ENDING_NOW: Final = ("1h", "24h", "7d", "30d", "90d", "today", "week", "month", "quarter", "year")
CLOSED: Final = (
    *("prev_today", "prev_week", "prev_month", "prev_quarter", "prev_year"),
    *("prev_7d", "prev_30d", "prev_90d"),
)


@dataclass(frozen=True)
class Purchase:
    """A won deal of a customer; (amount − cost) of each line whose cost is known."""

    at_ms: int
    deal: str
    journey: str
    channel: str
    source: str
    campaign: str
    revenue_minor: int | None
    margins_minor: tuple[int, ...]


@dataclass(frozen=True)
class Customer:
    """Everything that is known of one: purchases in order, and (time, verb) of what else was told."""

    purchases: tuple[Purchase, ...]
    told: tuple[tuple[int, str], ...]
    silence_ms: int | None

    @property
    def channel(self) -> str:
        """Where the customer bought last."""
        return self.purchases[-1].channel

    @cached_property
    def turns(self) -> list[tuple[int, str]]:
        """(time, what) of everything that makes or unmakes a customer."""
        ranks = {"bought": 0, "customer_churned": 1, "customer_renewed": 2}
        turns = [(one.at_ms, "bought") for one in self.purchases] + list(self.told)
        return sorted(turns, key=lambda turn: (turn[0], ranks[turn[1]]))

    def stays(self, before_ms: int | None, now_ms: int) -> bool:
        """Whether it is a customer after all turns before an instant (None: after all), as known by now."""
        is_one, ever, deadline = False, False, 0
        for at_ms, what in self.turns:
            if before_ms is not None and at_ms >= before_ms:
                break
            if self.silence_ms is not None and at_ms >= deadline:
                is_one = False
            if what == "bought" or (what == "customer_renewed" and ever):
                is_one = ever = True
                deadline = at_ms + (self.silence_ms or 0)
            elif what == "customer_churned":
                is_one = False
        until_ms = now_ms + 1 if before_ms is None else min(before_ms, now_ms + 1)
        return is_one and (self.silence_ms is None or deadline >= until_ms)


def customers_of(stories: Iterable[Story], events: Iterable[Event], config: Config) -> list[Customer]:
    """Everybody who ever bought."""
    bought: dict[str, list[Purchase]] = defaultdict(list)
    for story in stories:
        for deal in story.deals:
            name = customer_name(story, deal)
            if closed_at(deal, "won") is not None and name is not None:
                bought[name].append(_purchase(story, deal, config))
    told: dict[str, set[tuple[tuple[int, int, str, str], str]]] = defaultdict(set)
    for event in events:
        if event.verb in ("customer_churned", "customer_renewed"):
            told[event.get("customer")].add((event.order, event.verb))
    silence_ms = None if config.silence_days is None else config.silence_days * DAY_MS
    return [
        Customer(
            tuple(sorted(purchases, key=lambda one: (one.at_ms, one.deal, one.journey))),
            tuple((order[0], verb) for order, verb in sorted(told[name])),
            silence_ms,
        )
        for name, purchases in bought.items()
    ]


def customer_name(story: Story, deal: Entity) -> str | None:
    """The deal's own customer, else the lead's, else that of the first deal that has one."""
    entities = [deal, *([story.lead] if story.lead else []), *story.deals]
    name = next((known for entity in entities if (known := entity.attribute("customer"))), None)
    return None if name == "unknown" else name


def _purchase(story: Story, deal: Entity, config: Config) -> Purchase:
    won_at = closed_at(deal, "won")
    assert won_at is not None
    margins = []
    for line in deal.numbered("line_sold", "line").values():
        if line.get("cost") is not None:
            amount = worth(line.get("amount"), won_at, config)
            cost = worth(line.get("cost"), won_at, config)
            if amount is not None and cost is not None:
                margins.append(amount - cost)
    return Purchase(
        won_at,
        f"deal/{deal.id}",
        story.key,
        deal.attribute("channel") or story.channel,
        deal.attribute("source") or story.source,
        deal.attribute("campaign") or story.campaign,
        None if deal.amount is None else worth(deal.amount, won_at, config),
        tuple(margins),
    )


def customer_facts(customers: Iterable[Customer]) -> Iterator[Fact]:
    """The totals that are sums."""
    for customer in customers:
        first = customer.purchases[0]
        labels = Labels(first.channel, first.source, campaign=first.campaign)
        yield Fact("new_customers", labels, 1, first.at_ms)
        for one in customer.purchases:
            if one.revenue_minor is not None:
                yield Fact("customer_revenue_minor", Labels(one.channel), one.revenue_minor, one.at_ms)
            yield Fact("customer_margin_minor", Labels(one.channel), sum(one.margins_minor), one.at_ms)
        yield from _lifetime(customer, Labels(customer.channel))
        yield from _grown(customer, Labels(customer.channel))


def _brought(purchases: Sequence[Purchase]) -> dict[str, int]:
    """What these have brought, as far as it is known."""
    known = [one.revenue_minor for one in purchases if one.revenue_minor is not None]
    margins = [margin for one in purchases for margin in one.margins_minor]
    brought = {"lifetime_customers": 1, "lifetime_revenue_minor": sum(known)} if known else {}
    if margins:
        brought |= {"lifetime_costed_customers": 1, "lifetime_margin_minor": sum(margins)}
    return brought


def _grown(customer: Customer, labels: Labels) -> Iterator[Fact]:
    """What all purchases up to each have brought, less what those before it have."""
    before: dict[str, int] = {}
    for count, one in enumerate(customer.purchases, start=1):
        after = _brought(customer.purchases[:count])
        for total, amount in after.items():
            yield Fact(f"net_{total}", labels, amount - before.get(total, 0), one.at_ms)
        before = after


def _lifetime(customer: Customer, labels: Labels) -> Iterator[Fact]:
    for total, amount in _brought(customer.purchases).items():
        yield Fact(total, labels, amount, None)
    if customer.told or customer.silence_ms is not None:
        yield Fact("customers_told", labels, 1, None)


def customers_in(
    customers: Iterable[Customer], window: str, start_ms: int, end_ms: int, now_ms: int
) -> dict[Key, int]:
    """The totals that count customers, in one window; the ones who stay now are in `all`."""
    found: dict[Key, int] = defaultdict(int)
    for customer in customers:
        if window == "all":
            counted = _over_all_time(customer, now_ms)
        else:
            counted = _within(customer, window, start_ms, end_ms, now_ms)
        for total, channel in counted:
            found["channel", total, channel, ""] += 1
    return dict(found)


def _over_all_time(customer: Customer, now_ms: int) -> Iterator[tuple[str, str]]:
    yield "active_customers", customer.channel
    yield "customers_at_start", customer.channel
    if len(customer.purchases) > 1:
        yield "repeat_customers", customer.channel
    yield ("customers" if customer.stays(None, now_ms) else "churned_customers"), customer.channel


def _within(
    customer: Customer, window: str, start_ms: int, end_ms: int, now_ms: int
) -> Iterator[tuple[str, str]]:
    was_one = customer.stays(start_ms, now_ms)
    if was_one:
        yield "customers_at_start", customer.channel
    if window in ENDING_NOW:
        purchases = [customer.purchases[-1]]
        is_one = customer.stays(None, now_ms)
    elif window in CLOSED:
        purchases = list(customer.purchases)
        is_one = customer.stays(end_ms, now_ms)
    else:
        return
    within = [one for one in purchases if start_ms <= one.at_ms < end_ms]
    if within:
        yield "active_customers", within[-1].channel
        if within[-1] is not customer.purchases[0]:
            yield "repeat_customers", within[-1].channel
    if was_one and not is_one:
        yield "churned_customers", customer.channel
