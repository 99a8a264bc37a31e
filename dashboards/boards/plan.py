"""The board about money: what was sold, what was planned, what is coming, and what it takes to get there."""

from __future__ import annotations

from dashboards.boards.days import by_day
from dashboards.boards.frame import Board
from dashboards.boards.kpi_panels import KpiPanels
from dashboards.boards.panels import About, Panel, Query, bars, lines
from dashboards.pace import CAME, NEEDED
from streams.series import exported
from streams.windows import WINDOWS

_MONEY = (
    *(
        "revenue",
        "plan_attainment",
        "sales_growth_rate",
        "won_deals",
        "avg_deal_value",
        "contribution_margin",
    ),
    *("return_on_sales", "pipeline_value_open", "potential_revenue_forecast", "opportunity_count_open"),
    *("payments_received", "vfp_coverage", "mrr", "won_deals_unconverted"),
)
_BY_CHANNEL = (
    *("plan_attainment", "revenue", "avg_deal_value", "pipeline_value_open", "potential_revenue_forecast"),
    *("opportunity_count_open", "opportunity_count_new", "won_deals", "lost_deals", "win_rate_closed"),
    *("contribution_margin", "return_on_sales"),
)
_BY_CUT = ("revenue", "sales_growth_rate", "avg_deal_value", "initial_enquiries")


def revenue(panels: KpiPanels) -> Board:
    """Actual beside plan and baseline, what the plan still needs, and the period before."""
    say = panels.speech
    planned = [*_against_plan(panels), *_needed(panels), *panels.numbers("required_reps", span=12)]
    planned += panels.rankings("team", "plan_attainment")
    cuts = [*panels.rankings("region", *_BY_CUT), *panels.rankings("industry", *_BY_CUT)]
    return Board(
        "revenue",
        say("Revenue and plan", "Выручка и план"),
        say(
            "What was sold, does it make the plan, and what is coming?",
            "Что продано, хватает ли до плана и что впереди?",
        ),
        ("window", "channel"),
        (
            (say("In the period", "За период"), panels.numbers(*_MONEY, span=6)),
            (
                say("The last days, as known now", "Последние дни, как известно сейчас"),
                by_day(say, "revenue_minor", "won_deals"),
            ),
            (say("Against the plan", "По сравнению с планом"), planned),
            (say("Compared", "Сравнение"), [_compared(panels, "revenue"), _compared(panels, "won_deals")]),
            (
                say(
                    "By region and industry (VORONKA_REGIONS, VORONKA_INDUSTRIES)",
                    "По регионам и отраслям (VORONKA_REGIONS, VORONKA_INDUSTRIES)",
                ),
                cuts,
            ),
            (say("By channel", "По каналам"), panels.courses("channel", *_BY_CHANNEL)),
        ),
    )


def _against_plan(panels: KpiPanels) -> list[Panel]:
    """Actual, plan, baseline and forecast in one picture: of each what is exported."""
    say = panels.speech
    chosen = '{window="$window",channel=~"$channel"}'
    told = [Query(f"sum({panels.expr('revenue', 'channel')})", say("sold", "продано"))]
    for total, name in (
        ("plan_minor", say("plan", "план")),
        ("baseline_minor", say("baseline", "базовый уровень")),
    ):
        if series := _exported(total):
            told.append(Query(f"sum({series}{chosen})", name))
    if panels.told(["potential_revenue_forecast"], "channel"):
        forecast = f"sum({panels.expr('potential_revenue_forecast', 'channel')})"
        told.append(Query(forecast, say("forecast of what is open", "прогноз по открытому")))
    healthy = say(
        "What was sold in the period, what the plan asks of its working days, and what would have come "
        "without campaigns; besides, what the open enquiries are likely to bring. Healthy: sold is at the "
        "plan or above. Otherwise see which channel is behind, and how many enquiries the plan needs.",
        "Сколько продано за период, сколько требует план на его рабочие дни и сколько пришло бы без "
        "кампаний; рядом – что вероятно принесут открытые запросы. Норма: продано не меньше плана. Иначе "
        "посмотрите, какой канал отстаёт и сколько запросов нужно плану.",
    )
    title = say(
        "Sold, plan, baseline and forecast, as published",
        "Продажи, план, базовый уровень и прогноз, как показывалось",
    )
    return [lines(About(title, healthy, say.money), told, say, span=24)]


def _exported(total: str) -> str | None:
    """The series of a total; none where nobody reports it yet."""
    try:
        return exported(total, "channel")
    except KeyError:
        return None


def _needed(panels: KpiPanels) -> list[Panel]:
    """Enquiries that the plan of the period needs beside those that came."""
    if not panels.told(["required_enquiries"], "channel"):
        return []
    say = panels.speech
    queries = [
        Query(f"{panels.expr('required_enquiries', 'channel')}", say("needed", "нужно") + " · {{channel}}"),
        Query(f"{panels.expr('initial_enquiries', 'channel')}", say("came", "пришло") + " · {{channel}}"),
    ]
    healthy = say(
        "Enquiries that the planned deals of the period take at the unrounded conversion of those who came "
        "60 to 30 days ago, beside those that came. Healthy: no channel has fewer than it needs. Otherwise "
        "more enquiries have to come, or more of them be won.",
        "Сколько запросов нужно для запланированных на период сделок при неокруглённой конверсии пришедших "
        "от 60 до 30 дней назад и сколько пришло. Норма: ни в одном канале не меньше, чем нужно. Иначе "
        "нужно больше запросов или больше выигрышей.",
    )
    title = say("Enquiries needed and enquiries that came", "Сколько запросов нужно и сколько пришло")
    return [bars(About(title, healthy), queries), _a_day(panels)]


def _a_day(panels: KpiPanels) -> Panel:
    """The funnel turned round, for the month that runs."""
    say, month = panels.speech, '{window="month",channel=~"$channel"}'
    queries = [
        Query(f"{NEEDED}{month}", say("still needed a day", "ещё нужно в день") + " · {{channel}}"),
        Query(f"{CAME}{month}", say("come a day", "приходит в день") + " · {{channel}}"),
    ]
    healthy = say(
        "For the running month: (deals planned for all of it − won − open deals × win rate of 90 days) ÷ "
        "sales conversion of those who came 60 to 30 days ago ÷ working days left, today among them; beside "
        "it the enquiries that came per working day. Healthy: as many come as are needed. Otherwise get more "
        "enquiries, win more of them, or speak about the plan now.",
        "Для текущего месяца: (сделки по плану на весь месяц − выиграно − открытые сделки × доля выигранных "
        "за 90 дней) ÷ конверсия в продажи пришедших от 60 до 30 дней назад ÷ оставшиеся рабочие дни, "
        "включая сегодня; рядом – сколько запросов приходит за рабочий день. Норма: приходит столько, "
        "сколько нужно. Иначе найдите ещё запросы, выигрывайте больше или обсудите план уже сейчас.",
    )
    title = say(
        "Enquiries a working day that the plan still takes", "Сколько запросов в рабочий день ещё нужно плану"
    )
    return bars(About(title, healthy), queries)


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
    return bars(About(panels.title(kpi_id), healthy, panels.unit(kpi_id)), queries)
