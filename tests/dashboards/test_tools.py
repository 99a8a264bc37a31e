"""Rules, alerts and routes held by the tools of Prometheus and Alertmanager themselves."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from dashboards.alertmanager import SECRETS
from dashboards.alerts import alerts
from dashboards.files import GENERATED
from tests.conftest import ROOT
from tests.dashboards.prometheus import run

pytestmark = pytest.mark.integration
ROUTES = (
    ({"alertname": "Watchdog", "team": "platform", "severity": "info"}, "dead-mans-switch"),
    ({"alertname": "FeedSilent", "team": "platform", "severity": "critical"}, "platform"),
    ({"alertname": "WorkerDown", "team": "platform", "severity": "warning"}, "platform"),
    ({"alertname": "OldestLeadForgotten", "team": "sales-ops", "severity": "critical"}, "sales-ops-urgent"),
    ({"alertname": "WinRateFell", "team": "sales-ops", "severity": "warning"}, "sales-ops"),
    ({"alertname": "PlanAtRisk", "team": "sales-ops", "severity": "warning"}, "sales-ops"),
    ({"alertname": "ChannelPlanAtRisk", "team": "team-leads", "severity": "info"}, "team-leads"),
    ({"alertname": "ClockBehind", "team": "platform", "severity": "critical"}, "platform"),
    ({"alertname": "RepNeedsHelp", "team": "team-leads", "severity": "info"}, "team-leads"),
    ({"alertname": "SomethingNew"}, "platform"),
)


def clean(done: subprocess.CompletedProcess[str]) -> None:
    """The tool is content; otherwise its own words are the failure's."""
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["rules.yml", "alerts.yml"])
def test_promtool_finds_nothing_to_say_about_the_rules(name: str) -> None:
    """With all its lints, each of them fatal."""
    clean(run("promtool", "check", "rules", "--lint=all", "--lint-fatal", GENERATED / name))


def test_alerts_fire_when_they_should_and_only_then() -> None:
    """Each alert's three cases: it fires with its rendered texts, it does not, and there are no series."""
    clean(run("promtool", "test", "rules", GENERATED / "alerts_test.yml"))
    text = (GENERATED / "alerts_test.yml").read_text("utf-8")
    for alert in alerts():
        assert f'name: "{alert.name} fires"' in text


def test_an_alert_that_would_be_wrong_is_noticed(tmp_path: Path) -> None:
    """The cases can fail: with every comparison turned round, no alert fires that should."""
    text = (GENERATED / "alerts.yml").read_text("utf-8")
    turned = re.sub(r" ([<>]=?) ", lambda sign: " > " if "<" in sign[1] else " < ", text)
    (tmp_path / "alerts.yml").write_text(turned, "utf-8")
    cases = (GENERATED / "alerts_test.yml").read_text("utf-8").split("  - name: ")
    firing = [case for case in cases if re.match(r'"\w+ fires"', case)][:5]
    (tmp_path / "alerts_test.yml").write_text("  - name: ".join([cases[0], *firing]), "utf-8")
    done = run("promtool", "test", "rules", tmp_path / "alerts_test.yml")
    assert done.returncode != 0
    assert (done.stdout + done.stderr).count("alertname:") == len(firing)


def configured(folder: Path, *options: str) -> Path:
    """Alertmanager's configuration as `python -m dashboards` writes it with these options."""
    argv = [sys.executable, "-m", "dashboards", "--out", str(folder), *options]
    subprocess.run(argv, check=True, capture_output=True, cwd=ROOT, timeout=100)
    return folder / "alertmanager.yml"


def test_amtool_accepts_the_configuration_that_writes_to_nobody() -> None:
    """As shipped it names no address, no account and no secret, so nothing can fail or pretend."""
    clean(run("amtool", "check-config", GENERATED / "alertmanager.yml"))
    text = (GENERATED / "alertmanager.yml").read_text("utf-8")
    assert "_configs" not in text
    assert SECRETS not in text
    assert "example.com" not in text


def test_amtool_accepts_receivers_of_all_kinds(tmp_path: Path) -> None:
    """Secrets are files. A token in a file needs Alertmanager 0.26: in its place, 0.25 accepts the rest."""
    path = configured(tmp_path, "--receivers", "examples/receivers.toml")
    text = path.read_text("utf-8")
    assert not re.search(r"(password|token|api_url|credentials): ", text)
    kinds = dict.fromkeys(re.findall(r"(\w+)_configs:", text))
    assert set(kinds) == {"slack", "email", "telegram", "webhook"}
    path.write_text(text.replace("bot_token_file: ", "bot_token: "), "utf-8")
    clean(run("amtool", "check-config", path))
    shipped = (GENERATED / "alertmanager.yml").read_text("utf-8")
    assert text.partition("route:")[2].partition("receivers:\n")[0] in shipped


