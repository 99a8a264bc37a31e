"""The board of all KPIs: an entry in the catalogue is enough to be on it."""

from __future__ import annotations

from collections.abc import Sequence

from dashboards.boards.frame import Board
from dashboards.boards.kpi_panels import KpiPanels
from dashboards.boards.panels import Panel
from dashboards.rules import measured, places
from streams.kpis import Text

PERSPECTIVES = {
    "finance": Text("Finance", "Финансы"),
    "customers": Text("Customers", "Клиенты"),
    "processes": Text("Processes", "Процессы"),
    "learning": Text("Learning and growth", "Обучение и развитие"),
}


def all_kpis(panels: KpiPanels) -> Board:
    """Every KPI that has values, by perspective."""
    say = panels.speech
    return Board(
        "kpis",
        say("All KPIs", "Все показатели"),
        say(
            "Every KPI of the catalogue that has values.", "Все показатели каталога, у которых есть значения."
        ),
        ("window", "channel"),
        [
            (say.of(name), panels_of)
            for perspective, name in PERSPECTIVES.items()
            if (panels_of := _row(panels, perspective))
        ],
    )


def _row(panels: KpiPanels, perspective: str) -> Sequence[Panel]:
    return [
        panels.lines(kpi.id, places(kpi)[0], span=8)
        for kpi in measured(panels.catalogue)
        if kpi.entry.perspective == perspective
    ]
