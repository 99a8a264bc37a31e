"""Sums are brought up to date hour by hour: what is added or read meanwhile counts once."""

from __future__ import annotations

import random

import pytest

from agents.journeys.touched import journey_of
from agents.settings import Settings
from streams.folding import counted
from streams.totals import ALL, Totals
from streams.windows import WINDOWS
from tests.cluster import Cluster
from tests.simulator import World


@pytest.mark.parametrize("seed", range(5))
def test_sums_that_are_settled_in_pieces_are_those_that_are_settled_at_once(seed: int) -> None:
    """Journeys come between the pieces, and now and then somebody reads."""
    cluster, chance = Cluster(Settings(clock="event", reject_limit=0)), random.Random(seed)
    for record in World(seed, 200).deliveries:
        cluster.produce(record.topic, record.key, record.value, record.headers, record.timestamp_ms)
    cluster.run()
    rules, now_ms = cluster.rules, cluster.clock.now_ms()
    at_once, in_pieces = (Totals(rules.calendar, rules.rows) for _ in range(2))
    for totals in (at_once, in_pieces):
        totals.advance(now_ms)
    pieces = in_pieces.settling()
    left = [(key, raw) for shard in cluster.shards.values() for key, raw in shard.journeys.items()]
    ended = 0
    for key, raw in left:
        for totals in (at_once, in_pieces):
            totals.exchange(counted(key, journey_of(raw), rules)[0], {})
        for _ in range(chance.randint(0, 40)):
            if next(pieces, "over") == "over":
                ended, pieces = ended + 1, in_pieces.settling()
        if chance.random() < 0.1:
            in_pieces.sums(ALL)
    assert ended
    for _ in in_pieces.settling():
        pass
    assert not any(group.fresh for group in in_pieces._classes)
    for window in (ALL, *WINDOWS):
        assert in_pieces.sums(window) == at_once.sums(window)
