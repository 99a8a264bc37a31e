"""Every KPI stands beside the period before: as long a one, or as much of it as has passed of this one."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agents.comparison import share_passed
from agents.pages import kpis_of
from agents.settings import Settings
from streams.catalogue import SHIPPED
from streams.kpis import PERIODS
from streams.rows import Key
from streams.windows import WINDOWS_ENDING_NOW
from tests.fixed_worker import FixedShard, FixedTotals, FixedWorker, full_worker
from tests.stories.telling import ms

SETTINGS = Settings(partitions=1)
ROOT = Path(__file__).parents[2]


def sums(channel: str = "vip", **totals: int) -> dict[Key, int]:
    """Totals of a channel."""
    return {("channel", total, channel, ""): amount for total, amount in totals.items()}


async def answered(
    kpi_id: str,
    window: str,
    now: dict[Key, int],
    then: dict[Key, int],
    at: str = "2026-03-20 12:00",
    settings: Settings = SETTINGS,
    stocks: dict[Key, int] | None = None,
) -> dict[str, Any]:
    """A KPI of a window, with these sums now and those in the period before."""
    totals = FixedTotals({window: now, f"prev_{window}": then, "all": now if stocks is None else stocks})
    worker = FixedWorker([FixedShard(0, totals)], settings, clock_ms=ms(at))
    answer: dict[str, Any] = (await kpis_of(worker, window))["kpis"][kpi_id]
    return answer


async def test_a_window_is_compared_with_the_one_before_of_the_same_length() -> None:
    """12 after 10 is a fifth more; by channel too, where there was something to compare with."""
    now = sums(won_deals=8) | sums("partner", won_deals=4)
    found = await answered("won_deals", "30d", now, sums(won_deals=10))
    assert (found["value"], found["change"]) == (12, 0.2)
    assert found["previous"] == {"window": "prev_30d", "value": 10, "n": 10}
    assert found["change_by_channel"] == {"vip": -0.2}


async def test_every_place_is_compared_with_itself() -> None:
    """Source, rep, team, region and stage; who is new has no change, who sells nothing now has lost all."""
    now: dict[Key, int] = {
        ("source", "won_deals", "vip", "web"): 3,
        ("rep", "won_deals", "ann", ""): 6,
        ("rep", "won_deals", "bob", ""): 1,
        ("rep", "won_deals", "cid", ""): 5,
        ("region", "won_deals", "north", ""): 1,
        ("stage", "stage_entered", "vip", "won"): 3,
    }
    then: dict[Key, int] = {
        ("source", "won_deals", "vip", "web"): 4,
        ("rep", "won_deals", "ann", ""): 4,
        ("rep", "won_deals", "bob", ""): 4,
        ("rep", "won_deals", "dan", ""): 2,
        ("region", "won_deals", "north", ""): 2,
        ("stage", "stage_entered", "vip", "won"): 2,
    }
    settings = msgspec.structs.replace(SETTINGS, teams={"north": ("ann", "bob")}, regions=("north",))
    for window in ("7d", "30d"):
        found = await answered("won_deals", window, now, then, settings=settings)
        assert found["change_by_source"] == {"web": -0.25}
        assert found["change_by_rep"] == {"ann": 0.5, "bob": -0.75, "dan": -1.0}
        rate = await answered("win_rate_closed", window, now, then, settings=settings)
        assert rate["change_by_rep"] == {"ann": 0.0, "bob": 0.0}
        assert found["change_by_team"] == {"north": -0.125}
        assert found["change_by_region"] == {"north": -0.5}
        stages = await answered("stage_entries", window, now, then, settings=settings)
        assert stages["change_by_stage"] == {"vip": {"won": 0.5}}
    assert "change_by_rep" not in await answered("won_deals", "90d", now, then, settings=settings)


async def test_what_a_campaigns_customer_costs_is_compared_with_the_period_before() -> None:
    """As many new customers for twice the money cost twice as much each."""

    def of(campaign: str, spend_minor: int, new_customers: int) -> dict[Key, int]:
        told = {"spend_minor": spend_minor, "new_customers": new_customers}
        return {("campaign", total, campaign, ""): amount for total, amount in told.items()}

    settings = msgspec.structs.replace(SETTINGS, campaigns=("spring", "summer"))
    now, then = of("spring", 600_00, 3) | of("summer", 50_00, 1), of("spring", 300_00, 3)
    found = await answered("cac", "30d", now, then, settings=settings)
    assert found["by_campaign"]["spring"] == {"value": 200.0, "n": 3}
    assert found["change_by_campaign"] == {"spring": 1.0}


async def test_a_running_month_is_compared_with_as_much_of_the_last_one() -> None:
    """On the 20th at noon 13 of March's 21 working days and 3 hours are over; February had 19 days."""
    assert share_passed("month", ms("2026-03-20 12:00"), SETTINGS) == pytest.approx((13 * 9 + 3) / (19 * 9))
    found = await answered("revenue", "month", sums(revenue_minor=60_00), sums(revenue_minor=57_00))
    assert found["previous"]["value"] == 57
    assert found["change"] == pytest.approx(60 / (57 * 120 / 171) - 1)


