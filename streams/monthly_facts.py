"""Facts of the totals that are kept for few windows: milestones, activities, invoices, payments, lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from streams import events as ev
from streams.book import Book
from streams.fragments import Entry, Fragment
from streams.joins import text_of, value_of
from streams.opportunity import score_of
from streams.rows import UNITS
from streams.stories import UNKNOWN, Deal, Story, money_of

BAD_CONTACT = frozenset(("bad_contact", "invalid_contact", "wrong_contact", "неверный_контакт"))
"""Reasons of disqualification that say that the contact data were of no use."""

_ATTEMPT: Final = ev.ContactAttempted.rank
_MEETING: Final = ev.MeetingHeld.rank
_OFFER: Final = ev.OfferSent.rank
_ATTEMPTED: Final = UNITS["contact_attempts"]
_ATTEMPTS: Final = {
    **dict.fromkeys(("human client", "human partner"), _ATTEMPTED),
    "human decision_maker": _ATTEMPTED + UNITS["decision_maker_attempts"],
}
"""By details: who tried to reach whom; what a machine tried is none."""
_COUNTED: Final = {
    ev.FirstTouch.rank: UNITS["first_touches"],
    ev.MeetingSet.rank: UNITS["meetings_set"],
    ev.MeetingHeld.rank: UNITS["meetings_held"],
    ev.OfferSent.rank: UNITS["offers_sent"],
    ev.OfferReviewed.rank: UNITS["offers_reviewed"],
    ev.ContractAgreed.rank: UNITS["contracts_agreed"],
}
_ASSIGN_MS: Final = UNITS["assign_ms"]
_ATTEMPT_MS: Final = UNITS["attempt_ms"]
_QUALIFIED_DEAL: Final = UNITS["qualified_deal"]
_TALKED: Final = UNITS["talked_leads"]
_TALKED_QUALIFIED: Final = UNITS["talked_qualified"]
_ENQUIRY_DEAL: Final = UNITS["enquiries_deal"]
_ENQUIRY_OPPORTUNITY: Final = UNITS["enquiries_opportunity"]
_ENQUIRY_INVALID: Final = UNITS["enquiries_invalid"]
_SCORED: Final = UNITS["leads_scored"]
_SCORE: Final = UNITS["lead_score"]
_ANSWERED_QUALIFIED: Final = UNITS["responses_qualified"]
_SOON_QUALIFIED: Final = UNITS["answered_1h_qualified"]
_OPEN_ENQUIRY: Final = UNITS["open_enquiries"]
_OPPORTUNITY: Final = UNITS["opportunities"]
_OPPORTUNITY_TALKED: Final = UNITS["opportunities_talked"]
_OPEN_SCORED: Final = UNITS["open_deals_scored"]
_OPEN_SCORE: Final = UNITS["open_deals_score"]
_OFFERED_DEALS: Final = UNITS["offered_deals"]
_OFFERED_OFFERS: Final = UNITS["offered_offers"]
_EFFORT: Final = UNITS["won_activities"]
_UNNAMED: Final = UNITS["won_deals_unnamed"]
_SMALL: Final = UNITS["won_deals_small"]
_CAMPAIGN: Final = UNITS["campaign_revenue_minor"]
_PAPERS: Final = {
    kind: (UNITS[f"{kind}s"], UNITS[amount], UNITS[f"{kind}s_unconverted"])
    for kind, amount in (("invoice", "invoiced_minor"), ("payment", "paid_minor"))
}
"""By kind of paper: how many, what they come to, and those whose amount has no rate."""


def lead_facts(book: Book, lead: Fragment, answered_ms: int | None, hour_ms: int) -> None:
    """What a lead came to: opportunity, qualification, score; with no creation it is in no cohort."""
    told = book.told
    qualified_at, has_deal = told.qualified_at, bool(told.deals)
    if qualified_at is not None and has_deal:
        book.credit_seldom(qualified_at, _QUALIFIED_DEAL)
    talked_at = _talked_at(told)
    if talked_at is not None:
        book.credit_seldom(talked_at, _TALKED + (0 if qualified_at is None else _TALKED_QUALIFIED))
    done = activities(lead)
    _work(book, done)
    created_at = lead.created_at
    if created_at is None:
        return
    packed = _ENQUIRY_DEAL if has_deal else 0
    packed += _ENQUIRY_OPPORTUNITY if has_deal or qualified_at is not None else 0
    packed += _ENQUIRY_INVALID if told.disqualified_at is not None and _bad_contact(lead) else 0
    score = value_of(lead, "score")
    if isinstance(score, int):
        packed += _SCORED + _SCORE * score
    if answered_ms is not None:
        packed += _lags(lead, done, created_at, answered_ms)
        if qualified_at is not None:
            packed += _ANSWERED_QUALIFIED
            packed += _SOON_QUALIFIED if answered_ms - created_at <= hour_ms else 0
    if packed:
        book.credit_seldom(created_at, packed)
    if told.outcome == "open":
        book.credit_seldom_stock(_OPEN_ENQUIRY)


def _lags(lead: Fragment, done: Sequence[Entry], created_at: int, answered_ms: int) -> int:
    """From enquiry to the first owner, from there to the first attempt; what is left is the contact's."""
    owned = lead.owners[0][0] if lead.owners else answered_ms
    owned = min(max(owned, created_at), answered_ms)
    attempted = answered_ms
    for entry in done:
        if entry[1] == _ATTEMPT and owned <= entry[0] < attempted and entry[4] in _ATTEMPTS:
            attempted = entry[0]
    return _ASSIGN_MS * (owned - created_at) + _ATTEMPT_MS * (attempted - owned)


