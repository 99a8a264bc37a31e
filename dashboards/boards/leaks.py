"""Panels of what the funnel loses, in money."""

from __future__ import annotations

from dashboards import leaks
from dashboards.boards.panels import About, Panel, Query, bars, named, number
from dashboards.boards.speech import Speech
from streams.windows import WINDOWS_OF_LOSSES

_BY_STAGE = "{{channel}} · {{stage}}"


def lost_in_money(say: Speech) -> Panel:
    """All stages of the department together."""
    healthy = say(
        "What the journeys that were lost in the period would have brought, had they gone on like the "
        "others: number lost at each stage × chance of a sale beyond it × average deal of the channel. "
        "Healthy: falling. Otherwise the Funnel board says which stage is dearest.",
        "Сколько принесли бы потерянные за период сделки, если бы прошли дальше, как остальные: потеряно на "
        "этапе × вероятность продажи за ним × средняя сделка канала. Норма: убывает. Иначе доска «Воронка» "
        "покажет самый дорогой этап.",
    )
    about = About(say("Lost in the funnel", "Потеряно в воронке"), healthy + _periods(say), say.money)
    return number(about, f'{leaks.LOST}{{window="$window"}}', span=24)


def by_stage(say: Speech) -> list[Panel]:
    """Lost, still there, standing still, and what a point of conversion is worth."""
    return [_ranked(say, rule, title, healthy) for rule, title, healthy in _told(say)]


def _ranked(say: Speech, rule: str, title: str, healthy: str) -> Panel:
    expr = f'sort_desc({rule}{{window="$window",channel=~"$channel"}} > 0)'
    about = About(title, healthy + _periods(say), say.money)
    return named(bars(about, [Query(expr, _BY_STAGE)]), say.stages)


def _periods(say: Speech) -> str:
    kept = ", ".join(WINDOWS_OF_LOSSES)
    return say(f" Periods: {kept}.", f" Периоды: {kept}.")


def _told(say: Speech) -> tuple[tuple[str, str, str], ...]:
    return (
        (
            leaks.VALUE_LOST,
            say("Lost at the stage, in money", "Потеряно на этапе, в деньгах"),
            say(
                "Journeys that entered in the period and were lost here × chance of a sale beyond the stage "
                "(sales ÷ entries of the next stage) × average deal of the channel. Healthy: short bars at "
                "late stages. Otherwise read the reasons of the losses at the longest bar.",
                "Вошли за период и потеряны здесь × вероятность продажи за этапом (продажи ÷ входы в "
                "следующий этап) × средняя сделка канала. Норма: на поздних этапах полосы короткие. Иначе "
                "прочитайте причины потерь на этапе с самой длинной полосой.",
            ),
        ),
        (
            leaks.VALUE_STILL,
            say("Still at the stage, in money", "Ещё на этапе, в деньгах"),
            say(
                "Journeys that entered in the period and are still here × chance of a sale from the stage "
                "(sales ÷ entries) × average deal of the channel. Healthy: money lies where work is under "
                "way. Otherwise agree the next step of each.",
                "Вошли за период и ещё здесь × вероятность продажи с этапа (продажи ÷ входы) × средняя "
                "сделка канала. Норма: деньги там, где идёт работа. Иначе назначьте по каждой сделке "
                "следующий шаг.",
            ),
        ),
        (
            leaks.VALUE_STUCK,
            say("Stuck for more than 15 days, in money", "Застряло больше чем на 15 дней, в деньгах"),
            say(
                "Open journeys that have stood at the stage for more than 15 days × chance of a sale from it "
                "× average deal. Healthy: little beside what is still moving. Otherwise call them, the "
                "dearest first, or close them as lost.",
                "Открытые сделки, которые стоят на этапе больше 15 дней × вероятность продажи с него × "
                "средняя сделка. Норма: немного рядом с тем, что движется. Иначе обзвоните их, начиная с "
                "самых дорогих, или закройте.",
            ),
        ),
        (
            leaks.VALUE_POINT,
            say("What a point of conversion is worth", "Сколько стоит один пункт конверсии"),
            say(
                "What one more of a hundred that go on from the stage would bring in the period: 0.01 × "
                "entries × chance of a sale beyond × average deal. The longest bar is where better work pays "
                "most: start there. Read it together with what can be changed at the stage.",
                "Сколько принёс бы за период ещё один прошедший этап из ста: 0,01 × входы × вероятность "
                "продажи за ним × средняя сделка. Самая длинная полоса – где улучшение окупается больше "
                "всего: начните с неё. Смотрите вместе с тем, что на этапе можно изменить.",
            ),
        ),
    )
