"""Leads: enquiries that wait for an answer, and prospects that reps go after."""

from __future__ import annotations

import math

from agents.crm.cast import DISQUALIFIED_REASONS, INDUSTRIES, pick, pick_rep
from agents.crm.deals import Deal
from agents.crm.rhythm import DAY_MS, HOUR_MS, MINUTE_MS
from agents.crm.story import Story
from streams.events import (
    Assigned,
    ContactAttempted,
    ConversationHeld,
    Created,
    Deleted,
    Disqualified,
    FirstTouch,
    JourneyPayload,
    MeetingHeld,
    MeetingSet,
    Merged,
    Qualified,
    Responded,
    Scored,
    Updated,
)

_ANSWER_HOURS = 0.21
_ANSWER_SPREAD = 1.2


class Lead:
    """A lead of a story and everything that is said about it."""

    def __init__(self, story: Story, number: int = 1) -> None:
        self.story, self.id = story, f"{story.name}-l{number}"
        self.key = f"lead/{self.id}"

    def tell(self, time_ms: int, data: JourneyPayload, *, by_hand: bool = True) -> None:
        """Record an event of this lead."""
        self.story.tell(self.key, self.key, time_ms, data, by_hand=by_hand)

    def create(self, time_ms: int, *, by_hand: bool = False) -> None:
        """The lead comes into being; some say their channel or trade only later, some arrive late."""
        story = self.story
        untold, no_trade = story.chance(0.012), story.chance(0.3)
        created = Created(
            channel=None if untold else story.channel,
            source=story.source.name,
            campaign=story.campaign,
            region=story.region,
            industry=None if no_trade else pick(story.random, INDUSTRIES),
            owner=story.rep.code if by_hand else None,
            customer=story.customer,
        )
        self.tell(time_ms, created, by_hand=by_hand)
        if untold or (no_trade and story.chance(0.5)):
            told = Updated(channel=story.channel, industry=pick(story.random, INDUSTRIES))
            self.tell(story.later(time_ms, 2), told)

    def drop(self, time_ms: int, reason: str | None = None) -> None:
        """The lead is no target; spam is deleted altogether now and then."""
        reason = reason or pick(self.story.random, DISQUALIFIED_REASONS)
        self.tell(time_ms, Disqualified(reason=reason))
        if reason == "spam" and self.story.chance(0.4):
            self.tell(time_ms + HOUR_MS, Deleted())

    def second_deal(self, sold_ms: int) -> None:
        """A customer who has bought may buy again within the same journey."""
        if self.story.chance(0.08):
            opened = self.story.later(sold_ms, 50)
            deal = Deal(self.story, 2, self.key)
            deal.create(opened)
            deal.run(opened)


def play_enquiry(story: Story) -> None:
    """An inbound enquiry: answered, qualified, talked over, offered, sold or lost on the way."""
    lead, opens = Lead(story), story.opens_ms
    lead.create(opens)
    if story.chance(0.55):
        lead.tell(opens + 5_000, Responded(by="auto"), by_hand=False)
    lead.tell(opens + 20_000, Assigned(owner=story.rep.code), by_hand=False)
    if story.chance(0.012):
        _play_twin(story, lead)
    if story.chance(0.02):  # they had called before they wrote
        lead.tell(opens - 15 * MINUTE_MS, FirstTouch())
    if story.chance(0.045):
        if story.chance(0.97):
            lead.drop(story.later(opens, 30), "no_answer")
        return
    answered = _answer(lead)
    if story.chance(0.6):
        lead.tell(
            answered + 2 * MINUTE_MS, Scored(score=story.random.choices(range(1, 6), (2, 4, 6, 5, 3))[0])
        )
    if not story.succeeds(_qualifies(answered - opens)):
        if story.chance(0.85):
            lead.drop(story.later(answered, 6))
        return
    qualified = story.later(answered, 3)
    lead.tell(qualified, Qualified())
    if story.succeeds(0.84):
        _converse(lead, story.later(qualified, 7))
    elif story.chance(0.7):
        lead.drop(story.later(qualified, 25), "no_need")


