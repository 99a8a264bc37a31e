"""Every expression of every board, rule and alert, on a real Prometheus that scrapes real workers."""

from __future__ import annotations

from functools import partial

import pytest

from streams import metrics
from tests.dashboards.department import Department
from tests.dashboards.reading import Shown, board, filled, marks, names, rules, series, shown, written
from tests.integration.worker import until

pytestmark = [pytest.mark.integration, pytest.mark.kafka, pytest.mark.slow]


FILLED_WHEN = {metrics.REDIS_UP.name: "VORONKA_REDIS names a server"}
"""Series that this department has none of."""


def _filled(department: Department, each: Shown) -> bool:
    return bool(department.prometheus.ask("query", query=each.expr)["result"])


@pytest.mark.parametrize("name", [name for name in names() if name.startswith("en/")])
def test_every_panel_shows_something(department: Department, name: str) -> None:
    """Nothing is empty but what is listed, each with the condition under which it fills."""
    for each in shown(board(name)):
        assert "$" not in each.expr
        if any(series in each.expr for series in FILLED_WHEN):
            continue
        # A range needs a second scrape, an audit its time.
        until(partial(_filled, department, each), partial(str, each), 40)


def test_annotations_and_alerts_are_read_without_an_error(department: Department) -> None:
    """They may find nothing: a department in which nothing is wrong has no alerts."""
    for name in names():
        for expr in marks(board(name)):
            department.prometheus.ask("query", query=filled(expr))
    for expr in rules(written()["alerts.yml"]).values():
        department.prometheus.ask("query", query=expr)


def test_every_rule_records_something(department: Department) -> None:
    """A rule without a series would be a KPI that nobody sees."""
    silent = [
        name
        for name in rules(written()["rules.yml"])
        if not department.prometheus.ask("query", query=name)["result"]
    ]
    assert silent == []


def test_alerts_that_fire_say_it_in_words(department: Department) -> None:
    """The watchdog fires; whatever else does has its texts rendered, with numbers in them."""
    alerts = department.prometheus.ask("alerts")["alerts"]
    assert "Watchdog" in {alert["labels"]["alertname"] for alert in alerts}
    for alert in alerts:
        for text in alert["annotations"].values():
            assert "{{" not in text
            assert "error expanding" not in text


def test_series_of_rules_stay_few(department: Department) -> None:
    """What the rules add is at most half as much again as what two workers export."""
    (added,) = department.prometheus.query('count({__name__=~"sales.*:.+"})').values()
    (exported,) = department.prometheus.query("sum(scrape_samples_scraped)").values()
    assert added < 1.5 * exported


def test_while_a_shard_is_missing_there_is_a_gap_and_no_dip(department: Department) -> None:
    """The gate is part of every rule of a KPI: with one shard counted as missing it holds nothing."""
    ready = rules(written()["rules.yml"])["voronka:complete"]
    ask = department.prometheus.query
    assert ask(ready) == {frozenset(): 1.0}
    assert ask(ready.replace("voronka_shards", "(voronka_shards + 1)")) == {}
    twice = ready.replace("(max(sum by", "(max(2 * sum by")
    assert ask(twice) == {}
    told = rules(written()["rules.yml"])
    gated = {name for name, expr in told.items() if "voronka_shards" in expr}
    for name, expr in told.items():
        assert name == "sales:stage_info" or name in gated or series(expr) & gated
        gated.add(name)
