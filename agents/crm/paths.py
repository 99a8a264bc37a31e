"""How a deal gets from its creation to won in each channel: steps, their odds, their time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from streams.events import (
    ContactAttempted,
    ContractAgreed,
    ConversationHeld,
    FirstTouch,
    JourneyPayload,
    MeetingHeld,
    MeetingSet,
    OfferReviewed,
    OfferSent,
)


@dataclass(frozen=True)
class Step:
    """One step: what it is, the usual probability that it comes about, its median in working hours.

    `stage` is where the CRM's board stands after it: some reps move the card and record nothing else.
    """

    data: JourneyPayload
    succeeds: float
    hours: float
    stage: str | None = None


_OFFER = OfferSent()
_REVIEW = OfferReviewed()
_CONTRACT = ContractAgreed()

STEPS: Mapping[str, tuple[Step, ...]] = {
    "inbound": (
        Step(_OFFER, 0.86, 8, "offer_sent"),
        Step(_CONTRACT, 0.37, 28, "contract_agreed"),
    ),
    "active": (
        Step(_OFFER, 0.82, 8, "offer_sent"),
        Step(_REVIEW, 0.78, 14, "offer_reviewed"),
        Step(_CONTRACT, 0.42, 24, "contract_agreed"),
    ),
    "regular": (
        Step(FirstTouch(), 0.93, 3, "contacted"),
        Step(_OFFER, 0.80, 5, "offer_sent"),
        Step(_CONTRACT, 0.44, 10, "contract_agreed"),
    ),
    "vip": (
        Step(ConversationHeld(), 0.93, 6, "contacted"),
        Step(MeetingSet(), 0.88, 5),
        Step(MeetingHeld(), 0.88, 14, "meeting_held"),
        Step(_OFFER, 0.85, 10, "offer_sent"),
        Step(_CONTRACT, 0.52, 24, "contract_agreed"),
    ),
    "partner": (
        Step(FirstTouch(party="partner"), 0.80, 6, "partner_contacted"),
        Step(ContactAttempted(party="decision_maker"), 0.90, 6),
        Step(ConversationHeld(party="decision_maker"), 0.66, 12, "decision_maker_reached"),
        Step(MeetingSet(party="decision_maker"), 0.72, 8, "meeting_scheduled"),
        Step(MeetingHeld(party="decision_maker"), 0.80, 16, "meeting_held"),
        Step(_OFFER, 0.84, 8, "offer_sent"),
        Step(_REVIEW, 0.82, 14, "offer_reviewed"),
        Step(_CONTRACT, 0.55, 24, "contract_agreed"),
    ),
}
INVOICED, INVOICE_HOURS = 0.93, 5
WON, WON_HOURS = 0.93, 10
