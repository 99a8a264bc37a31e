"""Facts of the totals that are kept for few windows: milestones, activities, invoices, payments, lines."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Protocol

from streams import events as ev
from streams.fragments import Entry, Fragment
from streams.opportunity import score_of
from streams.rows import UNITS
from streams.stories import UNKNOWN, Deal, Story

Credit = Callable[[int | None, str, int, Deal | None], None]
"""Writes totals down: time (None for a stock), rep, packed totals, the deal."""


class Reckoning(Protocol):
    """What amounts are reckoned by; `convert` says what one is worth in the reporting currency, if known."""

    @property
    def currency(self) -> str: ...
    @property
    def small_deal_minor(self) -> int: ...
    def convert(self, amount_minor: int, currency: str, at_ms: int | None) -> int | None: ...


SMALL_DEAL_MAJOR = 100_000
"""A deal below this amount, in major units of the reporting currency, is a small one."""
BAD_CONTACT = frozenset(("bad_contact", "invalid_contact", "wrong_contact", "неверный_контакт"))
"""Reasons of disqualification that say that the contact data were of no use."""

_AMOUNTS = {"invoice": "invoiced_minor", "payment": "paid_minor"}
_ATTEMPT, _MEETING, _OFFER = ev.ContactAttempted.rank, ev.MeetingHeld.rank, ev.OfferSent.rank
_ATTEMPTS = {
    **dict.fromkeys(("human client", "human partner"), UNITS["contact_attempts"]),
    "human decision_maker": UNITS["contact_attempts"] + UNITS["decision_maker_attempts"],
}
"""By details: who tried to reach whom; what a machine tried is none."""
_ASSIGN_MS, _ATTEMPT_MS = UNITS["assign_ms"], UNITS["attempt_ms"]
_COUNTED = {
    ev.FirstTouch.rank: UNITS["first_touches"],
    ev.MeetingSet.rank: UNITS["meetings_set"],
    ev.MeetingHeld.rank: UNITS["meetings_held"],
    ev.OfferSent.rank: UNITS["offers_sent"],
    ev.OfferReviewed.rank: UNITS["offers_reviewed"],
    ev.ContractAgreed.rank: UNITS["contracts_agreed"],
}


def lead_facts(told: Story, lead: Fragment, answered_ms: int | None, hour_ms: int, credit: Credit) -> None:
    """What a lead came to: opportunity, qualification, score; with no creation it is in no cohort."""
    qualified, has_deal = told.qualified_at is not None, bool(told.deals)
    if told.qualified_at is not None and has_deal:
        credit(told.qualified_at, told.owner(told.qualified_at), UNITS["qualified_deal"], None)
    talked_at = _talked_at(told)
    if talked_at is not None:
        packed = UNITS["talked_leads"] + (UNITS["talked_qualified"] if qualified else 0)
        credit(talked_at, told.owner(talked_at), packed, None)
    done = activities(lead)
    _work(told, done, None, credit)
    created_at = lead.created_at
    if created_at is None:
        return
    packed = UNITS["enquiries_deal"] if has_deal else 0
    packed += UNITS["enquiries_opportunity"] if has_deal or qualified else 0
    packed += UNITS["enquiries_invalid"] if told.disqualified_at is not None and _bad_contact(lead) else 0
    score = lead.value("score")
    if isinstance(score, int):
        packed += UNITS["leads_scored"] + UNITS["lead_score"] * score
    if answered_ms is not None:
        packed += _lags(lead, done, created_at, answered_ms)
    if answered_ms is not None and qualified:
        within = answered_ms - created_at <= hour_ms
        packed += UNITS["responses_qualified"] + (UNITS["answered_1h_qualified"] if within else 0)
    if packed:
        credit(created_at, told.owner(created_at), packed, None)
    if told.outcome == "open":
        credit(None, told.owner(None), UNITS["open_enquiries"], None)


def _lags(lead: Fragment, done: Collection[Entry], created_at: int, answered_ms: int) -> int:
    """From enquiry to the first owner, from there to the first attempt; what is left is the contact's."""
    owned = min((entry[0] for entry in lead.owners), default=answered_ms)
    owned = min(max(owned, created_at), answered_ms)
    tried = [e[0] for e in done if e[1] == _ATTEMPT and e[4] in _ATTEMPTS and e[0] >= owned]
    attempted = min(tried, default=answered_ms)
    return _ASSIGN_MS * (owned - created_at) + _ATTEMPT_MS * (min(attempted, answered_ms) - owned)


