"""Every shipped KPI has a value that a person worked out, and notices any slip in its formula.

The totals of one department are all different, so that one cannot stand for another; each single-node mutant
of each formula (another total, operator or constant, a part left out) has to come to another value.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from agents.journeys.stats import EntryLag, ShardStats
from agents.pages import kpis_of
from agents.settings import Settings
from streams.base_totals import MILLION, Unit
from streams.catalogue import SHIPPED
from streams.formulas import Binary, Node, Number, Operator, Total, evaluate, of_node
from streams.kpis import CLOCK, Kpi
from streams.reported_totals import TOTALS
from streams.rows import Key
from streams.windows import RIPE_WINDOW
from tests.fixed_worker import HOUR_MS, NOW_MS, FixedShard, FixedTotals, FixedWorker
from tests.stories import STORIES

DAY_MS = 24 * HOUR_MS
COUNTS = {
    "enquiries": 400, "enquiries_qualified": 100, "enquiries_won": 50, "enquiries_deal": 140,
    "enquiries_opportunity": 180, "enquiries_invalid": 20, "qualified_leads": 160, "qualified_won": 60,
    "qualified_deal": 128, "leads_scored": 85, "lead_score": 289, "responses": 320, "answered_1h": 120,
    "due_1h": 375, "answered_1wh": 210, "due_1wh": 350, "responses_qualified": 104,
    "answered_1h_qualified": 54, "waiting": 31, "open_enquiries": 84, "opportunities": 190,
    "opportunities_talked": 152, "talked_leads": 175, "talked_qualified": 77, "stage_entered": 220,
    "stage_advanced": 88, "stage_lost": 71, "stage_still": 58, "dwells": 44, "occupancy": 37, "stuck": 13,
    "deals_created": 250, "deals_created_won": 90, "deals_created_lost": 61, "won_deals": 96,
    "lost_deals": 32, "won_deals_valued": 80, "won_deals_unconverted": 7, "won_deals_small": 28,
    "won_deals_upsell": 24, "won_deals_cross": 12, "won_activities": 576, "cycles": 75, "open_deals": 135,
    "open_deals_valued": 125, "open_deals_unconverted": 6, "open_deals_scored": 110,
    "open_deals_score": 352, "recurring_deals": 9, "reps": 8, "contact_attempts": 901,
    "decision_maker_attempts": 203, "first_touches": 317, "meetings_set": 145, "meetings_held": 116,
    "offers_sent": 95, "offers_reviewed": 69, "contracts_agreed": 41, "offered_deals": 62,
    "offered_offers": 155, "invoices": 57, "invoices_unconverted": 5, "payments": 49,
    "payments_unconverted": 4, "entry_lags": 1500, "restatements": 17, "plan_deals": 65,
    "nps_promoters": 42, "nps_detractors": 18, "nps_answers": 64, "care_contacts": 29,
    "handling_told": 3,
    "new_customers": 40, "active_customers": 72, "repeat_customers": 27, "customers_at_start": 640,
    "churned_customers": 16, "customers_told": 33, "lifetime_customers": 300,
    "lifetime_costed_customers": 240,
}  # fmt: skip
TIMES_MS = {
    "response_ms": 2400 * HOUR_MS, "response_working_ms": 720 * HOUR_MS, "cycle_ms": 675 * DAY_MS,
    "dwell_ms": 66 * DAY_MS, "entry_lag_ms": 3000 * HOUR_MS, "waiting_since": NOW_MS - 90 * 60_000,
    "handling_ms": 90 * 60_000, "capacity_ms": 100 * HOUR_MS,
}  # fmt: skip
MONEY_MINOR = {
    "revenue_minor": 11_200_000, "pipeline_minor": 25_005_000, "margin_minor": 4_480_000,
    "margin_revenue_minor": 8_000_000, "upsell_revenue_minor": 900_000, "upsell_cost_minor": 600_000,
    "campaign_revenue_minor": 3_000_000, "baseline_minor": 1_750_000, "invoiced_minor": 6_160_000,
    "paid_minor": 5_400_000, "recurring_minor": 333_000, "plan_minor": 14_000_000,
    "spend_minor": 2_000_000, "expense_minor": 3_150_000, "reserve_minor": 1_350_000,
    "lifetime_revenue_minor": 150_000_000, "lifetime_margin_minor": 90_000_000,
    "customer_revenue_minor": 9_360_000, "customer_margin_minor": 2_400_000,
}  # fmt: skip
DEPARTMENT: dict[str, int] = {**COUNTS, **TIMES_MS, **MONEY_MINOR}
BEFORE = {"revenue_minor": 8_960_000}
RIPE = {"enquiries": 440, "enquiries_won": 55}
NEXT_STAGE = {"stage_entered": 99}

BY_HAND: dict[str, tuple[float, int]] = {
    # Volumes are the counts themselves.
    "initial_enquiries": (400, 400), "prospects_added": (400, 400), "qualified_leads": (160, 160),
    "won_deals": (96, 96), "lost_deals": (32, 32), "opportunity_count_new": (250, 250),
    "opportunity_count_open": (135, 135), "stage_entries": (220, 220), "stage_occupancy": (37, 37),
    "leads_waiting": (31, 31), "won_deals_unconverted": (7, 7), "restatements": (17, 17),
    "stuck_deals": (13, 13), "contact_attempts": (901, 901), "decision_maker_attempts": (203, 203),
    "first_touches": (317, 317), "partner_contacts": (317, 317), "meetings_scheduled": (145, 145),
    "meetings_held": (116, 116), "offers_sent": (95, 95), "offers_reviewed": (69, 69),
    "contracts_agreed": (41, 41), "invoices_issued": (57, 57), "regulated_contacts": (29, 29),
    # Shares: 100 of 400, 50 of 400, 60 of 160, 90 of 250, 96 of 96 + 32, 88 of 220, 99 of 220.
    "qualified_conversion_rate": (0.25, 400), "sales_conversion_rate": (0.125, 400),
    "win_rate_qualified": (0.375, 160), "win_rate_opportunities": (0.36, 250),
    "win_rate_closed": (0.75, 128), "stage_conversion_rate": (0.4, 220),
    "stage_conversion_rate_period": (0.45, 220),
    # 120 of 375, 210 of 350, 140 of 400, 152 of 190, 77 of 175, 180 of 400, 128 of 160, 20 of 400.
    "response_within_1h_share": (0.32, 375), "response_within_1h_share_working": (0.6, 350),
    "reach_rate": (0.35, 400), "passthrough_rate": (0.8, 190),
    "conversation_to_qualified_rate": (0.44, 175), "lead_to_opportunity_ratio": (0.45, 400),
    "sql_to_opportunity_rate": (0.8, 160), "invalid_lead_share": (0.05, 400),
    # 28 of 80, 24 of 96, 12 of 96, 116 of 145; 27 of 72, 16 of 640, the other 624 of 640.
    "deal_size_mix": (0.35, 80), "upsell_rate": (0.25, 96), "cross_sell_rate": (0.125, 96),
    "meeting_show_rate": (0.8, 145), "repeat_customer_share": (0.375, 72),
    "churn_rate": (0.025, 640), "retention_rate": (0.975, 640),
    # 220 entered, 88 + 71 + 58 = 217 have a fate: three are missing.
    "funnel_imbalance": (3, 220),
    # Times: 2,400 h over 320, 720 h over 320, 66 d over 44, 675 d over 75, 3,000 h over 1,500, 90 minutes.
    "lead_response_time": (7.5, 320), "lead_response_time_working": (2.25, 320),
    "stage_dwell_time": (1.5, 44), "sales_cycle_days": (9, 75), "entry_lag_hours": (2, 1500),
    "oldest_waiting_hours": (1.5, 31),
    # Means: 289 over 85, 352 over 110, 155 over 62, 576 over 96.
    "lead_quality_score": (3.4, 85), "opportunity_score": (3.2, 110),
    "avg_offers_per_client": (2.5, 62), "activities_per_deal": (6, 96),
    # 54 of 120 is 45 %; of the later ones 104 - 54 = 50 of 320 - 120 = 200 is 25 %; 45 over 25 is 1.8.
    "response_uplift_1h": (1.8, 320),
    # Roubles: 112,000 over 80 deals is 1,400; from 89,600 to 112,000 are 22,400 more, a quarter.
    "revenue": (112_000, 80), "sales_growth_rate": (0.25, 80), "avg_deal_value": (1400, 80),
    "pipeline_value_open": (250_050, 125), "invoices_amount": (61_600, 57),
    "payments_received": (54_000, 49), "mrr": (3330, 9),
    # 84 open leads, one of eight is won, for 1,400 each: 10.5 deals.
    "potential_revenue_forecast": (14_700, 80),
    # 44,800 of 80,000; over eight reps 5,600, and 112,000 over them 14,000; 9,000 for 6,000 is half more.
    "contribution_margin": (44_800, 96), "return_on_sales": (0.56, 96), "margin_per_rep": (5600, 8),
    "revenue_per_rep": (14_000, 8), "roi_upsell": (0.5, 96),
    # 30,000 came by campaigns, 17,500 would have come anyway; 112,000 of the planned 140,000.
    "incremental_sales": (12_500, 96), "plan_attainment": (0.8, 80),
    # 65 planned deals at one of eight (55 of the 440 who came in the last closed 30 days) take 520 enquiries;
    # half an hour each (told 3 times: 90 minutes) is 260 h, and a rep has 100 h.
    "required_enquiries": (520, 55), "required_reps": (2.6, 55),
    # 20,000 spent on 40 customers are 500 each, on 400 leads 50 each.
    "cac": (500, 40), "cpl": (50, 400),
    # 24,000 of margin over 72 customers are 333.33 a month: 500 are back after one and a half.
    "cac_payback_months": (1.5, 40),
    "arpu": (1300, 72),
    # 900,000 over 240 customers are 3,750, 7.5 times 500; 1,500,000 over 300 are 5,000, less 500.
    "ltv_profit": (3750, 240), "ltv_cac_ratio": (7.5, 240), "ltv_net_of_cac": (4500, 300),
    # 54,000 cover 31,500 + 13,500 1.2 times; 42 - 18 = 24 of 64 answers are 37.5 points.
    "vfp_coverage": (1.2, 49), "nps": (37.5, 64),
}  # fmt: skip
SILENT_WITHOUT = {"churn_rate": "customers_told", "retention_rate": "customers_told"}
"""Whoever never tells that customers leave or stay has no churn, rather than none of it."""
KPIS = list(SHIPPED.kpis.values())
OPERATORS: tuple[Operator, ...] = ("+", "-", "*", "/")


def looked_up(total: str, next_stage: bool) -> int | None:
    """The department's totals, as a view would look them up."""
    if total == CLOCK:
        return NOW_MS
    if total.startswith("previous "):
        return BEFORE[total.removeprefix("previous ")]
    if total.startswith("ripe "):
        return RIPE[total.removeprefix("ripe ")]
    return NEXT_STAGE.get(total) if next_stage else DEPARTMENT[total]


