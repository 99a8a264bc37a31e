"""Scorecards: KPIs under goals, goals under perspectives, and how well each does, from 0 to 100 %.

A KPI is defined once and referenced wherever it belongs; what a document printed otherwise is a declared
quirk, so that `parity` repeats the document and `correct` says what it should have said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from streams.formulas import Formula
from streams.kpis import Text

Mode = Literal["parity", "correct"]
Direction = Literal["up", "down", "context"]
Unit = Literal["count", "ratio", "hours", "days", "months", "money", "score", "multiple", "points", "mixed"]
"""`mixed`: a mean over different units, which only a document that does so has."""


@dataclass(frozen=True)
class Measure:
    """A KPI of a scorecard; numbers are in its unit, a ratio of 0.03 is 3 %."""

    id: str
    names: Text
    description: Text | None
    unit: Unit
    direction: Direction
    weight: float = 1.0
    value: float | None = None
    formula: Formula | None = None
    """Over other KPIs and constants of the card, where it follows from them."""
    min: float | None = None
    max: float | None = None
    baseline: float | None = None
    target: float | None = None
    performance_percent: float | None = None
    """As stated, where the scale is not known."""


@dataclass(frozen=True)
class Group:
    """A level, perspective or goal. Parts and KPIs make its score; drivers are causes, shown beside it."""

    id: str
    names: Text
    description: Text | None = None
    parts: tuple[str, ...] = ()
    kpis: tuple[str, ...] = ()
    drivers: tuple[str, ...] = ()
    weight: float = 1.0


@dataclass(frozen=True)
class Quirk:
    """How a document treats a KPI in a group (and below it) otherwise than defined; `parity` follows it."""

    group: str
    kpi: str
    scored: bool = True
    direction: Direction | None = None
    rounded_inputs: Mapping[str, int] = field(default_factory=dict)
    """Inputs of its formula that were rounded, with the decimals that were left."""
    group_rounded: bool = True
    """Whether the group's own score rests on that rounded copy, or on another one than it shows."""


@dataclass(frozen=True)
class Card:
    """A checked scorecard; `streams.scorecard_file` makes it."""

    names: Text
    description: Text | None
    as_of: str
    constants: Mapping[str, float]
    measures: Mapping[str, Measure]
    groups: Mapping[str, Group]
    root: tuple[str, ...]
    quirks: tuple[Quirk, ...] = ()

    def quirk(self, path: tuple[str, ...], kpi_id: str) -> Quirk | None:
        """The quirk of the nearest group above."""
        for group in reversed(path):
            for quirk in self.quirks:
                if (quirk.group, quirk.kpi) == (group, kpi_id):
                    return quirk
        return None

    def value(self, kpi_id: str, rounded: Mapping[str, int] | None = None) -> float | None:
        """A constant, a measured value or one that follows from others, of which some may be rounded."""
        if kpi_id in self.constants:
            return self.constants[kpi_id]
        measure = self.measures[kpi_id]
        if measure.formula is None:
            return measure.value

        def lookup(name: str, _next_stage: bool) -> float | None:
            value = self.value(name)
            return round(value, rounded[name]) if rounded and name in rounded and value is not None else value

        return measure.formula.evaluate(lookup)

    def best(self, kpi_id: str) -> float | None:
        """The end of the scale worth 100 %; of a derived KPI, its formula at the best of its inputs."""
        if kpi_id in self.constants:
            return self.constants[kpi_id]
        measure = self.measures[kpi_id]
        stated = measure.min if measure.direction == "down" else measure.max
        if stated is not None or measure.formula is None:
            return stated
        return measure.formula.evaluate(lambda name, _next_stage: self.best(name))
