"""`/metrics` says what the shards hold, in base units, with bounded labels, and never for long at a time."""

import asyncio
import itertools
import math
import time
from collections.abc import Iterator, Mapping

import pytest
from faust.types import TP
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain

from agents.journeys.stats import ShardStats
from agents.lane import LanePosition, LaneStats
from agents.scrape import Scrape
from agents.settings import Settings
from streams import metrics
from streams.base_totals import RESPONSE_EDGES_SECONDS
from streams.metrics import METRICS
from streams.rows import Key
from streams.stories import UNASSIGNED
from streams.windows import WINDOWS, WINDOWS_EXPORTED_BY_SOURCE_AND_REP
from tests.fixed_worker import HOUR_MS, NOW_MS, FixedShard, FixedTotals, FixedWorker, full_worker

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def worker(sums: Mapping[Key, int], settings: Settings | None = None) -> FixedWorker:
    """One shard with the same sums in every window."""
    totals = FixedTotals(dict.fromkeys((*WINDOWS, "all"), sums))
    return FixedWorker(
        [FixedShard(0, totals)], settings or Settings(currency="RUB", reps=("ann",), sources=("web",))
    )


async def series(scrape: Scrape | FixedWorker, accept: str = "") -> Series:
    """All samples of a scrape by name and labels."""
    scrape = scrape if isinstance(scrape, Scrape) else Scrape(scrape)
    body, _ = await scrape.render(accept)
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in parsed(body, accept)
        for sample in family.samples
    }


def parsed(body: bytes, accept: str) -> Iterator[Metric]:
    """The families, by the reference parser of the format; it refuses what the format forbids."""
    parse = openmetrics if accept else plain
    yield from parse(body.decode())


