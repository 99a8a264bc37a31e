"""A journey that was taken out of its shard: as it is now, and what the totals hold of it."""

from __future__ import annotations

import msgspec

from agents.lane import EXIT_CONFIG, LaneRecord, StopWorker
from streams.base_totals import BASE_TOTALS
from streams.book import STOCK, Fact, Facts
from streams.customers import NOTHING, hear
from streams.events import Event
from streams.journeys import Journey, advance, from_bytes
from streams.packing import thawed
from streams.rows import Rows

NOT_DECODED = Journey()
_FOREIGN = (
    "a journey in Kafka lies there in a form that this version does not read ({}): another one wrote it. Run"
    ' that version, or let this one read all events again: docs/settings.md, "Another version"'
)


class Touched:
    """A journey that was taken out, and what the totals hold of it: as it was when it was folded last."""

    __slots__ = ("base", "changed", "facts", "heard", "journey", "lags", "late", "on_time", "sold", "told")

    def __init__(self, journey: Journey, base: bytes, told: bytes = NOTHING, *, sold: bool = False) -> None:
        self.journey = journey
        """`NOT_DECODED` while it rests."""
        self.base = base
        """What the totals hold, as bytes; none of a new journey."""
        self.facts: Facts | None = None
        """What the totals hold, while the journey is one of the recent ones."""
        self.on_time: bytes | None = None
        """As it was before a late event came, where one has come since it was folded."""
        self.heard: list[Event | Journey] = []
        """What came since then and was not late: events, and what other journeys sent."""
        self.told = told
        """What its customers know of it."""
        self.sold = sold
        """Whether a deal of it may ever have been won; if none was, no customer needs to hear of it."""
        self.changed = False
        self.late: list[tuple[Event, int, LaneRecord]] = []
        self.lags: list[tuple[int, str]] = []

    def without_late(self, key: str) -> Journey:
        """What it would be without late events."""
        journey = journey_of(self.on_time or b"")
        for heard in self.heard:
            if isinstance(heard, Journey):
                hear(key, journey, heard)
            else:
                advance(journey, heard)
        return journey

    def rest(self) -> None:
        """Give back the room of a journey that was not touched for long."""
        self.journey, self.facts, self.told = NOT_DECODED, None, NOTHING


def journey_of(raw: bytes) -> Journey:
    """A journey of how it rests, or came from Kafka; an empty one of none."""
    try:
        return from_bytes(thawed(raw)) if raw else Journey()
    except msgspec.MsgspecError as error:
        raise StopWorker(_FOREIGN.format(error), EXIT_CONFIG) from error


def restated(changes: list[tuple[Fact, int]], rows: Rows) -> list[str]:
    """The totals that changed, each once for each row and time by which it is dated; no stocks, no nets."""
    net: dict[tuple[int, int], int] = {}
    for (number, at_ms, _), amounts in changes:
        row = rows.shown[number]
        if row >= 0 and at_ms != STOCK:
            net[row, at_ms] = net.get((row, at_ms), 0) + amounts
    found: list[str] = []
    for (row, _), amounts in net.items():
        found += [total for total in rows.names(row, amounts) if not BASE_TOTALS[total].net]
    return found
