"""Regions, industries, campaigns are told apart where somebody asks for it, and cost nothing elsewhere."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pytest

from agents.pages import kpis_of
from agents.scrape import Scrape
from agents.settings import Settings, SettingsError, load_settings
from streams.base_totals import BY_CAMPAIGN
from streams.catalogue import SHIPPED
from streams.reported_totals import REPORTED_TOTALS, TOTALS
from streams.rows import CUTS, Key
from tests.cluster import Cluster
from tests.fixed_worker import FixedShard, FixedTotals, FixedWorker
from tests.oracle import FAMILIES, Record, oracle_facts, read
from tests.simulator import World
from tests.stories.ledger import spend
from tests.stories.telling import deal, lead, ms

WINDOWS = ("7d", "30d", "month", "prev_7d", "prev_30d", "prev_month", "all")
EVENTS = [
    lead(
        "1", "created", "2026-03-02 10:00", channel="inbound", region="north", industry="steel", owner="ann"
    ),
    deal("7", "created", "2026-03-03 10:00", journey="lead/1", amount="100.00"),
    deal("7", "won", "2026-03-10 10:00", journey="lead/1"),
    deal("8", "created", "2026-03-03 10:00", journey="lead/1", amount="40.00", region="south"),
    deal("8", "won", "2026-03-11 10:00", journey="lead/1"),
    deal("9", "created", "2026-03-04 10:00", channel="vip", region="islands", amount="7.00"),
    deal("10", "created", "2026-03-04 10:00", channel="vip"),
]


def folded(records: Iterable[Record], now_ms: int, settings: Settings) -> Cluster:
    """The records in workers without a broker."""
    cluster = Cluster(settings)
    for record in records:
        cluster.produce(record.topic, record.key, record.value, record.headers, record.timestamp_ms)
    cluster.run()
    cluster.advance(now_ms)
    return cluster


def totals_of(cluster: Cluster, window: str, family: str, total: str) -> dict[str, int]:
    """A total of a family by its label."""
    return {key[2]: amount for key, amount in cluster.sums(window).items() if key[:2] == (family, total)}


def test_a_deal_counts_in_its_own_region_else_in_its_leads() -> None:
    """What is not listed is `other`, what is not told `unknown`; stocks and cohorts alike."""
    settings = Settings(clock="event", reject_limit=0, regions=("north", "south"), industries=("steel",))
    cluster = folded(EVENTS, ms("2026-03-20 12:00"), settings)
    assert totals_of(cluster, "month", "region", "revenue_minor") == {"north": 10_000, "south": 4_000}
    assert totals_of(cluster, "month", "industry", "revenue_minor") == {"steel": 14_000}
    assert totals_of(cluster, "all", "region", "open_deals") == {"other": 1, "unknown": 1}
    assert totals_of(cluster, "30d", "region", "enquiries_won") == {"north": 1}
    assert totals_of(cluster, "1h", "region", "enquiries_won") == {}


def test_without_a_list_nothing_is_counted_besides() -> None:
    """No row, so no memory and no time."""
    cluster = folded(EVENTS, ms("2026-03-20 12:00"), Settings(clock="event", reject_limit=0))
    assert {key[0] for window in WINDOWS for key in cluster.sums(window)}.isdisjoint(CUTS)
    assert not any(kind.startswith(CUTS) for kind, _, _ in cluster.rules.rows.keys)


def exchanged(record: Record, cut: str) -> Record:
    """The same event with its source told as its region or campaign, and the other way round."""
    try:
        event = json.loads(record.value or b"")
        data = event if any(name.lower() == "ce_type" for name, _ in record.headers) else event["data"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return record
    if not isinstance(data, dict) or not isinstance(data.get("source", ""), str | None):
        return record
    source, other = data.pop("source", None), data.pop(cut, None)
    data |= {name: text for name, text in (("source", other), (cut, source)) if text is not None}
    value = json.dumps(event, ensure_ascii=False).encode()
    return Record(record.topic, record.key, value, record.headers, record.timestamp_ms)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("cut", ["region", "campaign"])
def test_they_are_found_like_sources_so_the_truth_of_those_is_theirs(cut: str, seed: int) -> None:
    """A world told with sources and regions exchanged: by region it is what the oracle says by source.

    Of campaigns spend and new customers are known, too, as they are of sources.
    """
    records = [
        Record(each.topic, each.key, each.value, tuple(each.headers), each.timestamp_ms)
        for each in World(seed, 120).deliveries
    ]
    truth = oracle_facts(records)
    now_ms = truth.greatest_time_ms
    names = {key[3] for key in read(truth, now_ms)["all"] if key[0] == "source"} - {"unknown"}
    listed = {f"{cut}s": tuple(sorted(names))}
    settings = Settings(clock="event", reject_limit=0, **listed)  # type: ignore[arg-type] # names of fields
    cluster = folded([exchanged(record, cut) for record in records], now_ms, settings)
    reading, compared = read(truth, now_ms), 0
    for window in WINDOWS:
        wanted: defaultdict[tuple[str, str], int] = defaultdict(int)
        for (family, total, _, source), amount in reading[window].items():
            journeys = TOTALS[total].layout == "journey" and total not in REPORTED_TOTALS
            if family == "source" and (journeys or (cut == "campaign" and total in BY_CAMPAIGN)):
                wanted[total, source] += amount
        found = {
            (key[1], key[2]): amount
            for key, amount in cluster.sums(window).items()
            if key[0] == cut and "source" in FAMILIES[key[1]]
        }
        assert found == {place: amount for place, amount in wanted.items() if amount}
        compared += len(found)
    assert compared > 100


async def test_the_api_tells_them_apart() -> None:
    """A ratio is taken of a region's sums; what is about stages, customers or reps has none."""
    sums: dict[Key, int] = {
        ("region", "won_deals", "north", ""): 3,
        ("region", "lost_deals", "north", ""): 1,
        ("region", "lost_deals", "other", ""): 2,
    }
    sums["region", "revenue_minor", "north", ""] = 150
    before: dict[Key, int] = {("region", "revenue_minor", "north", ""): 100}
    totals = FixedTotals({"30d": sums, "prev_30d": before, "all": sums, "1h": {}})
    worker = FixedWorker([FixedShard(0, totals)], Settings(partitions=1, regions=("north",)))
    answer: dict[str, Any] = (await kpis_of(worker, "30d"))["kpis"]
    assert answer["win_rate_closed"]["by_region"] == {
        "north": {"value": 0.75, "n": 4},
        "other": {"value": 0.0, "n": 2},
    }
    assert answer["sales_growth_rate"]["by_region"]["north"]["value"] == 0.5
    assert "by_industry" not in answer["win_rate_closed"]
    without = {kpi_id for kpi_id, kpi in answer.items() if "by_region" not in kpi}
    assert {"stage_entries", "revenue_per_rep", "cac", "prospects_added"} <= without
    assert "by_region" not in (await kpis_of(worker, "1h"))["kpis"]["win_rate_closed"]


