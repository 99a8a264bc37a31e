"""What a CRM can tell us: one frozen type per kind of event, already checked and in base units.

`decode` makes these from raw records; nothing behind it ever sees an unchecked value.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

Entity = Literal["lead", "deal", "ledger"]
By = Literal["human", "auto"]
Party = Literal["client", "partner", "decision_maker"]
LineKind = Literal["new", "repeat", "upsell", "cross_sell"]


class Money(msgspec.Struct, frozen=True, gc=False, array_like=True, order=True):
    """An amount in integer minor units (cents, kopecks) of an ISO 4217 currency."""

    amount_minor: int
    currency: str


class _Payload(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Base of all payloads; `rank` breaks ties between events of the same instant."""

    rank: ClassVar[int]


class Created(_Payload):
    """A lead (enquiry, prospect) or a deal came into being."""

    rank: ClassVar[int] = 0
    channel: str | None = None
    source: str | None = None
    campaign: str | None = None
    region: str | None = None
    industry: str | None = None
    owner: str | None = None
    customer: str | None = None
    amount: Money | None = None


class Updated(_Payload):
    """Attributes changed; only the given ones are written, the last writer wins."""

    rank: ClassVar[int] = 1
    channel: str | None = None
    source: str | None = None
    campaign: str | None = None
    region: str | None = None
    industry: str | None = None
    owner: str | None = None
    customer: str | None = None


class Linked(_Payload):
    """The deal belongs to this lead from now on."""

    rank: ClassVar[int] = 2
    lead: str


class Assigned(_Payload):
    """A rep took over the lead or deal."""

    rank: ClassVar[int] = 3
    owner: str


class ContactAttempted(_Payload):
    """Somebody tried to reach the other side; says nothing about success."""

    rank: ClassVar[int] = 4
    by: By = "human"
    party: Party = "client"


class FirstTouch(_Payload):
    """A first real contact, made by a person of ours."""

    rank: ClassVar[int] = 5
    party: Party = "client"


class Responded(_Payload):
    """The enquiry got an answer; automatic ones never count as a response."""

    rank: ClassVar[int] = 6
    by: By


class Scored(_Payload):
    """Opportunity score, 1 (poor) to 5."""

    rank: ClassVar[int] = 7
    score: int


class ConversationHeld(_Payload):
    """A meaningful talk took place."""

    rank: ClassVar[int] = 8
    party: Party = "client"


class Qualified(_Payload):
    """The lead met the criteria of a target lead."""

    rank: ClassVar[int] = 9


class Disqualified(_Payload):
    """The lead was dropped, with the reason."""

    rank: ClassVar[int] = 10
    reason: str


class StageChanged(_Payload):
    """The CRM's own board moved the card to a stage of the funnels."""

    rank: ClassVar[int] = 11
    stage: str


class MeetingSet(_Payload):
    """A meeting, presentation or negotiation was scheduled."""

    rank: ClassVar[int] = 12
    party: Party = "client"


class MeetingHeld(_Payload):
    """A meeting, presentation or negotiation took place."""

    rank: ClassVar[int] = 13
    party: Party = "client"


class OfferSent(_Payload):
    """A commercial offer went out."""

    rank: ClassVar[int] = 14


class OfferReviewed(_Payload):
    """The client has considered the offer."""

    rank: ClassVar[int] = 15


class ContractAgreed(_Payload):
    """The contract's text is agreed."""

    rank: ClassVar[int] = 16


class InvoiceIssued(_Payload):
    """An invoice was issued; `invoice` is its number within the CRM."""

    rank: ClassVar[int] = 17
    invoice: str
    amount: Money


class LineSold(_Payload):
    """One line of the sale, with its variable cost; `recurring` marks monthly revenue."""

    rank: ClassVar[int] = 18
    line: str
    amount: Money
    cost: Money | None = None
    kind: LineKind = "new"
    recurring: bool = False


class AmountChanged(_Payload):
    """The deal's amount is now this."""

    rank: ClassVar[int] = 19
    amount: Money


