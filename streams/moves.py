"""Where the entities of a journey end after merges of leads and links of deals.

Journeys connected by a move send each other all they know; each counts what ends at it, nothing else.
"""

from __future__ import annotations

from streams.fragments import CUSTOMER, Fragment
from streams.joins import copy, join, text_of, value_of
from streams.journeys import Journey

Known = dict[str, dict[str, Fragment]]


class Whole:
    """What ends at one journey: its lead, if any, and its deals by id, deleted ones left out."""

    __slots__ = ("deals", "lead")

    def __init__(self, lead: Fragment | None, deals: dict[str, Fragment]) -> None:
        self.lead, self.deals = lead, deals


def targets(key: str, journey: Journey) -> list[str]:
    """Journeys that must hear what this one knows: every target, old or new, of its own entities."""
    found: set[str] = set()
    for fragment in journey.fragments.values():
        if fragment.targets:
            found |= fragment.targets
    found.discard(key)
    return sorted(target for target in found if not of_customer(target))


def of_customer(key: str) -> bool:
    """Whether this is a customer's journey: it hears of deals too, but nothing moves there."""
    return key.startswith(CUSTOMER)


def part_for(target: str, key: str, journey: Journey) -> Journey:
    """The message to `target`: one part an origin, without what the target itself said."""
    parts = {origin: fragments for origin, fragments in journey.parts.items() if origin != target}
    parts[key] = journey.fragments
    return Journey({}, parts)


def whole(key: str, journey: Journey) -> Whole:
    """What counts at this journey."""
    if not journey.parts:
        for fragment in journey.fragments.values():
            if value_of(fragment, "moved_to") is not None:
                break
        else:
            return _unmoved(key, journey)
    known: Known = {**journey.parts, key: journey.fragments}
    return Whole(_lead(key, known), _deals(key, known))


def _unmoved(key: str, journey: Journey) -> Whole:
    lead = journey.fragments.get(key) if key.startswith("lead/") else None
    deals = {
        entity: fragment
        for entity, fragment in journey.fragments.items()
        if fragment is not lead and not fragment.deleted
    }
    return Whole(None if lead is None or lead.deleted else lead, deals)


def _lead(key: str, known: Known) -> Fragment | None:
    own = known[key].get(key) if key.startswith("lead/") else None
    if own is not None and own.deleted:
        return None
    ending = [
        fragments[origin]
        for origin, fragments in known.items()
        if origin.startswith("lead/") and origin in fragments and chain(origin, known) == key
    ]
    return _joined(ending) if ending else None


def _deals(key: str, known: Known) -> dict[str, Fragment]:
    states: dict[str, list[tuple[str, Fragment]]] = {}
    for origin, fragments in known.items():
        for entity, fragment in fragments.items():
            if entity.startswith("deal/"):
                states.setdefault(entity, []).append((origin, fragment))
    deals: dict[str, Fragment] = {}
    for entity, fragments_of in states.items():
        every = _joined([fragment for _, fragment in fragments_of])
        linked_to = text_of(every, "moved_to")
        ending = [
            fragment
            for origin, fragment in fragments_of
            if chain(origin if linked_to is None else linked_to, known) == key
        ]
        if ending and not any(fragment.deleted for fragment in ending):
            deals[entity] = _joined(ending)
    return deals


def chain(key: str, known: Known) -> str:
    """Where a journey's lead ends, as far as known; a cycle ends at its least key."""
    path = [key]
    while (fragment := known.get(path[-1], {}).get(path[-1])) is not None:
        target = text_of(fragment, "moved_to") if path[-1].startswith("lead/") else None
        if target is None:
            break
        if target in path:
            return min(path[path.index(target) :])
        path.append(target)
    return path[-1]


def _joined(fragments: list[Fragment]) -> Fragment:
    if len(fragments) == 1:
        return fragments[0]
    total = copy(fragments[0])
    for fragment in fragments[1:]:
        join(total, fragment)
    return total
