"""Changes, teams and campaigns twice: as the API says them, and in a real Prometheus over two workers."""

from __future__ import annotations

from math import isclose

import msgspec
import pytest

from agents.comparison import compared
from agents.crm.cast import CAMPAIGN_NAMES
from agents.settings import load_settings
from agents.view import View
from dashboards.changes import change_name, has_change
from streams.catalogue import SHIPPED
from streams.kpis import COMPARABLE, Kpi, Place
from streams.promql import has_rule, rule_name
from tests.dashboards.department import CHOSEN, Department

pytestmark = [pytest.mark.integration, pytest.mark.kafka, pytest.mark.slow]
CHANGING = [kpi for kpi in SHIPPED.kpis.values() if has_change(kpi)]
PLACES: tuple[Place, ...] = ("team", "campaign")
LISTED = [
    (place, kpi)
    for place in PLACES
    for kpi in SHIPPED.kpis.values()
    if has_rule(kpi, place) and kpi.period != "since_start"
]


def view(department: Department, window: str) -> View:
    """What the API is made of, with the workers' teams."""
    settings = msgspec.structs.replace(department.settings, teams=load_settings(CHOSEN).teams)
    return View(department.readings, window, settings)


def test_every_change_is_the_same_number_in_both(department: Department) -> None:
    """For every window that has one before of its length; what has none in one has none in the other."""
    wrong, told = [], 0
    views = {window: (view(department, window), view(department, f"prev_{window}")) for window in COMPARABLE}
    for kpi in CHANGING:
        found = department.prometheus.query(change_name(kpi.id))
        for window, (now, before) in views.items():
            wanted = compared(kpi, now.kpi(kpi), before, 1.0)["change"]
            value = found.get(frozenset({"window": window}.items()))
            told += wanted is not None
            if (value is None) != (wanted is None) or (
                value is not None and not isclose(value, wanted, rel_tol=1e-9, abs_tol=1e-9)
            ):
                wrong.append(f"{kpi.id} {window}: {value}, not {wanted}")
    assert not wrong, wrong[:10]
    assert told > 2 * len(CHANGING)


@pytest.mark.parametrize(("place", "kpi"), LISTED, ids=[f"{place}-{kpi.id}" for place, kpi in LISTED])
def test_every_team_and_campaign_has_the_same_number_in_both(
    department: Department, place: Place, kpi: Kpi
) -> None:
    """The sums of a team's reps; what a campaign cost beside what it brought; over both workers."""
    window = "30d"
    label = {"window": window} if kpi.period == "window" else {}
    found = department.prometheus.query(rule_name(kpi.id, place))
    wanted = view(department, window).kpi(kpi)[f"by_{place}"]
    listed = {"team": {"north", "south"}, "campaign": {*CAMPAIGN_NAMES}}
    assert listed[place] & wanted.keys()
    for name, value in wanted.items():
        series = found.get(frozenset({place: name, **label}.items()))
        if value["value"] is None:
            assert series is None
        else:
            assert series is not None
            assert isclose(series, value["value"], rel_tol=1e-12, abs_tol=0.0), name
