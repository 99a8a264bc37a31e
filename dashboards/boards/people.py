"""The boards that compare: reps, and the sources that marketing pays for."""

from __future__ import annotations

from dashboards.boards.frame import Board
from dashboards.boards.kpi_panels import KpiPanels
from dashboards.boards.panels import About, Panel, Query, lines
from streams.kpis import Text


def reps(panels: KpiPanels) -> Board:
    """Reps beside each other and each beside the own past."""
    say = panels.speech
    columns = (
        *("initial_enquiries", "qualified_leads", "response_within_1h_share_working", "lead_response_time"),
        *("leads_waiting", "won_deals", "win_rate_closed", "revenue", "avg_deal_value", "sales_cycle_days"),
        *("opportunity_count_open", "pipeline_value_open"),
    )
    return Board(
        "reps",
        say("Reps", "Продавцы"),
        say("Who needs help, and whose way of working is worth spreading?", "Кому помочь и у кого учиться?"),
        ("window", "rep"),
        (
            (
                say("All reps", "Все продавцы"),
                [
                    panels.table(
                        Text("Reps", "Продавцы"),
                        columns,
                        "rep",
                        (
                            Text("Only this rep", "Только этот продавец"),
                            f"/d/{say.uid('reps')}?var-rep=${{__data.fields.rep}}&${{window:queryparam}}",
                        ),
                    )
                ],
            ),
            (
                say("Comparison", "Сравнение"),
                [
                    _with_average(panels, "revenue"),
                    _with_average(panels, "won_deals"),
                    panels.bars("response_within_1h_share_working", "rep"),
                    panels.bars("win_rate_closed", "rep"),
                    panels.bars("leads_waiting", "rep"),
                    panels.bars("pipeline_value_open", "rep"),
                ],
            ),
            (
                say("Each over time", "Каждый во времени"),
                [
                    panels.lines("response_within_1h_share_working", "rep"),
                    panels.lines("win_rate_closed", "rep"),
                    panels.lines("initial_enquiries", "rep"),
                    panels.lines("sales_cycle_days", "rep"),
                ],
            ),
        ),
    )


def _with_average(panels: KpiPanels, kpi_id: str) -> Panel:
    say, expr = panels.speech, panels.expr(kpi_id, "rep")
    everybody = expr.replace('rep=~"$rep"', 'rep!~"unassigned|other"')
    healthy = say(
        "Each rep and the average of all reps, which is the line to reach. Healthy: nobody far below it "
        "for weeks. "
        "Otherwise look at the rep's enquiries and answers first.",
        "Каждый продавец и среднее по всем: это линия цели. Норма: никто не отстаёт неделями. "
        "Иначе посмотрите сначала на запросы и ответы этого продавца.",
    )
    unit = say.money if kpi_id == "revenue" else "short"
    queries = [Query(expr, "{{rep}}"), Query(f"avg({everybody})", say("average", "среднее"))]
    return lines(About(panels.title(kpi_id), healthy, unit), queries, say)


def sources(panels: KpiPanels) -> Board:
    """What each source brings, from enquiries to revenue."""
    say = panels.speech
    columns = (
        *("initial_enquiries", "qualified_leads", "qualified_conversion_rate", "sales_conversion_rate"),
        *("response_within_1h_share_working", "won_deals", "revenue", "avg_deal_value"),
    )
    return Board(
        "sources",
        say("Sources", "Источники"),
        say("Which sources bring leads that buy?", "Какие источники приводят лидов, которые покупают?"),
        ("window", "channel", "source"),
        (
            (
                say("All sources", "Все источники"),
                [
                    panels.table(
                        Text("Sources", "Источники"),
                        columns,
                        "source",
                        (
                            Text("Only this source", "Только этот источник"),
                            f"/d/{say.uid('sources')}?var-source=${{__data.fields.source}}&${{window:queryparam}}",
                        ),
                    )
                ],
            ),
            (
                say("Comparison", "Сравнение"),
                [
                    panels.bars(kpi, "source")
                    for kpi in ("initial_enquiries", "qualified_leads", "won_deals", "revenue")
                ],
            ),
            (
                say("Over time", "Во времени"),
                [
                    panels.lines(kpi, "source")
                    for kpi in (
                        *("initial_enquiries", "qualified_conversion_rate"),
                        *("sales_conversion_rate", "revenue", "prospects_added", "opportunity_count_new"),
                    )
                ],
            ),
        ),
    )
