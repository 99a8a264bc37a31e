"""Reads shards: sums of windows, merged in slices that never hold the loop long.

`read` reads those that are ready here, `read_all` also those of which other workers tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from faust.types import TP

from agents.desk.told import Elsewhere, Missing, ToldShard
from agents.journeys.stats import ShardStats
from agents.lane import LanePosition, LaneStats
from agents.settings import Settings
from agents.turns import Turns
from streams.kpis import ALL_TIME
from streams.rows import Key
from streams.stories import Story
from streams.windows import RIPE_WINDOW


class TotalsView(Protocol):
    """What is read of a shard's totals."""

    def advance(self, now_ms: int) -> None: ...
    def sums(self, window: str) -> Mapping[Key, int]: ...
    def day(self, day: int) -> Mapping[Key, int]:
        """Sums of one business day by channel."""
        ...

    def waiting_since(self) -> Mapping[str, int]: ...


class ShardView(Protocol):
    """One shard between its recovery and its revocation."""

    @property
    def partition(self) -> int: ...
    @property
    def totals(self) -> TotalsView:
        """As all journeys are now; what was not folded yet is folded first, at once."""
        ...

    @property
    def folded(self) -> TotalsView:
        """As they were folded last."""
        ...

    @property
    def stats(self) -> ShardStats: ...
    @property
    def waiting(self) -> Mapping[str, int]:
        """Journeys whose lead waits for its first answer, and since when (ms), as they were folded last."""
        ...

    def fold(self) -> Iterable[None]:
        """Bring the totals up to date in pieces; what comes meanwhile is for the next time."""
        ...

    def told(self, key: str) -> Story | None:
        """What counts at a journey now."""
        ...


Score = tuple[str, str, float | None, float | None]
"""Kind (card, group, kpi), id, performance and progress in percent."""


@dataclass(frozen=True)
class DeskFigures:
    """What a worker exports of the desk; scores and `redis_up` only the worker whose task they are."""

    missing: int
    scores: tuple[Score, ...] = ()
    redis_up: bool | None = None


class DeskView(Protocol):
    """What other workers tell of the shards that are not here."""

    @property
    def version(self) -> int:
        """Moves whenever what was told has changed."""
        ...

    def elsewhere(self, here: Sequence[int]) -> Elsewhere:
        """The shards that are not here; also those that another worker has taken over from us."""
        ...

    def lags(self) -> Mapping[str, int | None]:
        """What other workers have to read, by topic; None where one of them does not know."""
        ...

    def address(self, shard: int) -> str:
        """Where another worker that answers for a shard serves its pages; empty while none does."""
        ...

    def figures(self, missing: int) -> DeskFigures:
        """What is exported of it, when so many shards are missing."""
        ...

    def redis_up(self) -> bool | None:
        """Whether the mirror is written, by whichever worker does it; None where nobody does."""
        ...


class WorkerState(Protocol):
    """What the pages know of the worker that serves them."""

    @property
    def settings(self) -> Settings: ...
    @property
    def lane_stats(self) -> LaneStats: ...
    @property
    def desk(self) -> DeskView: ...

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
    others: Sequence[ToldShard] = ()
    """Shards of other workers that are counted in, as they were told."""
    missing: Sequence[Missing] = ()
    """Shards that nobody answers for; some are counted in as they were before."""

    @property
    def partitions(self) -> list[int]:
        """The shards that are counted in."""
        return sorted({*(each.partition for each in self.shards), *(each.partition for each in self.others)})

    @property
    def stats(self) -> list[ShardStats]:
        """The counters of every shard that is counted in."""
        return [*(each.stats for each in self.shards), *(each.stats for each in self.others)]


async def read(state: WorkerState, windows: Sequence[str]) -> Readings:
    """Merge the windows and all time over the shards that are ready here now.

    A window of a shard is read at one instant, so what must hold between its sums does.
    """
    return await _read(state.now_ms(), tuple(state.ready_shards()), windows)


async def read_all(state: WorkerState, windows: Sequence[str]) -> Readings:
    """The same over all shards: ours as they are now, the others as they were told."""
    ours, elsewhere = counted(state)
    return await _read(state.now_ms(), ours, windows, elsewhere)


def counted(state: WorkerState) -> tuple[tuple[ShardView, ...], Elsewhere]:
    """The shards that are ours, and what is known of the others."""
    shards = state.ready_shards()
    elsewhere = state.desk.elsewhere([shard.partition for shard in shards])
    not_ours = {each.partition for each in elsewhere.told} | {each.shard for each in elsewhere.missing}
    return tuple(shard for shard in shards if shard.partition not in not_ours), elsewhere


async def _read(
    now_ms: int,
    shards: tuple[ShardView, ...],
    windows: Sequence[str],
    elsewhere: Elsewhere = Elsewhere((), ()),  # noqa: B008 - frozen
) -> Readings:
    sums: dict[str, dict[Key, int]] = {window: {} for window in (*windows, RIPE_WINDOW, ALL_TIME)}
    waiting_since: dict[str, int] = {}
    turns = Turns()
    for shard in shards:
        for _ in shard.fold():
            await turns.give_way()
        totals = shard.folded
        totals.advance(now_ms)
        for window, merged in sums.items():
            _add(merged, totals.sums(window))
            await turns.give_way()
        _least(waiting_since, totals.waiting_since())
    for told in elsewhere.told:
        for window, merged in sums.items():
            _add(merged, told.sums(window))
            await turns.give_way()
        _least(waiting_since, told.about.waiting_since)
    return Readings(now_ms, shards, sums, waiting_since, elsewhere.told, elsewhere.missing)


def _add(merged: dict[Key, int], sums: Mapping[Key, int]) -> None:
    for key, amount in sums.items():
        merged[key] = merged.get(key, 0) + amount


def _least(merged: dict[str, int], since: Mapping[str, int]) -> None:
    for channel, since_ms in since.items():
        merged[channel] = min(since_ms, merged.get(channel, since_ms))


def shard_mark(shard: ShardView, now_ms: int) -> tuple[int, ...]:
    """Counts of everything that changes a shard's numbers, and the time: while it stays, they do."""
    stats = shard.stats
    counts = stats.applied, stats.duplicates, stats.parts, stats.forwarded, stats.quarantined.total()
    return *counts, now_ms


def lags_of(positions: Mapping[TP, LanePosition]) -> dict[str, int | None]:
    """What is to be read of each topic; None while the broker has not told of all of it."""
    lags: dict[str, int | None] = {}
    for tp, position in positions.items():
        known, lag = lags.get(tp.topic, 0), position.lag
        lags[tp.topic] = None if lag is None or known is None else known + lag
    return lags
