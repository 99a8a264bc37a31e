"""What late events changed is counted, and nothing else, however many events are one fold."""

from __future__ import annotations

from collections import Counter, deque

import pytest

from streams.zones import DAY_MS
from tests.cluster import Cluster
from tests.stories.telling import lead


def restated(cluster: Cluster) -> Counter[str]:
    """Counts of restatements over all shards."""
    for shard in cluster.shards.values():
        deque(shard.fold(), 0)
    return sum((shard.stats.restatements for shard in cluster.shards.values()), Counter())


def tell(cluster: Cluster, name: str, at: str, late_ms: int = 0, **data: str) -> None:
    """One event of the lead, received at its time or later."""
    record = lead("1", name, at, **data)
    assert record.key is not None
    received_ms = record.timestamp_ms + late_ms
    cluster.produce(record.topic, record.key, record.value, record.headers, received_ms)
    cluster.run()


@pytest.mark.parametrize("read_between", [False, True])
def test_events_in_time_after_a_late_one_restate_nothing(read_between: bool) -> None:
    """A late answer restates answers; the qualification that follows in time is none of its business."""
    cluster = Cluster()
    tell(cluster, "created", "2026-03-02 10:00", channel="inbound")
    assert not restated(cluster)
    tell(cluster, "responded", "2026-03-02 10:30", DAY_MS, by="human")
    first = restated(cluster) if read_between else Counter[str]()
    tell(cluster, "qualified", "2026-03-03 12:00")
    found = restated(cluster)
    assert found["responses"] == found["answered_1h"] == 1
    assert found["qualified_leads"] == 0
    assert not read_between or found == first


def test_late_events_alone_are_restatements() -> None:
    """Control: the same qualification, late, is one."""
    cluster = Cluster()
    tell(cluster, "created", "2026-03-02 10:00", channel="inbound")
    tell(cluster, "qualified", "2026-03-03 12:00", DAY_MS)
    assert restated(cluster)["qualified_leads"] == 1
