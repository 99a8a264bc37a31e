"""Desks of several workers over one topic in memory: who tells what, and what everybody shows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import pytest

from agents.desk import parts
from agents.desk.book import Book, Heard
from agents.desk.desk import Desk
from agents.desk.parts import ShardKey
from agents.desk.teller import Account
from agents.desk.topic import Record, TotalsLostError
from agents.journeys.stats import ShardStats
from agents.readings import DeskFigures
from agents.settings import Settings
from streams.base_totals import BASE_TOTALS
from streams.kpis import ALL_TIME
from streams.rows import Key
from streams.windows import WINDOWS
from tests.fixed_worker import NOW_MS, FixedShard, FixedTotals, full_worker

WON: Key = ("channel", "won_deals", "vip", "")


@dataclass
class Log:
    """The topic in memory: every connection reads it from its beginning."""

    records: list[Record] = field(default_factory=list)
    lost: bool = False

    def connect(self) -> Connection:
        return Connection(self)


@dataclass
class Connection:
    """One worker's connection."""

    log: Log

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    async def records(self) -> AsyncIterator[tuple[Sequence[Record], bool]]:
        position, end = 0, len(self.log.records)
        while True:
            if self.log.lost:
                raise TotalsLostError("the test says so")
            records = self.log.records[position : position + 3]
            position += len(records)
            yield records, position >= end
            await asyncio.sleep(0.001)

    async def send(self, messages: Sequence[tuple[bytes, bytes | None]]) -> None:
        await asyncio.sleep(0)
        if self.log.lost:
            raise TotalsLostError("the test says so")
        self.log.records += [(key, value, NOW_MS) for key, value in messages]

    async def leave(self, messages: Sequence[tuple[bytes, bytes | None]]) -> None:
        if not self.log.lost:
            await self.send(messages)


@dataclass
class FixedMember:
    """A worker's place in the group, as plain fields; it is also the lead, which does nothing here."""

    shards: list[FixedShard]
    generation: int = 1
    settings: Settings = field(default_factory=lambda: Settings(partitions=2))
    clock_ms: int = NOW_MS
    member: bool = True
    redis_up: bool | None = None
    address: str = "127.0.0.1:6066"
    is_behind: bool = False

    def ready_shards(self) -> Sequence[FixedShard]:
        return self.shards

    def now_ms(self) -> int:
        return self.clock_ms

    def observe(self, event_ms: int) -> None:
        self.clock_ms = max(self.clock_ms, event_ms)

    def lags(self) -> Mapping[str, int | None]:
        return {"crm.leads": len(self.shards)}

    def behind(self) -> bool:
        return self.is_behind

    def leads(self) -> bool:
        return any(shard.partition == 0 for shard in self.shards)

    def figures(self, missing: int) -> DeskFigures:
        return DeskFigures(missing)

    async def still_member(self) -> bool:
        return self.member


def shard(partition: int, won: int) -> FixedShard:
    """A shard in which so many deals were won in every window."""
    totals = FixedTotals({window: {WON: won} for window in (*WINDOWS, ALL_TIME)})
    return FixedShard(partition, totals, ShardStats(applied=won))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Desks that tell and look as often as they can."""
    for name in ("TELL_SECONDS", "LOOK_SECONDS", "BEAT_SECONDS", "BEAT_ALONE_SECONDS", "REST"):
        monkeypatch.setattr(f"agents.desk.desk.{name}", 0.005)


@asynccontextmanager
async def desk(log: Log, member: FixedMember) -> AsyncIterator[Desk]:
    """A desk at work."""
    found = Desk(member, log.connect, member)
    tasks = [asyncio.ensure_future(task()) for task in (found.hear, found.tell)]
    try:
        yield found
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    """Return once the condition holds."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what desks hold has no event
            await asyncio.sleep(0.002)


def shown(found: Desk, member: FixedMember) -> dict[int, int]:
    """Deals won of other workers' shards; nothing while a shard is missing."""
    elsewhere = found.elsewhere([each.partition for each in member.shards])
    if elsewhere.missing:
        return {}
    return {each.partition: each.sums("30d").get(WON, 0) for each in elsewhere.told}


