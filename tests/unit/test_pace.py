"""Totals follow at once, and amid a backlog seldom."""

from __future__ import annotations

from collections import deque

import pytest

from agents.journeys.clock import WorkerClock
from agents.journeys.pace import BACKLOG, BEHIND_SECONDS, Pace
from tests.cluster import Cluster
from tests.unit.test_folding import feed, folded


class Backlog:
    """A worker's time and what it has to read, set by hand."""

    def __init__(self, lag: int) -> None:
        self.lag, self.seconds, self.clock = lag, 0.0, WorkerClock("event")
        self.pace = Pace(self.clock, lambda: self.lag, lambda: self.seconds)


def test_without_a_backlog_every_reading_is_a_turn_of_its_own() -> None:
    """And the time is the clock's."""
    found = Backlog(BACKLOG - 1)
    assert len({found.pace.turn() for _ in range(5)}) == 5
    found.clock.observe(7)
    assert found.pace.now_ms() == 7
    assert not found.pace.behind()


def test_amid_a_backlog_turn_and_time_stand_still_together_until_they_are_old() -> None:
    """The end of the windows does not run away from what the totals hold."""
    found = Backlog(BACKLOG)
    found.clock.observe(1)
    turn = found.pace.turn()
    found.clock.observe(2)
    found.seconds = BEHIND_SECONDS - 0.1
    assert (found.pace.turn(), found.pace.now_ms()) == (turn, 1)
    found.seconds = BEHIND_SECONDS
    assert (found.pace.turn(), found.pace.now_ms()) == (turn + 1, 2)


def test_the_end_of_a_backlog_is_a_turn_at_once() -> None:
    """Whoever has read everything shows everything."""
    found = Backlog(BACKLOG)
    turn = found.pace.turn()
    found.clock.observe(3)
    found.lag = 0
    assert (found.pace.turn(), found.pace.now_ms()) == (turn + 1, 3)


@pytest.mark.parametrize("lag", [0, BACKLOG])
def test_a_shard_folds_once_a_turn(lag: int) -> None:
    """Amid a backlog nothing is folded a second time, and all of it once that is over."""
    cluster, found = Cluster(), Backlog(lag)
    for each in cluster.shards.values():
        each._turn = found.pace.turn
    feed(cluster, 0, 100)
    shard = max(cluster.shards.values(), key=lambda each: len(each.journeys))
    deque(shard.fold(), 0)
    first = len(shard.journeys)
    assert folded(shard) == (first, first)
    feed(cluster, 100, 200)
    deque(shard.fold(), 0)
    now = len(shard.journeys)
    assert now > first
    assert folded(shard) == ((first, first) if lag else (now, now))
    found.lag = 0
    deque(shard.fold(), 0)
    assert folded(shard) == (now, now)