def deal_facts(book: Book, deal: Deal, *, first: bool) -> None:
    """What a deal took and brought."""
    told = book.told
    created_at = deal.state.created_at
    if first and created_at is not None:
        talked = _talked_at(told) is not None
        book.credit_seldom(created_at, _OPPORTUNITY + (_OPPORTUNITY_TALKED if talked else 0))
    done = activities(deal.state)
    if done:
        _work(book, done)
        _offers(book, done)
    if deal.state.items:
        _money_facts(book, deal)
    if deal.closed_at is None:
        book.credit_seldom_stock(_OPEN_SCORED + _OPEN_SCORE * score_of(told, deal))
    elif deal.outcome == "won":
        effort = _effort(done)
        if first and told.lead is not None:
            effort += _effort(activities(told.lead))
        packed = _won(book, deal, deal.closed_at) + _EFFORT * effort
        if packed:
            book.credit_seldom(deal.closed_at, packed)


def _won(book: Book, deal: Deal, closed_at: int) -> int:
    """What a sale brought."""
    told, packed = book.told, _lines(book, deal, closed_at) if deal.state.items else 0
    if told.told("customer", deal) == UNKNOWN:
        packed += _UNNAMED
    if deal.amount is not None:
        amount_minor = book.rules.convert(deal.amount[0], deal.amount[1], closed_at)
        if amount_minor is not None:
            packed += _SMALL if amount_minor < book.rules.small_deal_minor else 0
            packed += 0 if told.told("campaign", deal) == UNKNOWN else _CAMPAIGN * amount_minor
    return packed


def _bad_contact(lead: Fragment) -> bool:
    reason = text_of(lead, "reason") or ""
    return reason.strip().casefold().replace(" ", "_").replace("-", "_") in BAD_CONTACT


def _talked_at(told: Story) -> int | None:
    """The first conversation or meeting with the lead or in any of its deals."""
    found = None if told.lead is None else _earliest(None, told.lead)
    for deal in told.deals:
        found = _earliest(found, deal.state)
    return found


def _earliest(known: int | None, state: Fragment) -> int | None:
    reached = state.reached
    for name in ("conversation_held", "meeting_held"):
        span = reached.get(name)
        if span is not None and (known is None or span[0] < known):
            known = span[0]
    return known


def activities(state: Fragment) -> Sequence[Entry]:
    """Each activity once: of entries of one (source, id) the last writer."""
    entries = state.activities
    if len(entries) < 2:
        return entries
    latest = {(entry[2], entry[3]): entry for entry in entries}
    return entries if len(latest) == len(entries) else list(latest.values())


def _work(book: Book, done: Sequence[Entry]) -> None:
    for entry in done:
        rank = entry[1]
        packed = _ATTEMPTS.get(entry[4], 0) if rank == _ATTEMPT else _COUNTED.get(rank, 0)
        if packed:
            book.credit_seldom(entry[0], packed)


def _offers(book: Book, done: Sequence[Entry]) -> None:
    offers = [entry[0] for entry in done if entry[1] == _OFFER]
    if offers:
        book.credit_seldom(min(offers), _OFFERED_DEALS + _OFFERED_OFFERS * len(offers))


def _effort(done: Sequence[Entry]) -> int:
    """Attempts by a person and meetings held."""
    effort = 0
    for entry in done:
        if entry[1] == _MEETING or (entry[1] == _ATTEMPT and entry[4] in _ATTEMPTS):
            effort += 1
    return effort


def _money_facts(book: Book, deal: Deal) -> None:
    items = deal.state.items
    for name, written in items.items():
        kind, _, number = name.partition("\x1f")
        paper = _PAPERS.get(kind)
        if paper is None or (kind == "payment" and f"reversed\x1f{number}" in items):
            continue
        packed, unit, unconverted = paper
        told = money_of(written[4])
        amount_minor = None if told is None else book.rules.convert(told[0], told[1], written[0])
        packed += unconverted if amount_minor is None else unit * amount_minor
        book.credit_seldom(written[0], packed)


_MARGIN: Final = UNITS["margin_minor"]
_MARGIN_REVENUE: Final = UNITS["margin_revenue_minor"]
_UPSELL_REVENUE: Final = UNITS["upsell_revenue_minor"]
_UPSELL_COST: Final = UNITS["upsell_cost_minor"]
_UPSOLD: Final = UNITS["won_deals_upsell"]
_CROSS_SOLD: Final = UNITS["won_deals_cross"]


def _lines(book: Book, deal: Deal, closed_at: int) -> int:
    """Totals of a won deal's lines."""
    packed, kinds, by = 0, set[str](), book.rules
    for name, written in deal.state.items.items():
        match written[4]:
            case (int(amount_minor), str(currency), cost_minor, str(kind), bool()):
                kinds.add(kind)
            case _:
                continue
        if not name.startswith("line\x1f"):
            continue
        sold = by.convert(amount_minor, currency, closed_at)
        cost = by.convert(cost_minor, currency, closed_at) if isinstance(cost_minor, int) else None
        if sold is not None and cost is not None:
            packed += _MARGIN * (sold - cost) + _MARGIN_REVENUE * sold
            if kind in ("upsell", "cross_sell"):
                packed += _UPSELL_REVENUE * sold + _UPSELL_COST * cost
    packed += _UPSOLD if "upsell" in kinds else 0
    return packed + (_CROSS_SOLD if "cross_sell" in kinds else 0)
