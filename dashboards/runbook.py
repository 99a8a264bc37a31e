"""The runbook: one heading an alert, which the alert links to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dashboards.alerting import Alert
from streams.kpis import Text
from streams.wording import Language, said

_INTRODUCTION = Text(
    """# Runbook

What each alert means and what to do about it. Generated from the alerts by `make dashboards`.
[По-русски](runbook.ru.md).

Alerts of the kind `stale` say that the numbers stand still; while one fires, those of the kind `kpi`, which
judge the department, are silenced. Sales alerts are delivered in working hours
but the first of the day, on public holidays too, to the receivers that a deployment names (settings.md).
""",
    """# Что делать по тревоге

Что значит каждая тревога и что по ней делать. Создано из тревог командой `make dashboards`.
[In English](runbook.md).

Тревоги вида `stale` говорят, что числа стоят на месте; пока горит хоть одна, тревоги вида `kpi`, которые
судят об отделе, приглушены. Тревоги о продажах доставляются в рабочие часы, кроме первого часа дня, в том
числе и в праздники, тем получателям, которых называет установка (settings.md).
""",
)
_FOOT = Text(
    "{severity}, for {team}, kind `{kind}`. After {wait} of",
    "{severity}, для {team}, вид `{kind}`. После {wait}, когда",
)


def runbook(alerts: Sequence[Alert], language: Language) -> str:
    """The text in Markdown."""
    sections = (line for alert in alerts for line in _section(alert, language))
    return "\n".join([said(_INTRODUCTION, language), *sections])


def _section(alert: Alert, language: Language) -> Iterator[str]:
    yield f"## {alert.name}\n"
    yield f"**{said(alert.summary, language)}.**\n"
    yield f"{said(alert.meaning, language)}\n"
    steps = (alert.first_step, *alert.then)
    yield from (f"{number}. {said(step, language)}" for number, step in enumerate(steps, start=1))
    about = {
        "severity": alert.severity.capitalize(),
        "team": alert.team,
        "kind": alert.kind,
        "wait": alert.wait,
    }
    yield f"\n{said(_FOOT, language).format(**about)}\n"
    yield f"```promql\n{alert.expr}\n```\n"