def _qualifies(waited_ms: int) -> float:
    """The longer an enquiry waits the colder it gets: the probability that it will be qualified."""
    return 0.5 / math.pow(1 + waited_ms / HOUR_MS, 0.6)


def _answer(lead: Lead) -> int:
    """The first human answer; at night somebody on duty may give it, most wait for the morning."""
    story, opens = lead.story, lead.story.opens_ms
    answered = story.world.calendar.working_deadline_ms(
        opens,
        max(
            1,
            round(
                story.random.lognormvariate(math.log(_ANSWER_HOURS * story.rep.pace), _ANSWER_SPREAD)
                * HOUR_MS
            ),
        ),
    )
    if answered - opens > 4 * HOUR_MS and story.chance(0.2):
        answered = opens + round(story.random.uniform(5, 50) * MINUTE_MS)
    if story.chance(0.35):
        lead.tell(opens + (answered - opens) // 2, ContactAttempted())
    if story.chance(0.05):
        story.rep = pick_rep(story.random, story.channel, but=story.rep)
        lead.tell(answered - 1_000, Assigned(owner=story.rep.code))
    lead.tell(answered, FirstTouch() if story.chance(0.3) else Responded(by="human"))
    return answered


def _converse(lead: Lead, time_ms: int) -> None:
    story = lead.story
    if story.chance(0.25):
        lead.tell(time_ms, MeetingSet())
        time_ms = story.later(time_ms, 9)
        lead.tell(time_ms, MeetingHeld())
    else:
        lead.tell(time_ms, ConversationHeld())
    if not story.succeeds(0.82):
        lead.drop(story.later(time_ms, 20))
        return
    opened = story.later(time_ms, 1)
    unlinked = story.chance(0.04)
    deal = Deal(story, 1, None if unlinked else lead.key)
    deal.create(opened)
    if unlinked:
        deal.link(opened + 10 * MINUTE_MS, lead.id)
    sold = deal.run(opened + 10 * MINUTE_MS)
    if sold is not None:
        lead.second_deal(sold)


def _play_twin(story: Story, lead: Lead) -> None:
    """The same person writes twice; the second lead is merged into the first when somebody sees it."""
    twin = Lead(story, 2)
    again = story.opens_ms + round(story.random.uniform(1, 90) * MINUTE_MS)
    twin.create(again)
    twin.tell(again + 20_000, Assigned(owner=story.rep.code), by_hand=False)
    twin.tell(story.later(again, 3), Merged(into=lead.id))


def play_prospect(story: Story) -> None:
    """Active sales: somebody is put on the list, called until reached, met, and offered something."""
    lead, time_ms = Lead(story), story.opens_ms
    lead.create(time_ms, by_hand=True)
    for _ in range(story.random.choices(range(1, 6), (40, 25, 17, 11, 7))[0]):
        time_ms = story.later(time_ms, 3)
        lead.tell(time_ms, ContactAttempted())
    if not story.succeeds(0.48):
        if story.chance(0.6):
            lead.drop(time_ms + DAY_MS)
        return
    time_ms += 3 * MINUTE_MS
    lead.tell(time_ms, FirstTouch())
    if not story.succeeds(0.45):
        if story.chance(0.6):
            lead.drop(story.later(time_ms, 15))
        return
    time_ms = story.later(time_ms, 4)
    lead.tell(time_ms, MeetingSet())
    if story.succeeds(0.35):
        lead.tell(time_ms + MINUTE_MS, Qualified())
    if not story.succeeds(0.78):
        lead.drop(story.later(time_ms, 30))  # nobody came
        return
    time_ms = story.later(time_ms, 14)
    lead.tell(time_ms, MeetingHeld(party=story.random.choice(("client", "decision_maker"))))
    opened = story.later(time_ms, 1)
    deal = Deal(story, 1, lead.key)
    deal.create(opened)
    sold = deal.run(opened)
    if sold is not None:
        lead.second_deal(sold)


def play_deal(story: Story) -> None:
    """Regular customers, VIPs and partners: a deal without a lead."""
    deal = Deal(story, 1)
    deal.create(story.opens_ms)
    deal.run(story.opens_ms)
