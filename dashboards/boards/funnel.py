"""The board about the funnel: where journeys come to an end, where they stand, and what that costs."""

from __future__ import annotations

from dashboards.boards.days import by_day
from dashboards.boards.frame import Board
from dashboards.boards.kpi_panels import KpiPanels
from dashboards.boards.leaks import by_stage
from dashboards.boards.panels import About, Panel, Query, bars, cells, lines, named
from dashboards.boards.speech import Link, Speech
from dashboards.rules import Z
from streams.promql import rule_name, sample_name
from streams.series import exported
from streams.windows import WINDOWS_OF_LOSSES

_BY_STAGE = "{{channel}} · {{stage}}"


def funnel(panels: KpiPanels) -> Board:
    """Each channel's stages: how many came, how many go on, how long they stay, where they are lost."""
    say = panels.speech
    funnels = [_stages(panels, channel) for channel in say.funnels.channels if say.funnels.funnel(channel)]
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
                say("The last days, as known now", "Последние дни, как известно сейчас"),
                by_day(say, "enquiries", "qualified_leads", "deals_created", "won_deals"),
            ),
            (say("What does it cost?", "Сколько это стоит?"), by_stage(say)),
            (say("Who goes on?", "Кто проходит дальше?"), _conversions(panels)),
            (say("Who stands still?", "Кто застрял?"), _standing(panels)),
            (
                say("From enquiry to sale", "От запроса до продажи"),
                panels.courses(
                    "channel",
                    *("qualified_conversion_rate", "sales_conversion_rate", "win_rate_qualified"),
                    *("win_rate_opportunities", "sales_cycle_days", "stage_dwell_time"),
                ),
            ),
        ),
    )


def _standing(panels: KpiPanels) -> list[Panel]:
    waiting = ("stage_dwell_time", "stage_occupancy", "stuck_deals")
    return [*panels.rankings("stage", *waiting), _lost(panels.speech)]


def _stages(panels: KpiPanels, channel: str) -> Panel:
    say, name = panels.speech, rule_name("stage_entries", "stage")
    queries = [
        Query(f'{name}{{window="$window",channel="{channel}",stage="{stage.id}"}}', stage.names[say.language])
        for stage in say.funnels.funnel(channel)
    ]
    healthy = say(
        "Journeys that entered each stage in the period, in the order of the funnel. Healthy: no bar much "
        "shorter than the one above it. Otherwise read the reasons of the losses at that stage.",
        "Сколько вошло в каждый этап за период, по порядку воронки. Норма: ни одна полоса не намного короче "
        "предыдущей. Иначе прочитайте причины потерь на этом этапе.",
    )
    return bars(About(say.channel(channel), healthy), queries, span=12)


def _conversions(panels: KpiPanels) -> list[Panel]:
    say, share = panels.speech, panels.expr("stage_conversion_rate", "stage")
    healthy = say(
        "The share of those who entered that have gone on, with the ends of its 95 % interval (Wilson's). "
        "Healthy: the interval reaches where the share has been before. Act only where the whole interval "
        "has moved.",
        "Доля прошедших дальше и границы её интервала 95 % (Уилсона). Норма: интервал захватывает прежнее "
        "значение. Действуйте, только если сместился весь интервал.",
    )
    queries = [
        Query(share, _BY_STAGE),
        Query(_end(share, "low"), f"{_BY_STAGE} ≥"),
        Query(_end(share, "high"), f"{_BY_STAGE} ≤"),
    ]
    title = say("Conversion and its interval, as published", "Конверсия и её интервал, как показывалось")
    return [
        _table(panels, share),
        *panels.rankings("stage", "stage_conversion_rate", "stage_conversion_rate_period"),
        lines(About(title, healthy, "percentunit"), queries, say, span=24),
    ]


def _table(panels: KpiPanels, share: str) -> Panel:
    """Both conversions of every stage, each with what it rests on and how sure it is."""
    say, period = panels.speech, panels.expr("stage_conversion_rate_period", "stage")
    n = period.replace(rule_name("stage_conversion_rate_period", "stage"), _sample(), 1)
    spread = f"exp({Z} * sqrt(1 / ({period} * {n} > 0) + 1 / {n}))"
    columns = (
        (panels.title("stage_entries"), "short", panels.expr("stage_entries", "stage")),
        (panels.title("stage_conversion_rate"), "percentunit", share),
        (say("at least", "не меньше"), "percentunit", _end(share, "low")),
        (say("at most", "не больше"), "percentunit", _end(share, "high")),
        (panels.title("stage_conversion_rate_period"), "percentunit", period),
        (say("period: at least", "период: не меньше"), "percentunit", f"{period} / {spread}"),
        (say("period: at most", "период: не больше"), "percentunit", f"{period} * {spread}"),
    )
    healthy = say(
        "The cohort's conversion: of those who entered in the period, the share that has gone on; its "
        "interval is Wilson's. The period's: entries of the next stage ÷ entries, both in the period; its "
        "interval is × ÷ exp(1.96 · √(1/a + 1/b)) of the two counts. Healthy: both agree. A cohort below its "
        "period is young.",
        "Конверсия когорты: доля прошедших дальше среди вошедших за период, интервал Уилсона. Конверсия "
        "периода: входы в следующий этап ÷ входы, и те и другие за период, интервал × ÷ exp(1,96 · √(1/a + "
        "1/b)) по двум количествам. Норма: они близки. Если когорта ниже периода, она ещё не дозрела.",
    )
    about = About(say("Stages and how sure their conversions are", "Этапы и точность их конверсий"), healthy)
    only = Link(
        say("Only this channel", "Только этот канал"),
        f"/d/{say.uid('funnel')}?var-channel=${{__data.fields.channel}}",
    )
    told = [(name, unit, f"max by (channel, stage) ({expr})") for name, unit, expr in columns]
    return cells(about, ("channel", "stage"), told, only, say)


def _sample() -> str:
    return sample_name("stage_conversion_rate_period", "stage")


def _end(share: str, end: str) -> str:
    return share.replace("{", f":{end}{{", 1)


def _lost(say: Speech) -> Panel:
    lost = f'{exported("stage_lost", "stage")}{{window="$window",channel=~"$channel"}}'
    expr = f"sort_desc(sum by (channel, stage) ({lost}) > 0)"
    kept = f"{say('Periods', 'Периоды')}: {', '.join(WINDOWS_OF_LOSSES)}."
    healthy = say(
        "Journeys of the period that were lost at each stage. Healthy: most are lost early, before work went "
        f"into them. Otherwise a late stage loses what is dearest: read the reasons of its losses. {kept}",
        "Сколько потеряно на каждом этапе. Норма: теряется в основном в начале, пока вложено мало труда. "
        f"Иначе на позднем этапе теряется самое дорогое: прочитайте причины потерь. {kept}",
    )
    about = About(say("Lost by stage", "Потери по этапам"), healthy)
    return named(bars(about, [Query(expr, _BY_STAGE)]), say.stages)
