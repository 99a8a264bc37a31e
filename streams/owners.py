"""Whose a lead or deal was when something happened to it, as far as its own journey knows."""

from __future__ import annotations

from streams.events import Event
from streams.journeys import Journey
from streams.stories import UNASSIGNED, owner_at


def owner_then(journey: Journey, event: Event) -> str:
    """The owner at the event's time; of a deal that has none the journey's lead's."""
    own = journey.fragments.get(f"{event.entity}/{event.entity_id}")
    if own is not None and own.owners:
        return owner_at(own.owners, event.time_ms)
    lead = journey.fragments.get(event.journey) if event.entity == "deal" else None
    return owner_at(lead.owners, event.time_ms) if lead is not None and lead.owners else UNASSIGNED
