"""The full job's stream: a simulated department, told many times over under other names.

Every copy has journeys, events, customers and reps of its own at the same times, so all sums must be the
batch truth of one copy times their number; that makes millions of events provable in minutes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

from agents.app import calendar_of
from agents.crm.world import simulate
from agents.journeys.home import partition_of
from agents.settings import Settings
from benchmarks.stream import Sent
from streams.encode import encode
from streams.windows import WINDOWS
from tests.oracle import Record, oracle_facts, read

SEED = 900_913
"""A name that nothing else in an event resembles; copies put their number in its place."""
START_MS = 1_735_689_600_000
YEAR_MS = 365 * 86_400_000
EVENTS_A_LEAD = 4.6
PERIODS = ("all", *WINDOWS)
_OWNER = re.compile(rb'"owner":"(\w+)"')
_REP = re.compile(r"\d{3}(r\d\d)")
Sums = dict[str, Counter[tuple[str, ...]]]


@dataclass(frozen=True)
class Department:
    """One copy's records in the order of their receipt, and how many copies are told."""

    records: Sequence[Record]
    copies: int

    @property
    def events(self) -> int:
        """Records of all copies together."""
        return len(self.records) * self.copies

    @property
    def journeys(self) -> int:
        """Leads and deals of all copies together."""
        return len({record.key for record in self.records}) * self.copies

    @property
    def reps(self) -> int:
        """Owners of all copies together."""
        found = (_OWNER.findall(record.value or b"") for record in self.records)
        return len({owner for each in found for owner in each}) * self.copies


def department(settings: Settings, events: int, copies: int, *, leads_per_day: float = 800.0) -> Department:
    """The first so many events of a department; they take as long as so many leads a day take."""
    stream = simulate(
        SEED, START_MS, START_MS + YEAR_MS, calendar_of(settings), leads_per_day=leads_per_day, ledger=False
    )
    records = [
        Record(f"crm.{event.entity}s", event.journey.encode(), encode(event), (), kafka_ms)
        for event, kafka_ms in islice(stream, max(1, events // copies))
    ]
    return Department(records, copies)


def year(settings: Settings, events: int, copies: int) -> Department:
    """A department that has about so many events in a whole year."""
    leads_per_day = events / copies / 365 / EVENTS_A_LEAD
    return department(settings, 10 * events, copies, leads_per_day=leads_per_day)


def sent(found: Department, settings: Settings) -> Iterator[Sent]:
    """All copies' records, side by side in time."""
    place = cache(lambda key: partition_of(key.decode(), settings.partitions))
    name = str(SEED).encode()
    names = [
        (b"%06d" % copy, b'"owner":"%03d' % copy, b'"customer":"%03d' % copy) for copy in range(found.copies)
    ]
    for record in found.records:
        topic, key, value = settings.topic_prefix + record.topic, record.key or b"", record.value or b""
        for number, owner, customer in names:
            own = key.replace(name, number)
            told = value.replace(name, number).replace(b'"owner":"', owner)
            told = told.replace(b'"customer":"', customer)
            yield Sent(topic, place(own), own, told, record.timestamp_ms)


@dataclass(frozen=True)
class Truth:
    """What the totals of all copies must be at `now_ms`."""

    now_ms: int
    sums: Sums

    def differences(self, told: Iterable[Mapping[str, Sequence[Sequence[Any]]]]) -> list[str]:
        """Every total, in every window, that workers together hold otherwise."""
        found: Sums = {period: Counter() for period in PERIODS}
        for worker in told:
            for period, rows in worker.items():
                for *key, amount in rows:
                    found[period][_without_copy(key)] += amount
        return [
            f"{period} {key}: {found[period][key]}, not {self.sums[period][key]}"
            for period in PERIODS
            for key in found[period].keys() | self.sums[period].keys()
            if found[period][key] != self.sums[period][key]
        ]


def _without_copy(key: Sequence[str]) -> tuple[str, ...]:
    """A rep of any copy as the rep of the one that is told."""
    return tuple(_REP.sub(r"\1", part) for part in key) if key[0] == "rep" else tuple(key)


def truth_of(found: Department) -> Truth:
    """By the tests' batch oracle, which shares no code with the product."""
    facts = oracle_facts(found.records)
    reading = read(facts, facts.greatest_time_ms)
    sums = {
        period: Counter({tuple(key): amount * found.copies for key, amount in reading[period].items()})
        for period in PERIODS
    }
    return Truth(facts.greatest_time_ms, sums)
