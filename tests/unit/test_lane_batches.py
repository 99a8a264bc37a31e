"""Changelog batches: as few as fit, none too large, in order, and one too large entry stops with a reason."""

import re

import pytest
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import DefaultRecordBatch
from hypothesis import given
from hypothesis import strategies as st

from agents.lane import StopWorker
from agents.lane.batches import batches

BATCH_BYTES = 1_000
ENTRY_BYTES = 5_000
Entry = tuple[bytes, bytes | None]


class Maker:
    """Makes aiokafka's own batches."""

    def create_batch(self) -> BatchBuilder:
        """An empty one of our size."""
        return BatchBuilder(BATCH_BYTES, 0)


def packed(entries: list[Entry]) -> list[tuple[int, list[Entry]]]:
    """Size and content of every batch, as a broker would read them."""
    found = []
    for batch in batches(Maker(), entries, topic="changelog", max_bytes=ENTRY_BYTES):
        assert isinstance(batch, BatchBuilder)
        raw = bytes(batch._build())
        found.append((len(raw), [(record.key, record.value) for record in DefaultRecordBatch(raw)]))
    return found


@given(
    st.lists(st.tuples(st.binary(min_size=1, max_size=40), st.none() | st.binary(max_size=700)), max_size=60)
)
def test_every_entry_arrives_once_in_order_in_batches_that_fit(entries: list[Entry]) -> None:
    """Splitting loses nothing and no batch is larger than allowed."""
    found = packed(entries)
    assert [entry for _, content in found for entry in content] == entries
    assert all(size <= BATCH_BYTES for size, _ in found)


def test_small_entries_share_one_batch() -> None:
    """A chunk's changes are one batch while they fit: a batch costs a round trip."""
    assert len(packed([(b"%d" % number, b"x") for number in range(40)])) == 1


def test_an_entry_larger_than_a_batch_goes_alone() -> None:
    """A customer of many purchases is larger than what is sent at once for small entries."""
    entries: list[Entry] = [(b"a", b"1"), (b"b", b"2" * 4_000), (b"c", b"3" * 4_000), (b"d", b"4")]
    assert [content for _, content in packed(entries)] == [[entry] for entry in entries]


def test_an_entry_larger_than_a_message_stops_the_worker_naming_it() -> None:
    """It could never be written, so going on would never commit; the message says what to raise."""
    with pytest.raises(StopWorker, match=re.escape("entry b'deal-7' takes") + ".*max.message.bytes"):
        packed([(b"deal-7", b"x" * ENTRY_BYTES)])
