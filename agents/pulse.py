"""What the live page shows at one instant, and what it must know besides: two documents for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from agents.comparison import before_of, earlier_of
from agents.desk.card import LiveCard, card_about, live_card, scores
from agents.pages import READY_LAG_RECORDS, unready
from agents.plan import BESIDES, plan_data
from agents.plan import PERIODS as PERIODS_OF_PLANS
from agents.readings import Readings, WorkerState, lags_of, read_all
from agents.settings import Settings
from agents.turns import Turns
from agents.view import View
from agents.waiting import read_waiting, shards_of
from streams.base_totals import BASE_TOTALS, RESPONSE_EDGES_SECONDS
from streams.kpis import ALL_TIME, Catalogue
from streams.windows import WINDOWS_BY_SOURCE_AND_REP

WINDOWS_SHOWN = ("1h", "today", "7d", "30d", "month", "quarter", "year", ALL_TIME)
KPIS = (
    "revenue",
    "plan_attainment",
    "won_deals",
    "lost_deals",
    "win_rate_closed",
    "avg_deal_value",
    "sales_cycle_days",
    "opportunity_count_new",
    "opportunity_count_open",
    "pipeline_value_open",
    "initial_enquiries",
    "lead_response_time",
    "lead_response_time_working",
    "response_within_1h_share",
    "response_within_1h_share_working",
    "leads_waiting",
    "oldest_waiting_hours",
    "stage_entries",
    "stage_occupancy",
    "stage_conversion_rate",
    "restatements",
    "entry_lag_hours",
)
REP_KPIS = (
    "revenue",
    "won_deals",
    "win_rate_closed",
    "initial_enquiries",
    "response_within_1h_share",
    "leads_waiting",
    "opportunity_count_open",
    "pipeline_value_open",
)
MOST_REPS = 50
_DIMENSIONS_LEFT_OUT = {"by_source", "by_rep"}


def about(settings: Settings) -> dict[str, Any]:
    """Names of channels, stages and KPIs in both languages, of totals in one, and what was configured."""
    funnels = settings.funnels
    return {
        "currency": settings.currency,
        "zone": settings.zone,
        "clock": settings.clock,
        "windows": WINDOWS_SHOWN,
        "channels": [
            {
                "id": channel,
                "names": funnels.channel_names[channel],
                "enquiries": channel in funnels.with_enquiries,
                "stages": [{"id": stage.id, "names": stage.names} for stage in funnels.funnel(channel)],
            }
            for channel in funnels.channels
        ],
        "scorecard": card_about(settings.scorecard, settings.kpis),
        "totals": {total.id: total.help for total in BASE_TOTALS.values() if total.kind == "flow"},
        "kpis": {
            kpi: {
                "names": settings.kpis.kpis[kpi].entry.names,
                "descriptions": settings.kpis.kpis[kpi].entry.description,
                "unit": settings.kpis.kpis[kpi].entry.unit,
                "direction": settings.kpis.kpis[kpi].entry.direction,
            }
            for kpi in dict.fromkeys((*KPIS, *REP_KPIS, *BESIDES))
        },
    }


async def pulse_of(state: WorkerState, window: str) -> dict[str, Any]:
    """All that the page shows of one window; numbers are those of `/api/kpis`."""
    before, reps_window = before_of(window), reps_window_of(window)
    settings, turns = state.settings, Turns()
    readings = await read_all(
        state, tuple({window, before or window, reps_window, *PERIODS_OF_PLANS} - {ALL_TIME})
    )
    view = View(readings, window, settings)
    kpis = {}
    for kpi in KPIS:
        value = view.kpi(settings.kpis.kpis[kpi])
        kpis[kpi] = {name: part for name, part in value.items() if name not in _DIMENSIONS_LEFT_OUT}
        await turns.give_way()
    earlier = earlier_of(readings, window, settings)
    await turns.give_way()
    reps = _reps(View(readings, reps_window, settings), settings.kpis)
    waiting = await read_waiting(readings.shards, settings.funnels, readings.others)
    return {
        **view.head(),
        **shards_of(state, readings.partitions, readings.missing),
        "kpis": kpis,
        "scorecard": _scores(live_card(settings, view)),
        "plan": await plan_data(readings, settings),
        "before": None
        if earlier is None
        else {"window": before, "kpis": _then(earlier, window, settings.kpis)},
        "response": _response(readings, window),
        "reps": {"window": reps_window, **reps},
        "waiting": waiting.count,
        "leads": waiting.leads,
        "restatements": _restatements(readings),
        "health": _health(state, readings),
    }


def _scores(live: LiveCard) -> dict[str, dict[str, Any]]:
    """By kind and id; names, units and the tree are told once, in `about`."""
    told: dict[str, dict[str, Any]] = {"card": {}, "group": {}, "kpi": {}}
    for kind, item, performance, progress in scores(live.root):
        told[kind][item] = {"performance_percent": performance, "progress_percent": progress}
    for item, found in told["kpi"].items():
        value, sample = live.values.get(item), live.samples.get(item, {})
        told["kpi"][item] = found | {"value": value, "n": sample.get("n")}
    return told


def reps_window_of(window: str) -> str:
    """Reps are counted for a few windows only: this one, or the nearest of them."""
    if window in (*WINDOWS_BY_SOURCE_AND_REP, ALL_TIME):
        return window
    return "7d" if window in ("1h", "24h", "today", "week") else "30d"


def _then(earlier: View, window: str, catalogue: Catalogue) -> dict[str, Any]:
    """The same KPIs in the period before, or when this one began."""
    known = (catalogue.kpis[kpi] for kpi in KPIS if catalogue.kpis[kpi].has_before(window))
    return {
        kpi.id: {"value": value["value"], "n": value["n"]} for kpi in known if (value := earlier.kpi(kpi))
    }


def _reps(view: View, catalogue: Catalogue) -> dict[str, Any]:
    parts = {kpi: view.kpi(catalogue.kpis[kpi]).get("by_rep", {}) for kpi in REP_KPIS}
    names = dict.fromkeys(rep for by_rep in parts.values() for rep in by_rep)

    def rank(rep: str) -> tuple[float, float, str]:
        revenue, won = (parts[kpi].get(rep, {}).get("value") or 0 for kpi in ("revenue", "won_deals"))
        return -revenue, -won, rep

    rows = [
        {"rep": rep, "kpis": {kpi: by_rep[rep] for kpi, by_rep in parts.items() if rep in by_rep}}
        for rep in sorted(names, key=rank)[:MOST_REPS]
    ]
    return {"rows": rows, "more": max(0, len(names) - MOST_REPS)}


def _response(readings: Readings, window: str) -> dict[str, Any]:
    """Answers by time, not cumulative; the last edge is infinity."""
    counts = {
        total: dict.fromkeys(RESPONSE_EDGES_SECONDS, 0)
        for total in ("response_bucket", "response_working_bucket")
    }
    for (family, total, _, edge), amount in readings.sums[window].items():
        if family == "channel" and total in counts:
            counts[total][edge] += amount
    return {
        "edges_seconds": RESPONSE_EDGES_SECONDS,
        "wall": tuple(counts["response_bucket"].values()),
        "working": tuple(counts["response_working_bucket"].values()),
    }


def _restatements(readings: Readings) -> Mapping[str, int]:
    return _merged(stats.restatements for stats in readings.stats)


def _merged(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Summed, the greatest first."""
    merged: dict[str, int] = {}
    for each in counts:
        for name, amount in each.items():
            merged[name] = merged.get(name, 0) + amount
    return dict(sorted(merged.items(), key=lambda item: (-item[1], item[0])))


