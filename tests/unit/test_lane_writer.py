"""The writer of one shard: what nobody will write any more keeps nobody waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka.errors import ProducerFenced

from agents.lane.cursor import Cursor
from agents.lane.producers import Claim
from agents.lane.stats import LaneStats
from agents.lane.writer import Destination, Flush, ShardWriter

DESTINATION = Destination("changelog", 0, 900_000, 2, 86_400)


@dataclass
class Group:
    """A consumer group whose word is given; it may take its time."""

    member: bool = True
    follows: bool = False
    silent: bool = False
    asked: int = 0

    async def still_member(self) -> bool:
        if self.silent:
            await asyncio.Event().wait()
        return self.member

    async def rebalance_follows(self) -> bool:
        self.asked += 1
        return self.follows


class Taken:
    """A broker that takes what it gets, and remembers it by the batch."""

    def __init__(self) -> None:
        self.producer, self.sent = self, list[list[bytes]]()

    async def renew(self, _after_seconds: float) -> None:
        """The claim holds."""

    async def release(self) -> None:
        """Nothing is held."""

    def create_batch(self) -> Batch:
        return Batch()

    async def send_batch(self, batch: Batch, _topic: str, partition: int) -> asyncio.Future[Any]:
        assert partition == 0
        self.sent.append(batch.keys)
        acked: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        acked.set_result(SimpleNamespace(offset=len(self.sent)))
        await asyncio.sleep(0)
        return acked


class Batch:
    """Any number of entries."""

    def __init__(self) -> None:
        self.keys: list[bytes] = []

    def append(self, *, timestamp: int | None, key: bytes, value: bytes | None) -> object:
        assert timestamp is None
        self.keys.append(key)
        return value or key

    def record_count(self) -> int:
        return len(self.keys)

    def size(self) -> int:
        return sum(map(len, self.keys))


class Fenced:
    """A broker that has given the partition to another claim."""

    async def renew(self, _after_seconds: float) -> None:
        raise ProducerFenced

    async def release(self) -> None:
        """Nothing is held."""


@dataclass
class Chunks:
    """Flushes of one partition, and which of their chunks nobody waits for any more."""

    cursor: Cursor = field(default_factory=lambda: Cursor(0))
    acked: list[int] = field(default_factory=list)

    def flush(
        self, number: int, changelog: Sequence[tuple[bytes, bytes | None]] = ((b"key", b"value"),)
    ) -> Flush:
        @dataclass
        class Event:
            chunks: Chunks

            def ack(self) -> None:
                self.chunks.acked.append(number)

        return Flush((), changelog, self.cursor, self.cursor.apply(number + 1), cast("Any", Event(self)))


def _writer(group: Group, broker: Fenced | Taken | None = None) -> ShardWriter:
    return ShardWriter(cast("Claim", broker or Fenced()), DESTINATION, group, LaneStats())


async def _until(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    pytest.fail("not within five seconds")


async def test_closing_lets_go_of_everybody_who_waits() -> None:
    """Chunks in flight, in the queue and before it are given up; none of them is durable."""
    writer, chunks = _writer(Group(silent=True)), Chunks()
    puts = [asyncio.create_task(writer.put(chunks.flush(number))) for number in range(5)]
    await asyncio.sleep(0.05)
    assert not puts[-1].done()
    await writer.close()
    await asyncio.wait_for(asyncio.gather(*puts), 5)
    assert writer.unfinished
    assert chunks.cursor.durable_offset == 0
    assert sorted(chunks.acked) == [0, 1, 2, 3, 4]


async def test_a_fenced_worker_that_is_about_to_lose_its_partitions_goes_on() -> None:
    """The heir may hear of a rebalance before we do: the chunk is given up, the process is not."""
    group = Group(follows=True)
    writer, chunks = _writer(group), Chunks()
    await writer.put(chunks.flush(0))
    await _until(lambda: bool(chunks.acked))
    assert writer.abandoned
    assert group.asked == 1
    assert chunks.cursor.durable_offset == 0
    await writer.close()


@pytest.mark.expects_error_log("another worker claimed it")
async def test_a_fenced_worker_that_stays_the_owner_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two groups share an app id, or a cluster was restored: nothing that we could mend by going on."""
    codes: list[int] = []
    monkeypatch.setattr("agents.lane.halt.os._exit", codes.append)
    writer, chunks = _writer(Group(follows=False)), Chunks()
    await writer.put(chunks.flush(0))
    await _until(lambda: bool(codes))
    assert codes == [65]
    assert not chunks.acked
    await writer.close()


async def test_entries_of_the_lanes_own_are_logged_after_all_that_came_before() -> None:
    """Nothing but a barrier at first; what is queued later goes out later; no chunk is counted."""
    broker = Taken()
    writer, chunks = _writer(Group(), broker), Chunks()
    await writer.put(chunks.flush(0))
    assert await writer.log(())
    assert chunks.acked == [0]
    assert await writer.log([(b"head", b"1")])
    await writer.put(chunks.flush(1))
    assert await writer.log([(b"piece", b"2")])
    assert broker.sent[:2] == [[b"key"], [b"head"]]
    assert sorted(key for keys in broker.sent[2:] for key in keys) == [b"key", b"piece"]
    assert chunks.cursor.durable_offset == 2
    assert not writer.unfinished
    await writer.close()


async def test_whoever_logs_hears_that_a_shard_went_elsewhere() -> None:
    """Fenced, closed amid a write, closed before: each time False, nobody waits for ever."""
    writer = _writer(Group(follows=True))
    assert await writer.log(())
    assert not await writer.log([(b"head", b"1")])
    assert not await writer.log([(b"piece", b"2")])
    assert writer._stats.abandoned_chunks == 0
    await writer.close()
    assert not await asyncio.wait_for(writer.log([(b"piece", b"3")]), 5)
    silent = _writer(Group(silent=True))
    logs = [asyncio.create_task(silent.log([(b"piece", b"4")])) for _ in range(5)]
    await asyncio.sleep(0.05)
    logs[0].cancel()
    await silent.close()
    assert await asyncio.wait_for(asyncio.gather(*logs[1:]), 5) == [False] * 4
    assert not silent.unfinished
