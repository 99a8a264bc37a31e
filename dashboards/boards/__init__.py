"""Grafana boards in English and Russian from one source."""

from __future__ import annotations

from collections.abc import Mapping

from dashboards.boards.catalogue import all_kpis
from dashboards.boards.customers import customers
from dashboards.boards.frame import to_json
from dashboards.boards.funnel import funnel
from dashboards.boards.kpi_panels import KpiPanels
from dashboards.boards.marketing import marketing
from dashboards.boards.overview import overview
from dashboards.boards.people import reps
from dashboards.boards.pipeline import pipeline
from dashboards.boards.plan import revenue
from dashboards.boards.response import response
from dashboards.boards.scorecard import scorecard
from dashboards.boards.speech import Language, Speech
from streams.funnels import Funnels
from streams.kpis import Catalogue
from streams.scorecard import Card

LANGUAGES: tuple[Language, ...] = ("en", "ru")
BOARDS = (overview, funnel, response, revenue, reps, marketing, customers, scorecard, pipeline, all_kpis)


def boards(catalogue: Catalogue, funnels: Funnels, currency: str, card: Card) -> Mapping[str, str]:
    """Classic JSON of every board in every language, by file name."""
    texts = {}
    for language in LANGUAGES:
        panels = KpiPanels(catalogue, Speech(language, funnels, currency), card)
        for make in BOARDS:
            board = make(panels)
            texts[f"{language}/{board.name}.json"] = to_json(board, panels.speech)
    return texts
