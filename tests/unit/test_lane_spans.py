"""Spans: what a fetch covered, so that compaction is no hole and a jump is no proof."""

from dataclasses import dataclass

import pytest
from faust.types import TP

from agents.lane import StopWorker
from agents.lane.spans import ReadPositions, Span

TOPIC = TP("crm.leads", 0)


@dataclass(frozen=True)
class Record:
    """A record as far as spans look at it."""

    offset: int
    timestamp: int = 0
    key: bytes | None = None
    value: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()


def records(*offsets: int) -> list[Record]:
    """Records at these offsets."""
    return [Record(offset) for offset in offsets]


def covered(positions: ReadPositions, *offsets: int, position: int) -> list[tuple[int, int]]:
    """The ranges that one fetch of these offsets is cut into."""
    return [(span.first, span.upto) for span in positions.read(TOPIC, records(*offsets), position)]


def test_a_fetch_is_cut_into_spans_that_join() -> None:
    """Every span ends where the next begins, the last one at the position behind the fetch."""
    positions = ReadPositions(2)
    assert covered(positions, 0, 1, 2, 3, 4, position=5) == [(0, 2), (2, 4), (4, 5)]


def test_offsets_missing_between_two_fetches_without_a_jump_do_not_exist() -> None:
    """Compacted away or control records: the next span begins where the last fetch ended, and they count."""
    positions = ReadPositions(10)
    assert covered(positions, 0, 1, position=2) == [(0, 2)]
    assert covered(positions, 7, 9, position=12) == [(2, 12)]
    assert positions.missing == {TOPIC: 8}


def test_after_a_jump_only_what_was_read_is_claimed() -> None:
    """An unknown position claims nothing before the first record; a seek claims from its target."""
    positions = ReadPositions(10)
    covered(positions, 0, 1, position=2)
    positions.forget()
    assert covered(positions, 7, position=8) == [(7, 8)]
    positions.sought(TOPIC, 3)
    assert covered(positions, 7, position=8) == [(3, 8)]


def test_a_log_that_begins_again_earlier_stops_the_worker() -> None:
    """What is new there would pass for what was read before; a seek to an earlier place is none of that."""
    positions = ReadPositions(10)
    covered(positions, 90, position=91)
    with pytest.raises(StopWorker, match=r"crm\.leads-0 was read to offset 91, and now begins at 5"):
        covered(positions, 5, position=6)
    positions.sought(TOPIC, 5)
    assert covered(positions, 5, position=6) == [(5, 6)]


def test_while_nobody_tells_the_seeks_a_fetch_may_begin_anywhere() -> None:
    """Faust seeks all partitions to what is committed, one after the other, and fetches go on meanwhile."""
    positions = ReadPositions(10)
    covered(positions, 90, position=91)
    positions.unsure = True
    assert covered(positions, 70, position=71) == [(70, 71)]
    positions.unsure = False
    positions.forget()
    assert covered(positions, 60, position=61) == [(60, 61)]


def test_a_fetch_without_records_still_moves_on() -> None:
    """Control records at the end are passed by an empty span, once, and never before a first fetch."""
    positions = ReadPositions(10)
    assert positions.advanced(TOPIC, 5) is None
    covered(positions, 0, position=1)
    assert positions.advanced(TOPIC, 3) == Span(1, 3, ())
    assert positions.advanced(TOPIC, 3) is None


@pytest.mark.parametrize(("since", "left"), [(0, [3, 5]), (4, [5]), (6, [])])
def test_a_span_tells_its_records_from_an_offset_on(since: int, left: list[int]) -> None:
    """What was applied before is left out."""
    assert [record.offset for record in Span(2, 6, records(3, 5)).since(since)] == left
