"""KPIs of known sums are the numbers that one works out by hand; no data is no number."""

from collections.abc import Mapping
from typing import Any

import pytest

from agents.journeys.stats import ShardStats
from agents.pages import kpis_of
from agents.settings import Settings
from streams.base_totals import MILLION
from streams.catalogue import SHIPPED, load_catalogue
from streams.funnels import load_funnels
from streams.kpis import PERIODS
from streams.rows import Key
from streams.windows import RIPE_WINDOW
from tests.fixed_worker import HOUR_MS, NOW_MS, FixedShard, FixedTotals, FixedWorker

SETTINGS = Settings(currency="RUB", partitions=1)
DAY_MS = 24 * HOUR_MS


def worker(
    sums: Mapping[Key, int],
    window: str = "30d",
    stocks: Mapping[Key, int] | None = None,
    waiting: Mapping[str, int] | None = None,
    stats: ShardStats | None = None,
    ripe: Mapping[Key, int] | None = None,
) -> FixedWorker:
    """One shard with these sums in one window; all time holds them too, and the stocks."""
    by_window = {RIPE_WINDOW: ripe or {}, window: sums, "all": {**sums, **(stocks or {})}}
    totals = FixedTotals(by_window, waiting or {})
    return FixedWorker([FixedShard(0, totals, stats or ShardStats())], SETTINGS)


async def kpi(state: FixedWorker, kpi_id: str, window: str = "30d") -> dict[str, Any]:
    """One KPI as the page answers it."""
    answer: dict[str, Any] = (await kpis_of(state, window))["kpis"][kpi_id]
    return answer


INBOUND: dict[str, int] = {
    "enquiries": 40,
    "enquiries_qualified": 10,
    "enquiries_won": 5,
    "qualified_leads": 16,
    "qualified_won": 6,
    "responses": 20,
    "response_ms": 150 * HOUR_MS,
    "response_working_ms": 45 * HOUR_MS,
    "answered_1h": 21,
    "due_1h": 35,
    "answered_1wh": 27,
    "due_1wh": 36,
    "deals_created": 25,
    "deals_created_won": 8,
    "deals_created_lost": 7,
    "won_deals": 12,
    "lost_deals": 4,
    "revenue_minor": 1_111_050,
    "won_deals_valued": 9,
    "won_deals_unconverted": 2,
    "cycle_ms": 99 * DAY_MS,
    "cycles": 11,
}
BY_HAND: dict[str, tuple[float, int]] = {
    "initial_enquiries": (40, 40),
    "qualified_leads": (16, 16),
    "won_deals": (12, 12),
    "lost_deals": (4, 4),
    "opportunity_count_new": (25, 25),
    "qualified_conversion_rate": (0.25, 40),
    "sales_conversion_rate": (0.125, 40),
    "win_rate_qualified": (0.375, 16),
    "win_rate_opportunities": (0.32, 25),
    "win_rate_closed": (0.75, 16),
    "lead_response_time": (7.5, 20),
    "lead_response_time_working": (2.25, 20),
    "response_within_1h_share": (0.6, 35),
    "response_within_1h_share_working": (0.75, 36),
    "sales_cycle_days": (9.0, 11),
    "revenue": (11110.5, 9),
    "avg_deal_value": (1234.5, 9),
    "won_deals_unconverted": (2, 2),
}


@pytest.mark.parametrize("kpi_id", BY_HAND)
async def test_a_flow_has_its_value_for_department_and_channel(kpi_id: str) -> None:
    """Worked by hand: for instance 5 of 40 enquiries won is 0.125, 99 days over 11 cycles is 9."""
    sums = {("channel", total, "inbound", ""): amount for total, amount in INBOUND.items()}
    found = await kpi(worker(sums), kpi_id)
    value, sample = BY_HAND[kpi_id]
    assert (found["value"], found["n"], found["period"]) == (value, sample, "30d")
    assert found["by_channel"] == {"inbound": {"value": value, "n": sample}}


