"""Reads the KPI catalogue, `kpis.toml`, the single place where a KPI exists, and checks every field of it.

An error names the entry and the field; behind `load_catalogue` an entry cannot be wrong.
"""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from typing import Any

import msgspec

from streams.base_totals import Family
from streams.base_totals import Unit as TotalUnit
from streams.formulas import Formula, FormulaError, of_node, parse
from streams.kpis import CLOCK, PERIODS, Catalogue, Dimension, Entry, Kpi, Unit
from streams.reported_totals import TOTALS
from streams.rows import CUTS

_ID = re.compile(r"[a-z][a-z0-9_]{0,47}")
_TOTAL_UNITS: dict[str, TotalUnit] = {
    total.id: total.unit for total in TOTALS.values() if total.kind != "aim" and not total.edges
} | {CLOCK: "ms"}
_POWERS: dict[Unit, tuple[int, int]] = {
    "count": (0, 0),
    "ratio": (0, 0),
    "hours": (1, 0),
    "days": (1, 0),
    "money": (0, 1),
    "months": (0, 0),
    "score": (0, 0),
    "multiple": (0, 0),
    "points": (0, 0),
}
_FAMILIES: dict[Dimension, tuple[Family, ...]] = {
    "department": ("channel", "stage"),
    "channel": ("channel", "stage"),
    "stage": ("stage",),
    "source": ("source",),
    "rep": ("rep",),
    "region": ("channel",),
    "industry": ("channel",),
}
"""The families from which a dimension's sums can be taken; a journey is in one stage, so stages add up."""


class CatalogueError(ValueError):
    """An entry of the catalogue is wrong; the message names the entry, the field and the fix."""

    def __init__(self, entry: str, field: str, message: str) -> None:
        super().__init__(f"kpi {entry}: {field}: {message}")


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kpi: dict[str, dict[str, Any]]
    version: int | None = None


OWN_FIELDS = frozenset(("min_sample", "min", "max", "baseline", "target", "weight", "alert", "owner"))
"""What a deployment may say otherwise about a shipped KPI; all else is its definition."""


def load_catalogue(text: str) -> Catalogue:
    """The catalogue that a TOML text describes, or a `CatalogueError` that says what to mend.

    A text with a version is a whole catalogue. One without adds KPIs to the shipped ones, and to those of
    them that it names its own targets, weights and the like.
    """
    file = _file(text)
    if file.version is not None:
        return _catalogue(file.version, file.kpi)
    shipped = _file(_SHIPPED_TEXT)
    tables = dict(shipped.kpi)
    for kpi_id, raw in file.kpi.items():
        for field in sorted(raw.keys() - OWN_FIELDS) if kpi_id in tables else ():
            raise CatalogueError(
                kpi_id, field, "defines a shipped KPI: give yours an id of its own, or remove the field"
            )
        tables[kpi_id] = tables.get(kpi_id, {}) | raw
    return _catalogue(shipped.version or 0, tables)


