"""A fold of events in this process: one shard that holds every journey, without a worker or its state."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
from faust.types import TP

from agents.app import rules_of
from agents.journeys.clock import WorkerClock
from agents.journeys.job import JourneyJob
from agents.journeys.shard import JourneyShard
from agents.lane import LaneRecord, Output
from agents.settings import Settings


@dataclass(frozen=True, slots=True)
class _Part:
    """What a journey tells another one, as its record would be read."""

    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    offset: int = 0
    timestamp: int = 0


class Fold:
    """The job and its shard; time passes by `advance` alone, and never goes back."""

    def __init__(self, settings: Settings, start_ms: int) -> None:
        self.settings = msgspec.structs.replace(settings, partitions=1, reject_limit=0, clock="event")
        clock = WorkerClock("event")
        clock.observe(start_ms)
        self.shard = JourneyShard(0, rules_of(self.settings), clock)
        self.advance(start_ms)
        self._job = JourneyJob(self.settings, clock)

    def advance(self, now_ms: int) -> None:
        """Let time pass."""
        self.shard.totals.advance(now_ms)

    def apply(self, topic: str, chunk: Sequence[LaneRecord]) -> None:
        """Apply a chunk, then what its journeys tell each other, until none has anything more to tell."""
        told = deque(self._parts(self._job(self.shard, TP(topic, 0), chunk).outputs))
        moves = TP(self.settings.moves_topic, 0)
        while told:
            told.extend(self._parts(self._job(self.shard, moves, [told.popleft()]).outputs))

    def _parts(self, outputs: Sequence[Output]) -> Iterator[_Part]:
        for output in outputs:
            if output.topic == self.settings.moves_topic:
                yield _Part(output.key, output.value, output.headers)