@pytest.mark.parametrize("kpi_id", BY_HAND)
async def test_a_flow_has_its_value_for_every_rep_that_it_is_kept_for(kpi_id: str) -> None:
    """From the rep's own sums, roster or not."""
    sums = {("rep", total, "r-17", ""): amount for total, amount in INBOUND.items()}
    found = await kpi(worker(sums), kpi_id)
    value, sample = BY_HAND[kpi_id]
    assert found["by_rep"] == {"r-17": {"value": value, "n": sample}}


@pytest.mark.parametrize("kpi_id", [k for k in BY_HAND if "source" in SHIPPED.kpis[k].entry.dimensions])
async def test_a_flow_has_its_value_for_a_source_over_all_channels(kpi_id: str) -> None:
    """Sums of a source in two channels are added before the ratio is taken."""
    sums = {("source", total, "inbound", "web"): amount - 1 for total, amount in INBOUND.items()}
    sums |= {("source", total, "active", "web"): 1 for total in INBOUND}
    found = await kpi(worker(sums), kpi_id)
    value, sample = BY_HAND[kpi_id]
    assert found["by_source"] == {"web": {"value": value, "n": sample}}


async def test_a_ratio_of_the_department_is_taken_of_sums() -> None:
    """1 of 2 and 9 of 30 are 10 of 32, not the mean of 50 % and 30 %."""
    sums: dict[Key, int] = {
        ("channel", "won_deals", "active", ""): 1,
        ("channel", "lost_deals", "active", ""): 1,
        ("channel", "won_deals", "inbound", ""): 9,
        ("channel", "lost_deals", "inbound", ""): 21,
    }
    found = await kpi(worker(sums), "win_rate_closed")
    assert (found["value"], found["n"]) == (10 / 32, 32)
    assert found["by_channel"]["inbound"] == {"value": 0.3, "n": 30}


async def test_shards_are_added_before_a_ratio_is_taken() -> None:
    """Two shards with 1 of 2 and 9 of 30 give 10 of 32 as well; the longest wait is the least time."""
    first: dict[Key, int] = {
        ("rep", "deals_created_won", "ann", ""): 1,
        ("rep", "deals_created", "ann", ""): 2,
    }
    second: dict[Key, int] = {
        ("rep", "deals_created_won", "ann", ""): 9,
        ("rep", "deals_created", "ann", ""): 30,
    }
    stock: dict[Key, int] = {("channel", "waiting", "inbound", ""): 1}
    shards = [
        FixedShard(0, FixedTotals({"7d": first, "all": stock}, {"inbound": NOW_MS - 2 * HOUR_MS})),
        FixedShard(1, FixedTotals({"7d": second, "all": stock}, {"inbound": NOW_MS - 5 * HOUR_MS})),
    ]
    state = FixedWorker(shards, SETTINGS)
    found = await kpi(state, "win_rate_opportunities", "7d")
    assert found["by_rep"] == {"ann": {"value": 10 / 32, "n": 32}}
    assert (await kpi(state, "oldest_waiting_hours", "7d"))["value"] == 5.0
    assert [shard.totals.advanced_to_ms for shard in shards] == [NOW_MS, NOW_MS]


async def test_stocks_stand_now_whatever_the_window() -> None:
    """Open deals, their value and waiting leads come from all time and say so."""
    stocks: dict[Key, int] = {
        ("channel", "open_deals", "vip", ""): 7,
        ("channel", "open_deals_valued", "vip", ""): 5,
        ("channel", "pipeline_minor", "vip", ""): 250_050,
        ("rep", "open_deals", "ann", ""): 7,
        ("channel", "waiting", "inbound", ""): 3,
    }
    state = worker({}, "1h", stocks, {"inbound": NOW_MS - 90 * 60_000})
    expected = {
        "opportunity_count_open": (7, 7),
        "pipeline_value_open": (2500.5, 5),
        "leads_waiting": (3, 3),
        "oldest_waiting_hours": (1.5, 3),
    }
    for kpi_id, (value, sample) in expected.items():
        found = await kpi(state, kpi_id, "1h")
        assert (found["value"], found["n"], found["period"]) == (value, sample, "now"), kpi_id
    assert (await kpi(state, "opportunity_count_open", "1h"))["by_rep"] == {"ann": {"value": 7, "n": 7}}
    assert (await kpi(state, "oldest_waiting_hours", "1h"))["by_channel"] == {
        "inbound": {"value": 1.5, "n": 3}
    }


