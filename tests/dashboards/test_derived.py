"""What boards derive from KPIs, in Prometheus and by hand: fair shares of reps, prices of leaks."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from math import isclose

import pytest

from agents.view import View
from dashboards import hours, leaks, pace
from dashboards.per_rep import per_rep
from dashboards.rules import fairly_compared
from dashboards.shrinkage import shrunk_name
from streams import metrics
from streams.catalogue import SHIPPED
from streams.funnels import DEFAULT
from streams.promql import rule_name, sample_name
from streams.series import exported
from streams.windows import RIPE_WINDOW, WINDOWS_OF_LOSSES
from tests.dashboards.department import Department
from tests.dashboards.reading import board, filled, panels

pytestmark = [pytest.mark.integration, pytest.mark.kafka, pytest.mark.slow]
Shares = dict[str, tuple[float, float]]
"""Share and what it rests on, by rep."""


def fair(shares: Shares) -> dict[str, float]:
    """Empirical Bayes by moments, from the definition on the board."""
    total = sum(n for _, n in shares.values())
    mean = sum(share * n for share, n in shares.values()) / total
    chance = mean * (1 - mean)
    apart = sum(n * (share - mean) ** 2 for share, n in shares.values())
    room = total - sum(n * n for _, n in shares.values()) / total
    spread = max(0.0, (apart - (len(shares) - 1) * chance) / room) if room > 0 else 0.0
    weights = {rep: spread / (spread + chance / n) if spread else 0.0 for rep, (_, n) in shares.items()}
    return {rep: mean + weights[rep] * (share - mean) for rep, (share, _) in shares.items()}


def _of_rep(kpi_id: str) -> str:
    return rule_name(kpi_id, "rep")


def by_window(department: Department, name: str) -> dict[str, dict[str, float]]:
    """Values by window and rep, of those who are reps."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for labels, value in department.prometheus.query(name).items():
        told = dict(labels)
        if told["rep"] not in ("unassigned", "other"):
            found[told["window"]][told["rep"]] = value
    return found


@pytest.mark.parametrize("kpi_id", [kpi.id for kpi in fairly_compared()])
def test_reps_are_compared_as_the_board_says(department: Department, kpi_id: str) -> None:
    """Every rep's fair share is the formula's, lies between the own and everybody's, and is never missing."""
    shares = by_window(department, rule_name(kpi_id, "rep"))
    samples = by_window(department, sample_name(kpi_id, "rep"))
    told = by_window(department, shrunk_name(kpi_id))
    assert shares.keys() == told.keys()
    for window, by_rep in shares.items():
        wanted = fair({rep: (share, samples[window][rep]) for rep, share in by_rep.items()})
        assert wanted.keys() == told[window].keys()
        for rep, value in wanted.items():
            assert isclose(told[window][rep], value, rel_tol=1e-9, abs_tol=1e-12), (window, rep)


def test_some_reps_are_drawn_towards_the_others_and_some_truly_differ(department: Department) -> None:
    """The comparison does something: not all shares stay as they are, and not all become one."""
    apart = 0
    for kpi in fairly_compared():
        own, told = (by_window(department, name(kpi.id))["30d"] for name in (_of_rep, shrunk_name))
        assert max(abs(told[rep] - own[rep]) for rep in told) > 0.001
        apart += len({round(share, 9) for share in told.values()}) > 1
    assert apart


def test_leaks_have_the_price_that_the_board_states(department: Department) -> None:
    """Journeys × chance of a sale × average deal, for every stage of every channel and window."""

    def asked(name: str) -> dict[tuple[str, str, str], float]:
        return {
            (told["channel"], told.get("stage", ""), told["window"]): value
            for labels, value in department.prometheus.query(name).items()
            if (told := dict(labels))["window"] in WINDOWS_OF_LOSSES
        }

    entered, deal = asked(rule_name("stage_entries", "stage")), asked(rule_name("avg_deal_value", "channel"))
    lost = asked(f"sum by (channel, stage, window) ({exported('stage_lost', 'stage')})")
    still = asked(f"sum by (channel, stage, window) ({exported('stage_still', 'stage')})")
    priced, standing, point = (asked(n) for n in (leaks.VALUE_LOST, leaks.VALUE_STILL, leaks.VALUE_POINT))
    compared = 0
    for channel in DEFAULT.channels:
        stages = [stage.id for stage in DEFAULT.funnel(channel)]
        for stage, following in pairwise(stages):
            for window in WINDOWS_OF_LOSSES:
                place = (channel, stage, window)
                money, sold = deal.get((channel, "", window)), entered.get((channel, "won", window))
                came, ahead = entered.get(place), entered.get((channel, following, window))
                if not (money and sold and came and ahead):
                    assert place not in priced or not sold
                    continue
                beyond, onwards = min(1.0, sold / ahead), min(1.0, sold / came)
                assert isclose(point[place], 0.01 * came * beyond * money, rel_tol=1e-9)
                assert isclose(priced.get(place, 0), lost.get(place, 0) * beyond * money, rel_tol=1e-9)
                assert isclose(standing.get(place, 0), still.get(place, 0) * onwards * money, rel_tol=1e-9)
                compared += 1
    assert compared > 50


