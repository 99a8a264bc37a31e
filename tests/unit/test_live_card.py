"""The scorecard on live values and sales beside their plan: no data is no zero, few cases score nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from agents.desk.card import live_card, scorecard_of, scores
from agents.desk.lead import Lead
from agents.plan import elapsed_share, plan_of
from agents.readings import read_all
from agents.settings import Settings, SettingsError, load_settings
from agents.view import View
from streams.calendar import BusinessCalendar
from streams.catalogue import SHIPPED
from streams.kpis import ALL_TIME
from streams.rows import Key
from streams.scorecard_file import load_scorecard, shipped_scorecard
from streams.windows import WINDOWS
from tests.fixed_worker import FixedShard, FixedTotals, FixedWorker

CARD = """
names = { en = "Card", ru = "Карта" }
groups = ["g"]
[group.g]
names = { en = "Goals", ru = "Цели" }
parts = ["h"]
kpis = ["won_deals"]
[group.h]
names = { en = "Rates", ru = "Доли" }
kpis = ["win_rate_closed", "nps"]
[kpi.won_deals]
min = 0
max = 40
baseline = 10
target = 30
[kpi.win_rate_closed]
min = 0
max = 0.5
[kpi.nps]
"""


def channel(total: str, amount: int, name: str = "vip") -> tuple[Key, int]:
    """A sum of a channel."""
    return ("channel", total, name, ""), amount


def worker(*sums: tuple[Key, int], now: str = "2026-01-15T09:00:00", **settings: Any) -> FixedWorker:
    """One shard with the same sums in every window, over this scorecard."""
    chosen = Settings(partitions=1, scorecard=load_scorecard(CARD), zone="UTC", holidays=None)
    chosen = msgspec.structs.replace(chosen, **settings)
    totals = FixedTotals({window: dict(sums) for window in (*WINDOWS, ALL_TIME)})
    clock_ms = int(datetime.fromisoformat(now).replace(tzinfo=UTC).timestamp() * 1000)
    return FixedWorker([FixedShard(0, totals)], chosen, clock_ms=clock_ms)


def rows(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every row of a scorecard's answer by id."""
    found: dict[str, dict[str, Any]] = {}

    def walk(row: dict[str, Any]) -> None:
        found[row["id"]] = row
        for below in row.get("rows", ()):
            walk(below)

    walk(answer["card"])
    return found


async def test_a_card_scores_what_its_kpis_are_now() -> None:
    """20 of 40 is 50 %, and half the way from 10 to 30; groups are means over their KPIs."""
    state = worker(channel("won_deals", 20), channel("lost_deals", 60))
    found = rows(await scorecard_of(state, "30d"))
    won = found["won_deals"]
    assert (won["value"], won["n"], won["few"]) == (20, 20, False)
    assert (won["performance_percent"], won["progress_percent"]) == (50.0, 50.0)
    assert found["win_rate_closed"]["performance_percent"] == 50.0
    assert found["card"]["performance_percent"] == found["g"]["performance_percent"] == 50.0
    assert (won["level"], won["unit"], won["direction"]) == ("result", "count", "up")


async def test_what_has_no_data_counts_nowhere_and_few_cases_are_only_shown() -> None:
    """No answer to the recommendation question is no 0 points; three closed deals are no win rate yet."""
    state = worker(channel("won_deals", 2), channel("lost_deals", 1))
    found = rows(await scorecard_of(state, "30d"))
    assert (found["nps"]["value"], found["nps"]["performance_percent"]) == (None, None)
    rate = found["win_rate_closed"]
    assert (rate["few"], rate["performance_percent"]) == (True, None)
    assert rate["value"] == pytest.approx(2 / 3)
    assert found["h"]["performance_percent"] is None
    assert found["card"]["performance_percent"] == 5.0


async def test_targets_that_were_told_come_before_those_of_the_file() -> None:
    """Whoever sets a target in the CRM sees the progress to that one."""
    told = {("kpi", "target", "won_deals", ""): 20_000_000, ("kpi", "targets", "won_deals", ""): 1}
    state = worker(channel("won_deals", 15), *told.items())
    won = rows(await scorecard_of(state, "30d"))["won_deals"]
    assert (won["baseline"], won["target"], won["progress_percent"]) == (10, 20, 50.0)


async def test_everything_on_a_card_is_exported_once() -> None:
    """However often a KPI is shown."""
    state = worker(channel("won_deals", 20), scorecard=shipped_scorecard())
    view = View(await read_all(state, ("30d",)), "30d", state.settings)
    found = [(kind, item) for kind, item, _, _ in scores(live_card(state.settings, view).root)]
    assert len(found) == len(set(found))
    assert {("card", "card"), ("group", "finance"), ("kpi", "win_rate_closed")} <= set(found)


