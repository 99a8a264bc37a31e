"""What an alert is, and the rules file and the promtool tests that follow from a list of them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from dashboards.yaml import Value, dump
from streams.kpis import Text

Kind = Literal["kpi", "stale", "stream", "watchdog"]
"""`kpi` judges the department; `stale` says that its numbers stand still, and silences those that judge."""


@dataclass(frozen=True)
class Links:
    """Where people find what an alert links to; `runbook` is the English one."""

    grafana: str = "http://localhost:3000"
    runbook: str = "docs/runbook.md"

    @property
    def runbook_ru(self) -> str:
        """The Russian one lies beside it; a page that is no file of ours serves both."""
        return f"{self.runbook.removesuffix('.md')}.ru.md" if self.runbook.endswith(".md") else self.runbook


@dataclass(frozen=True)
class Case:
    """Series of one sample a minute in promtool's notation, and what must come of them at `at`."""

    series: Mapping[str, str]
    at: str = "20m"
    labels: Mapping[str, str] = field(default_factory=dict)
    says: Text | None = None
    """Of a case that fires: the rendered description."""


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One alert with all that a person who gets it needs, and the cases that prove it."""

    name: str
    expr: str
    wait: str
    keep: str
    severity: Literal["critical", "warning", "info"]
    team: Literal["sales-ops", "team-leads", "platform"]
    kind: Kind
    summary: Text
    description: Text
    meaning: Text
    """For the runbook: what has happened, and why it matters."""
    first_step: Text
    """What to do first: the message itself says it."""
    then: Sequence[Text]
    """For the runbook: what to do after it, in this order."""
    board: str
    """The board, with the variables that narrow it to the place."""
    fires: Case
    quiet: Case | None = None
    silent_without_series: bool = True


def written_alerts(currency: str) -> tuple[Alert, ...]:
    """The alerts of `alerts.toml`, with the currency where it says `¤`."""
    text = Path(__file__).with_name("alerts.toml").read_text(encoding="utf-8").replace("¤", currency)
    return tuple(_alert(**entry) for entry in tomllib.loads(text)["alert"])


def _alert(fires: dict[str, Any], **told: Any) -> Alert:
    quiet = told.pop("quiet", None)
    for text in ("summary", "description", "meaning", "first_step"):
        told[text] = Text(**told[text])
    return Alert(
        wait=told.pop("for"),
        then=[Text(**step) for step in told.pop("then")],
        fires=_case(**fires),
        quiet=None if quiet is None else _case(**quiet),
        **told,
    )


def _case(says: dict[str, str] | None = None, **told: Any) -> Case:
    return Case(**told, says=None if says is None else Text(**says))


def alert_rules(alerts: Sequence[Alert], links: Links) -> str:
    """The rules file: one group for each kind."""
    kinds = dict.fromkeys(alert.kind for alert in alerts)
    groups: list[Value] = [
        {"name": f"alerts-{kind}", "rules": [_rule(alert, links) for alert in alerts if alert.kind == kind]}
        for kind in kinds
    ]
    return dump({"groups": groups})


def alert_tests(alerts: Sequence[Alert], links: Links, rules_file: str) -> str:
    """promtool's tests: each alert fires, does not fire, and does not fire where there are no series."""
    tests = [test for alert in alerts for test in _tests(alert, links)]
    silent = [_expected(alert, Case({}), []) for alert in alerts if alert.silent_without_series]
    tests.append(_test("no series", Case({}), silent))
    return dump({"rule_files": [rules_file], "evaluation_interval": "1m", "tests": tests})


def _annotations(alert: Alert, links: Links) -> dict[str, str]:
    return {
        "summary": f"{alert.summary.en}.",
        "summary_ru": f"{alert.summary.ru}.",
        "description": alert.description.en,
        "description_ru": alert.description.ru,
        "next_step": alert.first_step.en,
        "next_step_ru": alert.first_step.ru,
        "runbook_url": f"{links.runbook}#{alert.name.lower()}",
        "runbook_url_ru": f"{links.runbook_ru}#{alert.name.lower()}",
        "dashboard_url": f"{links.grafana}/d/{alert.board}",
        "dashboard_url_ru": f"{links.grafana}/d/{_in_russian(alert.board)}",
    }


def _in_russian(board: str) -> str:
    uid, mark, variables = board.partition("?")
    return f"{uid}-ru{mark}{variables}"


def _labels(alert: Alert) -> dict[str, str]:
    return {"severity": alert.severity, "team": alert.team, "kind": alert.kind}


def _rule(alert: Alert, links: Links) -> Value:
    return {
        "alert": alert.name,
        "expr": alert.expr,
        "for": alert.wait,
        "keep_firing_for": alert.keep,
        "labels": _labels(alert),
        "annotations": _annotations(alert, links),
    }


def _tests(alert: Alert, links: Links) -> Iterator[Value]:
    told, says = _annotations(alert, links), alert.fires.says or alert.description
    told |= {"description": says.en, "description_ru": says.ru}
    for url in ("dashboard_url", "dashboard_url_ru"):
        told[url] = _rendered(told[url], alert.fires.labels)
    labels = {**alert.fires.labels, **_labels(alert)}
    fires = _expected(alert, alert.fires, [{"exp_labels": labels, "exp_annotations": told}])
    yield _test(f"{alert.name} fires", alert.fires, [fires])
    if alert.quiet:
        yield _test(f"{alert.name} does not fire", alert.quiet, [_expected(alert, alert.quiet, [])])


def _expected(alert: Alert, case: Case, expected: Sequence[Value]) -> Value:
    return {"eval_time": case.at, "alertname": alert.name, "exp_alerts": expected}


def _test(name: str, case: Case, expected: Sequence[Value]) -> Value:
    return {
        "name": name,
        "interval": "1m",
        "input_series": [{"series": series, "values": values} for series, values in case.series.items()],
        "alert_rule_test": expected,
    }


def _rendered(text: str, labels: Mapping[str, str]) -> str:
    for name, value in labels.items():
        text = text.replace(f"{{{{ $labels.{name} }}}}", value)
    return text