FUNNEL: dict[Key, int] = {
    ("stage", "stage_entered", "inbound", "enquiry"): 20,
    ("stage", "stage_advanced", "inbound", "enquiry"): 8,
    ("stage", "stage_lost", "inbound", "enquiry"): 7,
    ("stage", "stage_still", "inbound", "enquiry"): 5,
    ("stage", "dwell_ms", "inbound", "enquiry"): 6 * DAY_MS,
    ("stage", "dwells", "inbound", "enquiry"): 4,
    ("stage", "stage_entered", "inbound", "qualified"): 9,
    ("stage", "stage_advanced", "inbound", "qualified"): 9,
    ("stage", "dwell_ms", "inbound", "qualified"): 3 * DAY_MS,
    ("stage", "dwells", "inbound", "qualified"): 2,
    ("stage", "stage_entered", "inbound", "invoice_issued"): 4,
    ("stage", "stage_still", "inbound", "invoice_issued"): 4,
    ("stage", "stage_entered", "inbound", "won"): 3,
}


async def test_stages_convert_by_cohort_and_by_period() -> None:
    """8 of the 20 that entered have advanced; 9 entered the next stage while 20 entered this one."""
    state = worker(FUNNEL)
    cohort = (await kpi(state, "stage_conversion_rate"))["by_stage"]["inbound"]
    period = (await kpi(state, "stage_conversion_rate_period"))["by_stage"]["inbound"]
    assert cohort["enquiry"] == {"value": 0.4, "n": 20}
    assert cohort["qualified"] == {"value": 1.0, "n": 9}
    assert period["enquiry"] == {"value": 0.45, "n": 20}
    assert period["qualified"] == {"value": 0.0, "n": 9}
    assert period["invoice_issued"] == {"value": 0.75, "n": 4}
    assert "won" not in cohort
    assert "won" not in period
    entries = (await kpi(state, "stage_entries"))["by_stage"]["inbound"]
    assert {stage: cell["value"] for stage, cell in entries.items()} == {
        "enquiry": 20,
        "qualified": 9,
        "invoice_issued": 4,
        "won": 3,
    }


async def test_stage_times_are_means_of_those_who_left() -> None:
    """6 days over 4 is 1.5; over both stages 9 days over 6 is 1.5 as well."""
    found = await kpi(worker(FUNNEL), "stage_dwell_time")
    assert found["by_stage"]["inbound"]["enquiry"] == {"value": 1.5, "n": 4}
    assert (found["value"], found["n"]) == (1.5, 6)
    assert found["by_channel"] == {"inbound": {"value": 1.5, "n": 6}}


async def test_the_funnel_is_balanced_where_nothing_leaks() -> None:
    """Entered is advanced, lost and still there; a single lost fact shows, and `won` is no leak."""
    balanced = await kpi(worker(FUNNEL), "funnel_imbalance")
    assert (balanced["value"], balanced["n"]) == (0, 33)
    leaking = await kpi(
        worker({**FUNNEL, ("stage", "stage_lost", "inbound", "enquiry"): 6}), "funnel_imbalance"
    )
    assert leaking["value"] == 1
    assert leaking["by_stage"]["inbound"]["enquiry"] == {"value": 1, "n": 20}
    assert leaking["by_channel"]["inbound"]["value"] == 1


