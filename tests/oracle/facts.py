"""From a journey to its facts: every base total of definitions section 5."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.oracle.calendar import DAY_MS, HOUR_MS, Config
from tests.oracle.customers import COUNTED, SUMS
from tests.oracle.entities import Entity
from tests.oracle.funnel import Story, closed_at, qualified_at
from tests.oracle.labels import Fact, Labels
from tests.oracle.ledger import AIMS, BY_DAYS, TOLD
from tests.oracle.rates import worth
from tests.oracle.seldom import SELDOM, seldom_facts
from tests.oracle.standing import NETS, net_facts

FAMILIES: Final = {
    total: tuple(families.split())
    for totals, families in {
        "enquiries enquiries_qualified enquiries_won qualified_leads qualified_won": "channel source rep",
        "responses response_ms response_working_ms": "channel rep",
        "response_bucket response_working_bucket": "channel",
        "answered_1h due_1h answered_1wh due_1wh": "channel source rep",
        "hourly_due_1wh hourly_answered_1wh": "channel",
        "waiting": "channel rep",
        "waiting_since": "channel",
        "stage_entered stage_advanced stage_lost stage_still dwell_ms dwells occupancy stuck": "stage",
        "deals_created deals_created_won deals_created_lost won_deals lost_deals": "channel source rep",
        "revenue_minor won_deals_valued won_deals_unconverted cycle_ms cycles": "channel source rep",
        "open_deals open_deals_valued open_deals_unconverted pipeline_minor": "channel rep",
        **NETS,
        **SELDOM,
        **SUMS,
        **COUNTED,
        **BY_DAYS,
        **TOLD,
        **AIMS,
    }.items()
    for total in totals.split()
}
MONTHLY: Final = frozenset(total for totals in {**SELDOM, **TOLD} for total in totals.split())
"""Totals that are kept for six windows only."""
WON_MONEY: Final = ("revenue_minor", "won_deals_valued", "won_deals_unconverted")
OPEN_MONEY: Final = ("pipeline_minor", "open_deals_valued", "open_deals_unconverted")
EDGES_SECONDS: Final = (300, 900, 3600, 14400, 28800, 86400, 172800, 604800)


def facts_of(story: Story, config: Config) -> Iterator[Fact]:
    """All facts of a journey."""
    if story.lead is not None:
        yield from _enquiry(story, story.lead)
        if story.has_enquiry:
            yield from _response(story, story.lead, config)
    yield from _funnel(story)
    for deal in story.deals:
        yield from _deal(story, deal, config)
    yield from seldom_facts(story, config)
    yield from net_facts(story, config)


def _enquiry(story: Story, lead: Entity) -> Iterator[Fact]:
    created, qualified = lead.created_at, qualified_at(lead)
    if created is not None:
        labels = story.labels(lead.owner_at(created) or "unassigned")
        yield Fact("enquiries", labels, 1, created)
        if qualified is not None:
            yield Fact("enquiries_qualified", labels, 1, created)
        if story.won_at is not None:
            yield Fact("enquiries_won", labels, 1, created)
    if qualified is not None:
        labels = story.labels(lead.owner_at(qualified) or "unassigned")
        yield Fact("qualified_leads", labels, 1, qualified)
        if story.won_at is not None:
            yield Fact("qualified_won", labels, 1, qualified)


def _response(story: Story, lead: Entity, config: Config) -> Iterator[Fact]:
    created, answered = lead.created_at, story.answered_at
    assert created is not None
    labels = story.labels(lead.owner_at(created) or "unassigned")
    if answered is None:
        yield Fact("due_1h", labels, 1, created, created + HOUR_MS)
        deadline = config.calendar.working_deadline(created, HOUR_MS)
        if deadline is not None:
            yield Fact("due_1wh", labels, 1, created, deadline)
            yield Fact("hourly_due_1wh", _hour(story, created, config), 1, created, deadline)
        if story.is_open:
            now = story.labels(lead.owner_now or "unassigned")
            yield Fact("waiting", now, 1, None)
            yield Fact("waiting_since", now, created, None)
        return
    waited, worked = answered - created, config.calendar.working_ms(created, answered)
    yield Fact("responses", labels, 1, created)
    yield Fact("response_ms", labels, waited, created)
    yield Fact("response_working_ms", labels, worked, created)
    yield Fact("response_bucket", Labels(story.channel, le=_edge(waited)), 1, created)
    yield Fact("response_working_bucket", Labels(story.channel, le=_edge(worked)), 1, created)
    yield Fact("due_1h", labels, 1, created)
    yield Fact("due_1wh", labels, 1, created)
    yield Fact("hourly_due_1wh", _hour(story, created, config), 1, created)
    if waited <= HOUR_MS:
        yield Fact("answered_1h", labels, 1, created)
    if worked <= HOUR_MS:
        yield Fact("answered_1wh", labels, 1, created)
        yield Fact("hourly_answered_1wh", _hour(story, created, config), 1, created)


def _hour(story: Story, created: int, config: Config) -> Labels:
    """The hour of the week, counted from the beginning of the local day."""
    day = config.calendar.day_of(created)
    hours = (created - config.calendar.instant(day)) // HOUR_MS
    weekday = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[day.weekday()]
    return Labels(story.channel, le=f"{weekday}-{min(hours, 23):02}")


def _edge(waited_ms: int) -> str:
    return next((str(edge) for edge in EDGES_SECONDS if waited_ms <= edge * 1000), "+Inf")


def _funnel(story: Story) -> Iterator[Fact]:
    way = story.passages
    for place, here in enumerate(way):
        labels = Labels(story.channel, stage=here.stage)
        yield Fact("stage_entered", labels, 1, here.passed)
        if place + 1 < len(way):
            yield Fact("stage_advanced", labels, 1, here.passed)
            after = way[place + 1].passed
            if here.own is not None and here.own <= after:
                yield from _dwell(labels, after - here.passed, after)
        elif story.lost_at is not None:
            yield Fact("stage_lost", labels, 1, here.passed)
            if story.lost_at >= here.passed:
                yield from _dwell(labels, story.lost_at - here.passed, story.lost_at)
        elif here.stage != "won":
            yield Fact("stage_still", labels, 1, here.passed)
    if story.occupancy is not None:
        last_seen, _, stage = story.occupancy
        yield Fact("occupancy", Labels(story.channel, stage=stage), 1, None)
        yield Fact("stuck", Labels(story.channel, stage=stage), 1, None, last_seen + 15 * DAY_MS)


def _dwell(labels: Labels, stayed_ms: int, at_ms: int) -> Iterator[Fact]:
    yield Fact("dwells", labels, 1, at_ms)
    yield Fact("dwell_ms", labels, stayed_ms, at_ms)


def _deal(story: Story, deal: Entity, config: Config) -> Iterator[Fact]:
    won_at, lost_at = closed_at(deal, "won"), closed_at(deal, "lost")
    if (created := deal.created_at) is not None:
        labels = story.labels(story.deal_owner_at(deal, created), deal)
        yield Fact("deals_created", labels, 1, created)
        if won_at is not None:
            yield Fact("deals_created_won", labels, 1, created)
        if lost_at is not None:
            yield Fact("deals_created_lost", labels, 1, created)
    if won_at is not None:
        labels = story.labels(story.deal_owner_at(deal, won_at), deal)
        yield Fact("won_deals", labels, 1, won_at)
        yield from _money(deal, labels, won_at, WON_MONEY, config)
        start = story.cycle_start(deal)
        if start is not None and start <= won_at:
            yield Fact("cycles", labels, 1, won_at)
            yield Fact("cycle_ms", labels, won_at - start, won_at)
    elif lost_at is not None:
        yield Fact("lost_deals", story.labels(story.deal_owner_at(deal, lost_at), deal), 1, lost_at)
    else:
        labels = story.labels(story.deal_owner_now(deal), deal)
        yield Fact("open_deals", labels, 1, None)
        yield from _money(deal, labels, None, OPEN_MONEY, config)


def _money(
    deal: Entity, labels: Labels, at_ms: int | None, totals: tuple[str, str, str], config: Config
) -> Iterator[Fact]:
    """(sum, number, number without a rate) of a deal whose amount is known."""
    if deal.amount is None:
        return
    amount_minor = worth(deal.amount, at_ms, config)
    if amount_minor is None:
        yield Fact(totals[2], labels, 1, at_ms)
    else:
        yield Fact(totals[0], labels, amount_minor, at_ms)
        yield Fact(totals[1], labels, 1, at_ms)
