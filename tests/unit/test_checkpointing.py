"""Logging checkpoints: in which order, when, and when not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from agents.journeys import checkpoint as messages
from agents.journeys import checkpointing
from agents.journeys.checkpointing import Checkpointing
from agents.journeys.shard import JourneyShard
from agents.lane import HEAD_KEY, KEEP_MS, LaneStats, Slot, checkpoint, checkpoints
from agents.settings import Settings
from tests.cluster import Cluster
from tests.simulator import World


def _shard() -> JourneyShard:
    """Of a cluster that has read everything the one with the most journeys."""
    cluster = Cluster(Settings(clock="event", reject_limit=0))
    for record in World(3, 300).deliveries:
        cluster.produce(record.topic, record.key, record.value, record.headers, record.timestamp_ms)
    cluster.run()
    return max(cluster.shards.values(), key=lambda each: len(each.journeys))


@dataclass
class Log:
    """A writer that takes everything, or nothing any more after so many times."""

    last: int = 1_000
    logged: list[Sequence[tuple[bytes, bytes | None]]] = field(default_factory=list)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    held: list[bool] = field(default_factory=list)
    """Whether the shard's turn was held at each time."""

    async def log(self, entries: Sequence[tuple[bytes, bytes | None]]) -> bool:
        self.logged.append(list(entries))
        self.held.append(self.turn.locked())
        await asyncio.sleep(0)
        return len(self.logged) <= self.last


def _slot(shard: JourneyShard, log: Log, *, ready: bool = True) -> Slot[JourneyShard]:
    return Slot(shard, cast("Any", log), ready)


async def test_a_head_is_logged_in_the_shards_turn_and_pieces_beside_the_stream(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What came before is logged first, and nothing comes between it and the head."""
    monkeypatch.setattr(messages, "PIECE_BYTES", 500)
    monkeypatch.setattr(messages, "AT_ONCE", 5)
    shard, log = _shard(), Log()
    size = await checkpoint(_slot(shard, log))
    assert log.logged[0] == []
    [(key, head)] = log.logged[1]
    assert (key, messages.head_of(head or b"").journeys) == (HEAD_KEY, len(shard.journeys))
    pieces = [messages.piece_of(value or b"") for entries in log.logged[2:] for _, value in entries]
    assert [piece.number for piece in pieces] == list(range(len(pieces)))
    assert [piece.last for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert len({key for entries in log.logged[1:] for key, _ in entries}) == len(pieces) + 1
    assert log.held == [True, True, *(False for _ in log.logged[2:])]
    assert len(log.logged) > 4
    assert size == sum(len(value or b"") for entries in log.logged for _, value in entries)


@pytest.mark.parametrize("last", range(4))
async def test_a_shard_that_went_elsewhere_logs_no_more(last: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was written by then is a checkpoint that nobody believes, or none."""
    monkeypatch.setattr(messages, "PIECE_BYTES", 500)
    monkeypatch.setattr(messages, "AT_ONCE", 5)
    shard, log = _shard(), Log(last)
    assert await checkpoint(_slot(shard, log)) is None
    assert len(log.logged) == last + 1
    assert await checkpoint(_slot(shard, Log(), ready=False)) is None
    assert await checkpoint(Slot(shard, None, ready=True)) is None


def _checkpointing(
    shard: JourneyShard, log: Log, monkeypatch: pytest.MonkeyPatch, behind: Callable[[], bool] = bool
) -> tuple[Checkpointing, LaneStats]:
    monkeypatch.setattr(checkpointing, "LEAST", 10)
    monkeypatch.setattr(checkpointing, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(checkpoints, "SHARE_OF_PAUSES", 0)
    stats = LaneStats()
    return Checkpointing({0: _slot(shard, log)}, stats, behind), stats


async def _rounds(keeping: Checkpointing) -> None:
    """Let it look for as long as it takes."""
    task = asyncio.create_task(keeping.keep())
    for _ in range(200):
        await asyncio.sleep(0)
    task.cancel()


async def test_a_checkpoint_is_due_where_much_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """One where all is new, none while nothing changes, one when the last grows old."""
    shard, log = _shard(), Log()
    monkeypatch.setattr(checkpointing, "REST_SECONDS", 0)
    monkeypatch.setattr(checkpointing, "BYTES_A_SECOND", 10**12)
    keeping, stats = _checkpointing(shard, log, monkeypatch)
    await _rounds(keeping)
    assert stats.checkpoints == 1
    assert stats.checkpoint_bytes > 1_000
    assert shard.changes == 0
    shard.changes = len(shard.journeys) // checkpointing.SHARE
    await _rounds(keeping)
    assert stats.checkpoints == 1
    shard.changes = -(-len(shard.journeys) // checkpointing.SHARE)
    await _rounds(keeping)
    assert stats.checkpoints == 2
    shard.checkpoint_ms -= KEEP_MS // 3
    await _rounds(keeping)
    assert stats.checkpoints == 3


async def test_what_an_audit_found_wrong_is_taken_back_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A start that believed an earlier checkpoint would go on with the same error; amid a backlog too."""
    shard, log = _shard(), Log()
    keeping, stats = _checkpointing(shard, log, monkeypatch, lambda: bool(stats.checkpoints))
    await _rounds(keeping)
    assert stats.checkpoints == 1
    shard.stats.audit_drift = 1
    log.logged.clear()
    await _rounds(keeping)
    assert log.logged == [[(HEAD_KEY, None)]]
    assert stats.checkpoints == 1


@pytest.mark.parametrize("why", ["few", "behind", "drift", "rest"])
async def test_no_checkpoint_where_it_would_harm(why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of few journeys, amid a backlog, of totals that an audit found wrong, or just after another one."""
    shard, log = _shard(), Log()
    keeping, stats = _checkpointing(shard, log, monkeypatch, lambda: why == "behind")
    if why == "few":
        monkeypatch.setattr(checkpointing, "LEAST", len(shard.journeys) + 1)
    if why == "drift":
        shard.stats.audit_drift = 1
    if why == "rest":
        await _rounds(keeping)
        shard.changes = len(shard.journeys)
    await _rounds(keeping)
    assert stats.checkpoints == (why == "rest")