def noticed(kpi: Kpi, value: Node, sample: Node) -> bool:
    """The check itself: do these formulas come to anything else than what was worked out by hand?"""
    wanted, wanted_sample = BY_HAND[kpi.id]
    found = evaluate(value, looked_up)
    in_unit = None if found is None else kpi.in_unit(found, 2)
    right = in_unit is not None and math.isclose(in_unit, wanted, rel_tol=1e-12, abs_tol=0)
    if silent := SILENT_WITHOUT.get(kpi.id):
        nothing_told = evaluate(value, lambda total, _: 0 if total == silent else looked_up(total, False))
        right = right and nothing_told is None
    return not right or evaluate(sample, looked_up) != wanted_sample


def mutants(node: Node) -> Iterator[Node]:
    """Every formula that differs from this one in one place and has the same unit there."""
    match node:
        case Number(value):
            yield from (Number(other) for other in (value + 1, value - 1, 2 * value))
        case Total(total, next_stage, previous, ripe):
            unit = _unit(total)
            others = [other for other in DEPARTMENT if other != total and _unit(other) == unit]
            yield from (Total(other) for other in others)
            if next_stage or previous or ripe:
                yield Total(total)
            if ripe:
                yield from (Total(other, ripe=True) for other in RIPE if other != total)
            if total in RIPE and not ripe:
                yield Total(total, ripe=True)
            if total in BEFORE and not previous:
                yield Total(total, previous=True)
            if total in NEXT_STAGE and not next_stage:
                yield Total(total, next_stage=True)
        case Binary(operator, left, right):
            yield from (Binary(other, left, right) for other in OPERATORS if other != operator)
            yield from (left, right)
            if operator in "-/" and left != right:
                yield Binary(operator, right, left)
            yield from (Binary(operator, other, right) for other in mutants(left))
            yield from (Binary(operator, left, other) for other in mutants(right))


