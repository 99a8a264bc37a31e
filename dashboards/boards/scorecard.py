"""The board of the scorecard: a strategy map of perspectives, their goals and the KPIs that tell of them."""

from __future__ import annotations

from dashboards.boards.frame import Board
from dashboards.boards.kpi_panels import KpiPanels
from dashboards.boards.panels import About, Panel, Query, bars, cells, lines, named, number
from dashboards.boards.speech import Link
from streams import metrics
from streams.kpis import Text
from streams.scorecard import Group

LEVELS = {
    "result": Text("Results", "Результаты"),
    "predictive": Text("What leads to them", "Опережающие показатели"),
    "context": Text("Context", "Контекст"),
}
_NAME = "{{item}}"


def scorecard(panels: KpiPanels) -> Board:
    """The card and its perspectives, then each perspective with its goals, then all KPIs."""
    say, card = panels.speech, panels.card
    perspectives = [card.groups[name] for name in card.root]
    return Board(
        "scorecard",
        say("Scorecard", "Карта показателей"),
        say(
            "How far are the goals reached, and which KPI holds them back?",
            "Насколько достигнуты цели и какой показатель их сдерживает?",
        ),
        (),
        (
            (say("Strategy map", "Стратегическая карта"), [*levels(panels, span=3), *_by_level(panels)]),
            *((say.of(each.names), _perspective(panels, each)) for each in perspectives),
            (say("All KPIs", "Все показатели"), [_table(panels)]),
        ),
    )


def levels(panels: KpiPanels, span: int = 4) -> list[Panel]:
    """The whole card and its perspectives, one number each."""
    say, card = panels.speech, panels.card
    healthy = say(
        "Performance in 30 days from 0 to 100 %: the weighted mean of what is below it; what has no data is "
        "left out. Healthy: not falling. Otherwise open the row of the perspective: its shortest bar holds "
        "it back.",
        "Производительность за 30 дней от 0 до 100 %: взвешенное среднее того, что ниже; чего нет в данных, "
        "не учитывается. Норма: не снижается. Иначе откройте строку перспективы: её сдерживает самая "
        "короткая полоса.",
    )
    shown = [number(About(say.of(card.names), healthy, "percentunit"), _score("card"), span=span)]
    for name in card.root:
        about = About(say.of(card.groups[name].names), healthy, "percentunit")
        shown.append(number(about, _score("group", name), span=span))
    return shown


def _by_level(panels: KpiPanels) -> list[Panel]:
    """Results, what leads to them, and context: means over the card's KPIs of a level."""
    say, told = panels.speech, []
    for level, name in LEVELS.items():
        known = panels.catalogue.by_alias
        ids = [kpi for kpi in panels.card.measures if kpi in known and known[kpi].entry.level == level]
        healthy = say(
            "The mean performance of the card's KPIs of this level in 30 days. Healthy: results follow what "
            "leads to them. Otherwise falling leading KPIs say that results will fall too.",
            "Средняя производительность показателей карты этого уровня за 30 дней. Норма: результаты следуют "
            "за опережающими показателями. Иначе падение опережающих говорит, что упадут и результаты.",
        )
        if ids:
            expr = f"avg({_score('kpi', *ids)})"
            told.append(number(About(say.of(name), healthy, "percentunit"), expr, span=3))
    return told


def _perspective(panels: KpiPanels, group: Group) -> list[Panel]:
    say, card = panels.speech, panels.card
    goals = [card.groups[name] for name in group.parts]
    ids = list(dict.fromkeys(kpi for each in (group, *goals) for kpi in each.kpis))
    causes = ", ".join(say.of(card.groups[name].names) for name in group.drivers)
    healthy = say(
        "Performance in 30 days from 0 to 100 % on each scale. Healthy: no bar much shorter than the others. "
        "Otherwise that is where work pays first.",
        "Производительность за 30 дней от 0 до 100 % по шкале каждого. Норма: ни одна полоса не намного "
        "короче остальных. Иначе именно здесь работа окупится раньше всего.",
    )
    if causes:
        healthy += say(f" Driven by: {causes}.", f" Движущие цели: {causes}.")
    title = say("Performance over time, as published", "Производительность во времени, как показывалось")
    course = [Query(_score("group", group.id, *group.parts), _NAME)]
    shown: list[Panel] = []
    if goals:
        about = About(say("Goals", "Цели"), healthy, "percentunit")
        queries = [Query(_score("group", *group.parts), _NAME)]
        shown.append(named(bars(about, queries, span=8), {goal.id: say.of(goal.names) for goal in goals}))
    names = {kpi: say.of(card.measures[kpi].names) for kpi in ids}
    kpis = About(say("KPIs", "Показатели"), healthy, "percentunit")
    if ids:
        shown.append(named(bars(kpis, [Query(_score("kpi", *ids), _NAME)], span=8), names))
    of_groups = {each.id: say.of(each.names) for each in (group, *goals)}
    shown.append(named(lines(About(title, healthy, "percentunit"), course, say, span=8), of_groups))
    return shown


def _table(panels: KpiPanels) -> Panel:
    say = panels.speech
    columns = [
        (say("performance", "производительность"), "percentunit", _score("kpi", *panels.card.measures)),
        (say("progress", "прогресс"), "percentunit", _score("kpi", *panels.card.measures, progress=True)),
    ]
    healthy = say(
        "Performance is the place on the KPI's scale, progress the way from its baseline to its target; "
        "without both ends there is none. Healthy: progress follows performance. A KPI without data is not "
        "here: never 0.",
        "Производительность – место на шкале показателя, прогресс – путь от исходного уровня к цели; без "
        "этих границ его нет. Норма: прогресс следует за производительностью. Показателя без данных здесь "
        "нет: это не 0.",
    )
    to_all = Link(say("All KPIs", "Все показатели"), f"/d/{say.uid('kpis')}?")
    about = About(say("KPIs of the card", "Показатели карты"), healthy, "percentunit")
    names = {kpi: say.of(measure.names) for kpi, measure in panels.card.measures.items()}
    return cells(about, ("item",), columns, to_all, say.knowing("item", names))


def _score(kind: str, *items: str, progress: bool = False) -> str:
    name = (metrics.SCORECARD_PROGRESS if progress else metrics.SCORECARD_PERFORMANCE).name
    chosen = f',item=~"{"|".join(items)}"' if items else ""
    return f'max by (item) ({name}{{kind="{kind}"{chosen}}})'
