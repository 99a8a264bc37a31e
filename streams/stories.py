"""What a journey's state says: outcomes, channel, owners, first response. All derived, nothing stored."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import msgspec

from streams import events as ev
from streams.fragments import Entry, Fragment, Order
from streams.journeys import Journey
from streams.moves import whole

Outcome = Literal["open", "won", "lost"]
UNKNOWN = "unknown"
UNASSIGNED = "unassigned"
_OUTCOMES: dict[int, Outcome] = {ev.Won.rank: "won", ev.Lost.rank: "lost", ev.Reopened.rank: "open"}
_CONTACTS = (ev.FirstTouch.rank, ev.Responded.rank)


class Deal(msgspec.Struct, frozen=True, gc=False):
    """A deal that counts here; `closed_at` is known unless it is open."""

    id: str
    state: Fragment
    outcome: Outcome
    closed_at: int | None

    @property
    def amount(self) -> tuple[int, str] | None:
        """Last written amount: (minor units, currency)."""
        match self.state.value("amount"):
            case (int(amount_minor), str(currency)):
                return amount_minor, currency
            case _:
                return None


class Story(msgspec.Struct, frozen=True, gc=False):
    """A journey as sales people see it; times in UTC milliseconds."""

    lead: Fragment | None
    deals: tuple[Deal, ...]
    outcome: Outcome
    won_at: int | None
    lost_at: int | None
    qualified_at: int | None
    disqualified_at: int | None
    channel: str

    def told(self, name: str, deal: Deal | None = None) -> str:
        """A text attribute of the deal, else of the lead, else of the first deal that has it."""
        own = None if deal is None else deal.state.text(name)
        return own or _first_told(name, self.lead, self.deals)

    def owner(self, at_ms: int | None, deal: Deal | None = None) -> str:
        """Who owned the deal (else the lead) at that time; `None` asks for the latest owner."""
        if deal is not None and (owners := deal.state.owners):
            return owner_at(owners, at_ms)
        if self.lead is not None and (owners := self.lead.owners):
            return owner_at(owners, at_ms)
        return UNASSIGNED


def story(key: str, journey: Journey) -> Story | None:
    """What counts at this journey, or nothing."""
    here = whole(key, journey)
    if here.lead is None and not here.deals:
        return None
    deals = tuple(sorted((_deal(*item) for item in here.deals.items()), key=_age))
    qualified_at, disqualified_at = _qualification(here.lead)
    outcome, won_at, lost_at = _outcome(deals, disqualified_at)
    return Story(
        here.lead,
        deals,
        outcome,
        won_at,
        lost_at,
        qualified_at,
        disqualified_at,
        _first_told("channel", here.lead, deals),
    )


def _first_told(name: str, lead: Fragment | None, deals: tuple[Deal, ...]) -> str:
    if lead is not None and (text := lead.text(name)):
        return text
    for deal in deals:
        if text := deal.state.text(name):
            return text
    return UNKNOWN


def _age(deal: Deal) -> tuple[bool, int, str]:
    return deal.state.created_at is None, deal.state.created_at or 0, deal.id


def _deal(entity: str, state: Fragment) -> Deal:
    rank, since_ms = last_run(state.marks)
    outcome = _OUTCOMES.get(rank, "open")
    return Deal(entity, state, outcome, None if outcome == "open" else since_ms)


def _qualification(lead: Fragment | None) -> tuple[int | None, int | None]:
    if lead is None or not lead.marks:
        return None, None
    qualified_at = min((mark[0] for mark in lead.marks if mark[1] == ev.Qualified.rank), default=None)
    rank, since_ms = last_run(lead.marks)
    return qualified_at, since_ms if rank == ev.Disqualified.rank else None


def _outcome(deals: tuple[Deal, ...], disqualified_at: int | None) -> tuple[Outcome, int | None, int | None]:
    if not deals:
        return ("open", None, None) if disqualified_at is None else ("lost", None, disqualified_at)
    won = [deal.closed_at for deal in deals if deal.outcome == "won" and deal.closed_at is not None]
    if won:
        return "won", min(won), None
    lost = [deal.closed_at for deal in deals if deal.outcome == "lost" and deal.closed_at is not None]
    ends = [max(lost)] if lost and len(lost) == len(deals) else []
    if disqualified_at is not None:
        ends.append(disqualified_at)
    return ("lost", None, min(ends)) if ends else ("open", None, None)


def last_run(marks: Collection[Order]) -> tuple[int, int]:
    """Rank of the standing mark and the time at which its run began; (-1, 0) without marks."""
    rank, since_ms = -1, 0
    for mark in sorted(marks):
        if mark[1] != rank:
            rank, since_ms = mark[1], mark[0]
    return rank, since_ms


def owner_at(owners: Collection[Entry], at_ms: int | None) -> str:
    """The owner then: the latest entry up to that time, before the first one the first."""
    if len(owners) == 1:
        (entry,) = owners
        return entry[4]
    if at_ms is None:
        return max(owners)[4]
    past = [entry for entry in owners if entry[0] <= at_ms]
    return max(past)[4] if past else min(owners)[4]


def contacts(lead: Fragment) -> list[int]:
    """Times at which a person of ours reached out: human answers and first touches."""
    return [
        entry[0]
        for entry in lead.activities
        if entry[1] in _CONTACTS and not (entry[1] == ev.Responded.rank and entry[4] != "human")
    ]
