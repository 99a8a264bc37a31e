"""The least of what is there; what has left takes no room."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from streams.minimum import Minimum


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from((-2, -1, 1, 2))), max_size=60))
def test_it_is_the_least_of_what_is_there(changes: list[tuple[int, int]]) -> None:
    """Whatever comes and goes, and goes before it comes."""
    found, wanted = Minimum(), Counter[int]()
    for value, amount in changes:
        found.add(value, amount)
        wanted[value] += amount
        there = {value: amount for value, amount in wanted.items() if amount}
        assert found.standing() == there
        assert found.least() == min(there, default=None)


def test_what_has_left_takes_no_room_behind_one_that_stays() -> None:
    """A lead that is never answered, and after it a hundred thousand that are."""
    found = Minimum()
    found.add(0, 1)
    for value in range(1, 100_000):
        found.add(value, 1)
        found.add(value, -1)
        assert found.room < 100
    assert found.least() == 0
