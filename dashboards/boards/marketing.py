"""The board about what marketing brings and costs, by source and by channel."""

from __future__ import annotations

from dashboards.boards.frame import Board
from dashboards.boards.kpi_panels import KpiPanels
from dashboards.boards.speech import Link
from dashboards.rules import COMPLETE
from streams.kpis import Place, Text
from streams.metrics import WINDOWS_OF_CAMPAIGNS
from streams.series import exported, recorded_windows

_COSTS = (
    *("cpl", "cac", "cac_payback_months", "ltv_cac_ratio", "incremental_sales", "initial_enquiries"),
    *("qualified_conversion_rate", "invalid_lead_share", "lead_quality_score"),
)
_COLUMNS = (
    *("initial_enquiries", "qualified_leads", "qualified_conversion_rate", "sales_conversion_rate"),
    *("response_within_1h_share_working", "won_deals", "revenue", "avg_deal_value", "cpl", "cac"),
)
_OF_CAMPAIGNS = ("initial_enquiries", "revenue", "avg_deal_value", "cpl", "cac")
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
_NOTHING = Text("", "")
_OF_PLACES: dict[Place, str] = {"source": "из этого источника", "campaign": "по этой кампании"}


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
    more = [cost, _payback(panels, "campaign")]
    told = _paid(panels, "campaign", when)
    campaigns = panels.table(Text("Campaigns", "Кампании"), _OF_CAMPAIGNS, "campaign", to_all, told, more)
    suffix = say("by campaign", "по кампаниям")
    each = [
        panels.bars(kpi_id, "campaign", span=8, suffix=suffix, when=say.of(when))
        for kpi_id in panels.told(("cpl", "cac", "revenue"), "campaign")
    ]
    of_sources = _paid(panels, "source"), [_payback(panels, "source")]
    table = panels.table(Text("Sources", "Источники"), _COLUMNS, "source", only, *of_sources)
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


def _payback(panels: KpiPanels, place: Place) -> tuple[str, str, str]:
    """What a customer brings in a month is known of the department and of channels, not of these."""
    months, of_all = (panels.expr(kpi_id, "department") for kpi_id in ("cac_payback_months", "cac"))
    cost = f"max by ({place}) ({panels.expr('cac', place)})"
    return panels.title("cac_payback_months"), "short", f"{cost} * on () group_left () ({months} / {of_all})"


def _paid(panels: KpiPanels, place: Place, when: Text = _NOTHING) -> Text:
    """What that column says, and the periods for which both its parts are exported."""
    months, cost = (panels.catalogue.by_alias[kpi_id] for kpi_id in ("cac_payback_months", "cac"))
    costed = recorded_windows(cost, place)
    kept = ", ".join(each for each in recorded_windows(months, "department") if each in costed)
    return Text(
        f"{when.en} Payback: months in which the margin of the department's average customer pays for the "
        f"{place}'s acquisition cost; periods: {kept}.".strip(),
        f"{when.ru} Окупаемость: за сколько месяцев маржа среднего клиента отдела покроет стоимость "
        f"привлечения {_OF_PLACES[place]}; периоды: {kept}.".strip(),
    )


def _cost_of_a_sale() -> str:
    spend, sales = (
        f'sum by (campaign) ({exported(total, "campaign")}{{window="$window"}})'
        for total in ("spend_minor", "won_deals_valued")
    )
    return f"{spend} / ({sales} > 0) and on () {COMPLETE}"
