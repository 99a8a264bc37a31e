"""Journeys: one lead and the deals that grew from it, or one deal without a lead.

`advance` is a join (law 1): any order of the same events, with any repeats, gives the same journey.
"""

from __future__ import annotations

from typing import assert_never

import msgspec

from streams import events as ev
from streams.fragments import (
    Entry,
    Fragment,
    Order,
    Value,
    add_entry,
    add_mark,
    copy,
    created,
    join,
    keep_item,
    reach,
    write,
)

ATTRIBUTES = ("channel", "source", "campaign", "region", "industry", "customer")


class Journey(msgspec.Struct, array_like=True, gc=False):
    """`fragments`: own entities (`lead/1`, `deal/7`) by name; `parts`: what other journeys moved here."""

    fragments: dict[str, Fragment] = {}
    parts: dict[str, dict[str, Fragment]] = {}


class Advanced(msgspec.Struct, frozen=True, gc=False):
    """`changed`: the event was news. `evicted`: (source, id) of events that fell out of a full set."""

    changed: bool
    evicted: tuple[tuple[str, str], ...] = ()


_encoder = msgspec.msgpack.Encoder(order="sorted")
_decoder = msgspec.msgpack.Decoder(Journey)


def to_bytes(journey: Journey) -> bytes:
    """The same journey is always the same bytes."""
    return _encoder.encode(journey)


def from_bytes(raw: bytes) -> Journey:
    """Inverse of `to_bytes`; raises msgspec.MsgspecError for anything else."""
    return _decoder.decode(raw)


def merge(into: Journey, other: Journey) -> bool:
    """Grow a journey by what another copy of it, or a part sent to it, knows."""
    changed = _merge_fragments(into.fragments, other.fragments)
    for origin, fragments in other.parts.items():
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
    times = [0]
    for fragment in journey.fragments.values():
        times += [last_ms for _, last_ms in fragment.reached.values()]
        for orders in (fragment.marks, fragment.owners, fragment.writes.values(), fragment.items.values()):
            times += [order[0] for order in orders]
        times += [entry[0] for entry in fragment.activities]
    return max(times)


class _Growth:
    """What one event does to one fragment, gathered."""

    __slots__ = ("changed", "evicted", "fragment", "order")

    def __init__(self, fragment: Fragment, order: Order) -> None:
        self.fragment, self.order = fragment, order
        self.changed = False
        self.evicted: list[tuple[str, str]] = []

    def attribute(self, name: str, value: Value | None) -> None:
        if value is not None:
            self.changed |= write(self.fragment, name, (*self.order, value))

    def item(self, name: str, value: Value | None) -> None:
        self.changed |= keep_item(self.fragment, name, (*self.order, "" if value is None else value))

    def owner(self, owner: str | None) -> None:
        if owner is not None:
            self._kept(*add_entry(self.fragment.owners, (*self.order, owner)))

    def mark(self) -> None:
        self._kept(*add_mark(self.fragment.marks, self.order))

    def activity(self, details: str = "") -> None:
        self._kept(*add_entry(self.fragment.activities, (*self.order, details)))

    def evidence(self, *names: str) -> None:
        for name in names:
            self.changed |= reach(self.fragment, name, self.order[0], self.order[0])

    def _kept(self, changed: bool, dropped: Entry | Order | None) -> None:
        self.changed |= changed
        if dropped is not None:
            self.evicted.append((dropped[2], dropped[3]))


def advance(journey: Journey, event: ev.Event) -> Advanced:
    """Grow `journey` in place by one event of it."""
    entity = f"{event.entity}/{event.entity_id}"
    fragment = journey.fragments.get(entity)
    new = fragment is None
    if fragment is None:
        fragment = journey.fragments[entity] = Fragment()
    growth = _Growth(fragment, (event.time_ms, event.data.rank, event.source, event.id))
    _grow(growth, event)
    return Advanced(growth.changed or new, tuple(growth.evicted))


