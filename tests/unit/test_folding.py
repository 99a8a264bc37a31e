"""Folding in pieces: whoever reads what was folded is not kept waiting by what came meanwhile."""

from __future__ import annotations

from collections import deque

from agents.journeys.refold import PIECE
from agents.journeys.shard import JourneyShard
from tests.cluster import Cluster
from tests.stories.telling import lead

ENQUIRIES = ("channel", "enquiries", "inbound", "")


def feed(cluster: Cluster, first: int, upto: int) -> None:
    """So many enquiries of their own, applied."""
    for number in range(first, upto):
        record = lead(f"{number}", "created", "2026-03-02 10:00", channel="inbound")
        assert record.key is not None
        cluster.produce(record.topic, record.key, record.value, record.headers, record.timestamp_ms)
    cluster.run()


def folded(shard: JourneyShard) -> tuple[int, int]:
    """Enquiries and waiting leads as they were folded last."""
    return shard.folded.sums("all").get(ENQUIRIES, 0), len(shard.waiting)


def test_what_comes_while_pieces_are_folded_is_for_the_next_time() -> None:
    """A reader gets what there was when it began; nothing is lost, and reading the totals folds it all."""
    cluster = Cluster()
    feed(cluster, 0, 400)
    shard = max(cluster.shards.values(), key=lambda each: len(each.journeys))
    before = len(shard.journeys)
    assert before > PIECE
    assert folded(shard) == (0, 0)
    pieces = shard.fold()
    next(pieces)
    feed(cluster, 400, 800)
    assert len(shard.journeys) > before
    deque(pieces, 0)
    assert folded(shard) == (before, before)
    deque(shard.fold(), 0)
    assert folded(shard) == (len(shard.journeys), len(shard.journeys))
    feed(cluster, 800, 1200)
    assert shard.totals.sums("all")[ENQUIRIES] == len(shard.journeys)
