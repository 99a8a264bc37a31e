"""The ledger of the simulated company: plans, targets, spend, expenses, and what customers say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Literal

from agents.crm.cast import CHANNEL_SHARES, LEADS_PER_DAY, MEDIAN_AMOUNTS, REPS, SOURCES
from agents.crm.rhythm import HOUR_MS, arrivals, work_time
from agents.crm.story import Timed, World
from streams.events import (
    CareContacted,
    CustomerChurned,
    CustomerRenewed,
    Event,
    ExpenseReported,
    LedgerPayload,
    Money,
    NpsAnswered,
    PlanSet,
    SpendReported,
    TargetSet,
)
from streams.ledger_payloads import Measure

_EPOCH = date(1970, 1, 1)
_RESERVES: tuple[tuple[Literal["expense", "reserve"], float], ...] = (("expense", 0.85), ("reserve", 0.15))
_OCCASIONS = ("birthday", "survey", "holiday")
_TARGETS = {
    "response_within_1h_share": (0.6, 0.9),
    "win_rate_closed": (0.25, 0.35),
    "sales_cycle_days": (16.0, 12.0),
}
_CAMPAIGNS = ("inbound",)
"""Channels with campaigns, which would sell something without them too."""
_WON_SHARE = {"inbound": 0.06, "active": 0.035, "regular": 0.33, "vip": 0.3, "partner": 0.09}
"""Sales for each piece of new business, as the plan expects it."""


def play_books(
    world: World, random: Random, day: int, leads_per_day: float, *, first: bool
) -> Iterator[Timed]:
    """The ledger's events of one day; on the `first` day and on every first of a month the plans are made."""
    today = _EPOCH + timedelta(days=day)
    opens = world.calendar.day_start_ms(day) + 9 * HOUR_MS
    if first or today.day == 1:
        yield from _plans(world, today, opens, leads_per_day)
    if today.weekday() == 0:
        yield from _spend(world, random, today, opens, leads_per_day)
    if world.calendar.is_working_day(day):
        yield from _voices(world, random, day, leads_per_day)


def _timed(world: World, about: str, event_id: str, time_ms: int, data: LedgerPayload) -> Timed:
    event = Event(
        id=event_id,
        source=world.source,
        entity="ledger",
        entity_id=about,
        journey=f"ledger/{about}",
        time_ms=time_ms,
        received_ms=time_ms + 1_000,
        data=data,
    )
    return Timed(event, time_ms + 1_000)


def _plans(world: World, today: date, opens: int, leads_per_day: float) -> Iterator[Timed]:
    """From today to the end of the month: a department that begins within one had no plan before."""
    last = (today.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    days = world.calendar.working_days((today - _EPOCH).days, (last - _EPOCH).days)
    month = f"{today:%Y-%m}"
    first_day, last_day = today.isoformat(), last.isoformat()
    revenue = {
        channel: round(days * leads_per_day * share * _WON_SHARE[channel] * MEDIAN_AMOUNTS[channel] * 1.35)
        for channel, share in CHANNEL_SHARES.items()
    }
    plans = {f"channel/{channel}": units for channel, units in revenue.items()} | {
        "department": sum(revenue.values())
    }
    for rep in REPS:
        plans[f"rep/{rep.code}"] = sum(
            revenue[channel] // sum(channel in other.channels for other in REPS) for channel in rep.channels
        )
    for about, units in plans.items():
        plan = PlanSet(measure="revenue", amount=_money(world, units), first_day=first_day, last_day=last_day)
        yield _timed(world, about, f"plan-{month}-{about}", opens, plan)
    for about, measure, number in _work(days, leads_per_day):
        plan = PlanSet(measure=measure, quantity=number, first_day=first_day, last_day=last_day)
        yield _timed(world, about, f"{measure}-{month}-{about}", opens, plan)
    for channel in _CAMPAIGNS:
        usual = _money(world, revenue[channel] * 0.2)
        plan = PlanSet(measure="baseline", amount=usual, first_day=first_day, last_day=last_day)
        yield _timed(world, f"channel/{channel}", f"baseline-{month}-{channel}", opens, plan)
    for kpi, (baseline, target) in _TARGETS.items():
        aim = TargetSet(kpi=kpi, first_day=first_day, baseline=baseline, target=target)
        yield _timed(world, kpi, f"target-{month}-{kpi}", opens, aim)
    expenses = round(sum(revenue.values()) * 0.55)
    for kind, share in _RESERVES:
        money = _money(world, expenses * share)
        spent = ExpenseReported(amount=money, kind=kind, first_day=first_day, last_day=last_day)
        yield _timed(world, "department", f"expense-{month}-{kind}", opens, spent)


def _work(days: int, leads_per_day: float) -> Iterator[tuple[str, Measure, float]]:
    """What the plan takes besides money: deals by channel, and the reps' time."""
    for channel, share in CHANNEL_SHARES.items():
        deals = days * leads_per_day * share * _WON_SHARE[channel] * 1.35
        yield f"channel/{channel}", "deals", round(deals, 1)
    yield "department", "handling_hours", 1.5
    yield "department", "capacity_hours", 4.0 * days


def _spend(world: World, random: Random, today: date, opens: int, leads_per_day: float) -> Iterator[Timed]:
    """A department half as large spends half as much."""
    first, last = today - timedelta(days=7), today - timedelta(days=1)
    for channel, sources in SOURCES.items():
        for source in sources:
            for campaign in source.campaigns:
                units = source.spend_per_week / len(source.campaigns) * random.uniform(0.85, 1.15)
                units *= leads_per_day / LEADS_PER_DAY
                spend = SpendReported(
                    first_day=first.isoformat(),
                    last_day=last.isoformat(),
                    amount=_money(world, units),
                    source=source.name,
                    campaign=campaign,
                    channel=channel,
                )
                yield _timed(world, source.name, f"spend-{first.isoformat()}-{campaign}", opens, spend)


def _voices(world: World, random: Random, day: int, leads_per_day: float) -> Iterator[Timed]:
    """Care contacts, recommendation answers, customers who stay and who leave."""
    kinds = {"care": 0.12, "nps": 0.05, "renewed": 0.02, "churned": 0.006}
    for kind, share in kinds.items():
        for number in range(arrivals(random, leads_per_day * share)):
            customer = f"c-own-{random.randrange(200):03d}"
            owner = random.choice([rep.code for rep in REPS if rep.channels[0] in ("regular", "vip")])
            data: LedgerPayload
            match kind:
                case "care":
                    data = CareContacted(
                        occasion=random.choice(_OCCASIONS), customer=customer, channel="regular", owner=owner
                    )
                case "nps":
                    score = random.choices(range(11), (1, 1, 1, 2, 2, 4, 6, 12, 20, 26, 25))[0]
                    data = NpsAnswered(score=score, channel="regular", owner=owner, customer=customer)
                case "renewed":
                    data = CustomerRenewed(customer=customer)
                case _:
                    data = CustomerChurned(customer=customer)
            yield _timed(
                world, customer, f"{kind}-{day}-{number}", work_time(random, world.calendar, day), data
            )


def _money(world: World, units: float) -> Money:
    return Money(round(units) * world.minor_per_unit, world.currency)