def _health(state: WorkerState, readings: Readings) -> dict[str, Any]:
    """What became of the records, over all shards that are counted in; `ready` is this worker's own,
    `behind` everybody's."""
    lags, stats = all_lags(state), readings.stats
    known = [lag for lag in lags.values() if lag is not None]
    quarantined = _merged(each.quarantined for each in stats)
    return {
        "recovered": state.recovered(),
        "applied": sum(each.applied for each in stats),
        "duplicates": sum(each.duplicates for each in stats),
        "forwarded": sum(each.forwarded for each in stats),
        "quarantined": sum(quarantined.values()),
        "quarantined_by_reason": quarantined,
        "lag": sum(known) if len(known) == len(lags) else None,
        "lag_by_topic": {topic: lag or 0 for topic, lag in lags.items()},
        "ready": not unready(state),
        "behind": any(lag is None or lag > READY_LAG_RECORDS for lag in lags.values()),
        "redis": state.desk.redis_up(),
    }


def all_lags(state: WorkerState) -> dict[str, int | None]:
    """What is to be read of each topic, here and by the others; None while one of them does not know."""
    lags = lags_of(state.lane_positions())
    for topic, lag in state.desk.lags().items():
        known = lags.get(topic, 0)
        lags[topic] = None if lag is None or known is None else known + lag
    return dict(sorted(lags.items()))