async def test_a_lead_costs_what_its_campaign_does() -> None:
    """Spend of the days so far over the enquiries that came by it; without a list nothing is counted."""
    settings = Settings(clock="event", reject_limit=0, campaigns=("spring",), zone="UTC", holidays=None)
    records = [
        spend("2026-04-06 10:00", "600.00", source="ads", campaign="spring"),
        spend("2026-04-06 11:00", "70.00", source="ads", campaign="old"),
        spend("2026-04-06 12:00", "7.00", source="seo"),
        *(lead(f"s{n}", "created", "2026-04-08 10:00", source="ads", campaign="spring") for n in range(3)),
        lead("w", "created", "2026-04-08 10:00"),
    ]
    cluster = folded(records, ms("2026-04-12 20:00"), settings)
    assert totals_of(cluster, "month", "campaign", "spend_minor") == {
        "spring": 60_000, "other": 7_000, "unknown": 700
    }  # fmt: skip
    worker = FixedWorker((), settings, clock_ms=ms("2026-04-12 20:00"))
    worker.shards = list(cluster.shards.values())  # type: ignore[arg-type] # real ones
    kpis = (await kpis_of(worker, "month"))["kpis"]
    assert kpis["cpl"]["by_campaign"] == {
        "other": {"value": None, "n": 0},
        "spring": {"value": 200.0, "n": 3},
        "unknown": {"value": 7.0, "n": 1},
    }
    assert kpis["initial_enquiries"]["by_campaign"] == {
        "spring": {"value": 3, "n": 3}, "unknown": {"value": 1, "n": 1}
    }  # fmt: skip
    exported = (await Scrape(worker).render(""))[0].decode()
    assert 'sales_by_campaign_spend{campaign="spring",window="month"} 600.0' in exported
    assert 'sales_by_campaign_enquiries{campaign="spring",window="prev_month"}' not in exported
    without = folded(records, ms("2026-04-12 20:00"), Settings(clock="event", reject_limit=0))
    assert totals_of(without, "month", "campaign", "spend_minor") == {}