def deal_facts(told: Story, deal: Deal, by: Reckoning, credit: Credit) -> None:
    """What a deal took and brought."""
    first = deal is told.deals[0]
    created_at = deal.state.created_at
    if first and created_at is not None:
        talked = UNITS["opportunities_talked"] if _talked_at(told) is not None else 0
        credit(created_at, told.owner(created_at, deal), UNITS["opportunities"] + talked, deal)
    done = activities(deal.state)
    if done:
        _work(told, done, deal, credit)
        _offers(told, deal, done, credit)
    if deal.state.items:
        _money_facts(told, deal, by, credit)
    if deal.outcome == "open":
        scored = UNITS["open_deals_scored"] + UNITS["open_deals_score"] * score_of(told, deal)
        credit(None, told.owner(None, deal), scored, deal)
    if deal.outcome == "won" and deal.closed_at is not None:
        effort = _effort(done) + (_effort(activities(told.lead)) if first and told.lead is not None else 0)
        packed = _lines(told, deal, by, credit) + UNITS["won_activities"] * effort
        packed += UNITS["won_deals_unnamed"] if told.told("customer", deal) == UNKNOWN else 0
        amount_minor = None if deal.amount is None else by.convert(*deal.amount, deal.closed_at)
        if amount_minor is not None:
            packed += UNITS["won_deals_small"] if amount_minor < by.small_deal_minor else 0
            packed += UNITS["campaign_revenue_minor"] * amount_minor if _campaign(told, deal) else 0
        if packed:
            credit(deal.closed_at, told.owner(deal.closed_at, deal), packed, deal)


def _bad_contact(lead: Fragment) -> bool:
    reason = lead.text("reason") or ""
    return reason.strip().casefold().replace(" ", "_").replace("-", "_") in BAD_CONTACT


def _campaign(told: Story, deal: Deal) -> bool:
    return told.told("campaign", deal) != UNKNOWN


def _talked_at(told: Story) -> int | None:
    """The first conversation or meeting with the lead or in any of its deals."""
    states = [deal.state for deal in told.deals] + ([] if told.lead is None else [told.lead])
    times = [
        state.reached[name][0]
        for state in states
        for name in ("conversation_held", "meeting_held")
        if name in state.reached
    ]
    return min(times, default=None)


def activities(state: Fragment) -> Collection[Entry]:
    """Each activity once: of entries of one (source, id) the last writer."""
    entries = state.activities
    if len(entries) < 2 or len({(entry[2], entry[3]) for entry in entries}) == len(entries):
        return entries
    return {(entry[2], entry[3]): entry for entry in sorted(entries)}.values()


def _work(told: Story, done: Collection[Entry], deal: Deal | None, credit: Credit) -> None:
    for at_ms, rank, _, _, details in done:
        packed = _ATTEMPTS.get(details, 0) if rank == _ATTEMPT else _COUNTED.get(rank, 0)
        if packed:
            credit(at_ms, told.owner(at_ms, deal), packed, deal)


def _offers(told: Story, deal: Deal, done: Collection[Entry], credit: Credit) -> None:
    offers = [entry[0] for entry in done if entry[1] == _OFFER]
    if offers:
        packed = UNITS["offered_deals"] + UNITS["offered_offers"] * len(offers)
        credit(min(offers), told.owner(min(offers), deal), packed, deal)


def _effort(done: Collection[Entry]) -> int:
    """Attempts by a person and meetings held."""
    return sum(entry[1] == _MEETING or (entry[1] == _ATTEMPT and entry[4] in _ATTEMPTS) for entry in done)


def _money_facts(told: Story, deal: Deal, by: Reckoning, credit: Credit) -> None:
    items, currency = deal.state.items, by.currency
    for name, written in items.items():
        kind, _, number = name.partition("\x1f")
        if kind not in _AMOUNTS or (kind == "payment" and f"reversed\x1f{number}" in items):
            continue
        match written[4]:
            case (int(amount_minor), str(told_currency)) if told_currency == currency:
                packed = UNITS[f"{kind}s"] + UNITS[_AMOUNTS[kind]] * amount_minor
            case (int(amount_minor), str(told_currency)) if (
                converted := by.convert(amount_minor, told_currency, written[0])
            ) is not None:
                packed = UNITS[f"{kind}s"] + UNITS[_AMOUNTS[kind]] * converted
            case _:
                packed = UNITS[f"{kind}s"] + UNITS[f"{kind}s_unconverted"]
        credit(written[0], told.owner(written[0], deal), packed, deal)


def _lines(told: Story, deal: Deal, by: Reckoning, credit: Credit) -> int:
    """Totals of a won deal's lines; the recurring ones stand as long as the deal is won."""
    packed, kinds, recurring_minor = 0, set(), 0
    for name, written in deal.state.items.items():
        match written[4]:
            case (int(amount_minor), str(currency), cost_minor, str(kind), bool(recurring)):
                kinds.add(kind)
            case _:
                continue
        if not name.startswith("line\x1f"):
            continue
        if recurring:
            recurring_minor += by.convert(amount_minor, currency, None) or 0
        sold = by.convert(amount_minor, currency, deal.closed_at)
        cost = by.convert(cost_minor, currency, deal.closed_at) if isinstance(cost_minor, int) else None
        if sold is not None and cost is not None:
            packed += UNITS["margin_minor"] * (sold - cost) + UNITS["margin_revenue_minor"] * sold
            if kind in ("upsell", "cross_sell"):
                packed += UNITS["upsell_revenue_minor"] * sold + UNITS["upsell_cost_minor"] * cost
    if recurring_minor:
        stands = UNITS["recurring_deals"] + UNITS["recurring_minor"] * recurring_minor
        credit(None, told.owner(None, deal), stands, deal)
    packed += UNITS["won_deals_upsell"] if "upsell" in kinds else 0
    return packed + (UNITS["won_deals_cross"] if "cross_sell" in kinds else 0)
