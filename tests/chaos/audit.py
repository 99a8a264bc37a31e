"""The audit: journeys decoded from changelog bytes and all exported series, against acknowledged records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from agents.broker import read_to_end
from agents.journeys.home import partition_of
from agents.lane import CLAIM_KEY, HEAD_KEY
from agents.settings import Settings
from streams.customers import part_for_customers, told_customers
from streams.decode import check_future, decode
from streams.events import Event
from streams.fragments import Fragment
from streams.journeys import Journey, advance, from_bytes, merge, to_bytes
from streams.ledger_keys import home_key
from streams.moves import part_for, targets
from tests.integration.series import Series, differences, expected, samples, summed
from tests.integration.worker import Deployment, Worker
from tests.oracle import Config, Record, oracle_facts, read

Log = Mapping[tuple[int, bytes], bytes]
"""By partition and key the newest value: what compaction would leave."""


def newest(settings: Settings) -> Log:
    """The journeys' changelog as a worker that never ran would find it."""
    found: dict[tuple[int, bytes], bytes | None] = {}
    for record in read_to_end(settings, settings.changelog_topic):
        if not record.key.startswith((CLAIM_KEY, HEAD_KEY)):
            found[record.partition, record.key] = record.value
    return {place: value for place, value in found.items() if value is not None}


def replayed(records: Iterable[Record], settings: Settings) -> dict[str, Journey]:
    """The journeys of these records, folded in one go, with what they told each other and their customers."""
    journeys: dict[str, Journey] = {}
    for record in records:
        event = decode(record.value, record.headers, funnels=settings.funnels)
        if isinstance(event, Event) and check_future(event, record.timestamp_ms) is None:
            advance(journeys.setdefault(home_key(event), Journey()), event)
    waiting = list(journeys)
    while waiting:
        key = waiting.pop()
        waiting += [
            target
            for target in targets(key, journeys[key])
            if merge(journeys.setdefault(target, Journey()), part_for(target, key, journeys[key]))
        ]
    for key, journey in list(journeys.items()):
        for customer in told_customers(key, journey):
            merge(journeys.setdefault(customer, Journey()), from_bytes(part_for_customers(key, journey)))
    return journeys


def names(journey: Journey) -> Iterator[str]:
    """`source id` of every event that left a trace of its own in the journey."""
    for fragment in journey.fragments.values():
        yield from {f"{order[2]} {order[3]}" for order in _orders(fragment)}


def _orders(fragment: Fragment) -> Iterator[Sequence[object]]:
    yield from fragment.owners
    yield from fragment.marks
    yield from fragment.activities
    yield from fragment.writers
    yield from fragment.items.values()


@dataclass
class Findings:
    """What differs: events whose trace is missing, told twice or foreign; keys; exported series."""

    events: int = 0
    keys: int = 0
    series: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong_keys: list[str] = field(default_factory=list)
    wrong_series: list[str] = field(default_factory=list)

    @property
    def exact(self) -> bool:
        """Nothing differs anywhere."""
        return not (self.lost or self.doubled or self.wrong_keys or self.wrong_series)

    def __str__(self) -> str:
        return (
            f"{self.events} events, {self.keys} keys, {self.series} series; lost {len(self.lost)}"
            f" {self.lost[:3]}, doubled {len(self.doubled)} {self.doubled[:3]}, wrong keys"
            f" {len(self.wrong_keys)} {self.wrong_keys[:3]}, wrong series {len(self.wrong_series)}"
            f" {self.wrong_series[:5]}"
        )


def audit_log(log: Log, journeys: Mapping[str, Journey], partitions: int) -> Findings:
    """Every key of either side, whole; and which events are missing or are there twice."""
    logged: Counter[str] = Counter()
    found = Findings()
    for value in log.values():
        logged.update(names(from_bytes(value)))
    wanted = Counter(name for journey in journeys.values() for name in names(journey))
    found.events, found.keys = wanted.total(), len(journeys)
    found.lost = sorted((wanted - logged).elements())
    found.doubled = sorted((logged - wanted).elements())
    places = {(partition_of(key, partitions), key.encode()): to_bytes(each) for key, each in journeys.items()}
    for place in log.keys() | places.keys():
        if log.get(place) != places.get(place):
            found.wrong_keys.append(
                f"{place}: logged {log.get(place)!r}, replayed {places.get(place)!r}"[:400]
            )
    return found


def exported(workers: Iterable[Worker]) -> dict[Series, int]:
    """All sales series of the workers together."""
    return summed([samples(worker.get("/metrics")[1]) for worker in workers])


def audit(
    deployment: Deployment, records: Sequence[Record], workers: Sequence[Worker], config: Config | None = None
) -> Findings:
    """Log and series of a settled deployment against the records that the broker acknowledged."""
    settings = deployment.settings
    found = audit_log(newest(settings), replayed(records, settings), settings.partitions)
    facts = oracle_facts(records, config)
    now_ms = facts.greatest_time_ms
    clocks = {worker.progress()["now_ms"] for worker in workers}
    found.wrong_series += [f"clock {clock} instead of {now_ms}" for clock in clocks - {now_ms}]
    shown, truth = exported(workers), expected(read(facts, now_ms))
    found.wrong_series += differences(shown, truth)
    found.series = len(shown.keys() | truth.keys())
    return found
