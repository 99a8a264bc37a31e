"""A customer's journey: what leads and deals tell their customers, and what a customer makes of it.

A deal's journey sends the little that customers count, by origin; the customer joins it, so that repeats and
disorder never matter, and judges moves as the journeys themselves do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from streams import events as ev
from streams.fragments import CUSTOMER, SET_LIMIT, Fragment, Writer
from streams.journeys import Journey, merge, to_bytes
from streams.moves import Known, of_customer
from streams.stories import UNKNOWN, Deal, story

NOTHING = b""
MOST_KEPT = 2_000
"""Whom more journeys name, the lines of their deals counted in, is a collective entry, such as all walk-in
customers, and no customer: it would outgrow a message, and every sale would cost as much as all before it."""

_TOLD = ("channel", "source", "campaign", "customer", "moved_to", "amount")
_LINE = "line\x1f"


def told_customers(key: str, journey: Journey) -> list[str]:
    """Customers who must hear what this journey knows: all it ever had, once a deal was ever won."""
    if of_customer(key) or not ever_bought(journey):
        return []
    found = {
        target
        for fragments in (journey.fragments, *journey.parts.values())
        for fragment in fragments.values()
        for target in fragment.targets
        if of_customer(target)
    }
    return sorted(found)


def ever_bought(journey: Journey) -> bool:
    """Whether a deal that it knows of was ever won."""
    for fragments in (journey.fragments, *journey.parts.values()):
        for entity, fragment in fragments.items():
            if fragment.marks and entity.startswith("deal/") and _ever_won(fragment):
                return True
    return False


def _ever_won(deal: Fragment) -> bool:
    """A full set of marks may have lost the one that says so."""
    return len(deal.marks) >= SET_LIMIT or any(mark[1] == ev.Won.rank for mark in deal.marks)


def part_for_customers(key: str, journey: Journey) -> bytes:
    """What customers hear of this journey; `NOTHING` where there is nobody to hear it.

    The same news is the same bytes; parts of two states join to the part of what the states come to.
    """
    if not told_customers(key, journey):
        return NOTHING
    known = {**journey.parts, key: journey.fragments}
    parts = {
        origin: {entity: _told(entity, fragment) for entity, fragment in fragments.items()}
        for origin, fragments in known.items()
    }
    return to_bytes(Journey({}, parts))


def _told(entity: str, fragment: Fragment) -> Fragment:
    targets = {target for target in fragment.targets if not of_customer(target)}
    told = Fragment(deleted=fragment.deleted, writers=_heard_of(fragment), targets=targets)
    if entity.startswith("deal/"):
        told.created_at, told.marks = fragment.created_at, fragment.marks
        told.items = {name: item for name, item in fragment.items.items() if name.startswith(_LINE)}
    return told


def _heard_of(fragment: Fragment) -> list[Writer]:
    """Writers of the attributes that customers hear of, with these alone."""
    kept = [
        (*writer[:4], {name: value for name, value in writer[4].items() if name in _TOLD})
        for writer in fragment.writers
    ]
    return [writer for writer in kept if writer[4]]


def hear(key: str, journey: Journey, part: Journey) -> bool:
    """Join what another journey told; whether it was news. Of a collective entry nothing is kept."""
    if is_collective(key, journey):
        return False
    changed = merge(journey, part)
    if of_customer(key) and _kept(journey) > MOST_KEPT:
        journey.fragments[key] = Fragment(deleted=True)
        journey.parts.clear()
    return changed


def _kept(journey: Journey) -> int:
    """Journeys that were told of, and lines: both only grow, so any order ends in the same judgement."""
    kept = len(journey.parts)
    for fragments in journey.parts.values():
        for fragment in fragments.values():
            kept += len(fragment.items)
    return kept


def is_collective(key: str, journey: Journey) -> bool:
    """Whether more journeys than are kept have ever named this customer."""
    return of_customer(key) and key in journey.fragments and journey.fragments[key].deleted


@dataclass(frozen=True, slots=True)
class Purchase:
    """A won deal of the customer; `lines` as (amount_minor, currency, cost_minor)."""

    at_ms: int
    deal: str
    origin: str
    channel: str
    source: str
    campaign: str
    amount: tuple[int, str] | None
    lines: tuple[tuple[int, str, int], ...]


def purchases(key: str, journey: Journey) -> list[Purchase]:
    """What the customer bought, in order of time, wherever the deals have ended."""
    known = {} if is_collective(key, journey) else journey.parts
    arrows: defaultdict[str, set[str]] = defaultdict(set)
    for origin, fragments in known.items():
        for fragment in fragments.values():
            for target in fragment.targets:
                arrows[target].add(origin)
    found = [
        purchase
        for place in known.keys() | arrows.keys()
        for purchase in _bought_at(place, _heard(place, known, arrows), key.removeprefix(CUSTOMER))
    ]
    return sorted(found, key=lambda one: (one.at_ms, one.deal, one.origin))


def _heard(place: str, known: Known, arrows: dict[str, set[str]]) -> Journey:
    """The journey as it knows itself: its own state and that of those from which moves lead to it."""
    heard, new = {place}, [place]
    while new:
        more = arrows.get(new.pop(), set()) - heard
        heard |= more
        new += more
    parts = {origin: known[origin] for origin in heard if origin != place}
    return Journey(known.get(place, {}), parts)


def _bought_at(place: str, journey: Journey, customer: str) -> Iterator[Purchase]:
    told = story(place, journey)
    if told is None or customer == UNKNOWN:
        return
    for deal in told.deals:
        if deal.outcome == "won" and deal.closed_at is not None and told.told("customer", deal) == customer:
            yield Purchase(
                deal.closed_at,
                deal.id,
                place,
                told.told("channel", deal),
                told.told("source", deal),
                told.told("campaign", deal),
                deal.amount,
                tuple(_lines(deal)),
            )


def _lines(deal: Deal) -> Iterator[tuple[int, str, int]]:
    """Lines whose cost is known."""
    for written in deal.state.items.values():
        match written[4]:
            case (int(amount_minor), str(currency), int(cost_minor), *_):
                yield amount_minor, currency, cost_minor
            case _:
                continue