def _unit(total: str) -> Unit:
    if total in COUNTS:
        return "count"
    return "minor" if total in MONEY_MINOR else "ms"


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.id)
def test_a_kpi_has_the_value_worked_out_by_hand(kpi: Kpi) -> None:
    """Its formula and what it rests on, evaluated over the department's totals."""
    assert kpi.id in BY_HAND, "work its value out by hand over DEPARTMENT and write it into BY_HAND"
    assert not noticed(kpi, kpi.formula.root, kpi.sample.root)


def test_every_slip_in_a_formula_is_noticed() -> None:
    """No single-node mutant of any formula, or of what a value rests on, passes for the real one."""
    passed, count = [], 0
    for kpi in KPIS:
        whole = [(mutant, kpi.sample.root) for mutant in mutants(kpi.formula.root)]
        if kpi.entry.sample is not None:
            whole += [(kpi.formula.root, mutant) for mutant in mutants(kpi.sample.root)]
        assert whole, kpi.id
        count += len(whole)
        passed += [f"{kpi.id}: {written(v)}, {written(s)}" for v, s in whole if not noticed(kpi, v, s)]
    assert not passed, f"{len(passed)} of {count} mutants pass for the real formula: {passed[:10]}"
    assert count > 30 * len(KPIS)


def written(node: Node) -> str:
    """A formula as one would type it."""
    match node:
        case Number(value):
            return str(value)
        case Total(_, next_stage):
            return f"{'next_stage ' * next_stage}{node.name}"
        case Binary(operator, left, right):
            return f"({written(left)} {operator} {written(right)})"


