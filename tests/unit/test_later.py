"""Facts that will exist: each once, at its instant; what was taken back leaves nothing behind."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from streams.book import Fact
from streams.later import Later
from streams.windows import HOUR_MS

ROWS, TIMES = st.integers(0, 2), st.integers(-1, 3)
DUE = st.integers(1, 3 * HOUR_MS) | st.sampled_from((HOUR_MS - 1, HOUR_MS, HOUR_MS + 1))
FACTS = st.tuples(ROWS, TIMES, DUE)
ADDED = st.lists(st.tuples(FACTS, st.integers(-2, 2)), max_size=40)


@given(ADDED, st.lists(st.integers(0, 4 * HOUR_MS), max_size=6))
def test_each_fact_comes_once_when_its_instant_has_come(
    added: list[tuple[Fact, int]], asked: list[int]
) -> None:
    """Asked at any times, in their order: what was added and not taken back, at its instant, never twice."""
    later, wanted = Later(), Counter[Fact]()
    for fact, packed in added:
        later.add(fact, packed)
        wanted[fact] += packed
    before = 0
    for now_ms in sorted(asked):
        due = {fact: packed for fact, packed in wanted.items() if packed and before < fact[2] <= now_ms}
        assert dict(later.due(now_ms)) == due
        before = now_ms
    assert len(later) == sum(1 for fact, packed in wanted.items() if packed and fact[2] > before)


def test_what_was_taken_back_is_forgotten() -> None:
    """Every touch of an open journey moves its deadline: what it moved from takes no memory for two weeks."""
    later = Later()
    for due_ms in range(1, 1000):
        later.add((1, 2, due_ms), 3)
        later.add((1, 2, due_ms), -3)
    assert len(later) == 0