async def test_amid_a_backlog_changes_are_told_seldom_and_at_its_end_at_once() -> None:
    """Nobody else could make use of numbers that run through the past."""
    log, a, b = Log(), FixedMember([shard(0, 3)]), FixedMember([shard(1, 4)])
    async with desk(log, a) as desk_a, desk(log, b):
        await until(lambda: shown(desk_a, a) == {1: 4})
        b.is_behind = True
        b.shards[0].totals.by_window = {**b.shards[0].totals.by_window, "30d": {WON: 5}}
        b.shards[0].stats.applied += 1
        await asyncio.sleep(0.2)
        assert shown(desk_a, a) == {1: 4}
        b.is_behind = False
        await until(lambda: shown(desk_a, a) == {1: 5})


async def test_two_workers_know_each_others_shards_and_every_change() -> None:
    """Both show the whole; a change is told once, not what stayed as it was."""
    log, a, b = Log(), FixedMember([shard(0, 3)]), FixedMember([shard(1, 4)], address="sales-2:80")
    async with desk(log, a) as desk_a, desk(log, b) as desk_b:
        await until(lambda: shown(desk_a, a) == {1: 4} and shown(desk_b, b) == {0: 3})
        assert desk_a.lags() == {"crm.leads": 1}
        await until(lambda: desk_a.address(1) == b.address)
        assert desk_b.address(0) == a.address
        told = len(log.records)
        b.shards[0].totals.by_window = {**b.shards[0].totals.by_window, "30d": {WON: 5}}
        b.shards[0].stats.applied += 1
        await until(lambda: shown(desk_a, a) == {1: 5})
        names = {key for key, _, _ in log.records[told:] if key is not None and key.startswith(b"shard/")}
        epoch = desk_b.accounts[1].epoch
        assert names == {bytes(ShardKey(1, epoch, name)) for name in ("about", "channel/30d")}


async def test_who_is_alone_tells_only_that_it_is_there() -> None:
    """Nobody would read it: a single worker costs its broker next to nothing."""
    log, a = Log(), FixedMember([shard(0, 3), shard(1, 4)])
    async with desk(log, a) as found:
        await until(lambda: len(log.records) > 3)
        assert {key for key, _, _ in log.records} == {f"worker/{found.id}".encode()}
        assert found.elsewhere([0, 1]).missing == ()
    assert log.records[-1][:2] == (f"worker/{found.id}".encode(), None), "it says good-bye"


async def test_a_rebalance_moves_a_shard_and_the_topic_forgets_its_former_owner() -> None:
    """Under a greater epoch; whatever the former one had told is taken out."""
    log, a, b = Log(), FixedMember([shard(0, 3)]), FixedMember([shard(1, 4)])
    async with desk(log, a) as desk_a:
        async with desk(log, b) as desk_b:
            await until(lambda: shown(desk_a, a) == {1: 4} and shown(desk_b, b) == {0: 3})
            former = desk_b.accounts[1].epoch
            a.generation = b.generation = 2
            a.shards, b.shards = [shard(0, 3), shard(1, 40)], []
            await until(lambda: shown(desk_b, b) == {0: 3, 1: 40})
        left = {key: value for key, value, _ in log.records if key is not None}
        await until(lambda: not desk_a.book.leftovers({0: 99, 1: 99}))
        left = {key: value for key, value, _ in log.records if key is not None}
        epochs = {int(key.split(b"/")[2]) for key, value in left.items() if value and key[:8] == b"shard/1/"}
        assert epochs == {desk_a.accounts[1].epoch}
        assert former not in epochs


async def test_a_worker_that_slept_tells_nothing_before_it_knows_its_shards() -> None:
    """It may have lost them: what it held is not told under a new epoch."""
    log, a, b = Log(), FixedMember([shard(0, 3)]), FixedMember([shard(1, 4)])
    async with desk(log, a) as desk_a, desk(log, b) as desk_b:
        await until(lambda: shown(desk_a, a) == {1: 4} and shown(desk_b, b) == {0: 3})
        b.member = False
        a.generation, a.shards = 2, [shard(0, 3), shard(1, 40)]
        await until(lambda: desk_a.accounts.keys() == {0, 1} and desk_a.accounts[1].as_of_ms >= 0)
        b.shards[0].stats.applied += 1
        b.generation = 2
        await until(lambda: [each.sums("30d")[WON] for each in desk_b.elsewhere([1]).told] == [3, 40])
        b.member, b.generation, b.shards = True, 3, []
        await until(lambda: shown(desk_b, b) == {0: 3, 1: 40})