def test_the_table_holds_every_total_once() -> None:
    """No total that a formula reads is missing, and no two of a unit are equal: each would hide the other."""
    assert {name for kpi in KPIS for name in kpi.totals} <= DEPARTMENT.keys()
    for totals in (COUNTS, TIMES_MS, MONEY_MINOR):
        assert len(set(totals.values())) == len(totals)
    for name in DEPARTMENT.keys() & TOTALS.keys():
        assert TOTALS[name].unit in (_unit(name), "micro")
    units = {name: _unit(name) for name in DEPARTMENT} | {CLOCK: "ms"}
    assert all(of_node(kpi.formula.root, units) == kpi.formula for kpi in KPIS)
    assert BY_HAND.keys() <= SHIPPED.kpis.keys(), "a value for a KPI that is gone"


def test_the_totals_are_worked_out_by_hand_from_events_too() -> None:
    """Every folded total that a formula reads has its amount in the table of a story told in events."""
    told = {total for story in STORIES for _, _, total in story.expected} | {"waiting_since"}
    read = {name: TOTALS[name].kind for kpi in KPIS for name in kpi.totals}
    assert {name for name, kind in read.items() if kind not in ("stream", "derived")} - told == set()


def department(kpi: Kpi, window: str) -> FixedWorker:
    """A worker that reads these totals: in one channel that the KPI is about, and of eight reps."""
    channel = (*kpi.entry.channels, "inbound")[0]
    flows: dict[Key, int] = {}
    stocks: dict[Key, int] = {}
    before: dict[Key, int] = {}
    for total, amount in DEPARTMENT.items():
        if total not in TOTALS or TOTALS[total].kind not in ("flow", "stock"):
            continue
        staged = TOTALS[total].families == ("stage",)
        key: Key = ("stage" if staged else "channel", total, channel, "qualified" if staged else "")
        stored = amount * MILLION if TOTALS[total].unit == "micro" else amount
        (flows if TOTALS[total].kind == "flow" else stocks)[key] = stored
        if total in BEFORE:
            before[key] = BEFORE[total]
    flows["stage", "stage_entered", channel, "conversation_held"] = NEXT_STAGE["stage_entered"]
    flows |= {("rep", "won_deals", f"rep-{number}", ""): 12 for number in range(COUNTS["reps"])}
    lag = EntryLag(sum_ms=TIMES_MS["entry_lag_ms"])
    lag.buckets[0] = COUNTS["entry_lags"]
    stats = ShardStats(entry_lag={channel: lag})
    stats.restatements["revenue_minor"] = COUNTS["restatements"]
    ripe: dict[Key, int] = {("channel", total, channel, ""): amount for total, amount in RIPE.items()}
    by_window = {window: flows, "all": {**flows, **stocks}, RIPE_WINDOW: ripe}
    by_window[f"prev_{window}"] = before | by_window.get(f"prev_{window}", {})
    totals = FixedTotals(by_window, {channel: TIMES_MS["waiting_since"]})
    return FixedWorker([FixedShard(0, totals, stats)], Settings(partitions=1))


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.id)
async def test_the_api_answers_that_value(kpi: Kpi) -> None:
    """In the KPI's unit, for the stage or the whole department."""
    window = "30d" if not kpi.windows or "30d" in kpi.windows else kpi.windows[0]
    answer: dict[str, Any] = (await kpis_of(department(kpi, window), window))["kpis"][kpi.id]
    if "by_stage" in answer:
        answer = answer["by_stage"]["inbound"]["qualified"]
    value, sample = BY_HAND[kpi.id]
    assert answer["value"] == pytest.approx(value, rel=1e-12, abs=0)
    assert answer["n"] == sample
