"""Scores a scorecard: performance and progress of every KPI, rolled up to goals, perspectives and the root.

`correct` clamps, keeps each KPI's own direction, skips what has no data and averages no mixed units;
`parity` does what the document did, so that its errors can be shown beside the right numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from streams.kpis import Text
from streams.scorecard import Card, Direction, Group, Measure, Mode, Unit

_SHOWN = {"ratio": 100}
"""What a number is multiplied by where people read it."""


@dataclass(frozen=True)
class Leaf:
    """What one KPI gives to the groups above it."""

    measure: Measure
    value: float | None
    performance_percent: float | None
    progress_percent: float | None


@dataclass(frozen=True)
class Row:
    """A line of the scored tree with the lines below it; numbers are unrounded."""

    id: str
    kind: Literal["card", "group", "driver", "kpi"]
    names: Text
    description: Text | None
    unit: Unit | None
    value: float | None
    performance_percent: float | None
    progress_percent: float | None
    rows: tuple[Row, ...] = ()
    leaves: tuple[Leaf, ...] = ()
    """The different KPIs that its score rests on."""

    def walk(self, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Row]]:
        """Every row below, with the ids of the rows above it."""
        for row in self.rows:
            yield path, row
            yield from row.walk((*path, row.id))


def score(card: Card, mode: Mode) -> Row:
    """The scored tree of a card."""
    return _Scorer(card, mode).root()


def shown(unit: Unit | None, value: float) -> float:
    """The number that people read: 3 for a ratio of 0.03."""
    return value * _SHOWN.get(unit or "", 1)


def weighted(parts: Iterable[tuple[float, float | None]]) -> float | None:
    """The mean of what is known, by weight; None where nothing is."""
    known = [(weight, value) for weight, value in parts if value is not None and weight > 0]
    return sum(w * v for w, v in known) / sum(w for w, _ in known) if known else None


def distinct_percent(root: Row) -> float | None:
    """Mean performance of the different KPIs of a tree, however often each is shown."""
    leaves = {leaf.measure.id: leaf for row in root.rows for leaf in row.leaves}
    return weighted((leaf.measure.weight, leaf.performance_percent) for leaf in leaves.values())


class _Scorer:
    def __init__(self, card: Card, mode: Mode) -> None:
        self.card, self.mode = card, mode

    def root(self) -> Row:
        card = self.card
        rows = tuple(self.group(card.groups[name], ()) for name in card.root)
        weights = [card.groups[name].weight for name in card.root]
        performance = weighted(zip(weights, (row.performance_percent for row in rows), strict=True))
        progress = weighted(zip(weights, (row.progress_percent for row in rows), strict=True))
        return Row("card", "card", card.names, card.description, None, None, performance, progress, rows=rows)

    def group(self, group: Group, path: tuple[str, ...]) -> Row:
        path = (*path, group.id)
        parts = tuple(self.group(self.card.groups[name], path) for name in group.parts)
        pairs = [self.leaf(self.card.measures[name], path) for name in group.kpis]
        drivers = tuple(
            replace(self.group(self.card.groups[name], path), kind="driver", rows=())
            for name in group.drivers
        )
        below = {leaf.measure.id: leaf for part in parts for leaf in part.leaves}
        leaves = tuple((below | {leaf.measure.id: leaf for _, leaf in pairs}).values())
        return self.summary(group, leaves, (*parts, *(row for row, _ in pairs), *drivers))

    def summary(self, group: Group, leaves: tuple[Leaf, ...], rows: tuple[Row, ...]) -> Row:
        """A group's own line. A document counts an empty group as 0; here it has no value."""
        performance = weighted((leaf.measure.weight, leaf.performance_percent) for leaf in leaves)
        progress = weighted((leaf.measure.weight, leaf.progress_percent) for leaf in leaves)
        unit, value = self.mean_value(leaves)
        if self.mode == "parity" and not leaves and rows:
            unit, value, performance = "mixed", 0.0, 0.0
        return Row(
            *(group.id, "group", group.names, group.description, unit, value, performance, progress),
            rows=rows,
            leaves=leaves,
        )

    def mean_value(self, leaves: tuple[Leaf, ...]) -> tuple[Unit | None, float | None]:
        known = [(leaf.measure.unit, leaf.value) for leaf in leaves if leaf.value is not None]
        units = {unit for unit, _ in known}
        if len(units) == 1:
            return known[0][0], sum(value for _, value in known) / len(known)
        if self.mode == "correct" or not known:
            return None, None
        return "mixed", sum(shown(unit, value) for unit, value in known) / len(known)

    def leaf(self, measure: Measure, path: tuple[str, ...]) -> tuple[Row, Leaf]:
        """A KPI's line, and what it gives to the group: with a quirk, these can differ."""
        quirk = self.card.quirk(path, measure.id) if self.mode == "parity" else None
        direction = (quirk and quirk.direction) or measure.direction
        counted = given = self.card.value(measure.id)
        if quirk is not None and quirk.rounded_inputs:
            given = self.card.value(measure.id, quirk.rounded_inputs)
            counted = given if quirk.group_rounded else counted
        lines = [self.judged(measure, value, direction) for value in (given, counted)]
        if quirk is not None and not quirk.scored:
            lines = [replace(line, performance_percent=None) for line in lines]
        line = lines[0]
        row = Row(
            *(measure.id, "kpi", measure.names, measure.description, measure.unit, line.value),
            *(line.performance_percent, line.progress_percent),
        )
        return row, lines[1]

    def judged(self, measure: Measure, value: float | None, direction: Direction) -> Leaf:
        performance = measure.performance_percent
        if performance is None and value is not None:
            performance = self.performance(measure, value, direction)
        if self.mode == "correct" and performance is not None:
            performance = min(max(performance, 0.0), 100.0)
        return Leaf(measure, value, performance, _progress(measure, value))

    def performance(self, measure: Measure, value: float, direction: Direction) -> float | None:
        """Where the value stands between the ends of its scale; with one end only, its ratio to that."""
        best, down = self.card.best(measure.id), direction == "down"
        if direction == "context" or best is None:
            return None
        worst = measure.max if measure.direction == "down" else measure.min
        if worst is not None:
            if best == worst:
                return None
            percent = 100 * (value - worst) / (best - worst)
            return percent if direction == measure.direction else 100 - percent
        if down and value <= best and self.mode == "correct":
            return 100.0
        over, under = (best, value) if down else (value, best)
        return 100 * over / under if under else None


def _progress(measure: Measure, value: float | None) -> float | None:
    """How much of the way from the baseline to the target is done."""
    start, end = measure.baseline, measure.target
    if value is None or start is None or end is None or start == end:
        return None
    return 100 * (value - start) / (end - start)
