"""What stood at an instant, read straight off the journey: open deals, open and waiting leads, what recurs.

As known now: nothing but the order of time is asked of what was told, and amounts and labels are today's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from tests.oracle.calendar import Config
from tests.oracle.entities import Entity
from tests.oracle.funnel import Story
from tests.oracle.labels import Fact, Labels
from tests.oracle.rates import worth

NETS: Final = {
    "net_open_deals net_open_deals_valued net_pipeline_minor": "channel rep",
    "net_waiting net_open_enquiries net_recurring_minor net_recurring_deals": "channel rep",
}
"""Of a total of stocks what it has changed by, at every instant at which it did."""

Standing = Counter[tuple[str, Labels]]


def net_facts(story: Story, config: Config) -> Iterator[Fact]:
    """What stood after each instant at which anything was told, less what stood before it."""
    entities = [*([story.lead] if story.lead else []), *story.deals]
    times = sorted({event.time_ms for entity in entities for event in entity.events})
    before = standing(story, times[0] - 1, config) if times else Counter()
    for at_ms in times:
        after = standing(story, at_ms, config)
        for total, labels in before.keys() | after.keys():
            if change := after[total, labels] - before[total, labels]:
                yield Fact(f"net_{total}", labels, change, at_ms)
        before = after


def standing(story: Story, at_ms: int, config: Config) -> Standing:
    """Every such stock of a journey after all that is dated until then, by its name and labels."""
    found: Standing = Counter()
    for deal in story.deals:
        labels = story.labels(story.deal_owner_at(deal, at_ms), deal)
        if _outcome(deal, at_ms) == "open":
            found["open_deals", labels] += 1
            amount_minor = None if deal.amount is None else worth(deal.amount, None, config)
            if amount_minor is not None:
                found["open_deals_valued", labels] += 1
                found["pipeline_minor", labels] += amount_minor
        lines = deal.numbered("line_sold", "line").values()
        recurring = sum(worth(one.get("amount"), None, config) or 0 for one in lines if one.get("recurring"))
        if recurring and _outcome(deal, at_ms) == "won":
            found["recurring_deals", labels] += 1
            found["recurring_minor", labels] += recurring
    lead = story.lead
    if lead is not None and lead.created_at is not None and lead.created_at <= at_ms:
        labels = story.labels(lead.owner_at(at_ms) or "unassigned")
        if _is_open(story, lead, at_ms):
            found["open_enquiries", labels] += 1
            answered = story.answered_at is not None and story.answered_at <= at_ms
            if story.has_enquiry and not answered:
                found["waiting", labels] += 1
    return found


def _last_mark(entity: Entity, at_ms: int) -> str | None:
    return next((mark.verb for mark in reversed(entity.marks) if mark.time_ms <= at_ms), None)


def _outcome(deal: Entity, at_ms: int) -> str | None:
    """Open, won or lost; None where it was not there yet."""
    mark = _last_mark(deal, at_ms)
    if mark is None:
        return "open" if deal.created_at is None or deal.created_at <= at_ms else None
    return mark if mark in ("won", "lost") else "open"


def _is_open(story: Story, lead: Entity, at_ms: int) -> bool:
    """Neither won nor lost: by the lead and those of the deals that were there."""
    there = [found for deal in story.deals if (found := _outcome(deal, at_ms)) is not None]
    lost = bool(there) and all(outcome == "lost" for outcome in there)
    return not (lost or "won" in there or _last_mark(lead, at_ms) == "disqualified")
