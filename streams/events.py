"""What a CRM can tell us: one frozen type per kind of event, already checked and in base units.

`decode` makes these from raw records; nothing behind it ever sees an unchecked value.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from streams.fields import By, LineKind, Money, Party
from streams.ledger_payloads import (
    CareContacted,
    CustomerChurned,
    CustomerRenewed,
    ExpenseReported,
    LedgerPayload,
    NpsAnswered,
    PlanSet,
    SpendReported,
    TargetSet,
)
from streams.payloads import (
    AmountChanged,
    Assigned,
    ContactAttempted,
    ContractAgreed,
    ConversationHeld,
    Created,
    Deleted,
    Disqualified,
    FirstTouch,
    InvoiceIssued,
    JourneyPayload,
    LineSold,
    Linked,
    Lost,
    MeetingHeld,
    MeetingSet,
    Merged,
    OfferReviewed,
    OfferSent,
    PaymentReceived,
    PaymentReversed,
    Qualified,
    Reopened,
    Responded,
    Scored,
    StageChanged,
    Updated,
    Won,
)

__all__ = [
    "AmountChanged",
    "Assigned",
    "By",
    "CareContacted",
    "ContactAttempted",
    "ContractAgreed",
    "ConversationHeld",
    "Created",
    "CustomerChurned",
    "CustomerRenewed",
    "Deleted",
    "Disqualified",
    "Entity",
    "Event",
    "ExpenseReported",
    "FirstTouch",
    "InvoiceIssued",
    "JourneyPayload",
    "LedgerPayload",
    "LineKind",
    "LineSold",
    "Linked",
    "Lost",
    "MeetingHeld",
    "MeetingSet",
    "Merged",
    "Money",
    "NpsAnswered",
    "OfferReviewed",
    "OfferSent",
    "Party",
    "Payload",
    "PaymentReceived",
    "PaymentReversed",
    "PlanSet",
    "Qualified",
    "Reason",
    "Rejected",
    "Reopened",
    "Responded",
    "Scored",
    "SpendReported",
    "StageChanged",
    "TargetSet",
    "Updated",
    "Won",
]

Payload = JourneyPayload | LedgerPayload
Entity = Literal["lead", "deal", "ledger"]
Reason = Literal[
    "tombstone",
    "too_large",
    "not_utf8",
    "not_json",
    "too_deep",
    "not_an_event",
    "missing_field",
    "wrong_type",
    "bad_value",
    "unknown_type",
    "unknown_channel",
    "unknown_stage",
    "unknown_currency",
    "negative_amount",
    "no_date",
    "bad_time",
    "bad_subject",
    "bad_partitionkey",
    "needs_enrichment",
    "future",
    "over_limit",
]
"""Why a record is quarantined: a closed list."""


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

    reason: Reason
    field: str
    fix: str
