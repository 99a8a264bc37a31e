"""Where a KPI is shown and watched: links from the handbook to the boards' panels and to the runbook."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dashboards.alerting import Alert, Links
from dashboards.rules import places
from streams.handbook import References
from streams.kpis import Catalogue, Kpi, Text
from streams.promql import rule_name
from streams.wording import Language, said

_RUNBOOK = Text("runbook.md", "runbook.ru.md")
_SERIES = re.compile(r"[a-z_]+:[a-z0-9_]+")


def references(
    catalogue: Catalogue, boards: Mapping[str, str], alerts: Sequence[Alert], links: Links, language: Language
) -> References:
    """By KPI: the first panel on each board of the language that reads it, and the alerts that do."""
    shown = [json.loads(text) for name, text in boards.items() if name.startswith(f"{language}/")]
    panels = [(board, list(_panels(board["panels"]))) for board in shown]
    found = {}
    for kpi in catalogue.kpis.values():
        rules = {rule_name(kpi.id, place) for place in places(kpi)}
        found[kpi.id] = {
            "panels": ", ".join(_on_boards(rules, panels, links)),
            "alerts": ", ".join(_alerts(kpi, rules, alerts, language)),
        }
    return found


def _panels(panels: Sequence[dict[str, Any]]) -> Iterator[tuple[str, set[str]]]:
    """Every panel's title and the series that it reads."""
    for panel in panels:
        if panel["type"] == "row":
            yield from _panels(panel.get("panels", ()))
        else:
            told = " ".join(target.get("expr", "") for target in panel["targets"])
            yield panel["title"], set(_SERIES.findall(told))


def _on_boards(
    rules: set[str], boards: Sequence[tuple[dict[str, Any], list[tuple[str, set[str]]]]], links: Links
) -> Iterator[str]:
    for board, panels in boards:
        title = next((title for title, series in panels if rules & series), None)
        if title is not None:
            name = board["title"].removeprefix("Voronka · ")
            yield f"[{name}: {title}]({links.grafana}/d/{board['uid']})"


def _alerts(kpi: Kpi, rules: set[str], alerts: Sequence[Alert], language: Language) -> Iterator[str]:
    """Also those that read the interval or the sample of the KPI, or what is made of it."""
    mine, runbook = re.compile(rf":{kpi.id}(?![a-z0-9_])"), said(_RUNBOOK, language)
    for alert in alerts:
        if rules & set(_SERIES.findall(alert.expr)) or mine.search(alert.expr):
            yield f"[{said(alert.summary, language)}]({runbook}#{alert.name.lower()})"
