"""The cursor: nothing is committed before it is durable, and nothing that got lost stays lost."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agents.lane.cursor import Admission, Cursor


def test_only_a_gapless_prefix_of_durable_chunks_is_committable() -> None:
    """A later chunk that is durable first waits for the earlier ones."""
    cursor = Cursor(10)
    first, second = cursor.apply(20), cursor.apply(30)
    cursor.settle(second)
    assert cursor.durable_offset == 10
    cursor.settle(first)
    assert cursor.durable_offset == 30


def test_a_chunk_that_starts_too_late_is_a_hole_and_is_asked_for_once() -> None:
    """The first one asks for a rewind, those behind it are stale until the partition is read again."""
    cursor = Cursor(100)
    assert cursor.admit(200, 300, cursor.epoch) is Admission.HOLE
    assert cursor.rewind_wanted
    assert cursor.admit(300, 400, cursor.epoch) is Admission.STALE
    before = cursor.epoch
    cursor.rewound()
    assert cursor.admit(200, 300, before) is Admission.STALE
    assert cursor.admit(100, 200, cursor.epoch) is Admission.APPLY


def test_a_chunk_read_again_is_stale_and_an_overlapping_one_is_applied() -> None:
    """What lies below the next offset was applied; a chunk that goes beyond it brings something new."""
    cursor = Cursor(50)
    assert cursor.admit(0, 50, cursor.epoch) is Admission.STALE
    assert cursor.admit(40, 60, cursor.epoch) is Admission.APPLY


def test_a_last_chunk_that_never_arrives_is_asked_for_after_a_while() -> None:
    """Nothing behind it shows the hole, so time does; progress and an empty way start the wait anew."""
    cursor = Cursor(0)
    cursor.watch(0.0, 30.0)
    cursor.watch(99.0, 30.0)
    assert not cursor.rewind_wanted
    cursor.handed(20)
    cursor.watch(100.0, 30.0)
    cursor.settle(cursor.apply(10))
    cursor.watch(125.0, 30.0)
    cursor.watch(155.0, 30.0)
    assert not cursor.rewind_wanted
    cursor.watch(155.1, 30.0)
    assert cursor.rewind_wanted


@given(st.lists(st.tuples(st.integers(1, 5), st.booleans()), max_size=40))
def test_every_offset_is_applied_once_and_in_order_whatever_is_lost_on_the_way(
    spans: list[tuple[int, bool]],
) -> None:
    """Chunks get lost anywhere the first time; reading again from the next offset brings each offset once."""
    cuts = [0]
    for size, _ in spans:
        cuts.append(cuts[-1] + size)
    cursor, applied = Cursor(0), list[int]()
    first_read = [chunk for chunk, (_, lost) in zip(pairwise(cuts), spans, strict=True) if not lost]
    for read in (first_read, list(pairwise(cuts))):
        for first, upto in read:
            if cursor.admit(first, upto, cursor.epoch) is Admission.APPLY:
                applied += range(cursor.next_offset, upto)
                cursor.settle(cursor.apply(upto))
        cursor.rewound()
    assert applied == list(range(cuts[-1]))
    assert cursor.durable_offset == cuts[-1]
