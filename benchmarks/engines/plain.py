"""The small reference job with plain dicts, as both limits run it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import msgspec

from benchmarks.reference import bucket


class Data(msgspec.Struct, gc=False):
    """What a lead's event says."""

    channel: str
    owner: str


class Event(msgspec.Struct, gc=False):
    """One record of the source."""

    type: str
    time: float
    subject: str
    data: Data


class PlainState:
    """Leads and counters, and which of them were changed since someone last asked."""

    def __init__(self) -> None:
        self.leads: dict[str, list[Any]] = {}
        self.funnel: defaultdict[tuple[str, str, int], int] = defaultdict(int)
        self.responses: defaultdict[tuple[str, int], int] = defaultdict(int)
        self.changed: set[Any] = set()

    def take(self, event: Event) -> str:
        """Fold one event; returns its lead's id."""
        name, at, stage, channel = event.subject, event.time, event.type, event.data.channel
        lead = self.leads.get(name)
        if lead is None:
            self.leads[name] = [at, 0.0, stage, event.data.owner, channel, 1]
        else:
            if lead[1] == 0.0:
                lead[1] = at
                place = channel, bucket(at - lead[0])
                self.responses[place] += 1
                self.changed.add(place)
            lead[2], lead[3] = stage, event.data.owner
            lead[5] += 1
        minute = channel, stage, int(at // 60)
        self.funnel[minute] += 1
        self.changed.add(name)
        self.changed.add(minute)
        return name

    def told(self) -> dict[str, Any]:
        """The counters as JSON can hold them."""
        return {
            "leads": self.leads,
            "funnel": {":".join(map(str, place)): count for place, count in self.funnel.items()},
            "responses": {":".join(map(str, place)): count for place, count in self.responses.items()},
        }
