"""What an event of a lead or deal carries: one frozen type a kind, in base units, with its limits."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from streams.fields import By, Id, LineKind, Money, Party, Text


class _Payload(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """`rank` breaks ties between events of the same instant."""

    rank: ClassVar[int]


class Created(_Payload, frozen=True):
    """A lead (enquiry, prospect) or a deal came into being."""

    rank: ClassVar[int] = 0
    channel: Id | None = None
    source: Text | None = None
    campaign: Text | None = None
    region: Text | None = None
    industry: Text | None = None
    owner: Id | None = None
    customer: Id | None = None
    amount: Money | None = None


class Updated(_Payload, frozen=True):
    """Attributes changed; only the given ones are written, the last writer wins."""

    rank: ClassVar[int] = 1
    channel: Id | None = None
    source: Text | None = None
    campaign: Text | None = None
    region: Text | None = None
    industry: Text | None = None
    owner: Id | None = None
    customer: Id | None = None


class Linked(_Payload, frozen=True):
    """The deal belongs to this lead from now on."""

    rank: ClassVar[int] = 2
    lead: Id


class Assigned(_Payload, frozen=True):
    """A rep took over the lead or deal."""

    rank: ClassVar[int] = 3
    owner: Id


class ContactAttempted(_Payload, frozen=True):
    """Somebody tried to reach the other side; says nothing about success."""

    rank: ClassVar[int] = 4
    by: By = "human"
    party: Party = "client"


class FirstTouch(_Payload, frozen=True):
    """A first real contact, made by a person of ours."""

    rank: ClassVar[int] = 5
    party: Party = "client"


class Responded(_Payload, frozen=True):
    """The enquiry got an answer; automatic ones never count as a response."""

    rank: ClassVar[int] = 6
    by: By


class Scored(_Payload, frozen=True):
    """Opportunity score, 1 (poor) to 5."""

    rank: ClassVar[int] = 7
    score: Annotated[int, Meta(ge=1, le=5, description="a whole number from 1 to 5")]


class ConversationHeld(_Payload, frozen=True):
    """A meaningful talk took place."""

    rank: ClassVar[int] = 8
    party: Party = "client"


class Qualified(_Payload, frozen=True):
    """The lead met the criteria of a target lead."""

    rank: ClassVar[int] = 9


class Disqualified(_Payload, frozen=True):
    """The lead was dropped, with the reason."""

    rank: ClassVar[int] = 10
    reason: Text


class StageChanged(_Payload, frozen=True):
    """The CRM's own board moved the card to a stage of the funnels."""

    rank: ClassVar[int] = 11
    stage: Id


class MeetingSet(_Payload, frozen=True):
    """A meeting, presentation or negotiation was scheduled."""

    rank: ClassVar[int] = 12
    party: Party = "client"


class MeetingHeld(_Payload, frozen=True):
    """A meeting, presentation or negotiation took place."""

    rank: ClassVar[int] = 13
    party: Party = "client"


class OfferSent(_Payload, frozen=True):
    """A commercial offer went out."""

    rank: ClassVar[int] = 14


class OfferReviewed(_Payload, frozen=True):
    """The client has considered the offer."""

    rank: ClassVar[int] = 15


class ContractAgreed(_Payload, frozen=True):
    """The contract's text is agreed."""

    rank: ClassVar[int] = 16


class InvoiceIssued(_Payload, frozen=True):
    """An invoice was issued; `invoice` is its number within the CRM."""

    rank: ClassVar[int] = 17
    invoice: Id
    amount: Money


class LineSold(_Payload, frozen=True):
    """One line of the sale, with its variable cost; `recurring` marks monthly revenue."""

    rank: ClassVar[int] = 18
    line: Id
    amount: Money
    cost: Money | None = None
    kind: LineKind = "new"
    recurring: bool = False


class AmountChanged(_Payload, frozen=True):
    """The deal's amount is now this."""

    rank: ClassVar[int] = 19
    amount: Money


class PaymentReceived(_Payload, frozen=True):
    """Money arrived; `payment` is its number within the CRM."""

    rank: ClassVar[int] = 20
    payment: Id
    amount: Money


class PaymentReversed(_Payload, frozen=True):
    """The payment of that number never counted."""

    rank: ClassVar[int] = 21
    payment: Id


class Lost(_Payload, frozen=True):
    """The deal was lost, with the reason if told."""

    rank: ClassVar[int] = 22
    reason: Text | None = None


class Reopened(_Payload, frozen=True):
    """A closed deal is open again."""

    rank: ClassVar[int] = 23


class Won(_Payload, frozen=True):
    """The deal was won; an amount here is its latest amount."""

    rank: ClassVar[int] = 24
    amount: Money | None = None


class Merged(_Payload, frozen=True):
    """The lead was merged into another one."""

    rank: ClassVar[int] = 25
    into: Id


class Deleted(_Payload, frozen=True):
    """The lead or deal was deleted for good: its facts vanish."""

    rank: ClassVar[int] = 26


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
