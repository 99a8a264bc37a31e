"""Workers without a broker: the real job on real shards, with partitions, offsets, changelogs and crashes.

Effects take place in the lane's order; a crash loses memory, and what was not committed is read again.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from faust.types import TP

from agents.journeys.clock import WorkerClock
from agents.journeys.home import partition_of
from agents.journeys.job import JourneyJob
from agents.journeys.shard import JourneyShard
from agents.lane import HEAD_KEY, Output
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
    end: int = 0
    committed: int = 0

    def append(
        self, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]], timestamp: int
    ) -> None:
        self.records.append(Stored(self.end, timestamp, key, value, headers))
        self.end += 1


class Cluster:
    """Shards of the main job over in-memory topics; settings default to the oracle's configuration."""

    def __init__(self, settings: Settings | None = None, *, seed: int = 0) -> None:
        self.settings = settings or Settings(clock="event", reject_limit=0)
        self.rules = self.new_rules()
        self.clock = WorkerClock(self.settings.clock)
        self.job = JourneyJob(self.settings, self.clock)
        self.random = random.Random(seed)
        self.logs: dict[TP, Log] = {}
        self.changelogs: dict[int, Log] = {p: Log() for p in range(self.settings.partitions)}
        self.shards = {p: self._new_shard(p) for p in range(self.settings.partitions)}
        self._position: dict[TP, int] = {}
        self._pieces: dict[int, Iterator[bytes]] = {}
        self.crashes = self.resumed = 0
        """Shards that were read back, and those of them that went on from a checkpoint."""

    def new_rules(self) -> Rules:
        settings = self.settings
        return Rules(
            settings.funnels,
            BusinessCalendar(settings.zone, settings.working_hours, settings.holidays),
            settings.currency,
            rates=settings.rates,
            cuts=settings.cuts,
            silence_ms=settings.customer_silence_ms,
        )

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

    def run(
        self, *, chunk: int = 50, crash: float = 0.0, most: int | None = None, checkpoints: float = 0.0
    ) -> None:
        """Read everything there is, or so many chunks; each may crash its shard at a random point.

        With `checkpoints` a shard logs one now and then, and its changelog is compacted now and then.

        Time passes only by `advance` and where a shard recovers.
        """
        chunks = itertools.count() if most is None else range(most)
        for _ in chunks:
            if not (ready := [tp for tp in self._sources() if self._lag(tp)]):
                return
            tp = self.random.choice(ready)
            self._chunk(tp, self.random.randint(1, chunk), crash)
            if checkpoints:
                self._beside(tp.partition, checkpoints)

    def advance(self, now_ms: int) -> None:
        """Let the clock reach an instant."""
        self.clock.observe(now_ms)
        for shard in self.shards.values():
            shard.let_pass(now_ms)

    def restart(self, partition: int) -> None:
        """A new owner: memory is gone, the changelog is read, uncommitted records come again.

        It may be another process, whose rows have other numbers.
        """
        shard = self._new_shard(partition, self.new_rules() if self.random.random() < 0.5 else None)
        records = self.changelogs[partition].records
        middle = self.random.randint(0, len(records))
        for part in (records[:middle], records[middle:]):
            shard.restore(part)
        for _ in shard.recovered():
            pass
        self.shards[partition] = shard
        self._pieces.pop(partition, None)
        self.resumed += shard.checkpoint_ms > 0
        for tp, log in self.logs.items():
            if tp.partition == partition and tp.topic in self._topics:
                self._position[tp] = log.committed

    def checkpoint(self, partition: int) -> None:
        """Log the head of a checkpoint; its pieces follow by `log_piece`."""
        found = self.shards[partition].checkpoint()
        now_ms = int(time.time() * 1000)
        self.changelogs[partition].append(HEAD_KEY, found.first_message(), (), now_ms)
        self._pieces[partition] = found.messages()

    def log_piece(self, partition: int) -> bool:
        """Log the next piece of the last checkpoint; False where there is none."""
        piece = next(self._pieces.get(partition, iter(())), None)
        if piece is not None:
            self.changelogs[partition].append(HEAD_KEY + b"-piece", piece, (), 0)
        return piece is not None

    def compact(self, partition: int, upto: int) -> None:
        """Of each key keep the last among so many records, as the broker's cleaner does; pieces stay."""
        log = self.changelogs[partition]
        last = {record.key: record.offset for record in log.records[:upto]}
        log.records = [
            record
            for place, record in enumerate(log.records)
            if place >= upto or last[record.key] == record.offset or record.key == HEAD_KEY + b"-piece"
        ]

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

    def _new_shard(self, partition: int, rules: Rules | None = None) -> JourneyShard:
        return JourneyShard(partition, rules or self.rules, self.clock, recent=3, raw=5)

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

    def _beside(self, partition: int, checkpoints: float) -> None:
        """What goes on beside the chunks."""
        self.log_piece(partition)
        if self.random.random() < checkpoints:
            self.checkpoint(partition)
        if self.random.random() < checkpoints / 4:
            self.compact(partition, self.random.randint(0, len(self.changelogs[partition].records)))

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
