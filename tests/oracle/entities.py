"""What is known of one lead or deal: everything read off the list of its events.

Nothing is folded: each question looks at all the events again, so that no order of arrival can matter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from tests.oracle.units import words
from tests.oracle.wire import RANKS, Event

LIMIT: Final = 256
ACTIVITIES: Final = frozenset(
    words(
        "contact_attempted first_touch responded conversation_held meeting_set meeting_held offer_sent "
        "offer_reviewed contract_agreed"
    )
)
MARKS: Final = frozenset(words("qualified disqualified won lost reopened"))
MEETING_A_PERSON: Final = frozenset(words("first_touch conversation_held meeting_held"))
EVIDENT: Final = ACTIVITIES - {"responded"} | {"created", "qualified", "invoice_issued"}

Order = tuple[int, int, str, str]


@dataclass(frozen=True)
class Mark:
    """An outcome of a deal, or a qualification of a lead, and when it was said."""

    order: Order
    verb: str

    @property
    def time_ms(self) -> int:
        """When."""
        return self.order[0]


def owner_entry(event: Event) -> tuple[Order, str] | None:
    """What an event adds to the history of owners."""
    if event.verb not in ("created", "updated", "assigned") or event.get("owner") is None:
        return None
    return event.order, event.get("owner")


def mark_entry(event: Event) -> tuple[Order, str] | None:
    """What an event adds to the marks."""
    return (event.order, event.verb) if event.verb in MARKS else None


def activity_entry(event: Event) -> tuple[Order, str] | None:
    """What an event adds to the activities: its place, by whom and with whom."""
    if event.verb not in ACTIVITIES:
        return None
    return event.order, " ".join(event.get(name) for name in ("by", "party") if event.get(name))


SETS: Final = (owner_entry, mark_entry, activity_entry)


def least(entries: Iterable[tuple[Order, str] | None]) -> list[tuple[Order, str]]:
    """The 256 least of a set of entries, in order."""
    return sorted({entry for entry in entries if entry is not None})[:LIMIT]


def over_limit(events: Iterable[Event]) -> set[Event]:
    """The events of one fragment of which something fell out of a full set."""
    known = list(events)
    fallen: set[Event] = set()
    for entry_of in SETS:
        kept = set(least(map(entry_of, known)))
        fallen |= {event for event in known if entry_of(event) is not None and entry_of(event) not in kept}
    return fallen


class Entity:
    """A lead or a deal, of all the events of its fragments that end at one journey."""

    def __init__(self, entity_id: str, events: Iterable[Event]) -> None:
        self.id = entity_id
        self.events = list(events)

    @cached_property
    def created_at(self) -> int | None:
        """The least time of `created`."""
        return min((event.time_ms for event in self.events if event.verb == "created"), default=None)

    @cached_property
    def deleted(self) -> bool:
        """Whether anybody ever deleted it."""
        return any(event.verb == "deleted" for event in self.events)

    def last_written(self, name: str, verbs: tuple[str, ...]) -> Any:
        """The value that the greatest of these events wrote; None where none did."""
        writes = [(e.order, e.get(name)) for e in self.events if e.verb in verbs and e.get(name) is not None]
        return max(writes)[1] if writes else None

    def attribute(self, name: str) -> str | None:
        """Channel, source and so on."""
        value: str | None = self.last_written(name, ("created", "updated"))
        return value

    @cached_property
    def amount(self) -> tuple[int, str] | None:
        """(minor units, currency)."""
        value: tuple[int, str] | None = self.last_written("amount", ("created", "amount_changed", "won"))
        return value

    @cached_property
    def owners(self) -> list[tuple[Order, str]]:
        """Every (order, owner), in order."""
        return least(map(owner_entry, self.events))

    def owner_at(self, time_ms: int) -> str | None:
        """Who had it then; before the first entry, the first owner; None without entries."""
        before = [owner for order, owner in self.owners if order[0] <= time_ms]
        if before:
            return before[-1]
        return self.owners[0][1] if self.owners else None

    @cached_property
    def owner_now(self) -> str | None:
        """The owner of the greatest entry."""
        return self.owners[-1][1] if self.owners else None

    @cached_property
    def marks(self) -> list[Mark]:
        """Every mark, in order."""
        return [Mark(order, verb) for order, verb in least(map(mark_entry, self.events))]

    @cached_property
    def standing(self) -> Mark | None:
        """The first mark of the last run of equal marks: its verb is the outcome, its time the start."""
        if not self.marks:
            return None
        start = len(self.marks) - 1
        while start > 0 and self.marks[start - 1].verb == self.marks[-1].verb:
            start -= 1
        return self.marks[start]

    @cached_property
    def contacts(self) -> list[int]:
        """Times at which a person of ours reached the lead, in order."""
        touch, response = RANKS["first_touch"], RANKS["responded"]
        return [
            order[0]
            for order, details in least(map(activity_entry, self.events))
            if order[1] == touch or (order[1] == response and details == "human")
        ]

    @cached_property
    def done(self) -> list[tuple[int, str, str, str]]:
        """(time, verb, by whom, with whom) of each activity, told under one name only once."""
        last: dict[tuple[str, str], tuple[Order, str]] = {}
        for order, details in least(map(activity_entry, self.events)):
            last[order[2], order[3]] = (order, details)
        verbs = {rank: verb for verb, rank in RANKS.items()}
        return [(order[0], verbs[order[1]], *_who(details)) for order, details in last.values()]

    def numbered(self, verb: str, name: str) -> dict[tuple[str, str], Event]:
        """Of each invoice, payment or line the event that wrote it last, by source and number."""
        last: dict[tuple[str, str], Event] = {}
        for event in self.events:
            if event.verb == verb:
                number = (event.source, event.get(name))
                if number not in last or written(last[number]) < written(event):
                    last[number] = event
        return last

    @cached_property
    def evidence(self) -> dict[str, tuple[int, int]]:
        """Of each evidence the least and the greatest time."""
        times: dict[str, list[int]] = defaultdict(list)
        for event in self.events:
            for name in _evidence(event):
                times[name].append(event.time_ms)
        return {name: (min(seen), max(seen)) for name, seen in times.items()}


def _who(details: str) -> tuple[str, str]:
    """By whom and with whom; an activity tells both, one or neither."""
    words_told = set(details.split())
    by = next(iter(words_told & {"human", "auto"}), "")
    return by, next(iter(words_told - {by}), "")


def written(event: Event) -> tuple[Order, tuple[Any, ...]]:
    """What an event of an item wrote, and when, so that two can be compared."""
    cost = event.get("cost")
    money = event.get("amount") or ()
    details = (*money, -1 if cost is None else cost[0], event.get("kind") or "", bool(event.get("recurring")))
    return event.order, details


def _evidence(event: Event) -> Iterable[str]:
    if event.verb in EVIDENT:
        yield event.verb
    if event.verb == "responded" and event.get("by") == "human":
        yield "responded"
    if event.verb in MEETING_A_PERSON and event.get("party") == "decision_maker":
        yield "dm_reached"
    if event.verb == "stage_changed":
        yield f"stage:{event.get('stage')}"