async def test_occupancy_adds_up_over_stages() -> None:
    """A journey stands in one stage, so a channel's are the sum."""
    stocks: dict[Key, int] = {
        ("stage", "occupancy", "partner", "meeting_held"): 2,
        ("stage", "occupancy", "partner", "offer_sent"): 3,
    }
    found = await kpi(worker({}, stocks=stocks), "stage_occupancy")
    assert (found["value"], found["period"]) == (5, "now")
    assert found["by_stage"] == {
        "partner": {"meeting_held": {"value": 2, "n": 2}, "offer_sent": {"value": 3, "n": 3}}
    }


async def test_prospects_are_those_of_the_active_channel() -> None:
    """Enquiries of other channels are none."""
    sums: dict[Key, int] = {
        ("channel", "enquiries", "active", ""): 5,
        ("channel", "enquiries", "inbound", ""): 30,
        ("source", "enquiries", "active", "fair"): 2,
        ("source", "enquiries", "inbound", "fair"): 9,
    }
    found = await kpi(worker(sums), "prospects_added")
    assert found["value"] == 5
    assert found["by_channel"] == {"active": {"value": 5, "n": 5}}
    assert found["by_source"] == {"fair": {"value": 2, "n": 2}}


async def test_a_kpi_of_channels_that_the_funnels_lack_is_left_out() -> None:
    """Without an active channel nobody adds prospects, and 0 would be a claim."""
    text = """
[[channel]]
id = "shop"
name = { en = "Shop", ru = "Магазин" }
entry = "one"
stages = ["two", "three", "four", "five"]
""" + "".join(
        f'[stage.{stage}]\nname = {{ en = "{stage}", ru = "этап {stage}" }}\n'
        for stage in ("one", "two", "three", "four", "five")
    )
    state = FixedWorker([FixedShard()], Settings(funnels=load_funnels(text)))
    answer = await kpis_of(state, "30d")
    assert "prospects_added" not in answer["kpis"]
    assert "initial_enquiries" in answer["kpis"]


async def test_the_stream_tells_of_itself() -> None:
    """Lags of 1 h and 3 h are 2 h on average; restatements are counted over all totals."""
    stats = ShardStats()
    stats.observe_lags("vip", [(HOUR_MS, "ann"), (3 * HOUR_MS, "bob")])
    stats.restatements.update({"enquiries": 2, "won_deals": 3})
    state = worker({}, stats=stats)
    found = await kpi(state, "entry_lag_hours")
    assert (found["value"], found["n"], found["period"]) == (2.0, 2, "since_start")
    assert found["by_channel"] == {"vip": {"value": 2.0, "n": 2}}
    assert found["by_rep"] == {"ann": {"value": 1.0, "n": 1}, "bob": {"value": 3.0, "n": 1}}
    assert (await kpi(state, "restatements"))["value"] == 5


ZERO = {
    kpi_id
    for kpi_id, kpi in SHIPPED.kpis.items()
    if kpi.entry.unit in ("count", "money") and "/" not in kpi.entry.formula and not kpi.told_totals
}


@pytest.mark.parametrize("period", PERIODS)
async def test_no_data_is_not_zero(period: str) -> None:
    """Of nothing, counted things are 0, sums of money too, and every mean, share and age has no value."""
    answer = await kpis_of(FixedWorker([FixedShard()], SETTINGS), period)
    assert set(answer["kpis"]) == {
        kpi_id for kpi_id, kpi in SHIPPED.kpis.items() if period in (kpi.windows or PERIODS)
    }
    for kpi_id, found in answer["kpis"].items():
        if "department" in SHIPPED.kpis[kpi_id].entry.dimensions:
            assert found["value"] == (0 if kpi_id in ZERO else None), kpi_id
        assert not any(found.get(f"by_{place}") for place in ("channel", "stage", "source", "rep"))


async def test_sources_and_reps_are_answered_where_their_sums_are_kept() -> None:
    """An hour has no sums by rep: the answer leaves them out rather than showing nobody."""
    sums: dict[Key, int] = {("channel", "won_deals", "vip", ""): 1, ("rep", "won_deals", "ann", ""): 1}
    assert "by_rep" not in await kpi(worker(sums, "1h"), "won_deals", "1h")
    for window in ("7d", "30d", "month", "prev_month", "all"):
        assert (await kpi(worker(sums, window), "won_deals", window))["by_rep"]["ann"]["value"] == 1


