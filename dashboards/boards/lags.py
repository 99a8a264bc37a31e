"""Panels that tell a routing problem from a people problem: answers by hour of the week, and their parts."""

from __future__ import annotations

from dashboards.boards.panels import GREEN, ORANGE, RED, About, Panel, Query, bars, lines, week
from dashboards.boards.speech import Speech
from dashboards.hours import ANSWERED, DUE
from streams.series import exported

_DAYS = (
    *(("Mon", "Пн"), ("Tue", "Вт"), ("Wed", "Ср"), ("Thu", "Чт")),
    *(("Fri", "Пт"), ("Sat", "Сб"), ("Sun", "Вс")),
)
_CHOSEN = '{window="$window",channel=~"$channel"}'


def by_hour_of_week(say: Speech) -> list[Panel]:
    """How many come in which hour of the week, and how many of them are answered in time."""
    due, answered = (f'sum by (day, clock) ({name}{{channel=~"$channel"}})' for name in (DUE, ANSWERED))
    in_time = f"({answered} or 0 * {due}) / ({due} > 0)"
    days = [say(*day) for day in _DAYS]
    share = About(
        say("Answered in time by hour of the week", "Вовремя ответили, по часам недели"),
        say(
            "Of the leads of 30 days that came in this hour of the week, the share answered within a working "
            "hour. Healthy: 90 % in every hour. Otherwise an hour that is red every week needs somebody on "
            "duty; a single red cell with few leads is chance: look below for how many came.",
            "Доля лидов за 30 дней, пришедших в этот час недели и получивших ответ за рабочий час. Норма: 90 "
            "% в любой час. Иначе в час, красный каждую неделю, нужен дежурный; одна красная клетка с "
            "немногими лидами – случай: ниже видно, сколько их пришло.",
        ),
        "percentunit",
        steps=((None, RED), (0.5, ORANGE), (0.9, GREEN)),
    )
    many = About(
        say("Leads by hour of the week", "Лиды по часам недели"),
        say(
            "Leads of 30 days that were answered or are due, by the hour of the week in which they came. "
            "Healthy: people are on duty when most come. Otherwise move shifts to the darkest hours.",
            "Лиды за 30 дней, на которые ответили или пора ответить, по часам недели, когда они пришли. "
            "Норма: дежурные есть тогда, когда приходит больше всего. Иначе сдвиньте смены к самым "
            "загруженным часам.",
        ),
    )
    return [week(share, in_time, days), week(many, due, days)]


def lags(say: Speech) -> list[Panel]:
    """The mean time to the first answer as the sum of its three parts."""
    count = f"(sum({exported('responses', 'channel')}{_CHOSEN}) > 0)"
    whole, assign, attempt = (
        f"sum({exported(total, 'channel')}{_CHOSEN})" for total in ("response_ms", "assign_ms", "attempt_ms")
    )
    queries = [
        Query(f"{assign} / {count}", say("to an owner", "до ответственного")),
        Query(f"{attempt} / {count}", say("to the first attempt", "до первой попытки")),
        Query(f"({whole} - {assign} - {attempt}) / {count}", say("to the contact", "до контакта")),
    ]
    healthy = say(
        "The mean time to the first answer of the period's leads in three parts that add up to it: until "
        "somebody owns the lead, from there until a person tries to reach it, from there until the contact. "
        "Healthy: the first two are minutes. A long first part is routing, a long second one people, a long "
        "third one wrong numbers or hours. Periods: 7d, 30d, month, prev_month.",
        "Среднее время до первого ответа на лиды периода из трёх слагаемых: пока у лида не появился "
        "ответственный, затем пока человек не попытался связаться, затем до контакта. Норма: первые два – "
        "минуты. Долго первое – распределение, второе – люди, третье – неверные номера или часы звонков. "
        "Периоды: 7d, 30d, month, prev_month.",
    )
    title = say("What an answer's time is made of", "Из чего складывается время ответа")
    later = f"{title}, {say('as published', 'как показывалось')}"
    return [bars(About(title, healthy, "s"), queries), lines(About(later, healthy, "s"), queries, say)]