def test_a_message_says_what_happened_what_to_do_and_where(tmp_path: Path) -> None:
    """Rendered by Alertmanager's own templates; of what is over it does not say what to do."""
    text = yaml.safe_load(configured(tmp_path, "--receivers", "examples/receivers.toml").read_text("utf-8"))
    (message,) = {way["text"] for receiver in text["receivers"] for way in receiver.get("slack_configs", ())}
    parts = ("summary", "description", "next_step", "dashboard_url", "runbook_url")
    told = {f"{part}{language}": f"{part}{language}." for part in parts for language in ("", "_ru")}
    alerts_told = [{"status": status, "annotations": told} for status in ("firing", "resolved")]
    (tmp_path / "told.json").write_text(json.dumps({"status": "firing", "alerts": alerts_told}), "utf-8")
    (tmp_path / "none.tmpl").touch()
    argv = [
        f"--template.{what}={tmp_path / name}"
        for what, name in (("glob", "none.tmpl"), ("data", "told.json"))
    ]
    done = run("amtool", "template", "render", f"--template.text={message}", *argv)
    clean(done)
    firing, over = done.stdout.split("✅")
    for language in ("_ru", ""):
        said = "summary{0}. description{0}.\n{1}dashboard_url{0}.\nrunbook_url{0}.\n"
        assert said.format(language, f"→ next_step{language}.\n") in firing
        assert said.format(language, "") in over


def test_amtool_accepts_working_hours_of_ones_own(tmp_path: Path) -> None:
    """With a break, a day of half an hour and one until midnight, in the zone of the deployment."""
    hours = "mon-thu 09:00-13:00; mon-thu 14:00-18:00; fri 09:00-09:30; sat 10:00-24:00"
    path = configured(tmp_path, "--zone", "Asia/Yekaterinburg", "--working-hours", hours)
    clean(run("amtool", "check-config", path))
    working, answering = yaml.safe_load(path.read_text("utf-8"))["time_intervals"]
    assert [part["weekdays"] for part in working["time_intervals"]] == [
        ["monday:thursday"],
        ["friday"],
        ["saturday"],
    ]
    assert {part["location"] for each in (working, answering) for part in each["time_intervals"]} == {
        "Asia/Yekaterinburg"
    }
    told = [
        [(time["start_time"], time["end_time"]) for time in part["times"]]
        for part in answering["time_intervals"]
    ]
    assert told == [[("10:00", "13:00"), ("14:00", "18:00")], [("11:00", "24:00")]]


@pytest.mark.parametrize(("labels", "receiver"), ROUTES, ids=[labels["alertname"] for labels, _ in ROUTES])
def test_alerts_reach_whoever_can_act(labels: dict[str, str], receiver: str) -> None:
    """Sales operations, team leads, platform, and the dead man's switch; what nobody claims, platform."""
    told = [f"{name}={text}" for name, text in labels.items()]
    configuration = GENERATED / "alertmanager.yml"
    argv = ["config", "routes", "test", f"--config.file={configuration}", f"--verify.receivers={receiver}"]
    clean(run("amtool", *argv, *told))


def test_every_alert_has_a_team_that_somebody_hears() -> None:
    """No alert falls through to a receiver that is not its team's."""
    for alert in alerts():
        argv = ["config", "routes", "test", f"--config.file={GENERATED / 'alertmanager.yml'}"]
        told = [f"alertname={alert.name}", f"team={alert.team}", f"severity={alert.severity}"]
        done = run("amtool", *argv, *told)
        clean(done)
        wanted = "dead-mans-switch" if alert.kind == "watchdog" else alert.team
        assert done.stdout.strip().startswith(wanted), alert.name


def test_the_shipped_prometheus_configuration_is_accepted(tmp_path: Path) -> None:
    """With the generated rules beside it."""
    text = (ROOT / "dashboards" / "prometheus.yml").read_text("utf-8")
    path = tmp_path / "prometheus.yml"
    path.write_text(text.replace("rules/", f"{GENERATED}/"), "utf-8")
    clean(run("promtool", "check", "config", path))