async def test_the_answer_says_what_it_is_about() -> None:
    """Clock, window, currency, and whether shards are missing."""
    state = worker({})
    answer = await kpis_of(state, "all")
    assert {name: answer[name] for name in ("now_ms", "window", "partial", "currency")} == {
        "now_ms": NOW_MS,
        "window": "all",
        "partial": False,
        "currency": "RUB",
    }
    assert {found["period"] for found in answer["kpis"].values()} == {"all"}
    state.settings = Settings(partitions=2)
    assert (await kpis_of(state, "all"))["partial"] is True


async def test_money_has_the_digits_of_its_currency() -> None:
    """Yen have none, dinars three."""
    sums: dict[Key, int] = {
        ("channel", "revenue_minor", "vip", ""): 12_345,
        ("channel", "won_deals_valued", "vip", ""): 1,
    }
    for currency, value in {"JPY": 12_345, "KWD": 12.345}.items():
        state = worker(sums)
        state.settings = Settings(currency=currency)
        assert (await kpi(state, "revenue"))["value"] == value


def test_a_kpi_of_some_periods_has_no_values_in_others() -> None:
    """An entry may limit its windows."""
    text = """
version = 1
[kpi.monthly]
names = { en = "Monthly", ru = "За месяц" }
description = { en = "Enquiries of a month.", ru = "Запросы за месяц." }
sources = []
level = "context"
perspective = "customers"
formula = "enquiries"
unit = "count"
direction = "up"
dimensions = ["department"]
windows = ["month", "prev_month"]
owner = "marketing"
"""
    monthly = load_catalogue(text).kpis["monthly"]
    assert monthly.supports("department", "month")
    assert not monthly.supports("department", "week")


async def test_what_nobody_reports_has_no_value_and_says_so() -> None:
    """No spend entered is no cost per lead, not a cost of 0; the sample that is known is told."""
    sums: dict[Key, int] = {("channel", "enquiries", "inbound", ""): 40}
    found = await kpi(worker(sums), "cpl")
    assert (found["value"], found["n"]) == (None, 40)
    assert found["not_reported"] == ["ledger: spend_minor"]
    assert found["by_channel"]["inbound"]["value"] is None
    assert "not_reported" not in await kpi(worker(sums), "initial_enquiries")


async def test_once_reported_it_has_a_value() -> None:
    """The formulas are those that will hold: 2,000 spent on 40 enquiries is 50 a lead."""
    sums: dict[Key, int] = {
        ("channel", "enquiries", "inbound", ""): 40,
        ("channel", "enquiries_won", "inbound", ""): 8,
        ("channel", "spend_minor", "inbound", ""): 200_000,
        ("channel", "new_customers", "inbound", ""): 4,
        ("channel", "plan_deals", "inbound", ""): 14 * MILLION,
        ("channel", "handling_told", "inbound", ""): 1,
        ("channel", "handling_ms", "inbound", ""): HOUR_MS,
        ("channel", "capacity_ms", "inbound", ""): 35 * HOUR_MS,
        ("channel", "nps_promoters", "inbound", ""): 7,
        ("channel", "nps_detractors", "inbound", ""): 2,
        ("channel", "nps_answers", "inbound", ""): 10,
        ("channel", "customers_at_start", "inbound", ""): 50,
        ("channel", "churned_customers", "inbound", ""): 5,
        ("channel", "customers_told", "inbound", ""): 7,
        ("channel", "customer_revenue_minor", "inbound", ""): 1_200_000,
        ("channel", "lifetime_customers", "inbound", ""): 10,
        ("channel", "lifetime_costed_customers", "inbound", ""): 10,
        ("channel", "lifetime_revenue_minor", "inbound", ""): 9_000_000,
        ("channel", "lifetime_margin_minor", "inbound", ""): 3_000_000,
        ("channel", "active_customers", "inbound", ""): 8,
        ("channel", "repeat_customers", "inbound", ""): 2,
        ("channel", "revenue_minor", "inbound", ""): 1_200_000,
        ("channel", "plan_minor", "inbound", ""): 1_500_000,
    }
    by_hand = {
        "cpl": 50,
        "cac": 500,
        "required_enquiries": 70,
        "required_reps": 2,
        "nps": 50,
        "churn_rate": 0.1,
        "retention_rate": 0.9,
        "repeat_customer_share": 0.25,
        "arpu": 1500,
        "ltv_profit": 3000,
        "ltv_net_of_cac": 8500,
        "ltv_cac_ratio": 6,
        "plan_attainment": 0.8,
    }
    ripe: dict[Key, int] = {
        ("channel", "enquiries", "inbound", ""): 60,
        ("channel", "enquiries_won", "inbound", ""): 12,
    }
    for kpi_id, value in by_hand.items():
        assert (await kpi(worker(sums, ripe=ripe), kpi_id))["value"] == value, kpi_id


