"""Facts of the totals that are kept for six windows: milestones, activities, invoices, payments, lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.oracle.calendar import HOUR_MS, Config
from tests.oracle.customers import customer_name
from tests.oracle.entities import Entity
from tests.oracle.funnel import Story, closed_at, qualified_at
from tests.oracle.labels import Fact, Labels
from tests.oracle.rates import worth
from tests.oracle.units import PLACES
from tests.oracle.wire import Event

SELDOM: Final = {
    "enquiries_deal enquiries_opportunity enquiries_invalid leads_scored lead_score": "channel source rep",
    "qualified_deal opportunities opportunities_talked": "channel source rep",
    "talked_leads talked_qualified": "channel source rep",
    "responses_qualified answered_1h_qualified assign_ms attempt_ms": "channel rep",
    "won_deals_unnamed won_deals_small won_deals_upsell won_deals_cross won_activities": "channel source rep",
    "margin_minor margin_revenue_minor upsell_revenue_minor upsell_cost_minor": "channel source rep",
    "campaign_revenue_minor": "channel source rep",
    "contact_attempts decision_maker_attempts first_touches meetings_set meetings_held": "channel rep",
    "offers_sent offers_reviewed contracts_agreed": "channel rep",
    "invoices invoiced_minor invoices_unconverted": "channel rep",
    "payments paid_minor payments_unconverted": "channel rep",
    "offered_deals offered_offers": "channel rep",
    "open_enquiries open_deals_scored open_deals_score recurring_minor recurring_deals": "channel rep",
}
OF_VERBS: Final = {
    "first_touch": "first_touches",
    "meeting_set": "meetings_set",
    "meeting_held": "meetings_held",
    "offer_sent": "offers_sent",
    "offer_reviewed": "offers_reviewed",
    "contract_agreed": "contracts_agreed",
}
NO_CONTACT: Final = ("bad contact", "invalid contact", "wrong contact", "неверный контакт")


def seldom_facts(story: Story, config: Config) -> Iterator[Fact]:
    """All of them that a journey makes."""
    if story.lead is not None:
        yield from _cohorts(story, story.lead)
        for at_ms, total in _work(story.lead):
            owner = story.lead.owner_at(at_ms) or "unassigned"
            yield Fact(total, story.labels(owner), 1, at_ms)
    for deal in story.deals:
        yield from _deal(_Deal(story, deal), config)


def _cohorts(story: Story, lead: Entity) -> Iterator[Fact]:
    qualified, created, talked = qualified_at(lead), lead.created_at, story.talked_at
    if qualified is not None and story.deals:
        yield Fact("qualified_deal", _of_lead(story, lead, qualified), 1, qualified)
    if talked is not None:
        yield Fact("talked_leads", _of_lead(story, lead, talked), 1, talked)
        if qualified is not None:
            yield Fact("talked_qualified", _of_lead(story, lead, talked), 1, talked)
    if created is not None:
        labels = _of_lead(story, lead, created)
        yield from (Fact(total, labels, amount, created) for total, amount in _enquiry(story, lead, created))
        if story.is_open:
            yield Fact("open_enquiries", _of_lead(story, lead, None), 1, None)


def _lags(lead: Entity, created: int, answered: int) -> Iterator[tuple[str, int]]:
    """The first owner, then the first attempt by a person; neither is looked for after the answer."""
    owned = sorted(max(order[0], created) for order, _ in lead.owners)[:1]
    assigned = min([*owned, answered])
    tried = [at for at, verb, by, _ in lead.done if (verb, by) == ("contact_attempted", "human")]
    attempted = min([at for at in tried if at >= assigned] + [answered])
    yield "assign_ms", assigned - created
    yield "attempt_ms", attempted - assigned


def _of_lead(story: Story, lead: Entity, at_ms: int | None) -> Labels:
    owner = lead.owner_now if at_ms is None else lead.owner_at(at_ms)
    return story.labels(owner or "unassigned")


def _enquiry(story: Story, lead: Entity, created: int) -> Iterator[tuple[str, int]]:
    """What became of a lead that came: (total, amount)."""
    qualified = qualified_at(lead) is not None
    if story.deals:
        yield "enquiries_deal", 1
    if story.deals or qualified:
        yield "enquiries_opportunity", 1
    reason = str(lead.last_written("reason", ("disqualified",)) or "").casefold().strip()
    useless = reason.replace("_", " ").replace("-", " ") in NO_CONTACT
    if closed_at(lead, "disqualified") is not None and useless:
        yield "enquiries_invalid", 1
    score = lead.last_written("score", ("scored",))
    if score is not None:
        yield "leads_scored", 1
        yield "lead_score", score
    if story.answered_at is not None:
        yield from _lags(lead, created, story.answered_at)
    if story.answered_at is not None and qualified:
        yield "responses_qualified", 1
        if story.answered_at - created <= HOUR_MS:
            yield "answered_1h_qualified", 1


class _Deal:
    """A deal in its journey."""

    def __init__(self, story: Story, deal: Entity) -> None:
        self.story, self.deal = story, deal

    def labels(self, at_ms: int | None) -> Labels:
        """Whom a fact of it is about."""
        story, deal = self.story, self.deal
        owner = story.deal_owner_now(deal) if at_ms is None else story.deal_owner_at(deal, at_ms)
        return story.labels(owner, deal)

    def fact(self, total: str, amount: int, at_ms: int | None) -> Fact:
        """A fact of it."""
        return Fact(total, self.labels(at_ms), amount, at_ms)

    @property
    def score(self) -> int:
        """Its own, else the lead's, else by what is known of budget, authority, need and timing."""
        entities = [self.deal, *([self.story.lead] if self.story.lead else [])]
        scores = [entity.last_written("score", ("scored",)) for entity in entities]
        told = next((score for score in scores if score is not None), None)
        if told is not None:
            return int(told)
        known = {name.removeprefix("stage:") for entity in entities for name in entity.evidence}
        return 1 + sum(
            [
                self.deal.amount is not None and self.deal.amount[0] > 0,
                bool(known & {"dm_reached", "decision_maker_reached"}),
                bool(known & {"qualified", "conversation_held", "meeting_held"}),
                bool(known & {"offer_reviewed", "contract_agreed", "invoice_issued"}),
            ]
        )

    @property
    def effort(self) -> int:
        """Attempts and meetings; a journey's first deal took those of the lead too."""
        lead = self.story.lead if self.deal is self.story.deals[0] else None
        done = [*self.deal.done, *(lead.done if lead else [])]
        attempts = [1 for _, verb, by, _ in done if verb == "contact_attempted" and by == "human"]
        return len(attempts) + len([1 for _, verb, _, _ in done if verb == "meeting_held"])


