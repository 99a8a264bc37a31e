"""The truth: every number of Voronka as a batch computation over raw records, sharing no code with it.

Obviously right rather than fast: `oracle_facts` once for a set of records, then `read` at any instant.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from tests.oracle.calendar import WINDOWS, WINDOWS_BY_SOURCE_AND_REP, Calendar, Config
from tests.oracle.customers import Customer, customer_facts, customers_in, customers_of
from tests.oracle.facts import FAMILIES, MONTHLY, facts_of
from tests.oracle.funnel import Story
from tests.oracle.labels import Fact, Key, Labels
from tests.oracle.ledger import BY_DAYS, ledger_facts
from tests.oracle.moves import fallen_out, fragments, journeys
from tests.oracle.units import Refused
from tests.oracle.wire import Event, Record, parse

__all__ = [
    "FAMILIES",
    "MONTHLY",
    "WINDOWS",
    "WINDOWS_BY_SOURCE_AND_REP",
    "Calendar",
    "Config",
    "Event",
    "Fact",
    "Facts",
    "Key",
    "Labels",
    "Quarantined",
    "Reading",
    "Record",
    "oracle",
    "oracle_facts",
    "read",
]


DAILY = frozenset(total for totals in BY_DAYS for total in totals.split())
BY_MINUTES = ("1h", "24h", "prev_1h", "prev_24h")
"""Windows that do not hold whole days."""


@dataclass(frozen=True)
class Quarantined:
    """A record that was not, or not wholly, taken in: its place in the input, why, and which event it was."""

    index: int
    reason: str
    event: tuple[str, str] | None = None
    """(source, id), known for `over_limit` only."""


@dataclass(frozen=True)
class Facts:
    """Everything that a set of records says."""

    facts: tuple[Fact, ...]
    quarantined: tuple[Quarantined, ...]
    stories: tuple[Story, ...]
    customers: tuple[Customer, ...]
    events: frozenset[Event]
    config: Config

    @cached_property
    def dated(self) -> list[Fact]:
        """Facts that have a time, in order of it."""
        return sorted((fact for fact in self.facts if fact.at_ms is not None), key=_time)

    @cached_property
    def times(self) -> list[int]:
        """Their times."""
        return [_time(fact) for fact in self.dated]

    @property
    def greatest_time_ms(self) -> int:
        """Where the event clock stands."""
        return max((event.time_ms for event in self.events), default=0)


@dataclass(frozen=True)
class Reading:
    """All totals at one instant that are exported, zeros left out: by window, and `all` with the stocks."""

    sums: dict[str, dict[Key, int]]
    waiting_since: dict[str, int]

    def __getitem__(self, window: str) -> dict[Key, int]:
        return self.sums[window]


def _time(fact: Fact) -> int:
    assert fact.at_ms is not None
    return fact.at_ms


def oracle_facts(records: Iterable[Record], config: Config | None = None) -> Facts:
    """What the records say, whatever their order and however often each is repeated."""
    config = config or Config()
    accepted: list[tuple[int, Event]] = []
    quarantined = []
    for index, record in enumerate(records):
        try:
            accepted.append((index, parse(record)))
        except Refused as refused:
            quarantined.append(Quarantined(index, str(refused)))
    events = frozenset(event for _, event in accepted)
    sold = (event for event in events if event.entity in ("lead", "deal"))
    parts = fragments(sorted(sold, key=lambda event: event.order))
    fallen = fallen_out(parts)
    quarantined += [Quarantined(i, "over_limit", (e.source, e.id)) for i, e in accepted if e in fallen]
    stories = tuple(Story(journey) for journey in journeys(parts))
    customers = tuple(customers_of(stories, events, config))
    facts = [fact for story in stories for fact in facts_of(story, config)]
    facts += customer_facts(customers)
    facts += ledger_facts(events, config)
    quarantined.sort(key=lambda q: q.index)
    return Facts(tuple(facts), tuple(quarantined), stories, customers, events, config)


def read(facts: Facts, now_ms: int) -> Reading:
    """Every base total in every window, as seen at `now_ms`."""
    config = facts.config
    sums = {"all": _total(facts.facts, now_ms, config, everywhere=True)}
    sums["all"] |= customers_in(facts.customers, "all", 0, 0, now_ms)
    for window in WINDOWS:
        start, end = facts.config.calendar.bounds(window, now_ms)
        within = facts.dated[bisect_left(facts.times, start) : bisect_left(facts.times, end)]
        if window in BY_MINUTES:
            within = [fact for fact in within if fact.total not in DAILY]
        sums[window] = _total(within, now_ms, config, everywhere=window in WINDOWS_BY_SOURCE_AND_REP)
        sums[window] |= customers_in(facts.customers, window, start, end, now_ms)
    return Reading(sums, _waiting_since(facts.facts))


def oracle(records: Iterable[Record], now_ms: int, config: Config | None = None) -> Reading:
    """`read` of `oracle_facts`."""
    return read(oracle_facts(records, config), now_ms)


def _existing(facts: Sequence[Fact], now_ms: int) -> Iterator[Fact]:
    return (fact for fact in facts if fact.due_ms is None or fact.due_ms <= now_ms)


def _total(facts: Sequence[Fact], now_ms: int, config: Config, *, everywhere: bool) -> dict[Key, int]:
    """The sums of some facts, by source, rep and cut too or by channel and stage alone."""
    sums: dict[Key, int] = defaultdict(int)
    for fact in _existing(facts, now_ms):
        if fact.total == "waiting_since":
            continue
        for key in (*fact.sums(FAMILIES[fact.total]), *_cuts(fact, config)):
            if everywhere or (key[0] in ("channel", "stage") and fact.total not in MONTHLY):
                sums[key] += fact.amount
    return {key: amount for key, amount in sums.items() if amount}


def _cuts(fact: Fact, config: Config) -> Iterator[Key]:
    """Its sums by region, industry and campaign: what is not listed is `other`."""
    for cut, name, listed in (
        ("region", fact.labels.region, config.regions),
        ("industry", fact.labels.industry, config.industries),
        ("campaign", fact.labels.campaign, config.campaigns),
    ):
        if name and listed:
            yield cut, fact.total, name if name in {*listed, "unknown"} else "other", ""


def _waiting_since(facts: Sequence[Fact]) -> dict[str, int]:
    """The least creation of a waiting lead, by channel."""
    least: dict[str, int] = {}
    for fact in facts:
        if fact.total == "waiting_since":
            channel = fact.labels.channel
            least[channel] = min(fact.amount, least.get(channel, fact.amount))
    return least