async def test_a_customer_costs_what_the_campaign_of_the_first_purchase_does() -> None:
    """600 of spend and three new customers, two of them by this campaign: what buys again is not new."""
    settings = Settings(clock="event", reject_limit=0, campaigns=("spring", "summer"))
    sold = {
        "1": {"channel": "vip", "customer": "c1", "campaign": "spring"},
        "2": {"channel": "regular", "customer": "c2", "campaign": "spring"},
        "3": {"channel": "vip", "customer": "c1", "campaign": "summer"},
        "4": {"channel": "vip", "customer": "c3"},
        "5": {"channel": "vip", "campaign": "spring"},
    }
    records = [
        spend("2026-04-06 10:00", "600.00", source="ads", campaign="spring"),
        spend("2026-04-06 11:00", "70.00", source="ads", campaign="summer"),
    ]
    for name, data in sold.items():
        records += [
            deal(name, "created", f"2026-04-0{name} 10:00", **data),
            deal(name, "won", f"2026-04-0{name} 12:00"),
        ]
    worker = FixedWorker((), settings, clock_ms=ms("2026-04-12 20:00"))
    cluster = folded(records, worker.clock_ms, settings)
    worker.shards = list(cluster.shards.values())  # type: ignore[arg-type] # real ones
    kpis = (await kpis_of(worker, "month"))["kpis"]
    assert kpis["cac"]["by_campaign"] == {
        "spring": {"value": 300.0, "n": 2},
        "summer": {"value": None, "n": 0},
        "unknown": {"value": None, "n": 1},
    }
    exported = (await Scrape(worker).render(""))[0].decode()
    assert 'sales_by_campaign_new_customers{campaign="spring",window="30d"} 2.0' in exported
    assert 'sales_by_campaign_new_customers{campaign="spring",window="7d"}' not in exported


def test_most_kpis_of_the_sources_have_them() -> None:
    """Revenue, conversions and activities do."""
    told = {kpi.id for kpi in SHIPPED.kpis.values() if kpi.counts_by("region")}
    assert {"revenue", "win_rate_qualified", "meetings_held", "pipeline_value_open", "mrr"} <= told
    assert len(told) > 45
    assert {kpi.id for kpi in SHIPPED.kpis.values() if kpi.counts_by("campaign")} - told == {"cpl", "cac"}


def test_lists_are_settings_like_others() -> None:
    """At most thirty names; of campaigns, which are exported, twelve."""
    lists = {"REGIONS": "north, south", "INDUSTRIES": "steel", "CAMPAIGNS": "spring"}
    settings = load_settings({f"VORONKA_{name}": text for name, text in lists.items()})
    assert settings.cuts == {"region": {"north", "south"}, "industry": {"steel"}, "campaign": {"spring"}}
    with pytest.raises(SettingsError, match="VORONKA_CAMPAIGNS: 13 names are too many"):
        load_settings({"VORONKA_CAMPAIGNS": ",".join(f"c{number}" for number in range(13))})
    with pytest.raises(SettingsError, match="VORONKA_REGIONS: 31 names are too many"):
        load_settings({"VORONKA_REGIONS": ",".join(f"r{number}" for number in range(31))})