async def test_a_ratio_of_a_running_period_is_compared_as_it_is() -> None:
    """Half of what was closed is half of it, however much has passed."""
    now, then = sums(won_deals=1, lost_deals=1), sums(won_deals=40, lost_deals=60)
    found = await answered("win_rate_closed", "month", now, then)
    assert found["change"] == pytest.approx(0.25)


async def test_nothing_is_compared_with_nothing() -> None:
    """No data then or now, and no working time yet, are no change of 0 or of infinity."""
    for now, then in (({}, {}), (sums(won_deals=3), {}), ({}, sums(lost_deals=2))):
        assert (await answered("win_rate_closed", "7d", now, then))["change"] is None
    assert (await answered("won_deals", "7d", sums(won_deals=3), {}))["change"] is None
    early = await answered("won_deals", "month", sums(won_deals=3), sums(won_deals=3), "2026-02-01 12:00")
    assert (early["previous"]["value"], early["change"]) == (3, None)


async def test_a_stock_is_compared_with_what_stood_when_the_window_began() -> None:
    """12 now, of which 2 more came than went: 10 before; by channel and rep too, whoever has none left."""
    stocks = sums(open_deals=12, pipeline_minor=900_00, open_deals_valued=9)
    stocks |= {("rep", "open_deals", "ann", ""): 12}
    nets = sums(net_open_deals=3, net_pipeline_minor=-100_00, net_open_deals_valued=-1)
    nets |= sums("partner", net_open_deals=-1) | {("rep", "net_open_deals", "bob", ""): -4}
    nets |= {("rep", "net_open_deals", "ann", ""): 6}
    found = await answered("opportunity_count_open", "month", nets, {}, stocks=stocks)
    assert found["previous"] == {"window": "prev_month", "value": 10, "n": 10}
    assert (found["value"], found["change"]) == (12, 0.2)
    assert found["change_by_channel"] == {"vip": pytest.approx(1 / 3), "partner": -1.0}
    assert found["change_by_rep"] == {"ann": 1.0, "bob": -1.0}
    money = await answered("pipeline_value_open", "month", nets, {}, stocks=stocks)
    assert money["previous"] == {"window": "prev_month", "value": 1000, "n": 10}
    assert money["change"] == pytest.approx(-0.1)


async def test_a_stock_by_rep_is_compared_where_its_changes_are_kept() -> None:
    """Over 90 days nobody knows what reps had."""
    stocks: dict[Key, int] = {("rep", "open_deals", "ann", ""): 3, ("channel", "open_deals", "vip", ""): 3}
    found = await answered("opportunity_count_open", "90d", {}, {}, stocks=stocks)
    assert (found["change"], found["change_by_channel"]) == (0.0, {"vip": 0.0})
    assert "change_by_rep" not in found


