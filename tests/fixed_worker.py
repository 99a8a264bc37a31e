"""A worker with given totals: what pages and exporters read, without a broker or a stream behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from faust.types import TP

from agents.journeys.stats import ShardStats
from agents.lane import LanePosition, LaneStats
from agents.settings import Settings
from streams.panes import Key

NOW_MS = 1_768_467_600_000
HOUR_MS = 3_600_000


@dataclass
class FixedTotals:
    """Sums by window; a window that is not given has none."""

    by_window: Mapping[str, Mapping[Key, int]] = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)
    advanced_to_ms: int = 0

    def advance(self, now_ms: int) -> None:
        self.advanced_to_ms = now_ms

    def sums(self, window: str) -> Mapping[Key, int]:
        return self.by_window.get(window, {})

    def waiting_since(self) -> Mapping[str, int]:
        return self.waiting


@dataclass
class FixedShard:
    """A shard that is ready."""

    partition: int = 0
    totals: FixedTotals = field(default_factory=FixedTotals)
    stats: ShardStats = field(default_factory=ShardStats)


@dataclass
class FixedWorker:
    """Everything that `WorkerState` promises, as plain fields."""

    shards: Sequence[FixedShard] = ()
    settings: Settings = field(default_factory=Settings)
    lane_stats: LaneStats = field(default_factory=LaneStats)
    positions: dict[TP, LanePosition] = field(default_factory=dict)
    clock_ms: int = NOW_MS
    is_recovered: bool = True
    beat_age: float = 0.1

    def ready_shards(self) -> Sequence[FixedShard]:
        return self.shards

    def lane_positions(self) -> Mapping[TP, LanePosition]:
        return self.positions

    def now_ms(self) -> int:
        return self.clock_ms

    def recovered(self) -> bool:
        return self.is_recovered

    def beat_age_seconds(self) -> float:
        return self.beat_age
