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


def last_target(events: Iterable[Event]) -> str | None:
    """The journey to which the greatest merge or link moves."""
    targets = [
        (e.order, f"lead/{e.get('into') or e.get('lead')}") for e in events if e.verb in ("merged", "linked")
    ]
    return max(targets)[1] if targets else None


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
    heard = hears_of(parts)
    by_key: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for part in parts:
        by_key[part[0]].append(part)
    found = []
    for here in sorted(by_key.keys() | heard.keys()):
        known = [part for key in sorted({here} | heard.get(here, set())) for part in by_key.get(key, ())]
        found.append(_judged(here, {part: parts[part] for part in known}))
    return [journey for journey in found if journey.lead is not None or journey.deals]


def hears_of(parts: Fragments) -> dict[str, set[str]]:
    """For each journey, all journeys from which merges and links, old ones too, lead to it."""
    arrows: dict[str, set[str]] = defaultdict(set)
    for (key, _, _), events in parts.items():
        arrows[key] |= {target for event in events if (target := last_target([event])) is not None}
    heard: dict[str, set[str]] = defaultdict(set)
    for start in list(arrows):
        reached, ahead = set[str](), sorted(arrows[start])
        while ahead:
            key = ahead.pop()
            if key not in reached:
                reached.add(key)
                ahead += sorted(arrows.get(key, ()))
        for key in reached:
            heard[key].add(start)
    return heard


def _judged(here: str, parts: Fragments) -> Journey:
    """What ends at a journey, as far as it has heard."""
    merged_into = {
        key: into
        for (key, entity, _), events in parts.items()
        if entity == "lead" and (into := last_target(events))
    }
    deal_events: dict[str, list[Event]] = defaultdict(list)
    for (_, entity, entity_id), events in parts.items():
        if entity == "deal":
            deal_events[entity_id] += events
    linked_to = {deal: last_target(events) for deal, events in deal_events.items()}

    lead: list[Event] = []
    deals: dict[str, list[Event]] = defaultdict(list)
    for (key, entity, entity_id), events in parts.items():
        if entity == "lead" and chain(key, merged_into) == here:
            lead += events
        elif entity == "deal" and chain(linked_to[entity_id] or key, merged_into) == here:
            deals[entity_id] += events
    return Journey(here, _lead(here, lead or None, parts), _deals(deals))


def _lead(key: str, events: list[Event] | None, parts: Fragments) -> Entity | None:
    """Everything merged here is one lead; it is gone when the lead that gave the journey its key is."""
    own_id = key.removeprefix("lead/")
    own = parts.get((key, "lead", own_id), [])
    if events is None or any(event.verb == "deleted" for event in own):
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