def _grow(g: _Growth, event: ev.Event) -> None:
    data = event.data
    match data:
        case ev.Created() | ev.Updated():
            _described(g, data)
        case ev.Assigned():
            g.owner(data.owner)
        case ev.Linked() | ev.Merged():
            target = f"lead/{data.lead if isinstance(data, ev.Linked) else data.into}"
            g.attribute("moved_to", target)
            if target not in g.fragment.targets:
                g.fragment.targets.add(target)
                g.changed = True
        case ev.Scored():
            g.attribute("score", data.score)
        case ev.Deleted():
            g.changed |= not g.fragment.deleted
            g.fragment.deleted = True
        case ev.StageChanged():
            g.evidence(f"stage:{data.stage}")
        case ev.Qualified() | ev.Disqualified() | ev.Won() | ev.Lost() | ev.Reopened():
            _marked(g, data)
        case (
            ev.InvoiceIssued()
            | ev.LineSold()
            | ev.AmountChanged()
            | ev.PaymentReceived()
            | ev.PaymentReversed()
        ):
            _paid(g, event.source, data)
        case (
            ev.ContactAttempted()
            | ev.FirstTouch()
            | ev.Responded()
            | ev.ConversationHeld()
            | ev.MeetingSet()
            | ev.MeetingHeld()
            | ev.OfferSent()
            | ev.OfferReviewed()
            | ev.ContractAgreed()
        ):
            _acted(g, data)
        case (
            ev.PlanSet()
            | ev.TargetSet()
            | ev.SpendReported()
            | ev.ExpenseReported()
            | ev.NpsAnswered()
            | ev.CustomerChurned()
            | ev.CustomerRenewed()
            | ev.CareContacted()
        ):
            raise ValueError(f"{type(data).__name__} is a ledger event and belongs to no journey")
        case _:
            assert_never(data)


def _described(g: _Growth, data: ev.Created | ev.Updated) -> None:
    for name in ATTRIBUTES:
        g.attribute(name, getattr(data, name))
    g.owner(data.owner)
    if isinstance(data, ev.Created):
        g.changed |= created(g.fragment, g.order[0])
        g.evidence("created")
        g.attribute("amount", _money(data.amount))


def _money(amount: ev.Money | None) -> Value | None:
    return None if amount is None else (amount.amount_minor, amount.currency)


def _line(sold: ev.LineSold) -> Value:
    cost_minor = None if sold.cost is None else sold.cost.amount_minor
    return (sold.amount.amount_minor, sold.amount.currency, cost_minor, sold.kind, sold.recurring)


def _marked(g: _Growth, data: ev.Qualified | ev.Disqualified | ev.Won | ev.Lost | ev.Reopened) -> None:
    g.mark()
    match data:
        case ev.Qualified():
            g.evidence("qualified")
        case ev.Disqualified() | ev.Lost():
            g.attribute("reason", data.reason)
        case ev.Won():
            g.attribute("amount", _money(data.amount))
        case ev.Reopened():
            pass
        case _:
            assert_never(data)


def _paid(
    g: _Growth,
    source: str,
    data: ev.InvoiceIssued | ev.LineSold | ev.AmountChanged | ev.PaymentReceived | ev.PaymentReversed,
) -> None:
    match data:
        case ev.AmountChanged():
            g.attribute("amount", _money(data.amount))
        case ev.InvoiceIssued():
            g.item(f"invoice {source} {data.invoice}", _money(data.amount))
            g.evidence("invoice_issued")
        case ev.LineSold():
            g.item(f"line {source} {data.line}", _line(data))
        case ev.PaymentReceived():
            g.item(f"payment {source} {data.payment}", _money(data.amount))
        case ev.PaymentReversed():
            g.item(f"reversed {source} {data.payment}", "")
        case _:
            assert_never(data)


Act = (
    ev.ContactAttempted
    | ev.FirstTouch
    | ev.Responded
    | ev.ConversationHeld
    | ev.MeetingSet
    | ev.MeetingHeld
    | ev.OfferSent
    | ev.OfferReviewed
    | ev.ContractAgreed
)


def _acted(g: _Growth, data: Act) -> None:
    match data:
        case ev.ContactAttempted():
            g.activity(f"{data.by} {data.party}")
            g.evidence("contact_attempted")
        case ev.Responded():
            g.activity(data.by)
            if data.by == "human":
                g.evidence("responded")
        case ev.FirstTouch() | ev.ConversationHeld() | ev.MeetingHeld():
            g.activity(data.party)
            g.evidence(EVIDENCE[type(data)])
            if data.party == "decision_maker":
                g.evidence("dm_reached")
        case ev.MeetingSet():
            g.activity(data.party)
            g.evidence("meeting_set")
        case ev.OfferSent() | ev.OfferReviewed() | ev.ContractAgreed():
            g.activity()
            g.evidence(EVIDENCE[type(data)])
        case _:
            assert_never(data)


EVIDENCE: dict[type[ev.Payload], str] = {
    ev.FirstTouch: "first_touch",
    ev.ConversationHeld: "conversation_held",
    ev.MeetingHeld: "meeting_held",
    ev.OfferSent: "offer_sent",
    ev.OfferReviewed: "offer_reviewed",
    ev.ContractAgreed: "contract_agreed",
}