def _work(entity: Entity) -> Iterator[tuple[int, str]]:
    """(time, total) of everything that was done."""
    for at_ms, verb, by, party in entity.done:
        if verb in OF_VERBS:
            yield at_ms, OF_VERBS[verb]
        if verb == "contact_attempted" and by == "human":
            yield at_ms, "contact_attempts"
            if party == "decision_maker":
                yield at_ms, "decision_maker_attempts"


def _deal(of: _Deal, config: Config) -> Iterator[Fact]:
    deal, story = of.deal, of.story
    if deal is story.deals[0] and deal.created_at is not None:
        yield of.fact("opportunities", 1, deal.created_at)
        if story.talked_at is not None:
            yield of.fact("opportunities_talked", 1, deal.created_at)
    for at_ms, total in _work(deal):
        yield of.fact(total, 1, at_ms)
    offers = sorted(at_ms for at_ms, verb, _, _ in deal.done if verb == "offer_sent")
    if offers:
        yield of.fact("offered_deals", 1, offers[0])
        yield of.fact("offered_offers", len(offers), offers[0])
    yield from _papers(of, config)
    won_at = closed_at(deal, "won")
    if won_at is not None:
        yield from _won(of, won_at, config)
    elif closed_at(deal, "lost") is None:
        yield of.fact("open_deals_scored", 1, None)
        yield of.fact("open_deals_score", of.score, None)


def _papers(of: _Deal, config: Config) -> Iterator[Fact]:
    """Invoices, and payments that were not reversed."""
    reversed_ones = of.deal.numbered("payment_reversed", "payment")
    for verb, name in (("invoice_issued", "invoice"), ("payment_received", "payment")):
        for number, event in of.deal.numbered(verb, name).items():
            if name == "payment" and number in reversed_ones:
                continue
            amount_minor = worth(event.get("amount"), event.time_ms, config)
            yield of.fact(f"{name}s", 1, event.time_ms)
            if amount_minor is None:
                yield of.fact(f"{name}s_unconverted", 1, event.time_ms)
            else:
                total = "paid_minor" if name == "payment" else "invoiced_minor"
                yield of.fact(total, amount_minor, event.time_ms)


def _won(of: _Deal, won_at: int, config: Config) -> Iterator[Fact]:
    yield of.fact("won_activities", of.effort, won_at)
    if customer_name(of.story, of.deal) is None:
        yield of.fact("won_deals_unnamed", 1, won_at)
    amount_minor = None if of.deal.amount is None else worth(of.deal.amount, won_at, config)
    if amount_minor is not None:
        if amount_minor < 100_000 * 10 ** PLACES[config.currency]:
            yield of.fact("won_deals_small", 1, won_at)
        if of.labels(won_at).campaign != "unknown":
            yield of.fact("campaign_revenue_minor", amount_minor, won_at)
    lines = list(of.deal.numbered("line_sold", "line").values())
    kinds = {line.get("kind") for line in lines}
    for kind, total in (("upsell", "won_deals_upsell"), ("cross_sell", "won_deals_cross")):
        if kind in kinds:
            yield of.fact(total, 1, won_at)
    recurring = [worth(line.get("amount"), None, config) or 0 for line in lines if line.get("recurring")]
    if any(recurring):
        yield of.fact("recurring_deals", 1, None)
        yield of.fact("recurring_minor", sum(recurring), None)
    for line in lines:
        yield from _margin(of, line, won_at, config)


def _margin(of: _Deal, line: Event, won_at: int, config: Config) -> Iterator[Fact]:
    """What a line brought above its cost, where both are known in the reporting currency."""
    sold = worth(line.get("amount"), won_at, config)
    if sold is None or line.get("cost") is None:
        return
    cost = worth((line.get("cost")[0], line.get("amount")[1]), won_at, config)
    if cost is None:
        return
    yield of.fact("margin_minor", sold - cost, won_at)
    yield of.fact("margin_revenue_minor", sold, won_at)
    if line.get("kind") in ("upsell", "cross_sell"):
        yield of.fact("upsell_revenue_minor", sold, won_at)
        yield of.fact("upsell_cost_minor", cost, won_at)
