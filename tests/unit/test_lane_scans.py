"""Python's collector beside a lane: it scans what is new, and nothing amid a backlog."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from weakref import ref

import pytest

from agents.lane.scans import BACKLOG, OLDER_EVERY, RECOVERED, Scans


class Circle:
    """Garbage that refers to itself."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def _collector() -> Iterator[None]:
    thresholds = gc.get_threshold()
    gc.collect()
    yield
    gc.unfreeze()
    gc.collect()
    gc.set_threshold(*thresholds)


def test_garbage_is_found_at_the_next_beat() -> None:
    """What is read at once leaves time to look."""
    scans, circle = Scans(), Circle()
    seen = ref(circle)
    del circle
    scans.beat(BACKLOG - 1, RECOVERED - 1)
    assert seen() is None


@pytest.mark.parametrize(("waiting", "recovered"), [(BACKLOG, 0), (0, RECOVERED)])
def test_amid_a_backlog_or_a_recovery_nothing_is_scanned(waiting: int, recovered: int) -> None:
    """What is there is set aside; what nobody refers to any more is free all the same."""
    scans, kept, circle = Scans(), {1: [()]}, Circle()
    seen = ref(circle)
    del circle
    before = gc.get_freeze_count()
    scans.beat(waiting, recovered)
    assert gc.get_freeze_count() > before
    assert seen() is not None
    one = Circle()
    one.me = kept  # type: ignore[assignment]
    seen = ref(one)
    scans.beat(waiting, 2 * recovered)
    del one
    assert seen() is None


def test_what_outlived_its_first_scan_is_looked_at_again() -> None:
    """A connection that was open for a while is garbage later."""
    scans, circle = Scans(), Circle()
    seen = ref(circle)
    scans.beat(0, 0)
    del circle
    scans.beat(0, 0)
    assert seen() is not None
    for _ in range(OLDER_EVERY):
        scans.beat(0, 0)
    assert seen() is None