def test_the_plan_takes_as_many_enquiries_a_day_as_the_board_says(department: Department) -> None:
    """What is planned for the whole month, not won and not expected, by unrounded rates and days left."""

    def asked(expression: str, label: str = "channel") -> dict[str, float]:
        return {dict(each)[label]: value for each, value in department.prometheus.query(expression).items()}

    def total(name: str) -> dict[str, float]:
        return asked(f'sum by (channel) ({exported(name, "channel")}{{window="month"}})')

    def rate(name: str, window: str = '{window="90d"}') -> dict[str, float]:
        return asked(f"{rule_name(name, 'channel')}{window}")

    days = asked(f'max by (part) ({metrics.WORKDAYS.name}{{window="month"}})', "part")
    assert days == {"begun": 12, "left": 6, "all": 17}
    planned, won, came = total("plan_deals"), total("won_deals"), total("enquiries")
    conversion = rate("sales_conversion_rate", f'{{window="{RIPE_WINDOW}"}}')
    wins = rate("win_rate_closed")
    still_open = rate("opportunity_count_open", "")
    needed = asked(f'{pace.NEEDED}{{window="month"}}')
    assert needed
    for channel, told in needed.items():
        missing = planned[channel] / days["begun"] * days["all"] - won.get(channel, 0)
        expected = still_open.get(channel, 0) * wins.get(channel, 0)
        by_hand = max(missing - expected, 0) / conversion[channel] / days["left"]
        assert isclose(told, by_hand, rel_tol=1e-9, abs_tol=1e-12), channel
    per_day = asked(f'{pace.CAME}{{window="month"}}')
    assert per_day == {channel: count / days["begun"] for channel, count in came.items()}


def told_by_the_board(department: Department, title: str, part: str) -> dict[str, float]:
    """A column of a table of the marketing board, by the label of its rows."""
    (expr,) = {
        target["expr"]
        for panel in panels(board("en/marketing.json"))
        if panel["title"] == title
        for target in panel["targets"]
        if part in target["expr"]
    }
    found = department.prometheus.query(filled(expr))
    return {text: value for labels, value in found.items() for _, text in labels}


@pytest.mark.parametrize(("place", "title"), [("source", "Sources"), ("campaign", "Campaigns")])
def test_a_source_or_campaign_pays_back_by_the_margin_of_an_average_customer(
    department: Department, place: str, title: str
) -> None:
    """Its acquisition cost over what the department's customer brings a month, in unrounded numbers."""
    view = View(department.readings, "30d", department.settings)
    cac, months = (view.kpi(SHIPPED.kpis[name]) for name in ("cac", "cac_payback_months"))
    costs = {name: each["value"] for name, each in cac[f"by_{place}"].items() if each["value"] is not None}
    told = told_by_the_board(department, title, "cac_payback_months")
    assert told.keys() == costs.keys() != set()
    for name, value in told.items():
        assert isclose(value, costs[name] / cac["value"] * months["value"], rel_tol=1e-9), name


def test_a_sale_costs_what_its_campaign_does(department: Department) -> None:
    """Spend that was told for a campaign over the sales that came by it; none without a sale."""
    view = View(department.readings, "30d", department.settings)
    leads, revenue = (view.kpi(SHIPPED.kpis[name])["by_campaign"] for name in ("cpl", "revenue"))
    told = told_by_the_board(department, "Campaigns", "spend")
    assert told.keys() == {name for name, each in revenue.items() if each["n"] and leads[name]["value"]}
    assert told
    for campaign, value in told.items():
        spent, sales = leads[campaign]["value"] * leads[campaign]["n"], revenue[campaign]["n"]
        assert isclose(value, spent / sales, rel_tol=1e-9), campaign


def test_hours_of_the_week_add_up_to_the_enquiries_of_the_window(department: Department) -> None:
    """No enquiry is lost between the hours, and none is answered in an hour in which it is not due."""
    ask = department.prometheus.query
    for name, whole in ((hours.DUE, "due_1wh"), (hours.ANSWERED, "answered_1wh")):
        (by_hour,) = ask(f"sum({name})").values()
        with_enquiries = f'{exported(whole, "channel")}{{window="30d",channel=~"inbound|unknown"}}'
        (together,) = ask(f"sum({with_enquiries})").values()
        assert by_hour == together > 0
    assert not ask(f"{hours.ANSWERED} > on (channel, day, clock, window) {hours.DUE}")
    assert {dict(each)["clock"] for each in ask(hours.DUE)} >= {"09:00", "12:00", "17:00"}


def test_what_a_rep_brings_on_average_is_the_number_of_the_view(department: Department) -> None:
    """Divided by the same reps: those who sold in the window, nobody's deals left out."""
    for kpi in per_rep():
        found = department.prometheus.query(rule_name(kpi.id, "department"))
        told = {dict(labels)["window"]: value for labels, value in found.items()}
        assert told.keys() == {"7d", "30d", "month", "prev_month"}
        for window, value in told.items():
            shown = View(department.readings, window, department.settings).kpi(kpi)
            assert isclose(value, shown["value"], rel_tol=1e-12), (kpi.id, window)
