"""What can be said of a lead or a deal: every verb with data of every kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, TypeVar

CHANNELS: Final = ("inbound", "inbound", "inbound", "active", "regular", "vip", "partner", "unknown")
SOURCES: Final = ("web", "ads", "fair", "referral", "сарафан")
OWNERS: Final = ("ann", "bob", "cid", "dora", "евгений")
CURRENCIES: Final = ("RUB",) * 12 + ("USD", "EUR", "JPY", "KWD", "BYN")
PLACES: Final = {"JPY": 0, "KWD": 3}
PARTIES: Final = ("client", "client", "partner", "decision_maker")
REASONS: Final = ("price", "spam", "no budget", "Bad contact")
CUSTOMERS: Final = ("c1", "c1", "c2", "c3", "c4", "ромашка", "unknown")
STAGES: Final = (
    "prospect_added",
    "enquiry",
    "deal_created",
    "partner_contacted",
    "first_touch",
    "contacted",
    "decision_maker_reached",
    "qualified",
    "conversation_held",
    "meeting_scheduled",
    "meeting_held",
    "offer_sent",
    "offer_reviewed",
    "contract_agreed",
    "invoice_issued",
)
BOTH_VERBS: Final = (
    "created",
    "updated",
    "assigned",
    "contact_attempted",
    "first_touch",
    "scored",
    "conversation_held",
    "stage_changed",
    "meeting_set",
    "meeting_held",
    "offer_sent",
    "offer_reviewed",
    "contract_agreed",
    "deleted",
)
LEAD_VERBS: Final = (*BOTH_VERBS, "responded", "qualified", "disqualified", "merged")
DEAL_VERBS: Final = (
    *BOTH_VERBS,
    "linked",
    "invoice_issued",
    "line_sold",
    "amount_changed",
    "payment_received",
    "payment_reversed",
    "lost",
    "reopened",
    "won",
)


@dataclass(slots=True)
class Told:
    """Something that happened, before it is written down: `journey` is the key that it is told under."""

    time_ms: int
    entity: str
    name: str
    verb: str
    journey: str
    data: dict[str, Any] = field(default_factory=dict)
    source: str = ""
    id: str = ""

    @property
    def topic(self) -> str:
        """Where the CRM publishes it."""
        return "crm.ledger" if self.entity == "ledger" else f"crm.{self.entity}s"

    @property
    def subject(self) -> str:
        """`lead/1`, `deal/1` or `ledger/c1`."""
        return f"{self.entity}/{self.name}"


Some = TypeVar("Some")


def pick(rng: Random, values: Sequence[Some]) -> Some:
    """One of them: `rng.choice`, three times as fast."""
    return values[int(rng.random() * len(values))]


def below(rng: Random, end: int) -> int:
    """A number from 0 up to before the end."""
    return int(rng.random() * end)


def data_of(rng: Random, verb: str, entity: str, other_lead: str) -> dict[str, Any]:
    """Data of an event, with what is optional left out now and then."""
    if verb in ("created", "updated"):
        return _description(rng, verb, entity)
    if verb.startswith("customer_"):
        return {"customer": pick(rng, CUSTOMERS)}
    if verb in ("linked", "merged"):
        return {"lead" if verb == "linked" else "into": other_lead}
    if verb in _NUMBERED:
        numbered = {_NUMBERED[verb]: str(below(rng, 9))}
        if verb == "line_sold":
            return numbered | _line(rng)
        return numbered if verb == "payment_reversed" else numbered | money(rng)
    if verb in ("amount_changed", "won"):
        return money(rng) if verb == "amount_changed" or rng.random() < 0.4 else {}
    needed, optional = _CHOICES.get(verb, ({}, {}))
    told = needed | optional if rng.random() < 0.7 else needed
    return {name: pick(rng, values) for name, values in told.items()}


def _line(rng: Random) -> dict[str, Any]:
    """A line with or without its cost, of some kind, sold once or every month."""
    told = money(rng)
    if rng.random() < 0.7:
        told["cost"] = money(rng, told["currency"])["amount"]
    if rng.random() < 0.8:
        told["kind"] = pick(rng, ("new", "repeat", "upsell", "cross_sell"))
    return told | ({"recurring": True} if rng.random() < 0.3 else {})


_NUMBERED: Final = {
    "invoice_issued": "invoice",
    "line_sold": "line",
    "payment_received": "payment",
    "payment_reversed": "payment",
}
_Choices = dict[str, Sequence[Any]]
_CHOICES: Final[dict[str, tuple[_Choices, _Choices]]] = {
    "assigned": ({"owner": OWNERS}, {}),
    "responded": ({"by": ("human", "human", "auto")}, {}),
    "scored": ({"score": (1, 2, 3, 4, 5)}, {}),
    "disqualified": ({"reason": REASONS}, {}),
    "lost": ({}, {"reason": REASONS}),
    "stage_changed": ({"stage": STAGES}, {}),
    "contact_attempted": ({}, {"by": ("human", "auto"), "party": PARTIES}),
    "first_touch": ({}, {"party": PARTIES}),
    "conversation_held": ({}, {"party": PARTIES}),
    "meeting_set": ({}, {"party": PARTIES}),
    "meeting_held": ({}, {"party": PARTIES}),
}
"""Fields that a verb must have, and those that it may have."""


def _description(rng: Random, verb: str, entity: str) -> dict[str, Any]:
    often = 0.8 if verb == "created" else 0.25
    known: dict[str, Any] = {}
    told = {"channel": CHANNELS, "source": SOURCES, "owner": OWNERS, "region": SOURCES, "campaign": SOURCES}
    for name, values in told.items():
        if rng.random() < often:
            known[name] = pick(rng, values)
    if rng.random() < often / 2:
        known["customer"] = pick(rng, CUSTOMERS)
    if entity == "deal" and verb == "created" and rng.random() < 0.8:
        known |= money(rng)
    return known


def money(rng: Random, currency: str = "") -> dict[str, Any]:
    """An amount as decimal text in major units, or as a whole number of minor ones."""
    currency = currency or pick(rng, CURRENCIES)
    minor = pick(rng, (0, 1, below(rng, 10_000), below(rng, 100_000_000)))
    if rng.random() < 0.3:
        return {"amount": minor, "currency": currency}
    places = PLACES.get(currency, 2)
    digits = str(minor).rjust(places + 1, "0")
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return {"amount": text, "currency": currency}
