"""What a journey comes to: its channel, outcome, owner and its way through the funnel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from tests.oracle.entities import Entity
from tests.oracle.labels import Labels
from tests.oracle.moves import Journey

WITH_ENQUIRIES: Final = ("inbound", "unknown")

FUNNELS: Final = {
    "active": "prospect_added first_touch meeting_scheduled meeting_held offer_sent offer_reviewed "
    "contract_agreed won",
    "inbound": "enquiry qualified conversation_held offer_sent contract_agreed invoice_issued won",
    "regular": "deal_created contacted offer_sent contract_agreed invoice_issued won",
    "vip": "deal_created contacted meeting_held offer_sent contract_agreed invoice_issued won",
    "partner": "partner_contacted decision_maker_reached meeting_scheduled meeting_held offer_sent "
    "offer_reviewed contract_agreed won",
    "unknown": "",
}
"""Stages of each channel from the entry to the end."""

EVIDENCE: Final = {
    "prospect_added": "lead:created deal:created",
    "enquiry": "lead:created",
    "deal_created": "deal:created",
    "partner_contacted": "first_touch",
    "first_touch": "first_touch",
    "contacted": "first_touch responded conversation_held",
    "decision_maker_reached": "dm_reached",
    "qualified": "qualified",
    "conversation_held": "conversation_held meeting_held",
    "meeting_scheduled": "meeting_set",
    "meeting_held": "meeting_held",
    "offer_sent": "offer_sent",
    "offer_reviewed": "offer_reviewed",
    "contract_agreed": "contract_agreed",
    "invoice_issued": "invoice_issued",
}


@dataclass(frozen=True)
class Passage:
    """A stage on the way: `own` is when it was seen itself, `passed` when it was seen or skipped."""

    stage: str
    own: int | None
    passed: int


class Story:
    """A journey, read: everything that facts are made of."""

    def __init__(self, journey: Journey) -> None:
        self.key = journey.key
        self.lead = journey.lead
        self.deals = journey.deals

    def _attribute(self, name: str) -> str:
        entities = ([self.lead] if self.lead else []) + self.deals
        return next((value for entity in entities if (value := entity.attribute(name))), "unknown")

    @cached_property
    def channel(self) -> str:
        """The lead's, else that of the first deal that has one."""
        return self._attribute("channel")

    @cached_property
    def region(self) -> str:
        """Like its source."""
        return self._attribute("region")

    @cached_property
    def industry(self) -> str:
        """Like its source."""
        return self._attribute("industry")

    @cached_property
    def campaign(self) -> str:
        """Like its source."""
        return self._attribute("campaign")

    def labels(self, rep: str, deal: Entity | None = None) -> Labels:
        """Whom a fact of the lead is about, or one of a deal, which may have told its own."""
        own = {
            name: (deal and deal.attribute(name)) or getattr(self, name)
            for name in ("channel", "source", "region", "industry", "campaign")
        }
        return Labels(rep=rep, **own)

    @cached_property
    def source(self) -> str:
        """The same way."""
        return self._attribute("source")

    @cached_property
    def talked_at(self) -> int | None:
        """The first conversation or meeting, with the lead or in a deal."""
        entities = ([self.lead] if self.lead else []) + self.deals
        talks = ("conversation_held", "meeting_held")
        return min(
            (e.evidence[name][0] for e in entities for name in talks if name in e.evidence), default=None
        )

    @cached_property
    def won_at(self) -> int | None:
        """When the first of the deals that are won was won."""
        wins = [closed_at(deal, "won") for deal in self.deals]
        return min((won for won in wins if won is not None), default=None)

    @cached_property
    def lost_at(self) -> int | None:
        """When a journey that isn't won was lost: its lead disqualified, or the last of its deals lost."""
        if self.won_at is not None:
            return None
        times = []
        if self.lead is not None and (disqualified := closed_at(self.lead, "disqualified")) is not None:
            times.append(disqualified)
        losses = [closed_at(deal, "lost") for deal in self.deals]
        if losses and None not in losses:
            times.append(max(lost for lost in losses if lost is not None))
        return min(times, default=None)

    @property
    def is_open(self) -> bool:
        """Neither won nor lost."""
        return self.won_at is None and self.lost_at is None

    @cached_property
    def has_enquiry(self) -> bool:
        """A lead that came in asks for an answer."""
        return self.lead is not None and self.lead.created_at is not None and self.channel in WITH_ENQUIRIES

    @cached_property
    def answered_at(self) -> int | None:
        """First response: the least contact not before the lead's creation."""
        if not self.has_enquiry or self.lead is None or self.lead.created_at is None:
            return None
        return next((contact for contact in self.lead.contacts if contact >= self.lead.created_at), None)

    def deal_owner_at(self, deal: Entity, time_ms: int) -> str:
        """The deal's owner then, else the lead's."""
        lead_owner = self.lead.owner_at(time_ms) if self.lead else None
        return deal.owner_at(time_ms) or lead_owner or "unassigned"

    def deal_owner_now(self, deal: Entity) -> str:
        """The same for the greatest entries."""
        return deal.owner_now or (self.lead.owner_now if self.lead else None) or "unassigned"

    def cycle_start(self, deal: Entity) -> int | None:
        """The deal's creation; the first deal's cycle starts with the lead."""
        known = [deal.created_at]
        if self.lead is not None and deal is self.deals[0]:
            known += [self.lead.created_at, *self.lead.contacts[:1]]
        return min((time for time in known if time is not None), default=None)

    def _seen(self, stage: str) -> list[tuple[int, int]]:
        """(least, greatest) time of each evidence of the stage, over the lead and all deals."""
        names = [*EVIDENCE[stage].split(), f"stage:{stage}"]
        entities = [("lead", self.lead)] if self.lead else []
        return [
            times
            for kind, entity in [*entities, *(("deal", deal) for deal in self.deals)]
            for name, times in entity.evidence.items()
            if name in names or f"{kind}:{name}" in names
        ]

    def own(self, stage: str) -> int | None:
        """The first time at which the stage was seen itself."""
        if stage == "won":
            return self.won_at
        return min((first for first, _ in self._seen(stage)), default=None)

    @cached_property
    def passages(self) -> list[Passage]:
        """The stages from the entry to the furthest one seen."""
        way: list[Passage] = []
        for stage in reversed(FUNNELS[self.channel].split()):
            own = self.own(stage)
            times = [time for time in (own, way[-1].passed if way else None) if time is not None]
            if times:
                way.append(Passage(stage, own, min(times)))
        return way[::-1]

    @cached_property
    def occupancy(self) -> tuple[int, int, str] | None:
        """When an open journey was last seen in a stage, its place, and the stage; of equals, the further."""
        if not self.is_open:
            return None
        latest = [
            (max(last for _, last in self._seen(passage.stage)), place, passage.stage)
            for place, passage in enumerate(self.passages)
            if passage.own is not None
        ]
        return max(latest) if latest else None


def closed_at(entity: Entity, outcome: str) -> int | None:
    """Since when the entity has stood at this outcome; None where it stands at another."""
    standing = entity.standing
    return standing.time_ms if standing is not None and standing.verb == outcome else None


def qualified_at(lead: Entity) -> int | None:
    """The first time that the lead was qualified, whatever came later."""
    return min((mark.time_ms for mark in lead.marks if mark.verb == "qualified"), default=None)
