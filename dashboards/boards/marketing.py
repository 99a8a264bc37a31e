"""The board about what marketing brings and costs, by source and by channel."""

from __future__ import annotations

from dashboards.boards.frame import Board
from dashboards.boards.kpi_panels import KpiPanels
from dashboards.boards.speech import Link
from streams.kpis import Text
from streams.metrics import WINDOWS_OF_CAMPAIGNS

_COSTS = (
    *("cpl", "cac", "cac_payback_months", "ltv_cac_ratio", "incremental_sales", "initial_enquiries"),
    *("qualified_conversion_rate", "invalid_lead_share", "lead_quality_score"),
)
_COLUMNS = (
    *("initial_enquiries", "qualified_leads", "qualified_conversion_rate", "sales_conversion_rate"),
    *("response_within_1h_share_working", "won_deals", "revenue", "avg_deal_value", "cpl", "cac"),
    "incremental_sales",
)
_OF_CAMPAIGNS = ("initial_enquiries", "revenue", "avg_deal_value", "cpl")
_RANKED = ("initial_enquiries", "qualified_leads", "won_deals", "revenue", "cpl", "cac", "incremental_sales")
_BY_SOURCE = (
    *("initial_enquiries", "qualified_conversion_rate", "sales_conversion_rate", "revenue"),
    *("prospects_added", "opportunity_count_new"),
)
_BY_CHANNEL = (
    "cpl",
    "cac",
    "cac_payback_months",
    "incremental_sales",
    "invalid_lead_share",
    "lead_quality_score",
)


def marketing(panels: KpiPanels) -> Board:
    """What each source brings, from enquiries to revenue, and what it costs."""
    say = panels.speech
    only = Link(
        say("Only this source", "Только этот источник"),
        f"/d/{say.uid('marketing')}?var-source=${{__data.fields.source}}",
    )
    to_all = Link(say("All sources", "Все источники"), f"/d/{say.uid('marketing')}?var-source=$__all")
    periods = ", ".join(WINDOWS_OF_CAMPAIGNS)
    when = Text(
        "It fills where the workers' VORONKA_CAMPAIGNS lists campaigns; others are `other`, what has none is "
        f"`unknown`. Periods: {periods}.",
        "Заполняется, когда в VORONKA_CAMPAIGNS рабочих процессов перечислены кампании; остальные – `other`, "
        f"без кампании – `unknown`. Периоды: {periods}.",
    )
    campaigns = panels.table(Text("Campaigns", "Кампании"), _OF_CAMPAIGNS, "campaign", to_all, when)
    suffix = say("by campaign", "по кампаниям")
    each = [
        panels.bars(kpi_id, "campaign", suffix=suffix, when=say.of(when))
        for kpi_id in panels.told(("cpl", "revenue"), "campaign")
    ]
    table = panels.table(Text("Sources", "Источники"), _COLUMNS, "source", only)
    return Board(
        "marketing",
        say("Marketing", "Маркетинг"),
        say(
            "Which sources bring leads that buy, and what do they cost?",
            "Какие источники приводят лидов, которые покупают, и во что они обходятся?",
        ),
        ("window", "channel", "source"),
        (
            (
                say("What does it cost, what does it bring?", "Сколько стоит и что приносит?"),
                panels.numbers(*_COSTS),
            ),
            (say("All sources", "Все источники"), [table]),
            (say("Campaigns", "Кампании"), [campaigns, *each]),
            (say("Comparison", "Сравнение"), panels.rankings("source", *_RANKED)),
            (say("By channel", "По каналам"), panels.courses("channel", *_BY_CHANNEL)),
            (say("Over time", "Во времени"), panels.courses("source", *_BY_SOURCE)),
        ),
    )