class PaymentReceived(_Payload):
    """Money arrived; `payment` is its number within the CRM."""

    rank: ClassVar[int] = 20
    payment: str
    amount: Money


class PaymentReversed(_Payload):
    """The payment of that number never counted."""

    rank: ClassVar[int] = 21
    payment: str


class Lost(_Payload):
    """The deal was lost, with the reason if told."""

    rank: ClassVar[int] = 22
    reason: str | None = None


class Reopened(_Payload):
    """A closed deal is open again."""

    rank: ClassVar[int] = 23


class Won(_Payload):
    """The deal was won; an amount here is its latest amount."""

    rank: ClassVar[int] = 24
    amount: Money | None = None


class Merged(_Payload):
    """The lead was merged into another one."""

    rank: ClassVar[int] = 25
    into: str


class Deleted(_Payload):
    """The lead or deal was deleted for good: its facts vanish."""

    rank: ClassVar[int] = 26


class PlanSet(_Payload):
    """Plan of a measure for a period; `subject` says whose (department, rep, team or channel)."""

    rank: ClassVar[int] = 30
    measure: str
    first_day: str
    last_day: str
    amount: Money | None = None
    quantity: float | None = None


class TargetSet(_Payload):
    """Baseline and target of a KPI, valid from a day on."""

    rank: ClassVar[int] = 31
    kpi: str
    first_day: str
    baseline: float | None = None
    target: float | None = None


class SpendReported(_Payload):
    """Marketing or sales spend of a period, by source and campaign."""

    rank: ClassVar[int] = 32
    first_day: str
    last_day: str
    amount: Money
    source: str | None = None
    campaign: str | None = None
    channel: str | None = None


class ExpenseReported(_Payload):
    """Expense or reserve of a period."""

    rank: ClassVar[int] = 33
    first_day: str
    last_day: str
    amount: Money
    kind: Literal["expense", "reserve"] = "expense"


class NpsAnswered(_Payload):
    """A client's answer, 0 to 10, to the recommendation question."""

    rank: ClassVar[int] = 34
    score: int
    channel: str | None = None
    owner: str | None = None
    customer: str | None = None


class CustomerChurned(_Payload):
    """The customer left."""

    rank: ClassVar[int] = 35
    customer: str


class CustomerRenewed(_Payload):
    """The customer stayed for another term."""

    rank: ClassVar[int] = 36
    customer: str


class CareContacted(_Payload):
    """A contact on a regulated occasion (birthday, survey)."""

    rank: ClassVar[int] = 37
    occasion: str
    customer: str | None = None
    channel: str | None = None
    owner: str | None = None


JourneyPayload = (
    Created
    | Updated
    | Linked
    | Assigned
    | ContactAttempted
    | FirstTouch
    | Responded
    | Scored
    | ConversationHeld
    | Qualified
    | Disqualified
    | StageChanged
    | MeetingSet
    | MeetingHeld
    | OfferSent
    | OfferReviewed
    | ContractAgreed
    | InvoiceIssued
    | LineSold
    | AmountChanged
    | PaymentReceived
    | PaymentReversed
    | Lost
    | Reopened
    | Won
    | Merged
    | Deleted
)
LedgerPayload = (
    PlanSet
    | TargetSet
    | SpendReported
    | ExpenseReported
    | NpsAnswered
    | CustomerChurned
    | CustomerRenewed
    | CareContacted
)
Payload = JourneyPayload | LedgerPayload


class Event(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One checked event. `(source, id)` names it: the same pair again is the same event."""

    id: str
    source: str
    entity: Entity
    entity_id: str
    journey: str
    """Key of the journey, `lead/<id>` or `deal/<id>`: the Kafka key and `partitionkey`."""
    time_ms: int
    """When it happened in the business, UTC milliseconds since 1970."""
    received_ms: int | None = None
    data: Payload


class Rejected(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A record that cannot be an event: the closed reason, the field and what to do about it."""

    reason: str
    field: str
    fix: str