def test_the_shipped_card_is_made_of_the_catalogue_and_every_kpi_has_a_scale() -> None:
    """Four perspectives; a KPI without both ends of a scale could never be scored."""
    card = shipped_scorecard()
    assert card.root == ("finance", "customers", "processes", "learning")
    assert set(card.measures) <= set(SHIPPED.kpis)
    named = {kpi for group in card.groups.values() for kpi in group.kpis}
    assert named == set(card.measures)
    for measure in card.measures.values():
        assert measure.min is not None, measure.id
        assert measure.max is not None, measure.id


def test_a_wrong_scorecard_is_named_with_its_variable(tmp_path: Any) -> None:
    """Before anything starts."""
    path = tmp_path / "card.toml"
    path.write_text(CARD.replace('"nps"]', '"npss"]'))
    with pytest.raises(SettingsError, match=r"VORONKA_SCORECARD: .*'npss' is not defined"):
        load_settings({"VORONKA_SCORECARD": str(path)})
    path.write_text(CARD)
    assert load_settings({"VORONKA_SCORECARD": str(path)}).scorecard.root == ("g",)


@pytest.mark.parametrize("url", ["redis://h:6379/0", "rediss://u:p@h/1", "redis://[::1]:1", "unix:///run/r"])
def test_addresses_of_redis_are_taken(url: str) -> None:
    """With TLS, with an account, over a socket."""
    settings = load_settings({"VORONKA_REDIS": url})
    assert settings.redis is not None
    assert settings.redis.url == url
    assert "p@" not in repr(settings)


@pytest.mark.parametrize("url", ["localhost:6379", "http://h", "redis://", "redis://h:port"])
def test_what_is_no_address_of_redis_is_told_with_the_fix(url: str) -> None:
    """And never repeated: it may hold a password."""
    with pytest.raises(SettingsError, match="VORONKA_REDIS: this is no address of a Redis; write redis://"):
        load_settings({"VORONKA_REDIS": url})


async def test_the_plan_is_told_beside_sales_with_pace_and_forecast() -> None:
    """A third of the month's working time is over: 300 of 400 planned so far, 900 by its end."""
    sums = (
        channel("revenue_minor", 30_000),
        channel("plan_minor", 40_000),
        channel("plan_minor", 0, "active"),
    )
    hours = dict.fromkeys(range(7), ((0, 1440),))
    state = worker(*sums, now="2026-04-11T00:00:00", working_hours=hours)
    answer = await plan_of(state)
    month = answer["periods"]["month"]
    assert month == {
        "revenue": 300.0,
        "plan": 400.0,
        "attainment": 0.75,
        "gap": -100.0,
        "elapsed": pytest.approx(1 / 3),
        "forecast": pytest.approx(900.0),
    }
    assert set(answer["periods"]) == {"month", "quarter", "year"}
    assert answer["by_channel"] == {"vip": month}
    assert "required_enquiries" in answer["kpis"]


async def test_without_a_plan_there_is_none_and_not_zero() -> None:
    """Sales stand alone; nothing is ahead or behind."""
    month = (await plan_of(worker(channel("revenue_minor", 30_000))))["periods"]["month"]
    assert (month["plan"], month["attainment"], month["gap"]) == (None, None, None)
    assert month["revenue"] == 300.0


def test_the_working_time_of_a_period_that_is_over_grows_from_none_to_all() -> None:
    """Over weekends it stands still."""
    calendar = BusinessCalendar("UTC", dict.fromkeys(range(5), ((540, 1080),)), None)

    def share(day: str) -> float:
        now_ms = int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1000)
        return elapsed_share("month", now_ms, calendar)

    assert share("2026-06-01T09:00") == 0.0
    assert share("2026-06-05T18:00") == share("2026-06-08T09:00") == pytest.approx(5 / 22)
    assert share("2026-06-30T18:00") == 1.0


class Leading(FixedWorker):
    """A worker that leads or not."""

    leading = True

    def leads(self) -> bool:
        return self.leading

    def behind(self) -> bool:
        return False


async def test_scores_are_exported_only_by_who_leads_and_only_while_no_shard_is_missing() -> None:
    """A card over half of the department would be wrong: then it is a gap."""
    state = worker(channel("won_deals", 20))
    post = Leading(state.shards, state.settings, clock_ms=state.clock_ms)
    lead = Lead(post)
    assert lead.figures(0).scores == ()
    await lead._score()
    assert ("card", "card", 75.0, 50.0) in lead.figures(0).scores
    assert lead.figures(1).scores == ()
    post.leading = False
    assert lead.figures(0).scores == ()
    half = Leading(state.shards, msgspec.structs.replace(state.settings, partitions=2))
    lead = Lead(half)
    await lead._score()
    assert lead.figures(0).scores == ()