async def test_a_group_that_counts_anew_still_gets_greater_epochs() -> None:
    """Kafka forgets a group that rested: what its workers told before must not win."""
    log = Log([(bytes(ShardKey(0, 700, "about")), parts.write(parts.About()), NOW_MS)])
    a, b = FixedMember([shard(0, 3)]), FixedMember([shard(1, 4)])
    async with desk(log, a) as desk_a, desk(log, b) as desk_b:
        await until(lambda: shown(desk_b, b) == {0: 3})
        assert desk_a.accounts[0].epoch == 701
        assert shown(desk_a, a) == {1: 4}


async def test_the_event_clock_of_all_is_the_latest_of_any() -> None:
    """Two workers that follow events end their windows at one time."""
    log, settings = Log(), Settings(partitions=2, clock="event")
    a = FixedMember([shard(0, 3)], settings=settings)
    b = FixedMember([shard(1, 4)], settings=settings, clock_ms=NOW_MS + 3_600_000)
    async with desk(log, a) as desk_a, desk(log, b) as desk_b:
        await until(lambda: shown(desk_a, a) == {1: 4} and shown(desk_b, b) == {0: 3})
    assert a.clock_ms == b.clock_ms == NOW_MS + 3_600_000


async def test_a_lost_topic_stops_nobody_and_is_told_again_when_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Numbers of others grow old and are marked; when it is back, they are told anew."""
    monkeypatch.setattr("agents.desk.desk.PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("agents.desk.book.SILENT_SECONDS", 0.2)
    log, a, b = Log(), FixedMember([shard(0, 3)]), FixedMember([shard(1, 4)])
    async with desk(log, a) as desk_a, desk(log, b) as desk_b:
        await until(lambda: shown(desk_a, a) == {1: 4} and shown(desk_b, b) == {0: 3})
        log.lost = True
        await until(lambda: [each.shard for each in desk_a.elsewhere([0]).missing] == [1])
        b.shards[0] = shard(1, 6)
        log.lost = False
        await until(lambda: shown(desk_a, a) == {1: 6} and shown(desk_b, b) == {0: 3})


async def test_telling_keeps_to_its_budget_and_leaves_nothing_out() -> None:
    """A full shard is told in bounded pieces; only then is it complete, and equal to the shard."""
    full = full_worker().shards[0]
    told, found, rounds = Account(0, 1), Book(1, "wall"), 0
    await told.look(full, NOW_MS, Settings().funnels)
    largest = max(len(body) for body in told.unsent.values())
    budget = max(30_000, largest)
    while told.as_of_ms < 0:
        chosen = told.next(budget)
        assert sum(len(body) for _, body in chosen) <= budget
        for name, body in chosen:
            found.put(bytes(ShardKey(0, 1, name)), body, Heard(NOW_MS, 0.0))
        told.sent(chosen)
        rounds += 1
        if (manifest := told.manifest()) is not None:
            found.put(bytes(ShardKey(0, 1, parts.MANIFEST)), manifest, Heard(NOW_MS, 0.0))
            told.complete()
        else:
            assert found.elsewhere({}, NOW_MS, Heard(NOW_MS, 0.0)).told == ()
    assert rounds > 5
    counted = found._shards[0].counted
    assert counted is not None
    for window in (*WINDOWS, ALL_TIME):
        sums = full.totals.sums(window)
        assert counted.sums(window) == {key: n for key, n in sums.items() if n and key[1] in BASE_TOTALS}


async def test_sums_that_are_gone_are_told_as_gone() -> None:
    """A window that has become empty is empty elsewhere, too."""
    log, a, b = Log(), FixedMember([shard(0, 3)]), FixedMember([shard(1, 4)])
    async with desk(log, a) as desk_a, desk(log, b) as desk_b:
        await until(lambda: shown(desk_a, a) == {1: 4} and shown(desk_b, b) == {0: 3})
        b.shards[0].totals.by_window = {}
        b.shards[0].stats.applied += 1
        await until(lambda: shown(desk_a, a) == {1: 0})
