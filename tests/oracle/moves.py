"""Where everything belongs after merges and links: events by journey, lead and deals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.oracle.entities import Entity, over_limit
from tests.oracle.wire import Event

Fragments = dict[tuple[str, str, str], list[Event]]
"""Events by (journey key, entity, entity id)."""


@dataclass
class Journey:
    """What ends at one journey and isn't deleted."""

    key: str
    lead: Entity | None = None
    deals: list[Entity] = field(default_factory=list)


def fragments(events: Iterable[Event]) -> Fragments:
    """Distinct events, apart by the key under which they came and what they are about."""
    parts: Fragments = defaultdict(list)
    for event in events:
        parts[event.journey, event.entity, event.entity_id].append(event)
    return parts


def fallen_out(parts: Fragments) -> set[Event]:
    """Events beyond the limits of their fragment."""
    return {event for events in parts.values() for event in over_limit(events)}


def target_of(event: Event) -> str | None:
    """The journey to which a merge or link moves its entity."""
    if event.verb not in ("merged", "linked"):
        return None
    return f"lead/{event.get('into') or event.get('lead')}"


def last_target(events: Iterable[Event]) -> str | None:
    """Where the greatest merge or link moves to."""
    moves = [(event.order, target) for event in events if (target := target_of(event)) is not None]
    return max(moves)[1] if moves else None


def chain(key: str, merged_into: dict[str, str]) -> str:
    """Follow merges to the end; a cycle ends at the least key in it."""
    path = [key]
    while path[-1] in merged_into:
        target = merged_into[path[-1]]
        if target in path:
            return min(path[path.index(target) :])
        path.append(target)
    return path[-1]


def journeys(parts: Fragments) -> list[Journey]:
    """Every journey at which something ends, deleted leads and deals left out."""
    arrows: dict[str, set[str]] = defaultdict(set)
    by_key: dict[str, Fragments] = defaultdict(dict)
    for place, events in parts.items():
        by_key[place[0]][place] = events
        for target in map(target_of, events):
            if target is not None:
                arrows[target].add(place[0])
    found = (_seen_from(key, heard_of(key, arrows), by_key) for key in sorted(by_key.keys() | arrows.keys()))
    return [journey for journey in found if journey.lead is not None or journey.deals]


def heard_of(key: str, arrows: dict[str, set[str]]) -> set[str]:
    """The journey itself and every one from which arrows lead to it, by way of others too."""
    heard, new = {key}, [key]
    while new:
        more = arrows.get(new.pop(), set()) - heard
        heard |= more
        new += more
    return heard


def _seen_from(key: str, heard: set[str], by_key: dict[str, Fragments]) -> Journey:
    """What ends at this journey, as far as it hears of anything."""
    parts = {place: events for other in sorted(heard) for place, events in by_key.get(other, {}).items()}
    merged_into = {
        place[0]: into
        for place, events in parts.items()
        if place[1] == "lead" and (into := last_target(events)) is not None
    }
    deals: dict[str, list[tuple[str, list[Event]]]] = defaultdict(list)
    lead_events: list[Event] = []
    for (other, entity, entity_id), events in parts.items():
        if entity == "deal":
            deals[entity_id].append((other, events))
        elif chain(other, merged_into) == key:
            lead_events += events
    deal_events: dict[str, list[Event]] = defaultdict(list)
    for deal_id, told in deals.items():
        linked_to = last_target([event for _, events in told for event in events])
        for other, events in told:
            if chain(linked_to or other, merged_into) == key:
                deal_events[deal_id] += events
    return Journey(key, _lead(key, lead_events, parts), _deals(deal_events))


def _lead(key: str, events: list[Event], parts: Fragments) -> Entity | None:
    """Everything merged here is one lead; it is gone when the lead that gave the journey its key is."""
    own_id = key.removeprefix("lead/")
    own = parts.get((key, "lead", own_id), [])
    if not events or any(event.verb == "deleted" for event in own):
        return None
    return Entity(own_id, events)


def _deals(found: dict[str, list[Event]]) -> list[Entity]:
    """In order: by creation, unknown last, then by id."""
    deals = [Entity(deal_id, events) for deal_id, events in found.items()]
    never = 1 << 62
    return sorted(
        (deal for deal in deals if not deal.deleted),
        key=lambda deal: (never if deal.created_at is None else deal.created_at, deal.id),
    )
