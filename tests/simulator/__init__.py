"""A seeded world that does to a stream everything that CRMs, producers and Kafka can do to it.

The same seed is the same world to the byte. Nothing here knows what the events come to: the oracle does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from random import Random

from tests.oracle import Record
from tests.simulator.delivery import delivered, record, signed
from tests.simulator.faults import REASONS, faulty
from tests.simulator.lives import DAY_MS, Life
from tests.simulator.telling import Told

__all__ = ["REASONS", "START_MS", "Chunk", "Faulty", "World", "partition_of"]

START_MS = 1_760_000_000_000
"""9 October 2025: November's moved Saturday, the holidays of January and March lie ahead."""


@dataclass(frozen=True)
class Faulty:
    """A record that must be refused, and why."""

    reason: str
    record: Record


@dataclass(frozen=True)
class Chunk:
    """What one poll of a consumer brings: records of one partition, from an offset on."""

    topic: str
    partition: int
    first_offset: int
    records: tuple[Record, ...]


class World:
    """About `events` events over `days` days; `busy` adds a lead that overflows every limit."""

    def __init__(self, seed: int, events: int = 300, *, days: int = 60, busy: bool = False) -> None:
        self.seed = seed
        self.events = events
        self.days = days
        self.busy = busy

    @cached_property
    def told(self) -> tuple[Told, ...]:
        """What happened, each once, in no order."""
        rng = Random(f"lives {self.seed}")
        life = Life(rng, START_MS, self.days * DAY_MS)
        told = life.busy_lead() if self.busy else []
        while len(told) < self.events:
            told += life.journey()
        return tuple(signed(rng, told))

    @cached_property
    def faulty(self) -> tuple[Faulty, ...]:
        """Some records of other reasons in each world, and one event that is a year ahead of its time."""
        rng = Random(f"faults {self.seed}")
        reasons = rng.sample(REASONS, 5) if self.events < 1_000 else REASONS
        at = [START_MS + rng.randrange(self.days * DAY_MS) for _ in reasons]
        found = [Faulty(why, faulty(rng, why, at[n], n)) for n, why in enumerate(reasons)]
        ahead = Told(at[0] + 400 * DAY_MS, "deal", "1", "won", "deal/1", {}, "/crm/faulty", "far future")
        return (*found, Faulty("future", record(rng, ahead, at[0])))

    @cached_property
    def deliveries(self) -> tuple[Record, ...]:
        """Every record in the order in which it reaches Kafka, repeats and faulty ones included."""
        rng = Random(f"deliveries {self.seed}")
        records = [sent for told in self.told for sent in delivered(rng, told, START_MS)]
        records += [fault.record for fault in self.faulty]
        return tuple(sorted(records, key=lambda sent: sent.timestamp_ms))

    @cached_property
    def distinct(self) -> tuple[Record, ...]:
        """The deliveries without repeats of the same bytes: nothing more is to be learnt from the rest."""
        first = {(sent.value, sent.headers): sent for sent in reversed(self.deliveries)}
        return tuple(sent for sent in self.deliveries if first[sent.value, sent.headers] is sent)

    def partitions(self, count: int) -> dict[tuple[str, int], list[Record]]:
        """The deliveries as they lie in the partitions of the CRM's topics."""
        rng = Random(f"partitions {self.seed}")
        logs: dict[tuple[str, int], list[Record]] = {
            (topic, number): []
            for topic in ("crm.leads", "crm.deals", "crm.ledger")
            for number in range(count)
        }
        for sent in self.deliveries:
            number = rng.randrange(count) if sent.key is None else partition_of(sent.key, count)
            logs[sent.topic, number].append(sent)
        return logs

    def chunks(self, count: int, most: int = 50) -> list[Chunk]:
        """The partitions cut into polls, interleaved at random; each partition stays in its order."""
        rng = Random(f"chunks {self.seed}")
        queues = {place: (0, log) for place, log in self.partitions(count).items() if log}
        chunks = []
        while queues:
            place = rng.choice(list(queues))
            offset, log = queues[place]
            end = min(len(log), offset + rng.randint(1, most))
            chunks.append(Chunk(*place, offset, tuple(log[offset:end])))
            queues[place] = (end, log)
            if end == len(log):
                del queues[place]
        return chunks

    def crashes(self, chunks: Sequence[Chunk]) -> list[int]:
        """Places in `chunks` after which the worker dies with what it did not commit (0: before any)."""
        rng = Random(f"crashes {self.seed}")
        return sorted(rng.sample(range(len(chunks) + 1), min(rng.randint(1, 4), len(chunks) + 1)))

    def replayed(self, count: int, most: int = 50) -> list[Chunk]:
        """The chunks with what crashes make of them: after each, up to five chunks come once more."""
        rng = Random(f"replayed {self.seed}")
        chunks = self.chunks(count, most)
        script: list[Chunk] = []
        done = 0
        for crash in [*self.crashes(chunks), len(chunks)]:
            script += chunks[done:crash]
            done = max(0, crash - rng.randint(0, 5)) if crash < len(chunks) else crash
        return script


@lru_cache(maxsize=65_536)
def partition_of(key: bytes, count: int) -> int:
    """The partition in which Kafka's own producers put a key: murmur2, as the Java client has it."""
    mixed, m = 0x9747B28C ^ len(key), 0x5BD1E995
    whole = len(key) & ~3
    for at in range(0, whole, 4):
        word = int.from_bytes(key[at : at + 4], "little") * m & 0xFFFFFFFF
        mixed = (mixed * m ^ (word ^ word >> 24) * m) & 0xFFFFFFFF
    if whole < len(key):
        mixed = (mixed ^ int.from_bytes(key[whole:], "little")) * m & 0xFFFFFFFF
    mixed = (mixed ^ mixed >> 13) * m & 0xFFFFFFFF
    return ((mixed ^ mixed >> 15) & 0x7FFFFFFF) % count
