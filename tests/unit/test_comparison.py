"""Every KPI stands beside the period before: as long a one, or as much of it as has passed of this one."""

from typing import Any

import msgspec
import pytest

from agents.comparison import share_passed
from agents.pages import kpis_of
from agents.settings import Settings
from streams.catalogue import SHIPPED
from streams.reported_totals import TOTALS
from streams.rows import Key
from tests.fixed_worker import FixedShard, FixedTotals, FixedWorker
from tests.stories.telling import ms

SETTINGS = Settings(partitions=1)


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
) -> dict[str, Any]:
    """A KPI of a window, with these sums now and those in the period before."""
    totals = FixedTotals({window: now, f"prev_{window}": then, "all": now})
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


async def test_what_has_no_period_before_is_not_compared() -> None:
    """Stocks stand now, growth compares itself, sliding windows of customers have none, all time is all."""
    some = sums(won_deals=3)
    assert "change" not in await answered("opportunity_count_open", "30d", some, some)
    assert "change" not in await answered("sales_growth_rate", "30d", some, some)
    assert "change" not in await answered("repeat_customer_share", "30d", some, some)
    assert "change" in await answered("repeat_customer_share", "month", some, some)
    assert "change" not in await answered("won_deals", "all", some, some)


def test_every_kpi_of_a_window_is_compared_in_some_period() -> None:
    """Over 7 and 30 days and the month, by every place; where different customers are counted, the month."""
    own_windows = {"arpu", "cac_payback_months"}
    for kpi in SHIPPED.kpis.values():
        if kpi.period == "window" and not kpi.compares and kpi.id not in own_windows:
            distinct = any(TOTALS[total].layout in ("distinct", "level") for total in kpi.totals)
            for window in ("month",) if distinct else ("7d", "30d", "month"):
                for dimension in kpi.entry.dimensions:
                    assert kpi.supports(dimension, f"prev_{window}"), (kpi.id, dimension, window)


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