def at(name: str, **labels: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The key of one sample."""
    return name, tuple(sorted(labels.items()))


async def test_values_are_exported_in_base_units() -> None:
    """Seconds and roubles, not milliseconds and kopecks."""
    found = await series(
        worker(
            {
                ("channel", "enquiries", "inbound", ""): 41,
                ("channel", "cycle_ms", "vip", ""): 90_500,
                ("channel", "revenue_minor", "vip", ""): 123_456,
                ("channel", "pipeline_minor", "vip", ""): 5,
                ("stage", "dwell_ms", "vip", "offer_sent"): 1_250,
                ("source", "revenue_minor", "vip", "web"): 50,
                ("rep", "won_deals", "ann", ""): 3,
            }
        )
    )
    assert found[at("sales_enquiries", channel="inbound", window="today")] == 41
    assert found[at("sales_cycle_seconds", channel="vip", window="prev_year")] == 90.5
    assert found[at("sales_revenue", channel="vip", window="1h")] == 1234.56
    assert found[at("sales_pipeline", channel="vip")] == 0.05
    assert found[at("sales_stage_dwell_seconds", channel="vip", stage="offer_sent", window="7d")] == 1.25
    assert found[at("sales_source_revenue", channel="vip", source="web", window="7d")] == 0.5
    assert found[at("sales_rep_won_deals", rep="ann", window="prev_month")] == 3
    assert found[at("sales_clock_seconds")] == NOW_MS / 1000
    assert found[at("sales_currency_info", currency="RUB")] == 1


async def test_flows_have_the_windows_of_their_family() -> None:
    """All twenty by channel and stage, four by source and rep."""
    found = await series(
        worker(
            {
                ("channel", "won_deals", "vip", ""): 1,
                ("stage", "stage_entered", "vip", "won"): 1,
                ("source", "won_deals", "vip", "web"): 1,
                ("rep", "won_deals", "ann", ""): 1,
            }
        )
    )
    windows: dict[str, set[str]] = {}
    for name, labels in found:
        windows.setdefault(name, set()).add(dict(labels).get("window", ""))
    assert windows["sales_won_deals"] == windows["sales_stage_entered"] == set(WINDOWS)
    assert (
        windows["sales_source_won_deals"]
        == windows["sales_rep_won_deals"]
        == set(WINDOWS_EXPORTED_BY_SOURCE_AND_REP)
    )


async def test_shards_are_added_up() -> None:
    """Sums are added; of the oldest waiting leads the least time stands."""
    keys: list[Key] = [("channel", "waiting", "inbound", ""), ("channel", "waiting", "unknown", "")]
    shards = [
        FixedShard(0, FixedTotals({"all": {keys[0]: 2}}, {"inbound": NOW_MS - HOUR_MS})),
        FixedShard(1, FixedTotals({"all": {keys[0]: 3, keys[1]: 1}}, {"inbound": NOW_MS - 2 * HOUR_MS})),
    ]
    found = await series(FixedWorker(shards))
    assert found[at("sales_waiting", channel="inbound")] == 5
    assert found[at("sales_waiting", channel="unknown")] == 1
    assert found[at("sales_waiting_since_seconds", channel="inbound")] == (NOW_MS - 2 * HOUR_MS) / 1000
    assert at("sales_waiting_since_seconds", channel="unknown") not in found
    assert [shard.totals.advanced_to_ms for shard in shards] == [NOW_MS, NOW_MS]


async def test_a_shard_that_is_not_ready_is_not_exported() -> None:
    """Neither its sums nor its readiness; the number of all shards stands there to compare."""
    state = worker({("channel", "won_deals", "vip", ""): 4})
    assert at("voronka_shard_ready", shard="0") in await series(state)
    state.shards = []
    found = await series(state)
    assert found[at("voronka_shards")] == 4
    assert not any(name.startswith(("sales_won", "voronka_shard_ready")) for name, _ in found)


async def test_what_was_never_counted_is_not_exported_and_what_was_stays() -> None:
    """A total that comes back to nothing is 0, not gone; a worker that never saw it shows nothing."""
    key: Key = ("channel", "waiting", "inbound", "")
    state = worker({key: 2})
    scrape = Scrape(state)
    assert (await series(scrape))[at("sales_waiting", channel="inbound")] == 2
    state.shards = worker({key: 0}).shards
    assert (await series(scrape))[at("sales_waiting", channel="inbound")] == 0
    assert at("sales_waiting", channel="inbound") not in await series(Scrape(state))


async def test_a_rebalance_is_a_gap_and_never_a_dip() -> None:
    """Without its shards a worker shows no 0 where it had shown a sum."""
    state = worker({("channel", "open_deals", "vip", ""): 9})
    scrape, shards = Scrape(state), state.shards
    assert (await series(scrape))[at("sales_open_deals", channel="vip")] == 9
    state.shards = []
    assert at("sales_open_deals", channel="vip") not in await series(scrape)
    state.shards = shards
    assert (await series(scrape))[at("sales_open_deals", channel="vip")] == 9


async def test_reps_and_sources_beyond_the_roster_are_other() -> None:
    """Added up, counted as folded; the unassigned and the unknown keep their names."""
    sums: dict[Key, int] = {
        ("rep", "won_deals", rep, ""): count
        for rep, count in {"ann": 1, "bob": 2, "cid": 4, "unassigned": 8}.items()
    } | {
        ("source", "won_deals", "vip", source): count
        for source, count in {"web": 1, "fair": 2, "unknown": 4}.items()
    }
    found = await series(worker(sums))
    reps = {
        rep: found[at("sales_rep_won_deals", rep=rep, window="7d")] for rep in ("ann", "other", "unassigned")
    }
    assert reps == {"ann": 1, "other": 6, "unassigned": 8}
    for source, count in {"web": 1, "other": 2, "unknown": 4}.items():
        assert found[at("sales_source_won_deals", channel="vip", source=source, window="30d")] == count
    assert found[at("voronka_labels_folded", label="rep")] == 2
    assert found[at("voronka_labels_folded", label="source")] == 1


async def test_entry_lag_by_rep_is_a_sum_and_a_count_over_the_shards_that_are_here() -> None:
    """By the roster, the others as `other`; who enters ahead of time has no lag."""
    shards = [FixedShard(number) for number in (0, 1)]
    shards[0].stats.observe_lags("vip", [(90_000, "ann"), (30_000, "bob"), (-9, UNASSIGNED)])
    shards[1].stats.observe_lags("inbound", [(60_000, "ann"), (10_000, "cid")])
    found = await series(FixedWorker(shards, Settings(reps=("ann",))))
    told = {
        rep: [found[at(f"voronka_rep_entry_lag_seconds_{part}", rep=rep)] for part in ("count", "sum")]
        for rep in ("ann", "other", UNASSIGNED)
    }
    assert told == {"ann": [2, 150], "other": [2, 40], UNASSIGNED: [1, 0]}


async def test_response_times_are_cumulative_histograms_of_gauges() -> None:
    """Counts by bucket are added up to each edge; sum and count stand beside."""
    sums: dict[Key, int] = {
        ("channel", "response_bucket", "inbound", "300"): 2,
        ("channel", "response_bucket", "inbound", "3600"): 3,
        ("channel", "response_bucket", "inbound", "+Inf"): 1,
        ("channel", "responses", "inbound", ""): 6,
        ("channel", "response_ms", "inbound", ""): 9_500,
        ("channel", "response_working_bucket", "inbound", "900"): 6,
        ("channel", "response_working_ms", "inbound", ""): 500,
    }
    for accept in ("", OPENMETRICS):
        found = await series(worker(sums), accept)
        name, labels = "sales_response_seconds", {"channel": "inbound", "window": "week"}
        counts = [
            found[at(f"{name}_bucket", le=edge if edge == "+Inf" else f"{edge}.0", **labels)]
            for edge in RESPONSE_EDGES_SECONDS
        ]
        assert counts == [2, 2, 5, 5, 5, 5, 5, 5, 6]
        assert (found[at(f"{name}_gcount", **labels)], found[at(f"{name}_gsum", **labels)]) == (6, 9.5)
        working = "sales_response_working_seconds"
        assert found[at(f"{working}_bucket", le="300.0", **labels)] == 0
        assert found[at(f"{working}_bucket", le="900.0", **labels)] == 6
        assert (found[at(f"{working}_gcount", **labels)], found[at(f"{working}_gsum", **labels)]) == (6, 0.5)


async def test_the_funnel_shows_its_imbalance() -> None:
    """Entered less advanced, lost and still there, for every stage but the last, which nobody leaves."""
    found = await series(
        worker(
            {
                ("stage", "stage_entered", "vip", "offer_sent"): 9,
                ("stage", "stage_advanced", "vip", "offer_sent"): 4,
                ("stage", "stage_lost", "vip", "offer_sent"): 3,
                ("stage", "stage_still", "vip", "offer_sent"): 1,
                ("stage", "stage_entered", "vip", "won"): 2,
            }
        )
    )
    assert found[at("sales_funnel_imbalance", channel="vip", stage="offer_sent", window="30d")] == 1
    assert not any(
        dict(labels).get("stage") == "won" for name, labels in found if name == "sales_funnel_imbalance"
    )


async def test_the_stream_and_the_machine_tell_of_themselves() -> None:
    """By shard, as counters that never go back while the shard is here; lag and lane counters besides."""
    stats = ShardStats(applied=7, duplicates=2, forwarded=1, parts=3, audits=1)
    stats.observe_lags("vip", [(90_000, "ann")])
    stats.quarantined.update({"not_json": 2, "future": 1})
    stats.restatements.update({"won_deals": 4})
    state = FixedWorker(
        [FixedShard(3, stats=stats)],
        lane_stats=LaneStats(chunks=5, recovery_seconds=1.5),
        positions={
            TP("crm.leads", 3): LanePosition(90, 80, 80, 100),
            TP("crm.deals", 3): LanePosition(90, 80, None, None),
        },
    )
    for accept in ("", OPENMETRICS):
        found = await series(state, accept)
        assert found[at("voronka_shard_ready", shard="3")] == 1
        assert found[at("voronka_events_applied_total", shard="3")] == 7
        assert found[at("voronka_events_repeated_total", shard="3")] == 2
        assert found[at("voronka_events_forwarded_total", shard="3")] == 1
        assert found[at("voronka_parts_joined_total", shard="3")] == 3
        assert found[at("voronka_audit_drift", shard="3")] == 0
        assert found[at("voronka_events_quarantined_total", shard="3", reason="not_json")] == 2
        assert found[at("voronka_restatements_total", shard="3", total="won_deals")] == 4
        assert found[at("voronka_entry_lag_seconds_bucket", shard="3", channel="vip", le="60.0")] == 0
        assert found[at("voronka_entry_lag_seconds_bucket", shard="3", channel="vip", le="300.0")] == 1
        assert found[at("voronka_entry_lag_seconds_count", shard="3", channel="vip")] == 1
        assert found[at("voronka_entry_lag_seconds_sum", shard="3", channel="vip")] == 90
        assert found[at("voronka_lag_records", topic="crm.leads", partition="3")] == 10
        assert at("voronka_lag_records", topic="crm.deals", partition="3") not in found
        assert found[at("voronka_lane_chunks_total")] == 5
        assert found[at("voronka_lane_recovery_seconds")] == 1.5


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "text/plain"),
        ("text/plain", "text/plain"),
        (OPENMETRICS, "application/openmetrics-text"),
        ("application/openmetrics-text; version=abc", "text/plain"),
        ("text/plain; version=x.y", "text/plain"),
        ("\x00;;=,,", "text/plain"),
    ],
)
async def test_the_format_is_the_one_that_was_asked_for(accept: str, content_type: str) -> None:
    """An `Accept` header that nobody understands gets plain text, not an error."""
    body, found = await Scrape(worker({("channel", "won_deals", "vip", ""): 1})).render(accept)
    assert found.startswith(content_type)
    assert body.count(b"# EOF") == (content_type == "application/openmetrics-text")
    assert body.endswith(b"# EOF\n" if "openmetrics" in content_type else b"\n")


async def test_labels_are_escaped() -> None:
    """Names of reps come from settings that anybody may write."""
    nasty = 'a"b\\c\nd'
    sums: dict[Key, int] = {("rep", "won_deals", nasty, ""): 1}
    for accept in ("", OPENMETRICS):
        found = await series(worker(sums, Settings(reps=(nasty,))), accept)
        assert found[at("sales_rep_won_deals", rep=nasty, window="7d")] == 1


async def test_a_full_worker_stays_within_the_series_budget() -> None:
    """20,000 series at 5 channels, 8 stages, 12 sources and 50 reps, and every metric is among them."""
    found = await series(full_worker())
    assert 17_000 < len(found) <= 20_000
    names = {name for name, _ in found}
    for metric in METRICS.values():
        assert names & {metric.name, f"{metric.name}_bucket", f"{metric.name}_count"}, metric.name


async def test_both_formats_hold_the_same_series() -> None:
    """And both parse by the reference parsers."""
    state = full_worker()
    assert await series(state) == await series(state, OPENMETRICS)


async def test_a_scrape_of_everything_never_holds_the_loop_for_long() -> None:
    """While 20,000 series render, something else gets its turn every 50 ms."""
    scrape = Scrape(full_worker())
    await scrape.render("")
    longest_seconds = math.inf
    for _ in range(10):
        rendering = asyncio.ensure_future(scrape.render(OPENMETRICS))
        turns = [time.process_time()]
        while not rendering.done():
            await asyncio.sleep(0)
            turns.append(time.process_time())
        longest_seconds = min(longest_seconds, max(b - a for a, b in itertools.pairwise(turns)))
    assert longest_seconds < 0.05


async def test_scrapes_at_once_do_not_mix() -> None:
    """Each scraper gets a whole page of its own."""
    scrape = Scrape(full_worker())
    pages = await asyncio.gather(*(scrape.render("") for _ in range(3)))
    assert len({body for body, _ in pages}) == 1


async def test_every_family_is_typed_and_explained() -> None:
    """HELP and TYPE come from the catalogue; nothing is exported that it does not know."""
    body, _ = await Scrape(full_worker()).render(OPENMETRICS)
    families: dict[str, Metric] = {family.name: family for family in parsed(body, OPENMETRICS)}
    assert len(families) == len(METRICS)
    for metric in METRICS.values():
        family = families[metric.name.removesuffix("_total").removesuffix("_info")]
        assert (family.documentation, family.type) == (metric.help, metric.type)
    assert metrics.CLOCK.name in families
