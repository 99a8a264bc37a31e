"""What is generated holds together: files, names, texts, links, languages."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.alerting import Alert
from dashboards.alerts import alerts
from dashboards.files import GENERATED, RUNBOOKS, generated
from dashboards.per_rep import per_rep
from dashboards.rules import measured, places
from streams.catalogue import SHIPPED, load_catalogue
from streams.kpis import Catalogue
from streams.promql import rule_name
from streams.scorecard_file import load_scorecard
from tests.conftest import ROOT
from tests.dashboards.reading import (
    EXPORTED,
    OF_PROMETHEUS,
    board,
    marks,
    names,
    panels,
    rules,
    series,
    shown,
    written,
)

RULES = rules(written()["rules.yml"])
ALERTS = alerts()
UNITS = {"short", "percentunit", "h", "d", "s", "cps", "currencyRUB", "dateTimeAsIso"}
OWN_KPI = """
[kpi.calls_back]
names = { en = "Answers", ru = "Ответы" }
description = { en = "Leads that were answered.", ru = "Лиды, получившие ответ." }
sources = ["S3"]
level = "result"
perspective = "customers"
formula = "responses / enquiries"
unit = "ratio"
direction = "up"
min_sample = 20
dimensions = ["department", "channel", "rep"]
alert = { when = "below", value = 0.5, severity = "info" }
owner = "head_of_sales"
"""


def test_what_is_checked_in_is_what_is_generated() -> None:
    """`make dashboards` changes nothing, and no file is left over from an older catalogue."""
    for name, text in written().items():
        assert (GENERATED / name).read_text("utf-8") == text, f"run `make dashboards`: {name} differs"
    found = {path.relative_to(GENERATED).as_posix() for path in GENERATED.rglob("*") if path.is_file()}
    assert found == {name for name in written() if not name.startswith("..")}


def test_every_kpi_has_a_rule_and_a_panel() -> None:
    """By every dimension a rule; on the boards of each language at least one panel that reads it."""
    for language in ("en", "ru"):
        told = set[str]()
        for name in names():
            if name.startswith(f"{language}/"):
                told |= {used for each in shown(board(name)) for used in series(each.expr)}
        ruled = [*measured(), *per_rep()]
        assert {kpi.id for kpi in ruled} == SHIPPED.kpis.keys()
        for kpi in ruled:
            by = {rule_name(kpi.id, dimension) for dimension in places(kpi) or ("department",)}
            assert by <= RULES.keys()
            assert by & told, f"{kpi.id} has no panel in {language}"


def test_a_kpi_of_ones_own_appears_everywhere() -> None:
    """One entry in a catalogue gives rules, an alert with its tests, a runbook entry and panels."""
    shipped = (ROOT / "streams" / "kpis.toml").read_text("utf-8")
    files = generated(load_catalogue(f"{shipped}\n{OWN_KPI}"))
    assert rule_name("calls_back", "rep") in rules(files["rules.yml"])
    for name in ("alerts.yml", "alerts_test.yml", *RUNBOOKS.values()):
        assert "CallsBackLow" in files[name]
    assert "Ответы" in files["ru/kpis.json"]
    assert "sales:calls_back{window=" in files["en/kpis.json"]


@pytest.mark.parametrize(("currency", "unit"), [("EUR", "currencyEUR"), ("BYN", "currency:BYN")])
def test_money_is_in_the_currency_of_the_workers(currency: str, unit: str) -> None:
    """Grafana's own unit where it has one, else the code; alerts name the currency too."""
    files = generated(currency=currency)
    assert f'"unit": "{unit}"' in files["en/revenue.json"]
    assert not [name for name, text in files.items() if "currencyRUB" in text]
    assert f" {currency} " in files["alerts.yml"]
    assert " RUB " not in files["alerts.yml"]


def test_a_scorecard_of_ones_own_is_the_one_on_its_board() -> None:
    """Its perspectives are rows, its KPIs bars; a perspective without any KPI shows its course alone."""
    card = load_scorecard((ROOT / "examples" / "sales-scorecard.toml").read_text("utf-8"))
    shown = json.loads(generated(card=card)["ru/scorecard.json"])
    titles = {panel["title"] for panel in shown["panels"]}
    assert {card.groups[name].names.ru for name in card.root} <= titles
    exprs = [target["expr"] for panel in panels(shown) for target in panel["targets"]]
    assert any("required_enquiries" in expr for expr in exprs)
    assert not [expr for expr in exprs if 'item=~""' in expr]


