"""State of one entity (a lead or a deal) under one journey key: a value that only grows.

`join` is idempotent, commutative and associative, so order and repeats of events never matter.
"""

from __future__ import annotations

from typing import Any

import msgspec

Order = tuple[int, int, str, str]
"""Total order of events: (time in ms, rank of the type, source, id)."""

Value = str | int | tuple[int | str | bool | None, ...]
"""A text, a score, or money: (amount_minor, currency), of a line (…, cost_minor, kind, recurring) too."""

Write = tuple[int, int, str, str, Value]
Entry = tuple[int, int, str, str, str]

CUSTOMER = "customer/"
"""How the keys of customers begin."""
SET_LIMIT = 256
"""Owners, marks and activities kept for one entity: the least by order."""


class Fragment(msgspec.Struct, array_like=True, gc=False):
    """What is known of one entity; `None`, empty and `False` mean not known yet."""

    created_at: int | None = None
    deleted: bool = False
    writes: dict[str, Write] = {}
    owners: set[Entry] = set()
    marks: set[Order] = set()
    reached: dict[str, tuple[int, int]] = {}
    activities: set[Entry] = set()
    items: dict[str, Write] = {}
    targets: set[str] = set()
    """Every journey this entity was ever moved to (the last writer `moved_to` says where it is), every
    `customer/<id>` it ever had."""

    def value(self, name: str) -> Value | None:
        """The last written value of an attribute."""
        write = self.writes.get(name)
        return None if write is None else write[4]

    def text(self, name: str) -> str | None:
        """The last written text of an attribute."""
        written = self.writes.get(name)
        return written[4] if written is not None and type(written[4]) is str else None


def write(fragment: Fragment, name: str, entry: Write) -> bool:
    """Let the greater of two writers of an attribute stand; tells whether it changed."""
    return _greatest(fragment.writes, name, entry)


def keep_item(fragment: Fragment, name: str, entry: Write) -> bool:
    """The same for invoices, payments and lines, by their number."""
    return _greatest(fragment.items, name, entry)


def _greatest(writes: dict[str, Write], name: str, entry: Write) -> bool:
    known = writes.get(name)
    if known is not None and _beats(known, entry):
        return False
    writes[name] = entry
    return True


def _beats(known: Write, entry: Write) -> bool:
    if known[:4] != entry[:4]:
        return known[:4] > entry[:4]
    return _comparable(known[4]) >= _comparable(entry[4])


def _comparable(value: Value) -> tuple[Any, ...]:
    """Equal orders with different values are a CRM's mistake; values of one attribute have one shape."""
    parts = value if isinstance(value, tuple) else (value,)
    return tuple(-1 if part is None else part for part in parts)


def reach(fragment: Fragment, evidence: str, first_ms: int, last_ms: int) -> bool:
    """Widen the interval in which this evidence was seen."""
    known = fragment.reached.get(evidence)
    wide = (first_ms, last_ms) if known is None else (min(known[0], first_ms), max(known[1], last_ms))
    if wide == known:
        return False
    fragment.reached[evidence] = wide
    return True


def add_entry(kept: set[Entry], entry: Entry) -> tuple[bool, Entry | None]:
    """Add to a set that keeps the least `SET_LIMIT`; returns (changed, what fell out)."""
    if entry in kept:
        return False, None
    kept.add(entry)
    if len(kept) <= SET_LIMIT:
        return True, None
    dropped = max(kept)
    kept.discard(dropped)
    return dropped != entry, dropped


def add_mark(marks: set[Order], mark: Order) -> tuple[bool, Order | None]:
    """The same for marks (outcomes of a deal, qualification of a lead)."""
    if mark in marks:
        return False, None
    marks.add(mark)
    if len(marks) <= SET_LIMIT:
        return True, None
    dropped = max(marks)
    marks.discard(dropped)
    return dropped != mark, dropped


def created(fragment: Fragment, time_ms: int) -> bool:
    """The earliest creation stands."""
    if fragment.created_at is not None and fragment.created_at <= time_ms:
        return False
    fragment.created_at = time_ms
    return True


def join(into: Fragment, other: Fragment) -> bool:
    """Grow `into` by everything `other` knows; tells whether anything was new."""
    changed = other.created_at is not None and created(into, other.created_at)
    if other.deleted and not into.deleted:
        into.deleted = changed = True
    for name, entry in other.writes.items():
        changed |= write(into, name, entry)
    for name, entry in other.items.items():
        changed |= keep_item(into, name, entry)
    for evidence, (first_ms, last_ms) in other.reached.items():
        changed |= reach(into, evidence, first_ms, last_ms)
    for kept, more in ((into.owners, other.owners), (into.activities, other.activities)):
        for line in more:
            changed |= add_entry(kept, line)[0]
    for mark in other.marks:
        changed |= add_mark(into.marks, mark)[0]
    if not other.targets <= into.targets:
        into.targets |= other.targets
        changed = True
    return changed


def copy(fragment: Fragment) -> Fragment:
    """An independent copy: joining into it leaves the original alone."""
    return Fragment(
        fragment.created_at,
        fragment.deleted,
        dict(fragment.writes),
        set(fragment.owners),
        set(fragment.marks),
        dict(fragment.reached),
        set(fragment.activities),
        dict(fragment.items),
        set(fragment.targets),
    )