def _file(text: str) -> _File:
    try:
        return msgspec.convert(tomllib.loads(text), _File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise CatalogueError(
            "catalogue", "file", f"write TOML, a version and [kpi.<id>] tables: {error}"
        ) from error


def _catalogue(version: int, tables: dict[str, dict[str, Any]]) -> Catalogue:
    kpis = {kpi_id: _kpi(kpi_id, raw) for kpi_id, raw in tables.items()}
    taken = set(kpis)
    for kpi in kpis.values():
        for alias in kpi.entry.aliases:
            if alias in taken:
                raise CatalogueError(kpi.id, "aliases", f"{alias!r} has an entry already, remove one")
            taken.add(alias)
    return Catalogue(version, kpis)


def _kpi(kpi_id: str, raw: dict[str, Any]) -> Kpi:
    try:
        entry = msgspec.convert(raw, Entry)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$.")
        missing = message.removeprefix("Object missing required field `").removesuffix("`")
        field = path.removesuffix("`") or missing
        raise CatalogueError(kpi_id, field, message) from error
    for name in (kpi_id, *entry.aliases):
        if not _ID.fullmatch(name):
            raise CatalogueError(kpi_id, "id", f"{name!r}: use up to 48 of a-z, 0-9 and _, a letter first")
    formula = _formula(kpi_id, "formula", entry.formula)
    if formula.dimension != _POWERS[entry.unit]:
        raise CatalogueError(kpi_id, "unit", f"the formula gives no {entry.unit}: name another unit")
    kpi = Kpi(kpi_id, entry, formula, _sample(kpi_id, entry, formula))
    _check_texts(kpi)
    _check_numbers(kpi)
    _check_dimensions(kpi)
    return kpi


def _formula(kpi_id: str, field: str, text: str) -> Formula:
    try:
        return parse(text, _TOTAL_UNITS)
    except FormulaError as error:
        raise CatalogueError(kpi_id, field, str(error)) from error


def _sample(kpi_id: str, entry: Entry, formula: Formula) -> Formula:
    if entry.sample is not None:
        return _formula(kpi_id, "sample", entry.sample)
    if formula.denominator is not None:
        return of_node(formula.denominator, _TOTAL_UNITS)
    if entry.unit != "count":
        raise CatalogueError(
            kpi_id, "sample", "is missing: name the total that counts what the value rests on"
        )
    return formula


def _check_texts(kpi: Kpi) -> None:
    texts = {"names": kpi.entry.names, "description": kpi.entry.description, "note": kpi.entry.note}
    for field, text in texts.items():
        if text is not None and not (text.en.strip() and text.ru.strip()):
            raise CatalogueError(kpi.id, field, "is empty in one language, write it")
    if not kpi.entry.owner.strip():
        raise CatalogueError(kpi.id, "owner", "is empty: who acts on this number?")


def _check_numbers(kpi: Kpi) -> None:
    entry = kpi.entry
    if (entry.min is None) != (entry.max is None) or (
        entry.min is not None and entry.max is not None and entry.min >= entry.max
    ):
        raise CatalogueError(
            kpi.id, "min", "a scale needs both ends, min below max, also where lower is better"
        )
    if entry.weight < 0:
        raise CatalogueError(kpi.id, "weight", f"is {entry.weight}, use 0 or more")
    if entry.min_sample < 1:
        raise CatalogueError(kpi.id, "min_sample", f"is {entry.min_sample}, use 1 or more")
    if kpi.sample.dimension != (0, 0):
        raise CatalogueError(kpi.id, "sample", "is no count: name a total that counts")


def _check_dimensions(kpi: Kpi) -> None:
    entry = kpi.entry
    if not entry.dimensions:
        raise CatalogueError(kpi.id, "dimensions", "is empty: name department at least")
    for window in entry.windows:
        if window not in PERIODS:
            raise CatalogueError(kpi.id, "windows", f"{window!r} is none of {', '.join(PERIODS)}")
        kept = msgspec.structs.replace(entry, windows=())
        if window not in (Kpi(kpi.id, kept, kpi.formula, kpi.sample).windows or PERIODS):
            raise CatalogueError(kpi.id, "windows", f"its totals are not kept for {window!r}, remove it")
    totals = kpi.formula.totals | kpi.sample.totals
    for dimension in entry.dimensions:
        for total in totals:
            if total.id == CLOCK:
                continue
            families = TOTALS[total.id].families
            if (families or dimension != "department") and not set(families) & set(_FAMILIES[dimension]):
                raise CatalogueError(
                    kpi.id, "dimensions", f"{total.id} is not kept by {dimension}, remove it"
                )
            if total.next_stage and dimension != "stage":
                raise CatalogueError(
                    kpi.id, "dimensions", f"next_stage() has a value by stage only, not {dimension}"
                )
        if dimension in CUTS and not kpi.counts_by(dimension):
            raise CatalogueError(
                kpi.id, "dimensions", f"not all of it is told apart by {dimension}, remove it"
            )
    _check_moved(kpi)
    if entry.channels and "rep" in entry.dimensions:
        raise CatalogueError(
            kpi.id, "channels", "a rep's sums know no channel: remove it, or rep from dimensions"
        )


def _check_moved(kpi: Kpi) -> None:
    """Of other periods than the KPI's own there are only sums that are kept for them."""
    for total in kpi.formula.totals | kpi.sample.totals:
        if total.previous or total.ripe:
            kept = total.id != CLOCK and TOTALS[total.id].kind == "flow" and not TOTALS[total.id].edges
            if not kept or TOTALS[total.id].layout in ("distinct", "level"):
                raise CatalogueError(
                    kpi.id, "formula", f"{total.id} is kept for no period before, remove {total.name!r}"
                )


_SHIPPED_TEXT = files("streams").joinpath("kpis.toml").read_text(encoding="utf-8")
SHIPPED = load_catalogue(_SHIPPED_TEXT)
"""The KPIs that are shipped."""
