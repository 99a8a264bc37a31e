"""Changes, teams and campaigns twice: as the API says them, and in a real Prometheus over two workers."""

from __future__ import annotations

from math import isclose
from typing import Any

import pytest

from agents.comparison import compared, earlier_of, share_passed
from agents.crm.cast import CAMPAIGN_NAMES
from agents.view import View
from dashboards.changes import PLACES, change_name, compared_windows
from streams.catalogue import SHIPPED
from streams.kpis import Kpi, Place
from streams.metrics import WINDOWS_OF_NETS
from streams.promql import rule_name
from streams.series import has_rule, recorded_windows
from tests.dashboards.department import NOW_MS, Department
from tests.dashboards.prometheus import Labels

pytestmark = [pytest.mark.integration, pytest.mark.kafka, pytest.mark.slow]
BY_LISTS: tuple[Place, ...] = ("team", "campaign")
LISTED = [
    (place, kpi)
    for place in BY_LISTS
    for kpi in SHIPPED.kpis.values()
    if has_rule(kpi, place) and kpi.period != "since_start"
]


def answered(department: Department, kpi: Kpi, window: str) -> dict[str, Any]:
    """What the API says of a KPI beside the period before."""
    settings = department.settings
    now, before = (
        View(department.readings, window, settings),
        earlier_of(department.readings, window, settings),
    )
    return compared(kpi, now.kpi(kpi), before, share_passed(window, NOW_MS, settings))


@pytest.mark.parametrize("place", PLACES)
def test_every_change_is_the_same_number_in_both(department: Department, place: Place) -> None:
    """For every window whose period before is exported; what has none in one has none in the other."""
    wrong, told, asked = [], 0, 0
    for kpi in SHIPPED.kpis.values():
        windows = compared_windows(kpi, place)
        found = department.prometheus.query(change_name(kpi.id, place)) if windows else {}
        wanted: dict[Labels, float] = {}
        for window in windows:
            answer = answered(department, kpi, window)
            changes = {"": answer["change"]} if place == "department" else answer[f"change_by_{place}"]
            for name, change in changes.items():
                labels = {"window": window} | ({place: name} if name else {})
                if change is not None:
                    wanted[frozenset(labels.items())] = change
        asked, told = asked + bool(windows), told + len(wanted)
        for where in wanted.keys() | found.keys():
            want, value = wanted.get(where), found.get(where)
            if want is None or value is None or not isclose(want, value, rel_tol=1e-9, abs_tol=1e-9):
                wrong.append(f"{change_name(kpi.id, place)}{sorted(where)}: {value}, not {want}")
    assert not wrong, wrong[:10]
    assert told > asked > 0


def test_every_kpi_with_a_rule_and_a_period_before_has_its_change() -> None:
    """Of the department; a balance that must be 0, and KPIs of two complete periods, have nothing before."""
    lacking = {
        kpi.id
        for kpi in SHIPPED.kpis.values()
        if kpi.period == "window" and not kpi.compares and has_rule(kpi, "department")
        if "month" not in compared_windows(kpi, "department")
    }
    assert lacking == {"arpu", "cac_payback_months", "funnel_imbalance"}
    assert {"7d", "30d", "month"} <= {*compared_windows(SHIPPED.kpis["meetings_held"], "department")}
    for kpi in SHIPPED.kpis.values():
        known = {window for window in WINDOWS_OF_NETS if kpi.has_before(window)}
        if kpi.period == "now" and has_rule(kpi, "department"):
            assert {*compared_windows(kpi, "department")} == known, kpi.id


@pytest.mark.parametrize(("place", "kpi"), LISTED, ids=[f"{place}-{kpi.id}" for place, kpi in LISTED])
def test_every_team_and_campaign_has_the_same_number_in_both(
    department: Department, place: Place, kpi: Kpi
) -> None:
    """The sums of a team's reps and its own plan; what a campaign cost beside what it brought."""
    found, numbers = department.prometheus.query(rule_name(kpi.id, place)), 0
    listed = {"north", "south"} if place == "team" else {*CAMPAIGN_NAMES}
    told = recorded_windows(kpi, place) if kpi.period == "window" else ("30d",)
    for window in {"30d", "month"} & {*told}:
        label = {"window": window} if kpi.period == "window" else {}
        wanted = View(department.readings, window, department.settings).kpi(kpi)[f"by_{place}"]
        assert listed <= wanted.keys() if place == "team" else listed & wanted.keys()
        for name, value in wanted.items():
            series = found.get(frozenset({place: name, **label}.items()))
            if value["value"] is None:
                assert series is None
            else:
                assert series is not None
                assert isclose(series, value["value"], rel_tol=1e-12, abs_tol=0.0), name
                numbers += name in listed
    assert numbers, "a KPI without any value proves nothing"
