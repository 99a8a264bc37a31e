"""Workers without a broker: the real job on real shards, with partitions, offsets, changelogs and crashes.

Effects take place in the lane's order; a crash loses memory, and what was not committed is read again.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from faust.types import TP

from agents.journeys.clock import WorkerClock
from agents.journeys.home import partition_of
from agents.journeys.job import JourneyJob
from agents.journeys.shard import JourneyShard
from agents.lane import Output
from agents.settings import Settings
from streams.calendar import BusinessCalendar
from streams.rates import Rates, load_rates
from streams.rules import Rules
from tests.oracle import Config


@dataclass(frozen=True)
class Stored:
    """A record as it lies in a partition."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


@dataclass
class Log:
    """One partition of a topic, and how far its reader has committed."""

    records: list[Stored] = field(default_factory=list)
    committed: int = 0

    def append(
        self, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]], timestamp: int
    ) -> None:
        self.records.append(Stored(len(self.records), timestamp, key, value, headers))


class Cluster:
    """Shards of the main job over in-memory topics; settings default to the oracle's configuration."""

    def __init__(self, settings: Settings | None = None, *, seed: int = 0) -> None:
        self.settings = settings or Settings(clock="event", reject_limit=0)
        calendar = BusinessCalendar(self.settings.zone, self.settings.working_hours, self.settings.holidays)
        settings = self.settings
        self.rules = Rules(
            settings.funnels,
            calendar,
            settings.currency,
            rates=settings.rates,
            cuts=settings.cuts,
            silence_ms=settings.customer_silence_ms,
        )
        self.clock = WorkerClock(self.settings.clock)
        self.job = JourneyJob(self.settings, self.clock)
        self.random = random.Random(seed)
        self.logs: dict[TP, Log] = {}
        self.changelogs: dict[int, Log] = {p: Log() for p in range(self.settings.partitions)}
        self.shards = {p: self._new_shard(p) for p in range(self.settings.partitions)}
        self._position: dict[TP, int] = {}
        self.crashes = 0

    def produce(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes]] = (),
        timestamp: int = 0,
        partition: int | None = None,
    ) -> tuple[str, int, int]:
        """Append to the topic, by the key's hash where no partition is named; returns where it lies."""
        if partition is None:
            partition = partition_of((key or b"").decode(errors="replace"), self.settings.partitions)
        log = self.logs.setdefault(TP(topic, partition), Log())
        log.append(key, value, headers, timestamp)
        return topic, partition, len(log.records) - 1

    def run(self, *, chunk: int = 50, crash: float = 0.0, most: int | None = None) -> None:
        """Read everything there is, or so many chunks; each may crash its shard at a random point.

        Time passes only by `advance` and where a shard recovers.
        """
        chunks = itertools.count() if most is None else range(most)
        for _ in chunks:
            if not (ready := [tp for tp in self._sources() if self._lag(tp)]):
                return
            tp = self.random.choice(ready)
            self._chunk(tp, self.random.randint(1, chunk), crash)

    def advance(self, now_ms: int) -> None:
        """Let the clock reach an instant."""
        self.clock.observe(now_ms)
        for shard in self.shards.values():
            shard.let_pass(now_ms)

    def restart(self, partition: int) -> None:
        """A new owner: memory is gone, the changelog is read, uncommitted records come again."""
        shard = self._new_shard(partition)
        shard.restore(self.changelogs[partition].records)
        for _ in shard.recovered():
            pass
        self.shards[partition] = shard
        for tp, log in self.logs.items():
            if tp.partition == partition and tp.topic in self._topics:
                self._position[tp] = log.committed

    def sums(self, window: str) -> dict[tuple[str, str, str, str], int]:
        """The totals of a window over all shards, without zeros."""
        merged: dict[tuple[str, str, str, str], int] = {}
        for shard in self.shards.values():
            for key, amount in shard.totals.sums(window).items():
                merged[key] = merged.get(key, 0) + amount
        return {key: amount for key, amount in merged.items() if amount}

    def waiting_since(self) -> dict[str, int]:
        """The oldest waiting lead by channel, over all shards."""
        least: dict[str, int] = {}
        for shard in self.shards.values():
            for channel, since_ms in shard.totals.waiting_since().items():
                least[channel] = min(since_ms, least.get(channel, since_ms))
        return least

    def quarantined(self) -> list[Stored]:
        """Every record in quarantine, repeats included."""
        return [
            record
            for tp, log in self.logs.items()
            if tp.topic == self.settings.quarantine_topic
            for record in log.records
        ]

    @property
    def _topics(self) -> tuple[str, ...]:
        settings = self.settings
        return settings.leads_topic, settings.deals_topic, settings.ledger_topic, settings.moves_topic

    def _sources(self) -> list[TP]:
        return [tp for tp in self.logs if tp.topic in self._topics]

    def _lag(self, tp: TP) -> int:
        return len(self.logs[tp].records) - self._position.get(tp, 0)

    def _new_shard(self, partition: int) -> JourneyShard:
        return JourneyShard(partition, self.rules, self.clock, recent=3, raw=5)

    def _chunk(self, tp: TP, size: int, crash: float) -> None:
        start = self._position.get(tp, 0)
        records = self.logs[tp].records[start : start + size]
        effects = self.job(self.shards[tp.partition], tp, records)
        dies = self.random.random() < crash
        steps = len(effects.outputs) + len(effects.changelog) + 1
        survives = self.random.randrange(steps) if dies else steps
        for number, output in enumerate(effects.outputs):
            if number < survives:
                self._send(output)
        for number, (key, value) in enumerate(effects.changelog, start=len(effects.outputs)):
            if number < survives:
                self.changelogs[tp.partition].append(key, value, (), 0)
        if dies:
            self.crashes += 1
            self.restart(tp.partition)
            return
        self._position[tp] = start + len(records)
        if self.random.random() < 0.5:
            self._commit(tp)

    def _send(self, output: Output) -> None:
        self.produce(
            output.topic, output.key, output.value, output.headers, output.timestamp_ms or 0, output.partition
        )

    def _commit(self, tp: TP) -> None:
        self.logs[tp].committed = self._position[tp]


def rates_of(config: Config) -> Rates:
    """The oracle's rates, by way of the file that a deployment would write."""
    lines = [
        f"{day},{currency},{rate}" for currency, rates in config.rates.items() for day, rate in rates.items()
    ]
    head = f"day,currency,{config.currency}"
    return load_rates("\n".join([head, *lines]), config.currency) if lines else Rates()
