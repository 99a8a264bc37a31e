"""The simulated CRM: everything that happens in the department, in the order in which Kafka receives it."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import count
from random import Random

from agents.crm.books import play_books
from agents.crm.cast import CHANNEL_SHARES, LEADS_PER_DAY, pick_rep, pick_source
from agents.crm.leads import play_deal, play_enquiry, play_prospect
from agents.crm.rhythm import arrivals, enquiry_factor, enquiry_time, work_time
from agents.crm.story import Story, Timed, World
from streams.calendar import BusinessCalendar
from streams.money import minor_units

_PLAYS: dict[str, Callable[[Story], None]] = {
    "inbound": play_enquiry,
    "active": play_prospect,
    "regular": play_deal,
    "vip": play_deal,
    "partner": play_deal,
}
_CUSTOMERS = {"regular": 170, "vip": 30}


def simulate(
    seed: int,
    start_ms: int,
    end_ms: int | None,
    calendar: BusinessCalendar,
    *,
    leads_per_day: float = LEADS_PER_DAY,
    currency: str = "RUB",
    ledger: bool = True,
) -> Iterator[Timed]:
    """Events from the local day of `start_ms` on, by receipt, until that reaches `end_ms` (None: for ever).

    The same arguments give the same events; a day's business is the same on whatever day it starts.
    """
    world = World(f"/simulator/{seed}", calendar, currency, 10 ** (minor_units(currency) or 0))
    waiting: list[tuple[int, str, int, Timed]] = []
    ticket = count()
    first = calendar.day_index(start_ms)
    for day in count(first):
        for timed in _day(world, seed, day, leads_per_day):
            heapq.heappush(waiting, (timed.kafka_time_ms, timed.event.id, next(ticket), timed))
        if ledger:
            random = Random(f"{seed}/{day}/ledger")  # noqa: S311 - a seeded world, no secret
            for timed in play_books(world, random, day, leads_per_day, first=day == first):
                heapq.heappush(waiting, (timed.kafka_time_ms, timed.event.id, next(ticket), timed))
        day_end = calendar.day_start_ms(day + 1)
        while waiting and waiting[0][0] < day_end:
            if end_ms is not None and waiting[0][0] >= end_ms:
                return
            yield heapq.heappop(waiting)[3]
        if end_ms is not None and day_end >= end_ms:
            return


def _day(world: World, seed: int, day: int, leads_per_day: float) -> Iterator[Timed]:
    """Everything that will ever come of the leads and deals that begin on this day."""
    when = date(1970, 1, 1) + timedelta(days=day)
    for channel, share in CHANNEL_SHARES.items():
        random = Random(f"{seed}/{day}/{channel}")  # noqa: S311 - a seeded world, no secret
        by_enquiry = channel == "inbound"
        if not by_enquiry and not world.calendar.is_working_day(day):
            continue
        factor = enquiry_factor(world.calendar, day) if by_enquiry else 1.0
        for number in range(arrivals(random, leads_per_day * share * factor)):
            find_time = enquiry_time if by_enquiry else work_time
            story = Story(
                world,
                random=Random(f"{seed}/{day}/{channel}/{number}"),  # noqa: S311 - as above
                name=f"{seed}-{when:%y%m%d}-{channel[0]}{number}",
                opens_ms=find_time(random, world.calendar, day),
                channel=channel,
                rep=pick_rep(random, channel),
                source=pick_source(random, channel),
            )
            if channel in _CUSTOMERS:
                story.customer = f"c-own-{random.randrange(_CUSTOMERS[channel]):03d}"
            _PLAYS[channel](story)
            yield from story.told