async def test_growth_compares_with_the_period_before_of_the_same_length() -> None:
    """1,200 after 1,000 is 20 % more, nothing after something a loss of all; after nothing no rate."""
    now: dict[Key, int] = {
        ("channel", "revenue_minor", "vip", ""): 120_000,
        ("channel", "revenue_minor", "active", ""): 500,
    }
    earlier: dict[Key, int] = {
        ("channel", "revenue_minor", "vip", ""): 100_000,
        ("channel", "revenue_minor", "partner", ""): 400,
    }
    everything = dict.fromkeys(now | earlier, 1)
    totals = FixedTotals({"30d": now, "prev_30d": earlier, "all": everything})
    answer = await kpis_of(FixedWorker([FixedShard(0, totals)], SETTINGS), "30d")
    by_channel = answer["kpis"]["sales_growth_rate"]["by_channel"]
    assert {channel: cell["value"] for channel, cell in by_channel.items()} == {
        "vip": 0.2,
        "active": None,
        "partner": -1,
    }
    assert answer["kpis"]["sales_growth_rate"]["value"] == (120_500 - 100_400) / 100_400
    assert "sales_growth_rate" not in (await kpis_of(FixedWorker([FixedShard(0)], SETTINGS), "month"))["kpis"]


MILESTONES = {
    "enquiries": 40,
    "enquiries_deal": 12,
    "enquiries_opportunity": 16,
    "enquiries_invalid": 4,
    "leads_scored": 10,
    "lead_score": 33,
    "qualified_leads": 20,
    "qualified_deal": 9,
    "opportunities": 16,
    "opportunities_talked": 12,
    "talked_leads": 25,
    "talked_qualified": 10,
    "responses": 30,
    "answered_1h": 20,
    "responses_qualified": 9,
    "answered_1h_qualified": 8,
    "won_deals": 10,
    "won_deals_valued": 8,
    "won_deals_small": 2,
    "won_deals_upsell": 3,
    "won_deals_cross": 4,
    "won_activities": 45,
    "margin_minor": 60_000,
    "margin_revenue_minor": 150_000,
    "upsell_revenue_minor": 30_000,
    "upsell_cost_minor": 12_000,
    "contact_attempts": 51,
    "decision_maker_attempts": 7,
    "first_touches": 13,
    "meetings_set": 20,
    "meetings_held": 15,
    "offers_sent": 17,
    "offers_reviewed": 11,
    "contracts_agreed": 6,
    "invoices": 5,
    "invoiced_minor": 123_450,
    "payments": 4,
    "paid_minor": 100_050,
    "offered_deals": 8,
    "offered_offers": 14,
    "enquiries_won": 5,
    "revenue_minor": 800_000,
}
OF_MILESTONES: dict[str, tuple[float, int]] = {
    "reach_rate": (0.3, 40),
    "passthrough_rate": (0.75, 16),
    "conversation_to_qualified_rate": (0.4, 25),
    "lead_to_opportunity_ratio": (0.4, 40),
    "sql_to_opportunity_rate": (0.45, 20),
    "invalid_lead_share": (0.1, 40),
    "lead_quality_score": (3.3, 10),
    "response_uplift_1h": (4.0, 30),
    "deal_size_mix": (0.25, 8),
    "upsell_rate": (0.3, 10),
    "cross_sell_rate": (0.4, 10),
    "activities_per_deal": (4.5, 10),
    "contribution_margin": (600, 10),
    "return_on_sales": (0.4, 10),
    "roi_upsell": (1.5, 10),
    "contact_attempts": (51, 51),
    "decision_maker_attempts": (7, 7),
    "first_touches": (13, 13),
    "meetings_scheduled": (20, 20),
    "meetings_held": (15, 15),
    "meeting_show_rate": (0.75, 20),
    "offers_sent": (17, 17),
    "offers_reviewed": (11, 11),
    "contracts_agreed": (6, 6),
    "invoices_issued": (5, 5),
    "invoices_amount": (1234.5, 5),
    "payments_received": (1000.5, 4),
    "avg_offers_per_client": (1.75, 8),
}