def test_an_alert_that_nothing_could_fire_is_left_out() -> None:
    """Without the KPI that an alert reads, it is not shipped; the others are."""
    less = Catalogue(SHIPPED.version, {name: kpi for name, kpi in SHIPPED.kpis.items() if name != "cac"})
    assert {alert.name for alert in ALERTS} - {alert.name for alert in alerts(less)} == {"CacAboveArpu"}


@pytest.mark.parametrize("name", names())
def test_every_series_that_a_board_names_exists(name: str) -> None:
    """In the metric catalogue, among the recording rules, or with Prometheus itself."""
    known = EXPORTED | RULES.keys() | OF_PROMETHEUS
    for expr in [*(each.expr for each in shown(board(name))), *marks(board(name))]:
        assert "$" not in expr
        assert series(expr) <= known, expr


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_an_alert_says_what_a_person_needs(alert: Alert) -> None:
    """A short name, series that exist, both languages, links to a board and to its own heading."""
    assert re.fullmatch(r"(?:[A-Z][a-z0-9]*)+", alert.name)
    assert len(alert.name) <= 40
    assert series(alert.expr) <= EXPORTED | RULES.keys() | OF_PROMETHEUS
    assert "{{" not in alert.summary.en + alert.summary.ru
    assert alert.description.en.count("{{") == alert.description.ru.count("{{")
    uids = {board(name)["uid"] for name in names()}
    assert alert.board.partition("?")[0] in uids
    assert all(f"\n## {alert.name}\n" in written()[name] for name in RUNBOOKS.values())
    assert f"{alert.board.partition('?')[0]}-ru" in uids
    for said in (alert.meaning, alert.first_step, *alert.then):
        assert "{{" not in said.en + said.ru
        assert re.search("[а-яА-Я]", said.ru)
        assert not re.search("[а-яА-Я]", said.en)
    assert alert.quiet or not alert.silent_without_series


SAYS_NO_NUMBER = {"WorkersAbsent", "Watchdog"}
"""Where nothing is there to be counted."""


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_an_alert_keeps_the_rules_of_mixtool(alert: Alert) -> None:
    """Severity of three, a summary that is a fixed sentence, a description with the numbers."""
    groups = yaml.safe_load(written()["alerts.yml"])["groups"]
    (told,) = [rule for group in groups for rule in group["rules"] if rule["alert"] == alert.name]
    assert told["labels"]["severity"] in ("critical", "warning", "info")
    for language in ("", "_ru"):
        summary, description = (told["annotations"][text + language] for text in ("summary", "description"))
        assert re.fullmatch(r"[A-ZА-Я%][^{}]+[^.]\.", summary)
        assert ("{{" in description) == (alert.name not in SAYS_NO_NUMBER)


def test_alerts_never_rate_what_the_department_does() -> None:
    """Sparse counts are read from the stream's own windows; `increase` would lose the first event."""
    for alert in ALERTS:
        if re.search(r"\b(rate|increase|changes)\(", alert.expr):
            assert all(name.startswith("voronka") for name in series(alert.expr))


def test_no_group_is_too_long_and_no_alert_has_two_names() -> None:
    """Twenty rules a group; names are what silences and links hang on."""
    for file in ("rules.yml", "alerts.yml"):
        for group in written()[file].split("- name: ")[1:]:
            assert len(re.findall(r"- (?:record|alert): ", group)) <= 20, group[:60]
    assert max(Counter(alert.name for alert in ALERTS).values()) == 1


@pytest.mark.parametrize("name", names())
def test_a_board_keeps_the_rules_of_good_boards(name: str) -> None:
    """Fixed id, tags, data source variable, titles, descriptions, units, fresh variables, links that keep."""
    found = board(name)
    language = name.partition("/")[0]
    assert re.fullmatch(r"voronka-[a-z]+(-ru)?", found["uid"])
    assert {"voronka", f"voronka-{language}"} == set(found["tags"])
    assert found["description"]
    assert found["schemaVersion"] >= 42
    (link,) = found["links"]
    assert (link["asDropdown"], link["includeVars"], link["keepTime"]) == (True, True, True)
    variables = {each["name"]: each for each in found["templating"]["list"]}
    assert variables["datasource"]["query"] == "prometheus"
    for variable in variables.values():
        if variable["type"] == "query":
            assert variable["refresh"] == 2
            assert (variable["multi"], variable["includeAll"]) == (True, True)
    used = set(re.findall(r"\$(\w+)", json.dumps([panel["targets"] for panel in panels(found)])))
    assert used - {"__rate_interval"} <= variables.keys()


