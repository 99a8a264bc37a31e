"""The last days one by one, as known now."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from agents.days import LAST_DAYS, last_days
from agents.scrape import Scrape
from agents.settings import Settings
from streams.metrics import DAY_TOTALS, DAYS
from streams.zones import EPOCH_ORDINAL
from tests.cluster import Cluster
from tests.fixed_worker import NOW_MS, FixedShard, FixedTotals, FixedWorker
from tests.integration.series import samples, series
from tests.oracle import oracle_facts
from tests.simulator import START_MS, World

DAY_MS = 86_400_000


@pytest.mark.parametrize("seed", range(3))
def test_each_day_is_what_the_batch_truth_says_of_it(seed: int) -> None:
    """All that the oracle dates by the day, in whatever order and however late it came."""
    cluster, records = Cluster(seed=seed), World(seed, 700).deliveries
    for record in records:
        cluster.produce(record.topic, record.key, record.value, record.headers, record.timestamp_ms)
    cluster.run()
    now_ms = START_MS + 20 * DAY_MS
    cluster.advance(now_ms)
    days = asyncio.run(last_days(cluster.shards.values(), cluster.settings, now_ms))
    assert len(days) == LAST_DAYS
    facts, calendar, seen = oracle_facts(records), cluster.rules.calendar, 0
    for text, amounts in days.items():
        day = date.fromisoformat(text).toordinal() - EPOCH_ORDINAL
        start_ms, end_ms = calendar.day_start_ms(day), calendar.day_start_ms(day + 1)
        of_day = [
            fact
            for fact in facts.dated
            if start_ms <= (fact.at_ms or 0) < end_ms and (fact.due_ms or 0) <= now_ms
        ]
        for total in DAY_TOTALS:
            wanted = sum(fact.amount for fact in of_day if fact.total == total)
            assert amounts[total] == wanted, (text, total)
            seen += bool(wanted)
    assert seen > 10, "too few days to prove anything"


async def test_days_are_exported_over_all_shards_and_slide() -> None:
    """Five weeks of each headline total, zeros too, money in major units; tomorrow the first is gone."""
    today = Cluster().rules.calendar.day_index(NOW_MS)
    by_day = {
        today - 1: {("channel", "revenue_minor", "vip", ""): 12_345, ("channel", "cycles", "vip", ""): 1}
    }
    shards = [FixedShard(number, FixedTotals(by_day=by_day)) for number in range(2)]
    worker = FixedWorker(shards, Settings(partitions=2))
    scrape = Scrape(worker)
    found = samples((await scrape.render(""))[0].decode())
    yesterday = date.fromordinal(today - 1 + EPOCH_ORDINAL).isoformat()
    assert found[series("sales_day_revenue", day=yesterday)] == 246.9
    names = {metric.name for metric in DAYS}
    shown = [key for key in found if key[0] in names]
    assert len(shown) == LAST_DAYS * len(DAYS)
    worker.clock_ms += DAY_MS
    later = samples((await scrape.render(""))[0].decode())
    assert len([key for key in later if key[0] in names]) == len(shown)
    assert sum(key not in later for key in shown) == len(DAYS)


async def test_a_worker_without_a_shard_exports_no_day() -> None:
    """Zeros of nobody would look like days on which nothing happened."""
    text = (await Scrape(FixedWorker()).render(""))[0].decode()
    assert "sales_day_" not in text
