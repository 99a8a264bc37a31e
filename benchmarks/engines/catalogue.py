"""The engines that are measured: how each is started and where its counters are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks import durable
from benchmarks.reference import Counters
from benchmarks.task import Task


@dataclass(frozen=True)
class Engine:
    """One way to do the small reference job; `slowness` divides the number of events that it is given."""

    id: str
    title: str
    kind: str
    """`lane`, `peer` (durable, from another framework) or `limit` (a loop by hand)."""
    state: str
    counters: Callable[[Sequence[Task]], Counters]
    own_environment: bool = False
    slowness: int = 1
    updates_per_event: int = 1
    changelogs: tuple[str, ...] = ()
    """Topics that are made before it starts, named after the app."""
    tells_end: bool = False
    """It ends by itself, and is done then."""
    settings: str = ""

    @property
    def module(self) -> str:
        """What its process runs."""
        return f"benchmarks.engines.{self.id}"


ENGINES = {
    engine.id: engine
    for engine in (
        Engine(
            "lane",
            "the lane",
            "lane",
            "changelog in Kafka, exact after a kill",
            durable.of_lane,
            settings="as the worker runs it: chunks of 5,000 records, fetches of 4 MiB, commit every second",
        ),
        Engine(
            "faust_tables",
            "Faust, idiomatic",
            "peer",
            "three changelogs in Kafka, tables in memory",
            durable.of_faust,
            own_environment=True,
            slowness=25,
            changelogs=("leads-changelog", "funnel-changelog", "responses-changelog"),
            settings="faust.Record, one agent, three tables, extras `fast` and `uvloop`, commit every second;"
            " its changelog topics are there before it starts, or its agent crashes and loses events",
        ),
        Engine(
            "quix",
            "Quix Streams",
            "peer",
            "two changelogs in Kafka, RocksDB",
            durable.of_quix,
            own_environment=True,
            slowness=25,
            updates_per_event=2,
            settings="stateful apply by lead, group_by channel and stage, at least once, commit every second;"
            " the clock stops at its last update, before its last commit",
        ),
        Engine(
            "bytewax_flow",
            "Bytewax",
            "peer",
            "snapshots in SQLite, none in Kafka",
            durable.of_bytewax,
            own_environment=True,
            slowness=10,
            tells_end=True,
            settings="Kafka connector, batches of 1,000, three stateful maps, recovery store with"
            " snapshots every 10 s",
        ),
        Engine(
            "aiokafka_loop",
            "raw aiokafka loop",
            "limit",
            "none: dicts in memory",
            durable.of_memory,
            settings="getmany of 5,000 records, fetches of 4 MiB, msgspec",
        ),
        Engine(
            "confluent_loop",
            "raw confluent-kafka loop",
            "limit",
            "merged changelog every second, inexact after a kill",
            durable.of_confluent,
            own_environment=True,
            changelogs=("changelog",),
            settings="consume of 10,000 records, fetch.queue.backoff.ms=10, msgspec",
        ),
    )
}