async def test_what_rests_on_a_stock_takes_that_of_then() -> None:
    """8 open leads, 2 of them since: 6 of then at a quarter for 100 each, 8 of now at the same for 200."""
    now = sums("inbound", net_open_enquiries=2, revenue_minor=200_00, won_deals_valued=1)
    then = sums("inbound", enquiries=4, enquiries_won=1, revenue_minor=100_00, won_deals_valued=1)
    stocks = sums("inbound", open_enquiries=8)
    found = await answered("potential_revenue_forecast", "30d", now, then, stocks=stocks)
    assert (found["value"], found["previous"]["value"]) == (400, 150)


async def test_what_has_no_period_before_is_not_compared() -> None:
    """What nobody can know of the past, growth that compares itself, and all time say so by nothing."""
    some = sums(won_deals=3, open_deals_score=3, open_deals_scored=1)
    for kpi_id, window in (
        *(("opportunity_score", "30d"), ("oldest_waiting_hours", "30d"), ("stuck_deals", "30d")),
        *(("sales_growth_rate", "30d"), ("won_deals", "all"), ("won_deals", "prev_30d")),
    ):
        found = await answered(kpi_id, window, some, some)
        assert (found["previous"], found["change"]) == (None, None)
        assert not [name for name in found if name.startswith("change_by")]


def lacking() -> dict[str, tuple[str, ...]]:
    """By KPI the windows that have no period before, as the definitions say and explain."""
    text = (ROOT / "docs" / "definitions.md").read_text(encoding="utf-8")
    table = text.partition("| KPI | windows | why there is no value before |")[2]
    found: dict[str, tuple[str, ...]] = {}
    for kpis, windows, why in re.findall(r"^\| (`.+?) \| (.+?) \| (.+?) \|$", table, flags=re.MULTILINE):
        assert len(why) > 30
        for kpi_id in re.findall(r"`(\w+)`", kpis):
            found[kpi_id] = WINDOWS_ENDING_NOW if windows == "all" else tuple(windows.split())
    return found


@pytest.mark.parametrize("window", WINDOWS_ENDING_NOW)
async def test_every_kpi_has_a_period_before_or_a_reason_why_not(window: str) -> None:
    """The answer itself, of a worker in which nothing is zero, against the list of the definitions."""
    worker, without = full_worker(), lacking()
    kpis = (await kpis_of(worker, window))["kpis"]
    assert kpis
    found = {kpi_id for kpi_id, answer in kpis.items() if answer["previous"] is None}
    assert found == {kpi_id for kpi_id, windows in without.items() if window in windows}
    assert all(kpis[kpi_id]["change"] is None for kpi_id in found)


def test_every_kpi_of_a_window_is_compared_by_every_dimension() -> None:
    """Over 7 and 30 days and the month, where it has them; stocks too, but those that the list names."""
    without = lacking()
    for kpi in SHIPPED.kpis.values():
        for window in {"7d", "30d", "month"} & {*(kpi.windows or PERIODS)} - {*without.get(kpi.id, ())}:
            for dimension in kpi.entry.dimensions:
                assert kpi.has_before(window, dimension), (kpi.id, dimension, window)
                assert kpi.period != "window" or kpi.supports(dimension, f"prev_{window}")


@pytest.mark.parametrize(
    ("kpi_id", "expected"),
    [
        ("won_deals", True),
        ("incremental_sales", True),
        ("win_rate_closed", False),
        ("required_enquiries", True),
        ("required_reps", False),
        ("revenue_per_rep", True),
        ("plan_attainment", False),
        ("nps", False),
        ("potential_revenue_forecast", False),
    ],
)
def test_sums_grow_with_time_and_ratios_of_them_do_not(kpi_id: str, expected: bool) -> None:
    """Only what grows is compared with a part of the period before: so does revenue over the reps."""
    assert SHIPPED.kpis[kpi_id].grows_with_time == expected
