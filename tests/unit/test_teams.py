"""Teams are reps taken together: in the settings, in the API and in Prometheus."""

from typing import Any

import pytest

from agents.pages import kpis_of
from agents.settings import Settings, SettingsError, load_settings
from streams.catalogue import SHIPPED
from streams.promql import rule_name, value
from streams.rows import Key
from streams.series import has_rule
from tests.fixed_worker import FixedShard, FixedTotals, FixedWorker

TEAMS = {"north": ("ann", "bob"), "south": ("cid",), "new": ("dan",)}


async def by_team(kpi_id: str, sums: dict[Key, int], **settings: Any) -> dict[str, Any] | None:
    """A KPI of 30 days by team."""
    totals = FixedTotals({"30d": sums, "all": sums})
    worker = FixedWorker([FixedShard(0, totals)], Settings(partitions=1, **settings))
    found: dict[str, Any] | None = (await kpis_of(worker, "30d"))["kpis"][kpi_id].get("by_team")
    return found


def of_reps(total: str, **amounts: int) -> dict[Key, int]:
    """A total by rep."""
    return {("rep", total, rep, ""): amount for rep, amount in amounts.items()}


async def test_a_teams_ratio_is_taken_of_its_reps_sums() -> None:
    """1 of 2 and 9 of 30 are 10 of 32; a rep without a team is in none, a team without data is left out."""
    sums = of_reps("deals_created", ann=2, bob=30, cid=4, eve=5)
    sums |= of_reps("deals_created_won", ann=1, bob=9, cid=1, eve=5)
    found = await by_team("win_rate_opportunities", sums, teams=TEAMS)
    assert found == {"north": {"value": 10 / 32, "n": 32}, "south": {"value": 0.25, "n": 4}}


async def test_revenue_per_rep_of_a_team_is_the_mean_of_those_who_won() -> None:
    """Bob won nothing, so Ann's 600 are the mean of the north."""
    sums = of_reps("revenue_minor", ann=60_000, cid=10_000) | of_reps("won_deals", ann=3, cid=1)
    found = await by_team("revenue_per_rep", sums, teams=TEAMS)
    assert found is not None
    assert {team: each["value"] for team, each in found.items()} == {"north": 600, "south": 100}


async def test_a_teams_own_plan_stands_in_for_those_of_its_reps() -> None:
    """The south's plan is the sum of its reps', the north has one of 400."""
    sums = of_reps("revenue_minor", ann=10_000, bob=10_000, cid=10_000)
    sums |= of_reps("plan_minor", ann=10_000, bob=10_000, cid=20_000)
    sums["team", "plan_minor", "north", ""] = 40_000
    found = await by_team("plan_attainment", sums, teams=TEAMS)
    assert found is not None
    assert {team: each["value"] for team, each in found.items()} == {"north": 0.5, "south": 0.5}


async def test_without_teams_nobody_is_told_of_any() -> None:
    """The answer has no empty part."""
    assert await by_team("won_deals", of_reps("won_deals", ann=1)) is None


def test_teams_are_written_in_one_line_and_join_the_roster() -> None:
    """Blanks do not matter; whoever is in a team is exported by name."""
    settings = load_settings(
        {"VORONKA_TEAMS": " north: ann, bob,ann ; south:cid;", "VORONKA_REPS": "cid,dan"}
    )
    assert settings.teams == {"north": ("ann", "bob"), "south": ("cid",)}
    assert settings.reps == ("cid", "dan", "ann", "bob")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("north", "'north' is unclear; write each team once, such as north:ann,bob"),
        ("north:", "'north:' is unclear"),
        (":ann", "':ann' is unclear"),
        ("north:ann;north:bob", "'north:bob' is unclear"),
        ("north:ann;south:bob,ann", "ann is in north and south; keep one"),
        (";".join(f"t{number}:r{number}" for number in range(21)), "21 teams are too many"),
    ],
)
def test_a_wrong_team_is_named_with_the_fix(text: str, complaint: str) -> None:
    """Like every other setting."""
    with pytest.raises(SettingsError, match=f"VORONKA_TEAMS: .*{complaint}"):
        load_settings({"VORONKA_TEAMS": text})


def test_whatever_is_recorded_by_rep_is_recorded_by_team() -> None:
    """Over the series that say whose team a rep is in; a plan of the team stands in for those of its reps."""
    ours = {kpi.id for kpi in SHIPPED.kpis.values() if has_rule(kpi, "team")}
    assert ours == {kpi.id for kpi in SHIPPED.kpis.values() if has_rule(kpi, "rep")}
    reps = "sum by (team, window) (sales_rep_plan * on (rep) group_left (team) "
    reps += "max by (rep, team) (sales_team_info))"
    plan = f"(sum by (team, window) (sales_team_plan) != 0 or {reps})"
    assert plan in value(SHIPPED.kpis["plan_attainment"], "team")
    assert rule_name("won_deals", "team") == "sales_team:won_deals"
    assert value(SHIPPED.kpis["won_deals"], "team") == (
        "sum by (team, window) (sales_rep_won_deals"
        " * on (rep) group_left (team) max by (rep, team) (sales_team_info))"
    )
