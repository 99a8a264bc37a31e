"""Fetches of a lane: every record once and in order, however batches lie, in pieces of bounded size."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import pytest
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c_py
from faust.types import TP

from agents.lane import fetches

LANE, PLAIN = TP("crm.leads", 0), TP("notes", 0)
NONE, GZIP = 0, 1
HEADERS = [("ce_id", b"7")]


@pytest.fixture(autouse=True)
def _bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetcher, "FetchResult", fetcher.FetchResult)
    monkeypatch.setattr(fetcher, "PartitionRecords", fetcher.PartitionRecords)
    monkeypatch.setattr(fetches.LaneRecords, "lane_topics", frozenset())
    fetches.bound(frozenset({LANE.topic}))


@dataclass
class Position:
    """What aiokafka keeps of an assigned partition, and of all of them."""

    position: int = 0
    paused: bool = False
    active: bool = True
    told: list[int] = field(default_factory=list)

    def state_value(self, _tp: TP) -> Position:
        return self

    def consumed_to(self, position: int) -> None:
        self.position = position
        self.told.append(position)


def batch(first: int, *values: bytes, codec: int = NONE) -> bytes:
    """A record batch as the broker keeps it, from its first offset on."""
    builder = DefaultRecordBatchBuilder(2, codec, 0, -1, -1, -1, 1 << 26)
    for number, value in enumerate(values):
        assert builder.append(number, 1_000 + first + number, b"key", value, HEADERS)
    raw = bytearray(builder.build())
    raw[:8] = first.to_bytes(8, "big")
    return bytes(raw)


def fetched(tp: TP, *batches: bytes, offset: int = 0) -> tuple[Any, Position]:
    """A fetch from `offset`, and the position of its partition."""
    position = Position(offset)
    records = fetcher.PartitionRecords(tp, MemoryRecords(b"".join(batches)), [], offset, None, None, True, 0)
    return fetcher.FetchResult(tp, assignment=position, partition_records=records, backoff=0), position


def pieces(
    tp: TP, *batches: bytes, offset: int = 0, most: int | None = None
) -> tuple[list[list[Any]], Position]:
    """What a fetch from `offset` hands out, piece by piece, and the positions that it tells."""
    fetch, position = fetched(tp, *batches, offset=offset)
    found = []
    while fetch.has_more():
        found.append(fetch.getall(most))
    return found, position


def told(found: list[list[Any]]) -> list[tuple[int, bytes, int]]:
    """Offset, value and time of every record, all pieces together."""
    return [(record.offset, record.value, record.timestamp) for record in chain.from_iterable(found)]


@pytest.mark.parametrize("codec", [NONE, GZIP])
@pytest.mark.parametrize("tp", [LANE, PLAIN])
def test_every_record_comes_once_and_in_order(tp: TP, codec: int) -> None:
    """Batches of many, of one, and of just as many as are taken at once; offsets between them are missing."""
    run = fetches.COMPRESSED_RUN
    sizes = {0: run, run: 1, 1_000: 3 * run + 5, 2_000: 2 * run}
    values = {first: [b"%d" % (first + n) for n in range(size)] for first, size in sizes.items()}
    found, position = pieces(tp, *(batch(first, *each, codec=codec) for first, each in values.items()))
    wanted = [
        (first + n, value, 1_000 + first + n)
        for first, each in values.items()
        for n, value in enumerate(each)
    ]
    assert told(found) == wanted
    assert position.position == 2_000 + 2 * run
    assert all(list(record.headers) == HEADERS for record in chain.from_iterable(found))


@pytest.mark.parametrize("codec", [NONE, GZIP])
@pytest.mark.parametrize("offset", [10, fetches.COMPRESSED_RUN + 10])
def test_a_fetch_that_begins_amid_a_batch_leaves_out_what_was_read(codec: int, offset: int) -> None:
    """The broker sends whole batches, whatever offset was asked for."""
    values = [b"%d" % n for n in range(3 * fetches.COMPRESSED_RUN)]
    found, _ = pieces(LANE, batch(0, *values, codec=codec), offset=offset)
    assert [value for _, value, _ in told(found)] == values[offset:]


def test_other_topics_are_read_by_the_number_of_records_that_is_asked_for() -> None:
    """Consumers beside the lane ask for so many at a time, and aiokafka insists that they get no more."""
    found, _ = pieces(PLAIN, batch(0, *[b"x"] * 25), most=10)
    assert [len(piece) for piece in found] == [10, 10, 5]


def test_other_topics_can_be_read_record_by_record() -> None:
    """As aiokafka's own `getone` has it."""
    fetch, position = fetched(PLAIN, batch(0, b"a", b"b"))
    one, two = fetch.getone(), fetch.getone()
    assert [(record.topic, record.offset, record.value) for record in (one, two)] == [
        (PLAIN.topic, 0, b"a"),
        (PLAIN.topic, 1, b"b"),
    ]
    assert position.position == 2


def test_an_empty_batch_moves_the_position_on() -> None:
    """Compaction may leave a batch without records: what follows it is read."""
    hollow = bytearray(batch(0, b"gone"))
    found, position = pieces(LANE, _without_records(hollow), batch(5, b"there"))
    assert told(found) == [(5, b"there", 1_005)]
    assert position.position == 6


def _without_records(raw: bytearray) -> bytes:
    """The head of a batch alone, with a length and a sum of checks that fit."""

    head = raw[:61]
    head[8:12] = (61 - 12).to_bytes(4, "big")
    head[57:61] = (0).to_bytes(4, "big")
    head[17:21] = calc_crc32c_py(bytes(head[21:])).to_bytes(4, "big")
    return bytes(head)


def test_a_compressed_fetch_comes_in_pieces_that_take_bounded_room() -> None:
    """A batch of a few kilobytes becomes many megabytes: no piece takes more than its bound and one run."""
    large = bytes(200_000)
    found, position = pieces(LANE, batch(0, *[large] * 300, codec=GZIP))
    assert len(told(found)) == 300
    assert len(found) > 300 * len(large) // (fetches.PIECE_BYTES + fetches.COMPRESSED_RUN * len(large))
    assert max(map(len, found)) <= fetches.PIECE_BYTES // len(large) + fetches.COMPRESSED_RUN
    assert position.told == sorted(position.told)


def test_the_position_stays_before_what_was_not_handed_out() -> None:
    """After each piece the position is behind its last record: a rebalance there loses nothing."""
    large = bytes(200_000)
    found, position = pieces(LANE, batch(0, *[large] * 300, codec=GZIP))
    ends = [piece[-1].offset + 1 for piece in found if piece]
    assert position.told[: len(ends)] == ends
