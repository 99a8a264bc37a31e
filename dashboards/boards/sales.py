"""The boards about what is sold: overview, funnel, revenue."""

from __future__ import annotations

from dashboards.boards.frame import Board
from dashboards.boards.kpi_panels import KpiPanels
from dashboards.boards.panels import About, Panel, Query, Speech, bars, lines
from streams.kpis import Text
from streams.promql import exported, rule_name
from streams.windows import WINDOWS


def overview(panels: KpiPanels) -> Board:
    """Is the department healthy, where does it leak, who is waiting."""
    say = panels.speech
    now = ("initial_enquiries", "leads_waiting", "oldest_waiting_hours", "response_within_1h_share_working")
    deals = ("won_deals", "win_rate_closed", "revenue", "pipeline_value_open")
    columns = (
        *("initial_enquiries", "qualified_conversion_rate", "sales_conversion_rate"),
        *("response_within_1h_share_working", "win_rate_closed", "revenue", "opportunity_count_open"),
    )
    detail = f"/d/{say.uid('funnel')}?var-channel=${{__data.fields.channel}}&${{window:queryparam}}"
    return Board(
        "overview",
        say("Overview", "Обзор"),
        say(
            "Is the department healthy, where does it leak, and who is waiting?",
            "Здоров ли отдел, где он теряет и кто ждёт?",
        ),
        ("window", "channel"),
        (
            (
                say("Is it healthy?", "Всё ли в порядке?"),
                [panels.number(kpi, span=6) for kpi in (*now, *deals)],
            ),
            (
                say("Where does it leak?", "Где теряем?"),
                [
                    panels.table(
                        Text("Channels", "Каналы"),
                        columns,
                        "channel",
                        (Text("Open the funnel", "Открыть воронку"), detail),
                    )
                ],
            ),
            (
                say("What is changing?", "Что меняется?"),
                [
                    panels.lines("revenue", "channel"),
                    panels.lines("initial_enquiries", "channel"),
                    panels.lines("response_within_1h_share_working", "channel"),
                    panels.lines("win_rate_closed", "channel"),
                ],
            ),
        ),
    )


def funnel(panels: KpiPanels) -> Board:
    """Each channel's stages: how many came, how many go on, how long they stay, where they are lost."""
    say = panels.speech
    funnels = [_stages(panels, channel) for channel in say.funnels.channels if say.funnels.funnel(channel)]
    share = panels.expr("stage_conversion_rate", "stage")
    return Board(
        "funnel",
        say("Funnel", "Воронка"),
        say(
            "Which stage loses journeys, or keeps them too long?",
            "На каком этапе теряются сделки, а на каком застревают?",
        ),
        ("window", "channel"),
        (
            (say("Stages by channel", "Этапы по каналам"), funnels),
            (
                say("Who goes on?", "Кто проходит дальше?"),
                [
                    panels.bars("stage_conversion_rate", "stage"),
                    panels.bars("stage_conversion_rate_period", "stage"),
                    lines(
                        About(
                            say("Conversion and its interval", "Конверсия и её интервал"),
                            say(
                                "The share of those who entered that have gone on, with the ends of its "
                                "95 % interval. "
                                "Act only where the whole interval has moved.",
                                "Доля прошедших дальше и границы её интервала 95 %. "
                                "Действуйте, только если сместился весь интервал.",
                            ),
                            "percentunit",
                        ),
                        [
                            Query(share, "{{channel}} · {{stage}}"),
                            Query(_end(share, "low"), "{{channel}} · {{stage}} ≥"),
                            Query(_end(share, "high"), "{{channel}} · {{stage}} ≤"),
                        ],
                        say,
                        span=24,
                    ),
                ],
            ),
            (
                say("Who stands still?", "Кто застрял?"),
                [
                    panels.bars("stage_dwell_time", "stage"),
                    panels.bars("stage_occupancy", "stage"),
                    _lost(say),
                ],
            ),
            (
                say("From enquiry to sale", "От запроса до продажи"),
                [
                    panels.lines(kpi, "channel")
                    for kpi in (
                        *("qualified_conversion_rate", "sales_conversion_rate", "win_rate_qualified"),
                        *("win_rate_opportunities", "sales_cycle_days", "stage_dwell_time"),
                    )
                ],
            ),
        ),
    )


