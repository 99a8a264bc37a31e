"""Finds what is wrong with a scorecard: what its printed scores do that no score should."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from streams.kpis import Text
from streams.scorecard import Card, Measure, Quirk, Unit
from streams.scoring import Row, score, shown
from streams.wording import LANGUAGES, Language, number, percent, said, unit_name

Rule = Literal[
    "uncapped",
    "wrong_direction",
    "rounded_input",
    "empty_group_as_zero",
    "two_values",
    "mixed_units",
    "different_leaves",
    "counted_again",
]


@dataclass(frozen=True)
class Finding:
    """One defect, where it is, and what it does to the numbers."""

    rule: Rule
    place: str
    message: Text


def lint(card: Card) -> tuple[Finding, ...]:
    """Every defect of a card as it is printed, each named once; nothing for a sound card."""
    printed, right = score(card, "parity"), score(card, "correct")
    found = [*_scores(card, printed), *_directions(card), *_rounded(card), *_groups(printed, right)]
    found += [*_two_values(printed), *_counted_again(card)]
    return tuple(dict.fromkeys(found))


def _text(en: str, ru: str, **values: Callable[[Language], str] | str) -> Text:
    """A message with its numbers and names as each language writes them."""

    def filled(template: str, language: Language) -> str:
        return template.format(**{k: v if isinstance(v, str) else v(language) for k, v in values.items()})

    return Text(filled(en, "en"), filled(ru, "ru"))


def _scores(card: Card, printed: Row) -> Iterator[Finding]:
    for path, row in printed.walk():
        if row.kind == "kpi" and _beyond(row.performance_percent):
            yield _uncapped(path[-1], row.id, row.performance_percent)
        for leaf in row.leaves if row.kind == "group" else ():
            own = leaf.measure.id in card.groups[row.id].kpis
            if own and _beyond(leaf.performance_percent):
                yield _uncapped(row.id, leaf.measure.id, leaf.performance_percent)


def _beyond(performance_percent: float | None) -> bool:
    return performance_percent is not None and not 0 <= performance_percent <= 100


def _uncapped(group: str, kpi_id: str, performance_percent: float | None) -> Finding:
    message = _text(
        "counts {much}: cap a performance at 0 and 100%",
        "учтено {much}: ограничьте производительность от 0 до 100%",
        much=lambda language: percent(performance_percent, language),
    )
    return Finding("uncapped", f"{group}/{kpi_id}", message)


def _directions(card: Card) -> Iterator[Finding]:
    for quirk in card.quirks:
        measure = card.measures[quirk.kpi]
        if quirk.direction is not None and quirk.direction != measure.direction:
            yield _wrong_direction(f"{quirk.group}/{quirk.kpi}", quirk.direction, measure.direction)
    for measure in card.measures.values():
        falls = _falls_as_inputs_improve(card, measure)
        right = measure.direction if falls is None else "down" if falls else "up"
        if measure.direction not in ("context", right):
            yield _wrong_direction(measure.id, measure.direction, right)


def _wrong_direction(place: str, scored: str, right: str) -> Finding:
    message = Text(
        f"is scored as {scored}, but better is {right}: the worse it gets, the better it looks",
        f"оценивается как {scored}, а лучше – {right}: чем хуже значение, тем лучше оценка",
    )
    return Finding("wrong_direction", place, message)


def _falls_as_inputs_improve(card: Card, measure: Measure) -> bool | None:
    """Whether a derived KPI gets smaller where all of its inputs are at their best, if known."""
    if measure.formula is None:
        return None
    now, best = card.value(measure.id), measure.formula.evaluate(lambda name, _next: card.best(name))
    return None if now is None or best is None or now == best else best < now


def _rounded(card: Card) -> Iterator[Finding]:
    for quirk in card.quirks:
        exact, rounded = card.value(quirk.kpi), card.value(quirk.kpi, quirk.rounded_inputs)
        if quirk.rounded_inputs and exact and rounded is not None:
            yield Finding("rounded_input", f"{quirk.group}/{quirk.kpi}", _from_rounded(quirk, exact, rounded))


def _from_rounded(quirk: Quirk, exact: float, rounded: float) -> Text:
    return _text(
        "{rounded} follows from a rounded {inputs}; unrounded it is {exact} ({off} off)",
        "{rounded} получено из округлённого {inputs}; без округления {exact} (ошибка {off})",
        rounded=lambda language: number(rounded, language),
        exact=lambda language: number(exact, language),
        off=lambda language: percent(100 * (rounded - exact) / exact, language),
        inputs=", ".join(quirk.rounded_inputs),
    )


def _groups(printed: Row, right: Row) -> Iterator[Finding]:
    sound = {(*path, row.id): row for path, row in right.walk()}
    for path, row in printed.walk():
        if row.kind != "group":
            continue
        if row.performance_percent == 0 and sound[*path, row.id].performance_percent is None:
            message = Text(
                "has no data and counts as 0: leave it out", "нет данных, но учтено как 0: исключите"
            )
            yield Finding("empty_group_as_zero", row.id, message)
        elif row.unit == "mixed":
            yield Finding("mixed_units", row.id, _mean_over(row))
        scored = sum(leaf.performance_percent is not None for leaf in row.leaves)
        valued = sum(leaf.value is not None for leaf in row.leaves)
        if scored != valued:
            message = Text(
                f"performance over {scored} KPIs, value over {valued}",
                f"производительность по {scored} KPI, значение по {valued}",
            )
            yield Finding("different_leaves", row.id, message)


def _mean_over(row: Row) -> Text:
    units = {leaf.measure.unit for leaf in row.leaves if leaf.value is not None}
    return _text(
        "its value is a mean over {units}",
        "значение – среднее разных единиц: {units}",
        units=lambda language: ", ".join(sorted(unit_name(unit, language) for unit in units)),
    )


def _two_values(printed: Row) -> Iterator[Finding]:
    values: defaultdict[str, dict[Text, None]] = defaultdict(dict)
    for _, row in printed.walk():
        if row.kind == "kpi" and row.value is not None:
            values[row.id][_text("{v}", "{v}", v=_shown(row.unit, row.value))] = None
        for leaf in row.leaves:
            if leaf.value is not None:
                value = _shown(leaf.measure.unit, leaf.value)
                values[leaf.measure.id][_text("{v}", "{v}", v=value)] = None
        if row.kind in ("group", "driver") and row.performance_percent is not None:
            values[row.id][_text("{v}", "{v}", v=_percent(row.performance_percent))] = None
    for name, different in values.items():
        if len(different) > 1:
            told = {language: "; ".join(said(each, language) for each in different) for language in LANGUAGES}
            message = Text(f"has several values: {told['en']}", f"имеет несколько значений: {told['ru']}")
            yield Finding("two_values", name, message)


def _shown(unit: Unit | None, value: float) -> Callable[[Language], str]:
    return lambda language: number(shown(unit, value), language)


def _percent(value_percent: float) -> Callable[[Language], str]:
    return lambda language: percent(value_percent, language)


def _counted_again(card: Card) -> Iterator[Finding]:
    for group in card.groups.values():
        for kpi_id in group.kpis:
            formula = card.measures[kpi_id].formula
            inputs = {total.id for total in formula.totals} - set(card.constants) if formula else set()
            if inputs and inputs <= set(group.kpis):
                names = ", ".join(sorted(inputs))
                yield Finding(
                    "counted_again",
                    f"{group.id}/{kpi_id}",
                    Text(f"repeats {names} of the same group", f"повторяет {names} той же группы"),
                )
