"""What each kind of event adds to the state of its entity: one function a kind, found by type.

Every event leaves its time there: a clock that follows events goes on from the journeys after a restart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streams import events as ev
from streams.fragments import CUSTOMER, Entry, Fragment, Item, Order, Value
from streams.joins import add_line, keep_item, reach, write
from streams.joins import created as _created
from streams.ledger_growth import LEDGER_GROWS


class Growth:
    """What one event does to one fragment, gathered."""

    __slots__ = ("changed", "evicted", "fragment", "order", "told")

    def __init__(self, fragment: Fragment, order: Order) -> None:
        self.fragment, self.order = fragment, order
        self.told: dict[str, Value] = {}
        """Attributes, to be written together."""
        self.changed = False
        self.evicted: tuple[tuple[str, str], ...] = ()
        """(source, id) of events that fell out of a full set."""

    def item_of(self, value: Value) -> Item:
        """The value with the order by which it stands or falls."""
        at_ms, rank, source, event_id = self.order
        return at_ms, rank, source, event_id, value

    def attribute(self, name: str, value: Value | None) -> None:
        if value is not None:
            self.told[name] = value

    def item(self, kind: str, number: str, value: Value) -> None:
        if keep_item(self.fragment, f"{kind}\x1f{self.order[2]}\x1f{number}", self.item_of(value)):
            self.changed = True

    def amount(self, amount: ev.Money | None) -> None:
        if amount is not None:
            self.attribute("amount", _money(amount))

    def owner(self, owner: str | None) -> None:
        if owner is not None:
            self._kept(*add_line(self.fragment.owners, self._line(owner)))

    def mark(self) -> None:
        self._kept(*add_line(self.fragment.marks, self.order))

    def activity(self, details: str = "") -> None:
        self._kept(*add_line(self.fragment.activities, self._line(details)))

    def evidence(self, name: str) -> None:
        if reach(self.fragment, name, self.order[0], self.order[0]):
            self.changed = True

    def move(self, target: str) -> None:
        self.attribute("moved_to", target)
        self.tell(target)

    def tell(self, target: str) -> None:
        """This journey hears of the entity from now on."""
        if target not in self.fragment.targets:
            self.fragment.targets.add(target)
            self.changed = True

    def _line(self, text: str) -> Entry:
        at_ms, rank, source, event_id = self.order
        return at_ms, rank, source, event_id, text

    def _kept(self, changed: bool, dropped: Entry | Order | None) -> None:
        if changed:
            self.changed = True
        if dropped is not None:
            self.evicted += ((dropped[2], dropped[3]),)


def grow(growth: Growth, data: ev.Payload) -> None:
    """Add what this payload tells."""
    GROWS[type(data)](growth, data)
    if growth.told and write(growth.fragment, growth.order, growth.told):
        growth.changed = True


def _described(g: Growth, data: ev.Created | ev.Updated) -> None:
    g.attribute("channel", data.channel)
    g.attribute("source", data.source)
    g.attribute("campaign", data.campaign)
    g.attribute("region", data.region)
    g.attribute("industry", data.industry)
    customer = data.customer
    if customer is not None:
        g.attribute("customer", customer)
        g.tell(CUSTOMER + customer)
    g.owner(data.owner)


def _on_created(g: Growth, data: ev.Created) -> None:
    _described(g, data)
    if _created(g.fragment, g.order[0]):
        g.changed = True
    g.evidence("created")
    g.amount(data.amount)


def _on_updated(g: Growth, data: ev.Updated) -> None:
    _described(g, data)
    g.evidence("updated")


def _on_contact_attempted(g: Growth, data: ev.ContactAttempted) -> None:
    g.activity(f"{data.by} {data.party}")
    g.evidence("contact_attempted")


def _on_responded(g: Growth, data: ev.Responded) -> None:
    g.activity(data.by)
    if data.by == "human":
        g.evidence("responded")


def _on_disqualified(g: Growth, data: ev.Disqualified) -> None:
    g.mark()
    g.attribute("reason", data.reason)


def _on_qualified(g: Growth, _data: ev.Qualified) -> None:
    g.mark()
    g.evidence("qualified")


def _on_invoice_issued(g: Growth, data: ev.InvoiceIssued) -> None:
    g.item("invoice", data.invoice, _money(data.amount))
    g.evidence("invoice_issued")


def _on_line_sold(g: Growth, data: ev.LineSold) -> None:
    cost_minor = None if data.cost is None else data.cost.amount_minor
    amount_minor, currency = _money(data.amount)
    g.item("line", data.line, (amount_minor, currency, cost_minor, data.kind, data.recurring))


def _on_won(g: Growth, data: ev.Won) -> None:
    g.mark()
    g.amount(data.amount)


def _on_lost(g: Growth, data: ev.Lost) -> None:
    g.mark()
    g.attribute("reason", data.reason)


def _on_deleted(g: Growth, _data: ev.Deleted) -> None:
    if not g.fragment.deleted:
        g.fragment.deleted = g.changed = True
    g.evidence("deleted")


def _met(evidence: str) -> Callable[[Growth, Any], None]:
    def add(g: Growth, data: ev.FirstTouch | ev.ConversationHeld | ev.MeetingHeld) -> None:
        g.activity(data.party)
        g.evidence(evidence)
        if data.party == "decision_maker":
            g.evidence("dm_reached")

    return add


def _done(evidence: str) -> Callable[[Growth, Any], None]:
    def add(g: Growth, _data: ev.Payload) -> None:
        g.activity()
        g.evidence(evidence)

    return add


def _on_meeting_set(g: Growth, data: ev.MeetingSet) -> None:
    g.activity(data.party)
    g.evidence("meeting_set")


def _money(amount: ev.Money) -> tuple[int, str]:
    return amount.amount_minor, amount.currency


GROWS: dict[type[ev.Payload], Callable[[Growth, Any], None]] = {
    ev.Created: _on_created,
    ev.Updated: _on_updated,
    ev.Linked: lambda g, data: g.move(f"lead/{data.lead}"),
    ev.Merged: lambda g, data: g.move(f"lead/{data.into}"),
    ev.Assigned: lambda g, data: g.owner(data.owner),
    ev.ContactAttempted: _on_contact_attempted,
    ev.FirstTouch: _met("first_touch"),
    ev.Responded: _on_responded,
    ev.Scored: lambda g, data: g.attribute("score", data.score),
    ev.ConversationHeld: _met("conversation_held"),
    ev.Qualified: _on_qualified,
    ev.Disqualified: _on_disqualified,
    ev.StageChanged: lambda g, data: g.evidence(f"stage:{data.stage}"),
    ev.MeetingSet: _on_meeting_set,
    ev.MeetingHeld: _met("meeting_held"),
    ev.OfferSent: _done("offer_sent"),
    ev.OfferReviewed: _done("offer_reviewed"),
    ev.ContractAgreed: _done("contract_agreed"),
    ev.InvoiceIssued: _on_invoice_issued,
    ev.LineSold: _on_line_sold,
    ev.AmountChanged: lambda g, data: g.amount(data.amount),
    ev.PaymentReceived: lambda g, data: g.item("payment", data.payment, _money(data.amount)),
    ev.PaymentReversed: lambda g, data: g.item("reversed", data.payment, ""),
    ev.Lost: _on_lost,
    ev.Reopened: lambda g, _data: g.mark(),
    ev.Won: _on_won,
    ev.Deleted: _on_deleted,
    **LEDGER_GROWS,
}
"""Every kind of event; a test holds it complete."""
