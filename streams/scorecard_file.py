"""Reads a scorecard file (TOML) and checks it: every reference, every formula, every end of a scale.

What a KPI's table does not say is taken from the KPI catalogue's entry of that id.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import msgspec

from streams.base_totals import Unit as TotalUnit
from streams.catalogue import SHIPPED
from streams.formulas import Formula, FormulaError, parse
from streams.kpis import Catalogue, Text
from streams.scorecard import Card, Direction, Group, Measure, Quirk, Unit


class ScorecardError(ValueError):
    """A scorecard file is wrong; the message names the table, the field and the fix."""

    def __init__(self, place: str, field: str, message: str) -> None:
        super().__init__(f"{place}: {field}: {message}")


class _Kpi(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    names: Text
    description: Text | None = None
    unit: Unit
    direction: Direction
    weight: float = 1.0
    value: float | None = None
    formula: str | None = None
    min: float | None = None
    max: float | None = None
    baseline: float | None = None
    target: float | None = None
    performance_percent: float | None = None


class _Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    names: Text
    description: Text | None = None
    parts: tuple[str, ...] = ()
    kpis: tuple[str, ...] = ()
    drivers: tuple[str, ...] = ()
    weight: float = 1.0


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    names: Text
    description: Text | None = None
    as_of: str = ""
    groups: tuple[str, ...]
    constant: dict[str, float] = {}
    kpi: dict[str, dict[str, Any]]
    group: dict[str, _Group]
    quirk: tuple[Quirk, ...] = ()


_FROM_CATALOGUE = ("names", "description", "unit", "direction", "min", "max", "baseline", "target", "weight")


def load_scorecard(text: str, catalogue: Catalogue = SHIPPED) -> Card:
    """The card that a TOML text describes, or a `ScorecardError` that says what to mend."""
    try:
        file = msgspec.convert(tomllib.loads(text), _File)
    except tomllib.TOMLDecodeError as error:
        raise ScorecardError("scorecard", "file", f"is no TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise ScorecardError("scorecard", "file", str(error)) from error
    units: dict[str, TotalUnit] = dict.fromkeys([*file.constant, *file.kpi], "count")
    measures = {kpi_id: _measure(kpi_id, raw, units, catalogue) for kpi_id, raw in file.kpi.items()}
    groups = {name: Group(name, **_fields(group)) for name, group in file.group.items()}
    card = Card(
        *(file.names, file.description, file.as_of, file.constant, measures, groups),
        *(file.groups, file.quirk),
    )
    for name in set(file.constant) & set(file.kpi):
        raise ScorecardError(f"kpi {name}", "id", "is the name of a constant too, rename one")
    _check_references(card)
    _check_circles("group", {name: (*g.parts, *g.drivers) for name, g in groups.items()})
    _check_circles("kpi", {m.id: _inputs(m.formula) for m in measures.values()})
    return card


def _fields(struct: msgspec.Struct) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


def _inputs(formula: Formula | None) -> tuple[str, ...]:
    return () if formula is None else tuple(sorted(total.id for total in formula.totals))


def _measure(
    kpi_id: str, raw: Mapping[str, Any], units: Mapping[str, TotalUnit], catalogue: Catalogue
) -> Measure:
    known = catalogue.by_alias.get(kpi_id)
    told = {name: getattr(known.entry, name) for name in _FROM_CATALOGUE} if known is not None else {}
    try:
        entry = msgspec.convert(msgspec.to_builtins(told) | dict(raw), _Kpi)
    except msgspec.ValidationError as error:
        raise ScorecardError(f"kpi {kpi_id}", "table", str(error)) from error
    place = f"kpi {kpi_id}"
    if entry.value is not None and entry.formula is not None:
        raise ScorecardError(place, "value", "follows from the formula, remove one of them")
    if entry.min is not None and entry.max is not None and entry.min >= entry.max:
        raise ScorecardError(place, "min", "is not below max; write it so, also where lower is better")
    if entry.weight < 0:
        raise ScorecardError(place, "weight", f"is {entry.weight}, use 0 or more")
    return Measure(kpi_id, **(_fields(entry) | {"formula": _formula(place, entry.formula, units)}))


def _formula(place: str, text: str | None, units: Mapping[str, TotalUnit]) -> Formula | None:
    if text is None:
        return None
    try:
        formula = parse(text, units)
    except FormulaError as error:
        raise ScorecardError(place, "formula", str(error).replace("total", "KPI")) from error
    if any(total.next_stage or total.previous or total.ripe for total in formula.totals):
        raise ScorecardError(place, "formula", "a card knows one period and no stages: write names alone")
    return formula


def _check_references(card: Card) -> None:
    for name in card.root:
        _check_known("scorecard", "groups", name, card.groups)
    for group in card.groups.values():
        place = f"group {group.id}"
        for kpi_id in group.kpis:
            _check_known(place, "kpis", kpi_id, card.measures)
        for field, names in (("parts", group.parts), ("drivers", group.drivers)):
            for name in names:
                _check_known(place, field, name, card.groups)
    for quirk in card.quirks:
        _check_known("quirk", "group", quirk.group, card.groups)
        _check_known("quirk", "kpi", quirk.kpi, card.measures)
        for name in quirk.rounded_inputs:
            _check_known("quirk", "rounded_inputs", name, card.measures)


def _check_known(place: str, field: str, name: str, known: Mapping[str, object]) -> None:
    if name not in known:
        raise ScorecardError(place, field, f"{name!r} is not defined: use one of {', '.join(known)}")


def _check_circles(kind: str, below: Mapping[str, tuple[str, ...]]) -> None:
    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise ScorecardError(f"{kind} {name}", "circle", " -> ".join((*above, name)))
        for child in below.get(name, ()):
            visit(child, (*above, name))

    for name in below:
        visit(name, ())


def shipped_scorecard(catalogue: Catalogue = SHIPPED) -> Card:
    """The card of a deployment that has none of its own, over its catalogue."""
    return load_scorecard(files("streams").joinpath("scorecard.toml").read_text(encoding="utf-8"), catalogue)
