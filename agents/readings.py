"""Reads the shards that are ready here: sums of windows, merged in slices that never hold the loop long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from faust.types import TP

from agents.journeys.stats import ShardStats
from agents.lane import LanePosition, LaneStats
from agents.settings import Settings
from agents.turns import Turns
from streams.kpis import ALL_TIME
from streams.rows import Key
from streams.stories import Story


class TotalsView(Protocol):
    """What is read of a shard's totals."""

    def advance(self, now_ms: int) -> None: ...
    def sums(self, window: str) -> Mapping[Key, int]: ...
    def waiting_since(self) -> Mapping[str, int]: ...


class ShardView(Protocol):
    """One shard between its recovery and its revocation."""

    @property
    def partition(self) -> int: ...
    @property
    def totals(self) -> TotalsView: ...
    @property
    def stats(self) -> ShardStats: ...
    @property
    def waiting(self) -> Mapping[str, int]:
        """Journeys whose lead waits for its first answer, and since when (ms)."""
        ...

    def told(self, key: str) -> Story | None:
        """What counts at a journey now."""
        ...


class WorkerState(Protocol):
    """What the pages know of the worker that serves them."""

    @property
    def settings(self) -> Settings: ...
    @property
    def lane_stats(self) -> LaneStats: ...

    def ready_shards(self) -> Sequence[ShardView]: ...
    def lane_positions(self) -> Mapping[TP, LanePosition]: ...
    def now_ms(self) -> int: ...
    def recovered(self) -> bool: ...
    def beat_age_seconds(self) -> float:
        """Time since the event loop last did what it does every second."""
        ...


@dataclass(frozen=True)
class Readings:
    """Sums over some shards at one time; `sums` by window, `waiting_since` the least by channel."""

    now_ms: int
    shards: Sequence[ShardView]
    sums: Mapping[str, Mapping[Key, int]]
    waiting_since: Mapping[str, int]


async def read(state: WorkerState, windows: Sequence[str]) -> Readings:
    """Merge the windows and all time over the shards that are ready now.

    A window of a shard is read at one instant, so what must hold between its sums does.
    """
    now_ms = state.now_ms()
    shards = tuple(state.ready_shards())
    sums: dict[str, dict[Key, int]] = {window: {} for window in (*windows, ALL_TIME)}
    waiting_since: dict[str, int] = {}
    turns = Turns()
    for shard in shards:
        shard.totals.advance(now_ms)
        await turns.give_way()
        for window, merged in sums.items():
            for key, amount in shard.totals.sums(window).items():
                merged[key] = merged.get(key, 0) + amount
            await turns.give_way()
        for channel, since_ms in shard.totals.waiting_since().items():
            waiting_since[channel] = min(since_ms, waiting_since.get(channel, since_ms))
    return Readings(now_ms, shards, sums, waiting_since)
