"""How late the CRM is filled in, and by whom: an event counts for who owned its lead or deal at its time."""

from __future__ import annotations

from collections import Counter

from tests.cluster import Cluster
from tests.oracle import Record
from tests.stories.telling import deal, lead


def lags(*records: Record) -> tuple[Counter[str], Counter[str]]:
    """Events by rep, and by rep how late they were entered in minutes, when they come in this order."""
    cluster = Cluster()
    for record in records:
        assert record.key is not None
        cluster.produce(record.topic, record.key, record.value, record.headers, record.timestamp_ms)
        cluster.run()
    counts, minutes = Counter[str](), Counter[str]()
    for shard in cluster.shards.values():
        shard.totals.sums("all")
        counts.update(shard.stats.rep_lags)
        minutes.update({rep: sum_ms // 60_000 for rep, sum_ms in shard.stats.rep_lag_ms.items()})
    return counts, minutes


def test_an_event_counts_for_the_owner_at_its_time_however_late_it_came() -> None:
    """Ann's call that is entered when the lead is Bob's is hers; repeats are entered once."""
    call = lead("a", "first_touch", "2026-03-02 10:30", record_at="2026-03-03 10:30")
    counts, minutes = lags(
        lead("a", "created", "2026-03-02 10:00", owner="ann", record_at="2026-03-02 10:02"),
        lead("a", "assigned", "2026-03-02 12:00", owner="bob", record_at="2026-03-02 12:01"),
        call,
        call,
    )
    assert counts == {"ann": 2, "bob": 1}
    assert minutes == {"ann": 24 * 60 + 2, "bob": 1}


def test_a_deal_that_nobody_owns_is_of_the_leads_owner() -> None:
    """So it is with facts; where the journey knows nobody, the event is of `unassigned`."""
    counts, _ = lags(
        lead("a", "created", "2026-03-02 10:00", owner="ann"),
        deal("7", "created", "2026-03-02 11:00", journey="lead/a"),
        deal("8", "created", "2026-03-02 11:00", journey="lead/a", owner="cid"),
        deal("9", "created", "2026-03-02 11:00"),
        lead("b", "created", "2026-03-02 10:00"),
    )
    assert counts == {"ann": 2, "cid": 1, "unassigned": 2}