@pytest.mark.parametrize("name", names())
def test_rows_lead_to_their_detail(name: str) -> None:
    """Each list links its rows to a board of the same language, for the row, in the same period and time."""
    boards = {board(other)["uid"]: board(other) for other in names() if other[:3] == name[:3]}
    lists = [panel for panel in panels(board(name)) if "merge" in json.dumps(panel.get("transformations"))]
    for panel in lists:
        properties = [
            each for override in panel["fieldConfig"]["overrides"] for each in override["properties"]
        ]
        (link,) = (link for each in properties if each["id"] == "links" for link in each["value"])
        uid, variable = re.fullmatch(r"/d/([a-z-]+)\?(?:var-(\w+)=.+?&)?(.+)", link["url"]).group(1, 2)  # type: ignore[union-attr]
        told = {each["name"] for each in boards[uid]["templating"]["list"]}
        assert variable is None or variable in told
        assert link["url"].endswith("&${window:queryparam}&${__url_time_range}")
    assert lists or name[3:] in ("kpis.json", "pipeline.json", "response.json", "revenue.json")


@pytest.mark.parametrize("name", names())
def test_every_panel_says_what_is_healthy(name: str) -> None:
    """A title, a description, a unit, the data source variable, no threshold that Grafana invents."""
    for panel in panels(board(name)):
        defaults = panel["fieldConfig"]["defaults"]
        assert panel["title"]
        assert len(panel["description"]) > 40, panel["title"]
        assert defaults["unit"] in UNITS, panel["title"]
        for each in (panel, *panel["targets"]):
            assert each["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        fixed = defaults["color"]["mode"] in ("fixed", "palette-classic-by-name")
        assert fixed or len(defaults["thresholds"]["steps"]) > 1, panel["title"]
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
        if panel["type"] in ("stat", "bargauge"):
            assert panel["options"]["reduceOptions"]["calcs"] == ["lastNotNull"]
        if panel["type"] == "timeseries":
            assert panel["options"]["legend"]["showLegend"]
        for target in panel["targets"]:
            assert not re.search(r"\b(rate|irate)\([^[]+\[(?!\$__rate_interval)", target["expr"]), target[
                "expr"
            ]


@pytest.mark.parametrize("name", names())
def test_panels_do_not_cover_each_other(name: str) -> None:
    """Each cell of the grid of 24 columns belongs to one panel."""
    taken: Counter[tuple[int, int]] = Counter()
    for panel in board(name)["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        taken.update(
            (x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])
        )
    assert set(taken.values()) == {1}


@pytest.mark.parametrize("name", names())
def test_a_board_survives_the_sdk(name: str) -> None:
    """Read into the SDK's types and written again, it is the same board."""
    register_default_plugins()
    again = json.loads(json.dumps(Dashboard.from_json(dict(board(name))), cls=JSONEncoder))
    assert again == board(name)


def test_both_languages_show_the_same() -> None:
    """The same expressions in the same order; the texts differ."""
    for name in (name for name in names() if name.startswith("en/")):
        english, russian = board(name), board(name.replace("en/", "ru/"))
        exprs = [
            [target["expr"] for p in panels(each) for target in p["targets"]] for each in (english, russian)
        ]
        assert exprs[0] == exprs[1]
        assert not re.search(
            "[а-яА-Я]", json.dumps([panel["title"] for panel in panels(english)], ensure_ascii=False)
        )
        for panel in panels(russian):
            assert re.search("[а-яА-Я]", panel["description"]), panel["title"]


def test_check_names_what_differs(tmp_path: Path) -> None:
    """`python -m dashboards --check` ends with 1 and names the files; after writing it ends with 0."""
    argv = [sys.executable, "-m", "dashboards", "--out", str(tmp_path / "a" / "generated")]
    before = subprocess.run([*argv, "--check"], capture_output=True, text=True, check=False, cwd=ROOT)
    assert before.returncode == 1
    assert "rules.yml" in before.stdout
    (tmp_path / "docs").mkdir()
    subprocess.run(argv, check=True, capture_output=True, cwd=ROOT)
    after = subprocess.run([*argv, "--check"], capture_output=True, text=True, check=False, cwd=ROOT)
    assert after.returncode == 0, after.stdout