@pytest.mark.parametrize("kpi_id", OF_MILESTONES)
async def test_milestones_and_activities_have_their_values(kpi_id: str) -> None:
    """For instance 12 of 40 enquiries came to a deal; 8 of 20 against 1 of 10 is four times."""
    sums: dict[Key, int] = {("channel", total, "inbound", ""): n for total, n in MILESTONES.items()}
    found = await kpi(worker(sums), kpi_id)
    value, sample = OF_MILESTONES[kpi_id]
    assert found["value"] == pytest.approx(value, rel=1e-12)
    assert found["n"] == sample
    assert found["by_channel"] == {"inbound": {"value": found["value"], "n": sample}}


async def test_stocks_of_scores_recurring_money_and_the_forecast() -> None:
    """Scores 9 over 3 deals; 300 a month; 16 open leads at 6 of 48 (ripe) and 1,000 a deal are 2,000."""
    sums: dict[Key, int] = {("channel", total, "inbound", ""): n for total, n in MILESTONES.items()}
    stocks: dict[Key, int] = {
        ("channel", "open_deals_scored", "inbound", ""): 3,
        ("channel", "open_deals_score", "inbound", ""): 9,
        ("channel", "recurring_minor", "inbound", ""): 30_000,
        ("channel", "recurring_deals", "inbound", ""): 2,
        ("channel", "open_enquiries", "inbound", ""): 16,
        ("stage", "stuck", "inbound", "enquiry"): 4,
    }
    ripe: dict[Key, int] = {("channel", "enquiries", "inbound", ""): 48}
    ripe |= {("channel", "enquiries_won", "inbound", ""): 6}
    state = worker(sums, stocks=stocks, ripe=ripe)
    expected = {"opportunity_score": 3, "mrr": 300, "potential_revenue_forecast": 2000, "stuck_deals": 4}
    assert {kpi_id: (await kpi(state, kpi_id))["value"] for kpi_id in expected} == expected


async def test_the_average_rep_is_over_those_who_won() -> None:
    """900 over two reps is 450; who won nothing and nobody's deals are no reps."""
    sums: dict[Key, int] = {("channel", "revenue_minor", "vip", ""): 90_000}
    sums |= {("channel", "margin_minor", "vip", ""): 30_000, ("rep", "enquiries", "cid", ""): 5}
    for rep, revenue_minor in (("ann", 60_000), ("bob", 30_000), ("unassigned", 0)):
        sums |= {("rep", "won_deals", rep, ""): 2, ("rep", "revenue_minor", rep, ""): revenue_minor}
    found = await kpi(worker(sums), "revenue_per_rep")
    assert (found["value"], found["n"]) == (450, 2)
    assert {rep: cell["value"] for rep, cell in found["by_rep"].items() if cell["value"] is not None} == {
        "ann": 600,
        "bob": 300,
    }
    assert (await kpi(worker(sums), "margin_per_rep"))["value"] == 150
