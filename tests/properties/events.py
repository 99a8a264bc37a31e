"""Strategies: small worlds of events in which ties, repeats and moves are frequent."""

from __future__ import annotations

from hypothesis import strategies as st

from streams import events as ev
from streams.journeys import Journey, advance

T0_MS = 1_790_000_000_000
_ids = st.sampled_from(["1", "2", "3"])
_money = st.builds(ev.Money, st.sampled_from([0, 5_000, 12_345]), st.sampled_from(["RUB", "USD"]))
_maybe_money = st.none() | _money
_owner = st.sampled_from(["r1", "r2"])
_customer = st.sampled_from([None, "a", "a", "b"])
_text = st.none() | st.sampled_from(["a", "b"])
_channel = st.sampled_from([None, "inbound", "active", "regular", "vip", "partner"])
_party = st.sampled_from(["client", "partner", "decision_maker"])

_BOTH: list[st.SearchStrategy[ev.Payload]] = [
    st.builds(
        ev.Created,
        channel=_channel,
        source=_text,
        owner=st.none() | _owner,
        customer=_customer,
        amount=_maybe_money,
    ),
    st.builds(ev.Updated, channel=_channel, source=_text, owner=st.none() | _owner, customer=_customer),
    st.builds(ev.Assigned, owner=_owner),
    st.builds(ev.ContactAttempted, by=st.sampled_from(["human", "auto"]), party=_party),
    st.builds(ev.FirstTouch, party=_party),
    st.builds(ev.Scored, score=st.integers(1, 5)),
    st.builds(ev.ConversationHeld, party=_party),
    st.builds(ev.StageChanged, stage=st.sampled_from(["contacted", "offer_sent", "meeting_held"])),
    st.builds(ev.MeetingSet, party=_party),
    st.builds(ev.MeetingHeld, party=_party),
    st.builds(ev.OfferSent),
    st.builds(ev.OfferReviewed),
    st.builds(ev.ContractAgreed),
    st.builds(ev.Deleted),
]
_LEAD: list[st.SearchStrategy[ev.Payload]] = [
    *_BOTH,
    st.builds(ev.Responded, by=st.sampled_from(["human", "auto"])),
    st.builds(ev.Qualified),
    st.builds(ev.Disqualified, reason=st.sampled_from(["spam", "budget"])),
    st.builds(ev.Merged, into=_ids),
]
_DEAL: list[st.SearchStrategy[ev.Payload]] = [
    *_BOTH,
    st.builds(ev.Linked, lead=_ids),
    st.builds(ev.InvoiceIssued, invoice=_ids, amount=_money),
    st.builds(ev.LineSold, line=_ids, amount=_money, cost=_maybe_money),
    st.builds(ev.AmountChanged, amount=_money),
    st.builds(ev.PaymentReceived, payment=_ids, amount=_money),
    st.builds(ev.PaymentReversed, payment=_ids),
    st.builds(ev.Lost, reason=_text),
    st.builds(ev.Reopened),
    st.builds(ev.Won, amount=_maybe_money),
]
PAYLOADS = (_LEAD, _DEAL)
_steps = st.sampled_from([0, 1, 60_000, 3_600_000, 86_400_000, 40 * 86_400_000])


@st.composite
def events(draw: st.DrawFn, *, journey: str | None = None) -> ev.Event:
    """One event of a lead or a deal, of a given journey or of any."""
    lead = draw(st.booleans()) if journey is None or journey.startswith("lead/") else False
    if lead:
        entity_id = journey.removeprefix("lead/") if journey else draw(_ids)
        key = f"lead/{entity_id}"
    else:
        own = journey is not None and journey.startswith("deal/")
        entity_id = journey.removeprefix("deal/") if journey and own else draw(_ids)
        key = journey or draw(st.sampled_from([f"deal/{entity_id}", f"lead/{draw(_ids)}"]))
    return ev.Event(
        id=draw(st.sampled_from([f"e{number}" for number in range(12)])),
        source=draw(st.sampled_from(["/crm", "/import"])),
        entity="lead" if lead else "deal",
        entity_id=entity_id,
        journey=key,
        time_ms=T0_MS + draw(_steps) + draw(_steps),
        data=draw(st.one_of(PAYLOADS[0] if lead else PAYLOADS[1])),
    )


def histories(journey: str) -> st.SearchStrategy[list[ev.Event]]:
    """Events of one journey."""
    return st.lists(events(journey=journey), max_size=14)


def journey_of(history: list[ev.Event]) -> Journey:
    """The journey that a history makes, in its order."""
    journey = Journey()
    for event in history:
        advance(journey, event)
    return journey
