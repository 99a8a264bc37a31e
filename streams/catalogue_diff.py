"""What changes between two KPI catalogues, and whether it changes numbers, judgements or only words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import msgspec

from streams.kpis import Catalogue, Entry

What = Literal["added", "removed", "values", "judgement", "words"]

_VALUES = frozenset(
    ("formula", "sample", "unit", "dimensions", "channels", "of_enquiries", "windows", "aliases")
)
_WORDS = frozenset(("names", "description", "note", "sources", "owner"))


@dataclass(frozen=True)
class Change:
    """A KPI that came or went, or one of its fields with its old and new value (as JSON)."""

    what: What
    kpi: str
    field: str = ""
    old: str = ""
    new: str = ""


def catalogue_changes(old: Catalogue, new: Catalogue) -> tuple[Change, ...]:
    """Every change, in the order of the catalogues; nothing where both say the same."""
    removed = [Change("removed", kpi_id) for kpi_id in old.kpis if kpi_id not in new.kpis]
    changed = [
        change
        for kpi_id, kpi in new.kpis.items()
        if kpi_id in old.kpis
        for change in _fields(kpi_id, old.kpis[kpi_id].entry, kpi.entry)
    ]
    added = [Change("added", kpi_id) for kpi_id in new.kpis if kpi_id not in old.kpis]
    return (*removed, *changed, *added)


def _fields(kpi_id: str, old: Entry, new: Entry) -> Iterator[Change]:
    for field in Entry.__struct_fields__:
        before, after = getattr(old, field), getattr(new, field)
        if before != after:
            what: What = "values" if field in _VALUES else "words" if field in _WORDS else "judgement"
            yield Change(what, kpi_id, field, _json(before), _json(after))


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
