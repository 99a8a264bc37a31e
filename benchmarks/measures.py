"""What is measured, part by part; every figure stands on counters that were proved."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from kafka import KafkaAdminClient, TopicPartition

from agents.child import free_port
from agents.settings import Settings
from agents.topics import ensure_topics
from benchmarks import crm, machine, reference
from benchmarks.engines.catalogue import ENGINES, Engine
from benchmarks.figures import Figures, figures
from benchmarks.machine import Placement
from benchmarks.runs import BenchError, Crew, Source, crew, measure, python_of
from benchmarks.stream import Sent, create_topics, delete_topics, ends_of, fill, topics_like
from tests.brokers import KafkaBroker

PARTITIONS = 4
MAIN = "benchmarks.engines.main_job"
PREFIX = "bench-"
"""Of the main job's topics."""
Report = dict[str, Any]


def spread(values: Sequence[float]) -> Report:
    """A median with what it lies between."""
    return {"median": median(values), "least": min(values), "most": max(values), "runs": len(values)}


def summary(runs: Sequence[Figures]) -> Report:
    """Several runs of one thing."""
    return {
        "events": runs[0].events,
        "events_per_second": spread([run.events_per_second for run in runs]),
        "durable_events_per_second": spread([run.durable_events_per_second for run in runs]),
        "cpu_seconds_per_million": spread([run.cpu_seconds_per_million for run in runs]),
        "peak_mib": spread([run.peak_kib / 1024 for run in runs]),
    }


@dataclass
class Bench:
    """One broker on this machine, and names that were not used yet."""

    kafka: KafkaBroker
    folder: Path
    places: dict[str, Placement]
    core: Path | None
    """Where the main job's compiled modules are."""
    _number: Iterator[int]

    @property
    def bootstrap(self) -> str:
        """Where clients connect."""
        return self.kafka.bootstrap

    def name(self, text: str) -> str:
        """A name for a group, an app, a topic."""
        return f"{text}-{next(self._number)}"

    def place(self, name: str) -> Placement:
        """Put the broker where this placement wants it, and ourselves beside it."""
        found = self.places[name]
        for pid in (self.kafka.pid, os.getpid()):
            machine.pin(pid, found.broker)
        return found


@contextmanager
def bench(folder: Path, core: Path | None = None) -> Iterator[Bench]:
    """A bench with a broker of its own."""
    with machine.broker() as kafka:
        yield Bench(kafka, folder, machine.placements(), core, itertools.count(1))


class ReferenceStream:
    """Sources of the small job by size: each is the beginning of the same stream."""

    def __init__(self, found: Bench) -> None:
        self._bench = found
        self._made: dict[int, tuple[Source, reference.Counters]] = {}

    def first(self, events: int) -> tuple[Source, reference.Counters]:
        """A topic with so many events, and what must come of them."""
        if events not in self._made:
            topic = self._bench.name("reference")
            create_topics(self._bench.bootstrap, {topic: {}}, PARTITIONS)
            ends = fill(self._bench.bootstrap, reference_records(topic, events))
            truth = reference.fold(value for _, value in reference.events(events))
            self._made[events] = Source(self._bench.bootstrap, (topic,), PARTITIONS, events, ends), truth
        return self._made[events]


def reference_records(topic: str, events: int, leads: int = reference.LEADS) -> Iterator[Sent]:
    """The small job's stream as records."""
    for lead, value in reference.events(events, leads):
        yield Sent(topic, reference.partition_of(lead, PARTITIONS), lead.encode(), value)


