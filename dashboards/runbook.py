"""The runbook: one heading an alert, which the alert links to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dashboards.alerting import Alert

_INTRODUCTION = """# Runbook

What each alert means and what to do about it. Generated from the alerts by `make dashboards`.

Alerts of the kind `stale` say that the numbers stand still; while one fires, those of the kind `kpi`, which
judge the department, are silenced. Sales alerts are delivered in working hours
but the first of the day, on public holidays too, to the receivers that a deployment names (settings.md).
"""


def runbook(alerts: Sequence[Alert]) -> str:
    """The text in Markdown."""
    return "\n".join([_INTRODUCTION, *(line for alert in alerts for line in _section(alert))])


def _section(alert: Alert) -> Iterator[str]:
    yield f"## {alert.name}\n"
    yield f"**{alert.summary.en}.** {alert.summary.ru}.\n"
    yield f"{alert.meaning}\n"
    steps = (alert.first_step.en, *alert.then)
    yield from (f"{number}. {step}" for number, step in enumerate(steps, start=1))
    yield f"\n{alert.severity.capitalize()}, for {alert.team}, kind `{alert.kind}`. After {alert.wait} of\n"
    yield f"```promql\n{alert.expr}\n```\n"
