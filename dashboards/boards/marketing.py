"""The board about what marketing brings and costs, by source and by channel."""

from __future__ import annotations

from dashboards.boards.frame import Board
from dashboards.boards.kpi_panels import KpiPanels
from dashboards.boards.speech import Link
from dashboards.rules import COMPLETE
from streams.kpis import Text
from streams.metrics import WINDOWS_OF_CAMPAIGNS
from streams.series import exported

_COSTS = (
    *("cpl", "cac", "cac_payback_months", "ltv_cac_ratio", "incremental_sales", "initial_enquiries"),
    *("qualified_conversion_rate", "invalid_lead_share", "lead_quality_score"),
)
_COLUMNS = (
    *("initial_enquiries", "qualified_leads", "qualified_conversion_rate", "sales_conversion_rate"),
    *("response_within_1h_share_working", "won_deals", "revenue", "avg_deal_value", "cpl", "cac"),
)
_OF_CAMPAIGNS = ("initial_enquiries", "revenue", "avg_deal_value", "cpl")
_RANKED = ("initial_enquiries", "qualified_leads", "won_deals", "revenue", "cpl", "cac")
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
_PAYBACK = Text(
    "Payback: months in which the margin of the department's average customer pays for the source's "
    "acquisition cost; periods: 30d, prev_month.",
    "Окупаемость: за сколько месяцев маржа среднего клиента отдела покроет стоимость привлечения из этого "
    "источника; периоды: 30d, prev_month.",
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
    cost = (say("Cost per sale", "Стоимость продажи"), say.money, _cost_of_a_sale())
    campaigns = panels.table(Text("Campaigns", "Кампании"), _OF_CAMPAIGNS, "campaign", to_all, when, [cost])
    suffix = say("by campaign", "по кампаниям")
    each = [
        panels.bars(kpi_id, "campaign", suffix=suffix, when=say.of(when))
        for kpi_id in panels.told(("cpl", "revenue"), "campaign")
    ]
    payback = (panels.title("cac_payback_months"), "short", _payback(panels))
    table = panels.table(Text("Sources", "Источники"), _COLUMNS, "source", only, _PAYBACK, [payback])
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


def _payback(panels: KpiPanels) -> str:
    """What a customer brings in a month is known of the department and of channels, not of sources."""
    cost = panels.expr("cac", "source")
    months, of_all = (panels.expr(kpi_id, "department") for kpi_id in ("cac_payback_months", "cac"))
    return f"max by (source) ({cost}) * on () group_left () ({months} / {of_all})"


def _cost_of_a_sale() -> str:
    spend, sales = (
        f'sum by (campaign) ({exported(total, "campaign")}{{window="$window"}})'
        for total in ("spend_minor", "won_deals_valued")
    )
    return f"{spend} / ({sales} > 0) and on () {COMPLETE}"