def throughput(found: Bench, stream: ReferenceStream, engine: Engine, place: str, events: int) -> Figures:
    """One run of one engine on the small job."""
    source, truth = stream.first(max(1000, events // engine.slowness))
    name = found.name(engine.id.replace("_", "-"))
    return measure(engine, source, truth, found.place(place), name, found.folder)


class MainStream:
    """The full job's topics, filled once; every run is an app of its own on them."""

    def __init__(self, found: Bench, department: crm.Department, prefix: str = PREFIX) -> None:
        self._bench, self.department, self.prefix = found, department, prefix
        self.truth = crm.truth_of(department)
        settings = self.settings("first")
        ensure_topics(settings)
        ends = fill(found.bootstrap, crm.sent(department, settings))
        topics = (settings.leads_topic, settings.deals_topic)
        self.source = Source(found.bootstrap, topics, PARTITIONS, department.events, ends)

    def settings(self, name: str) -> Settings:
        """One app's deployment."""
        return main_settings(self._bench.bootstrap, name, self.prefix)

    @contextmanager
    def workers(
        self, name: str, place: Placement, *, compiled: bool = True, **options: object
    ) -> Iterator[Crew]:
        """Workers of one app."""
        now_ms, core = self.truth.now_ms, self._bench.core if compiled else None
        with main_workers(self._bench, self.source, name, place, self.prefix, now_ms, options, core) as found:
            yield found

    def prove(self, workers: Crew) -> None:
        """An error unless all totals in all windows are the truth's."""
        wrong = self.truth.differences(told["counters"] for told in workers.counters())
        if wrong:
            raise BenchError(f"the main job: {len(wrong)} totals are wrong: {wrong[:5]}")

    def drop(self, name: str) -> None:
        """Delete the topics and the app's changelog: the next stream needs the disk."""
        bootstrap = self._bench.bootstrap
        delete_topics(bootstrap, [*topics_like(bootstrap, self.prefix), *topics_like(bootstrap, f"{name}-")])

    def clear(self, name: str) -> None:
        """Forget what workers told each other, so that the next app has no more to read than this one."""
        topic = self.settings(name).moves_topic
        ends = ends_of(self._bench.bootstrap, topic)
        admin = KafkaAdminClient(bootstrap_servers=self._bench.bootstrap)
        try:
            places = {
                TopicPartition(topic, int(place.rpartition("/")[2])): end for place, end in ends.items()
            }
            admin.delete_records({tp: end for tp, end in places.items() if end})
        finally:
            admin.close()


def main_settings(bootstrap: str, name: str, prefix: str) -> Settings:
    """As `benchmarks.engines.main_job` has them, where it matters here."""
    return Settings(broker=bootstrap, app_id=name, topic_prefix=prefix, partitions=PARTITIONS, clock="event")


@contextmanager
def main_workers(
    found: Bench,
    source: Source,
    name: str,
    place: Placement,
    prefix: str,
    now_ms: int,
    options: Report,
    core: Path | None,
) -> Iterator[Crew]:
    """Workers of the main job; their topics are made where missing."""
    ensure_topics(main_settings(found.bootstrap, name, prefix))
    told = {"prefix": prefix, "now_ms": now_ms, "ports": [free_port() for _ in place.workers], **options}
    python = python_of(ENGINES["lane"])
    with crew(MAIN, python, source, place, name, found.folder, told, core) as workers:
        yield workers


def finish(workers: Crew, source: Source, moves_topic: str) -> list[Report]:
    """Wait until all that was published, and what workers told each other, is durable."""
    wanted = dict(source.ends)
    while True:
        told = workers.until(partial(durable, wanted=wanted), "all that was published is durable")
        moved = ends_of(source.bootstrap, moves_topic)
        if all(wanted.get(place, 0) == end for place, end in moved.items()):
            return told
        wanted |= moved


def durable(lines: Sequence[Report], wanted: dict[str, int]) -> bool:
    """Whether workers together have made all offsets below these durable, and their totals hold them."""
    found = dict(itertools.chain.from_iterable(line.get("durable", {}).items() for line in lines))
    followed = all(line.get("followed") for line in lines)
    return followed and all(found.get(place, 0) >= end for place, end in wanted.items())


def main_throughput(found: Bench, stream: MainStream, place: str, *, compiled: bool) -> Figures:
    """One run of the full job."""
    name = found.name("main")
    with stream.workers(name, found.place(place), compiled=compiled) as workers:
        told = finish(workers, stream.source, stream.settings(name).moves_topic)
        stream.prove(workers)
    stream.clear(name)
    return figures(told, stream.source.events)
