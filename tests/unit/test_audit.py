"""The audit: it agrees with totals that are right, whatever happens meanwhile, and sees what is not."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Generator
from dataclasses import dataclass, field

import pytest

from agents.journeys.audit import keep_auditing
from agents.journeys.shard import JourneyShard
from agents.settings import Settings
from tests.cluster import Cluster
from tests.simulator import World


def _cluster(seed: int, events: int = 300) -> Cluster:
    cluster = Cluster(Settings(clock="event", reject_limit=0))
    for record in World(seed, events).deliveries:
        cluster.produce(record.topic, record.key, record.value, record.headers, record.timestamp_ms)
    return cluster


def _through(shard: JourneyShard) -> int:
    for _ in shard.audit():
        pass
    return shard.stats.audit_drift


@pytest.mark.parametrize("seed", range(5))
def test_what_happens_meanwhile_is_no_drift(seed: int) -> None:
    """Events come, journeys begin and time passes between the pieces of an audit: it ends at zero."""
    cluster = _cluster(seed)
    cluster.run(chunk=20, most=15)
    audits: list[Generator[None, None, None]] = [shard.audit() for shard in cluster.shards.values()]
    while audits:
        cluster.run(chunk=5, most=2)
        cluster.advance(cluster.clock.now_ms() + 3_600_000)
        for audit in list(audits):
            if next(audit, "over") == "over":
                audits.remove(audit)
    cluster.run()
    for shard in cluster.shards.values():
        assert (shard.stats.audits, shard.stats.audit_drift) == (1, 0)


def test_a_sum_that_is_not_its_journeys_is_seen() -> None:
    """One more enquiry than there are: every window that holds it differs, and so does all time."""
    cluster = _cluster(7)
    cluster.run()
    cluster.advance(cluster.clock.now_ms())
    shard = next(shard for shard in cluster.shards.values() if shard.journeys)
    assert _through(shard) == 0
    row = shard.rules.rows.number("channel", "inbound")
    shard.totals.apply([((row, cluster.clock.now_ms(), 0), 1)])
    assert _through(shard) > 1
    shard.totals.apply([((row, cluster.clock.now_ms(), 0), -1)])
    assert _through(shard) == 0


def test_an_audit_ends_unheard_where_the_shard_is_read_back() -> None:
    """After a rebalance amid an audit there is no verdict about totals that are gone."""
    cluster = _cluster(3)
    cluster.run()
    shard = max(cluster.shards.values(), key=lambda each: len(each.journeys))
    audit = shard.audit()
    next(audit)
    shard.restore(())
    assert list(audit) == []
    assert shard.stats.audits == 0


def test_an_audit_that_is_broken_off_follows_the_shard_no_longer() -> None:
    """What is folded afterwards is not folded a second time for nobody."""
    cluster = _cluster(3)
    cluster.run(chunk=20, most=15)
    shard = max(cluster.shards.values(), key=lambda each: len(each.journeys))
    audit = shard.audit()
    next(audit)
    followed = shard._audit
    assert followed is not None
    before = dict(followed.totals.sums("all"))
    audit.close()
    assert shard._audit is None
    cluster.run()
    assert followed.totals.sums("all") == before
    assert _through(shard) == 0


def test_what_an_audit_and_a_shard_leave_behind_is_free_at_once() -> None:
    """Totals take megabytes: they must not wait for Python's collector, which comes seldom or never."""
    cluster = _cluster(5)
    cluster.run()
    cluster.advance(cluster.clock.now_ms())
    gc.collect()
    gc.disable()
    try:
        for shard in cluster.shards.values():
            assert _through(shard) == 0
        assert gc.collect() == 0
        del shard
        cluster.shards.clear()
        assert gc.collect() == 0
    finally:
        gc.enable()


@dataclass
class Endless:
    """A shard whose audits take three pieces."""

    audits: int = 0
    thrice: asyncio.Event = field(default_factory=asyncio.Event)

    def audit(self) -> Generator[None, None, None]:
        yield from (None, None, None)
        self.audits += 1
        if self.audits == 3:
            self.thrice.set()


async def test_auditing_goes_round_and_leaves_a_revoked_shard_alone() -> None:
    """Every shard in turn, for ever; one that leaves amid its audit is not audited to the end."""
    kept, leaving = Endless(), Endless()
    rounds = iter([[kept, leaving]] * 5)
    task = asyncio.create_task(keep_auditing(lambda: next(rounds, [kept]), pause_seconds=0, round_seconds=0))
    await asyncio.wait_for(kept.thrice.wait(), 5)
    task.cancel()
    assert leaving.audits == 0
