"""How the state of one entity (a lead or a deal) under one journey key grows.

`join` is idempotent, commutative and associative, so order and repeats of events never matter.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

from streams.fragments import SET_LIMIT, Fragment, Item, LineT, Order, Value


def value_of(fragment: Fragment, name: str) -> Value | None:
    """The last written value of an attribute."""
    for writer in fragment.writers:
        value = writer[4].get(name)
        if value is not None:
            return value
    return None


def text_of(fragment: Fragment, name: str) -> str | None:
    """The last written text of an attribute."""
    value = value_of(fragment, name)
    return value if isinstance(value, str) else None


def write(fragment: Fragment, order: Order, told: dict[str, Value]) -> bool:
    """Let the last writer of each attribute stand; tells whether that changed any. `told` is taken over.

    Of equal orders with different values, a CRM's mistake, the greater value stands.
    """
    writers = fragment.writers
    at, same, emptied = 0, None, False
    for writer in writers:
        attributes, known = writer[4], writer[:4]
        if known == order:
            same = attributes
        elif known > order:
            for name in attributes:
                told.pop(name, None)
        else:
            for name in told:
                attributes.pop(name, None)
            if attributes:
                at += 1
            else:
                emptied = True
    if emptied:
        writers[:] = [writer for writer in writers if writer[4]]
    if same is not None:
        return _beaten(same, told)
    if told:
        writers.insert(at, (*order, told))
    return bool(told)


def _beaten(known: dict[str, Value], told: dict[str, Value]) -> bool:
    changed = False
    for name, value in told.items():
        if name not in known or _comparable(known[name]) < _comparable(value):
            known[name] = value
            changed = True
    return changed


def keep_item(fragment: Fragment, name: str, entry: Item) -> bool:
    """The last writer of an invoice, a payment or a line stands, by its number."""
    known = fragment.items.get(name)
    if known is not None and _beats(known, entry):
        return False
    fragment.items[name] = entry
    return True


def _beats(known: Item, entry: Item) -> bool:
    if known[:4] != entry[:4]:
        return known[:4] > entry[:4]
    return _comparable(known[4]) >= _comparable(entry[4])


def _comparable(value: Value) -> tuple[Any, ...]:
    """Values of one attribute have one shape."""
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


def add_line(kept: list[LineT], line: LineT) -> tuple[bool, LineT | None]:
    """Add to lines in order, of which the least `SET_LIMIT` are kept; returns (changed, what fell out)."""
    at = len(kept)
    if at and line <= kept[-1]:
        at = bisect_left(kept, line)
        if kept[at] == line:
            return False, None
    kept.insert(at, line)
    if len(kept) <= SET_LIMIT:
        return True, None
    dropped = kept.pop()
    return dropped != line, dropped


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
    for at_ms, rank, source, event_id, told in other.writers:
        changed |= write(into, (at_ms, rank, source, event_id), dict(told))
    for name, entry in other.items.items():
        changed |= keep_item(into, name, entry)
    for evidence, (first_ms, last_ms) in other.reached.items():
        changed |= reach(into, evidence, first_ms, last_ms)
    for kept, more in ((into.owners, other.owners), (into.activities, other.activities)):
        for line in more:
            changed |= add_line(kept, line)[0]
    for mark in other.marks:
        changed |= add_line(into.marks, mark)[0]
    if not other.targets <= into.targets:
        into.targets |= other.targets
        changed = True
    return changed


def copy(fragment: Fragment) -> Fragment:
    """An independent copy: joining into it leaves the original alone."""
    return Fragment(
        fragment.created_at,
        fragment.deleted,
        [(*writer[:4], dict(writer[4])) for writer in fragment.writers],
        list(fragment.owners),
        list(fragment.marks),
        dict(fragment.reached),
        list(fragment.activities),
        dict(fragment.items),
        set(fragment.targets),
    )
