"""Journeys: one lead and the deals that grew from it, or one deal without a lead.

`advance` is a join (law 1): any order of the same events, with any repeats, gives the same journey.
"""

from __future__ import annotations

import msgspec

from streams import events as ev
from streams.fragments import Fragment, Journey, from_bytes, to_bytes
from streams.growth import Growth, grow
from streams.joins import copy, join

__all__ = ["Advanced", "Journey", "advance", "from_bytes", "latest_ms", "merge", "to_bytes"]


class Advanced(msgspec.Struct, frozen=True, gc=False):
    """`changed`: the event was news. `evicted`: (source, id) of events that fell out of a full set."""

    changed: bool
    evicted: tuple[tuple[str, str], ...] = ()


def merge(into: Journey, other: Journey) -> bool:
    """Grow a journey by what another copy of it, or a part sent to it, knows."""
    changed = _merge_fragments(into.fragments, other.fragments)
    for origin, fragments in other.parts.items():
        if not fragments:
            continue  # it says nothing, and would stay unlogged until something changes
        changed |= _merge_fragments(into.parts.setdefault(origin, {}), fragments)
    return changed


def _merge_fragments(into: dict[str, Fragment], other: dict[str, Fragment]) -> bool:
    changed = False
    for entity, fragment in other.items():
        known = into.get(entity)
        if known is None:
            into[entity] = copy(fragment)
            changed = True
        else:
            changed |= join(known, fragment)
    return changed


def latest_ms(journey: Journey) -> int:
    """The greatest event time that left a trace in the journey's own state."""
    latest = 0
    for fragment in journey.fragments.values():
        for _, last_ms in fragment.reached.values():
            latest = max(latest, last_ms)
        for item in fragment.items.values():
            latest = max(latest, item[0])
        if fragment.writers:
            latest = max(latest, fragment.writers[-1][0])
        for lines in (fragment.owners, fragment.activities):
            if lines:
                latest = max(latest, lines[-1][0])
        if fragment.marks:
            latest = max(latest, fragment.marks[-1][0])
    return latest


_NEWS, _REPEAT = Advanced(True), Advanced(False)


def advance(journey: Journey, event: ev.Event) -> Advanced:
    """Grow `journey` in place by one event of it."""
    entity = f"{event.entity}/{event.entity_id}"
    fragment = journey.fragments.get(entity)
    new = fragment is None
    if fragment is None:
        fragment = journey.fragments[entity] = Fragment()
    data = event.data
    growth = Growth(fragment, (event.time_ms, data.rank, event.source, event.id))
    grow(growth, data)
    if growth.evicted:
        return Advanced(growth.changed or new, growth.evicted)
    return _NEWS if growth.changed or new else _REPEAT
