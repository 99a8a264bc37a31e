"""One customer's story as the CRM records it: events with the times at which Kafka receives them."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from agents.crm.cast import REGIONS, Rep, Source, pick
from agents.crm.rhythm import HOUR_MS, MINUTE_MS, after_work, entered_at
from streams.calendar import BusinessCalendar
from streams.events import Event, JourneyPayload

_REPEATED = 0.012
_REPEATED_LATE = 0.2


class Timed(NamedTuple):
    """An event and the instant at which it reaches Kafka (the record's timestamp)."""

    event: Event
    kafka_time_ms: int


class World(NamedTuple):
    """What all stories of a simulation share."""

    source: str
    calendar: BusinessCalendar
    currency: str
    minor_per_unit: int


class Story:
    """A journey in the making: knows its channel, source, region and rep, and writes down what happens.

    `name` is unique within the simulation; leads, deals and events are numbered from it.
    """

    def __init__(
        self, world: World, random: Random, name: str, opens_ms: int, channel: str, rep: Rep, source: Source
    ) -> None:
        self.world, self.random, self.name, self.opens_ms = world, random, name, opens_ms
        self.channel, self.rep, self.source = channel, rep, source
        self.campaign = random.choice(source.campaigns) if source.campaigns else None
        self.region = pick(random, REGIONS)
        self.customer = None if channel == "partner" else f"c-{name}"  # partners do not say to whom they sell
        self.told: list[Timed] = []

    def tell(
        self, subject: str, journey: str, time_ms: int, data: JourneyPayload, *, by_hand: bool = True
    ) -> None:
        """Record an event of `lead/<id>` or `deal/<id>`; by hand it is entered when the rep gets to it."""
        random = self.random
        if by_hand:
            received = entered_at(random, self.world.calendar, self.rep, time_ms)
        else:
            received = time_ms + random.randint(50, 1_500)
        entity, _, entity_id = subject.partition("/")
        event = Event(
            id=f"{self.name}.{len(self.told)}",
            source=self.world.source,
            entity="lead" if entity == "lead" else "deal",
            entity_id=entity_id,
            journey=journey,
            time_ms=time_ms,
            received_ms=max(received, self.opens_ms),
            data=data,
        )
        self.told.append(Timed(event, max(received, self.opens_ms)))
        if random.random() < _REPEATED:
            later = HOUR_MS if random.random() < _REPEATED_LATE else MINUTE_MS
            self.told.append(Timed(event, self.told[-1].kafka_time_ms + random.randrange(later)))

    def later(self, time_ms: int, median_hours: float) -> int:
        """The instant so many working hours later, at this rep's pace."""
        return after_work(self.random, self.world.calendar, time_ms, median_hours * self.rep.pace)

    def chance(self, probability: float) -> bool:
        """Whether something happens that has nothing to do with anybody's skill."""
        return self.random.random() < probability

    def succeeds(self, probability: float) -> bool:
        """Whether a step goes well: the usual probability, by the odds of the rep's skill and the source."""
        odds = probability / (1 - probability) * self.rep.skill * self.source.quality
        return self.random.random() < odds / (1 + odds)