def _stages(panels: KpiPanels, channel: str) -> Panel:
    say, name = panels.speech, rule_name("stage_entries", "stage")
    queries = [
        Query(f'{name}{{window="$window",channel="{channel}",stage="{stage.id}"}}', stage.names[say.language])
        for stage in say.funnels.funnel(channel)
    ]
    healthy = say(
        "Journeys that entered each stage in the period, in the order of the funnel. Healthy: no bar much "
        "shorter "
        "than the one above it. Otherwise read the reasons of the losses at that stage.",
        "Сколько вошло в каждый этап за период, по порядку воронки. Норма: ни одна полоса не намного "
        "короче "
        "предыдущей. Иначе прочитайте причины потерь на этом этапе.",
    )
    return bars(About(say.channel(channel), healthy), queries, span=12)


def _end(share: str, end: str) -> str:
    return share.replace("{", f":{end}{{", 1)


def _lost(say: Speech) -> Panel:
    lost = f'{exported("stage_lost", "stage")}{{window="$window",channel=~"$channel"}}'
    expr = f"sort_desc(sum by (channel, stage) ({lost}) > 0)"
    healthy = say(
        "Journeys of the period that were lost at each stage. Healthy: most are lost early, before work "
        "went into "
        "them. Otherwise a late stage loses what is dearest: read the reasons of its losses.",
        "Сколько потеряно на каждом этапе. Норма: теряется в основном в начале, пока вложено мало труда. "
        "Иначе на позднем этапе теряется самое дорогое: прочитайте причины потерь.",
    )
    return bars(
        About(say("Lost by stage", "Потери по этапам"), healthy),
        [Query(expr, "{{channel}} · {{stage}}")],
        span=24,
    )


def revenue(panels: KpiPanels) -> Board:
    """What was sold, what is open, and how it compares with the period before."""
    say = panels.speech
    first = (
        *("revenue", "won_deals", "avg_deal_value", "pipeline_value_open", "opportunity_count_open"),
        "won_deals_unconverted",
    )
    return Board(
        "revenue",
        say("Revenue", "Выручка"),
        say("What was sold, and what is coming?", "Что продано и что впереди?"),
        ("window", "channel"),
        (
            (say("In the period", "За период"), [panels.number(kpi) for kpi in first]),
            (say("Compared", "Сравнение"), [_compared(panels, "revenue"), _compared(panels, "won_deals")]),
            (
                say("By channel", "По каналам"),
                [
                    *(panels.lines(kpi, "channel") for kpi in ("revenue", "avg_deal_value")),
                    *(
                        panels.lines(kpi, "channel")
                        for kpi in ("pipeline_value_open", "opportunity_count_open")
                    ),
                    *(panels.lines(kpi, "channel") for kpi in ("opportunity_count_new", "won_deals")),
                    *(panels.lines(kpi, "channel") for kpi in ("lost_deals", "win_rate_closed")),
                ],
            ),
        ),
    )


def _compared(panels: KpiPanels, kpi_id: str) -> Panel:
    """Complete periods side by side: a running one beside the complete one before."""
    say = panels.speech
    periods = {
        "7d": ("7 days", "7 дней"),
        "30d": ("30 days", "30 дней"),
        "month": ("this month so far", "этот месяц, пока"),
        "quarter": ("this quarter so far", "этот квартал, пока"),
    }
    queries = []
    for window in (w for w in WINDOWS if w in periods):
        name = say(*periods[window])
        queries.append(Query(panels.expr(kpi_id, "department", window=window), name))
        before = say(f"{name}, the period before", f"{name}, период до того")
        queries.append(Query(panels.expr(kpi_id, "department", window=f"prev_{window}"), before))
    healthy = say(
        "Each period beside the one before it; running months and quarters are shorter than complete ones. "
        "Healthy: not below. Otherwise see which channel fell.",
        "Каждый период рядом с предыдущим; текущие месяц и квартал короче полных. "
        "Норма: не ниже. Иначе посмотрите, какой канал просел.",
    )
    unit = say.money if kpi_id == "revenue" else "short"
    return bars(About(panels.title(kpi_id), healthy, unit), queries)
