"""The board about answers: how long leads wait for a person, and who waits now."""

from __future__ import annotations

from dashboards.boards.frame import Board
from dashboards.boards.kpi_panels import KpiPanels
from dashboards.boards.lags import by_hour_of_week, lags
from dashboards.boards.panels import About, Panel, Query, bars, heat
from dashboards.boards.speech import Speech
from streams import metrics


def response(panels: KpiPanels) -> Board:
    """How long leads wait for a person's answer, and who waits now."""
    say = panels.speech
    first = (
        *("leads_waiting", "oldest_waiting_hours", "lead_response_time"),
        *("lead_response_time_working", "response_within_1h_share", "response_within_1h_share_working"),
    )
    return Board(
        "response",
        say("Response", "Ответ"),
        say(
            "How long do leads wait for a person, and who waits now?",
            "Сколько лиды ждут ответа человека и кто ждёт сейчас?",
        ),
        ("window", "channel"),
        (
            (say("Now and in the period", "Сейчас и за период"), [panels.number(kpi) for kpi in first]),
            (
                say("Who waits?", "Кто ждёт?"),
                [
                    panels.lines("leads_waiting", "channel"),
                    panels.lines("oldest_waiting_hours", "channel"),
                ],
            ),
            (
                say("How long does an answer take?", "Сколько занимает ответ?"),
                [
                    _heat(say, working=False),
                    _heat(say, working=True),
                    _within(say, working=False),
                    _within(say, working=True),
                    panels.lines("response_within_1h_share_working", "channel"),
                    panels.lines("response_within_1h_share", "channel"),
                    panels.lines("lead_response_time", "channel"),
                    panels.lines("lead_response_time_working", "channel"),
                ],
            ),
            (say("When do they come?", "Когда они приходят?"), by_hour_of_week(say)),
            (say("What does the time go into?", "На что уходит время?"), lags(say)),
        ),
    )


def _buckets(*, working: bool, le: str = "") -> str:
    total = "response_working_bucket" if working else "response_bucket"
    name = next(f"{metric.name}_bucket" for metric in metrics.SALES if metric.total == total)
    edge = f',le="{le}"' if le else ""
    return f'{name}{{window="$window",channel=~"$channel"{edge}}}'


def _heat(say: Speech, *, working: bool) -> Panel:
    title = say(
        "Answers by working time" if working else "Answers by time",
        "Ответы по рабочему времени" if working else "Ответы по времени",
    )
    healthy = say(
        "How many leads of the period were answered how fast. Healthy: the darkest cells lie at or under "
        "one hour. "
        "Otherwise see who answers late, and when those leads came.",
        "Сколько лидов периода получили ответ и как быстро. Норма: самые тёмные клетки – час и меньше. "
        "Иначе посмотрите, кто отвечает поздно и когда пришли эти лиды.",
    )
    return heat(About(title, healthy), f"sum by (le) ({_buckets(working=working)})")


def _within(say: Speech, *, working: bool) -> Panel:
    edges = (("300.0", 5), ("900.0", 15), ("3600.0", 60))
    everyone = f"sum({_buckets(working=working, le='+Inf')}) > 0"
    queries = [
        Query(
            f"sum({_buckets(working=working, le=edge)}) / ({everyone})",
            say(f"within {minutes} min", f"до {minutes} мин"),
        )
        for edge, minutes in edges
    ]
    healthy = say(
        "Of the answered leads of the period, the share answered within 5, 15 and 60 minutes. Healthy: "
        "nine of ten "
        "within an hour. Otherwise make the way from the enquiry to a free rep shorter.",
        "Доля отвеченных лидов периода, получивших ответ за 5, 15 и 60 минут. Норма: девять из десяти за "
        "час. "
        "Иначе сократите путь от запроса до свободного продавца.",
    )
    title = say(
        "Answered within, working time" if working else "Answered within",
        "Ответили за, рабочее время" if working else "Ответили за",
    )
    return bars(About(title, healthy, "percentunit"), queries)
