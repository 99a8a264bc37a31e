"""What a journey's state says: outcomes, channel, owners, first response. All derived, nothing stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from streams import events as ev
from streams.fragments import Entry, Fragment, Order, Value
from streams.joins import text_of, value_of
from streams.journeys import Journey
from streams.moves import whole

Outcome = Literal["open", "won", "lost"]
UNKNOWN: Final = "unknown"
UNASSIGNED: Final = "unassigned"
OUTCOMES: dict[int, Outcome] = {ev.Won.rank: "won", ev.Lost.rank: "lost", ev.Reopened.rank: "open"}
_FIRST_TOUCH: Final = ev.FirstTouch.rank
_RESPONDED: Final = ev.Responded.rank
_QUALIFIED: Final = ev.Qualified.rank
_DISQUALIFIED: Final = ev.Disqualified.rank


class Deal:
    """A deal that counts here; `closed_at` is known unless it is open."""

    __slots__ = ("amount", "closed_at", "id", "outcome", "state")

    def __init__(self, deal_id: str, state: Fragment, outcome: Outcome, closed_at: int | None) -> None:
        self.id, self.state, self.outcome, self.closed_at = deal_id, state, outcome, closed_at
        self.amount = money_of(value_of(state, "amount"))
        """Last written amount: (minor units, currency)."""


class Story:
    """A journey as sales people see it; times in UTC milliseconds."""

    __slots__ = (
        *("channel", "deals", "disqualified_at", "lead", "lost_at", "outcome", "qualified_at", "won_at"),
    )

    def __init__(
        self,
        lead: Fragment | None,
        deals: Sequence[Deal],
        outcome: Outcome,
        won_at: int | None,
        lost_at: int | None,
        qualified_at: int | None,
        disqualified_at: int | None,
        channel: str,
    ) -> None:
        self.lead, self.deals, self.outcome = lead, tuple(deals), outcome
        self.won_at, self.lost_at = won_at, lost_at
        self.qualified_at, self.disqualified_at, self.channel = qualified_at, disqualified_at, channel

    def told(self, name: str, deal: Deal | None = None) -> str:
        """A text attribute of the deal, else of the lead, else of the first deal that has it."""
        own = None if deal is None else text_of(deal.state, name)
        return own or _first_told(name, self.lead, self.deals)

    def owners(self, deal: Deal | None = None) -> list[Entry]:
        """Who owned the deal, else the lead, in order."""
        if deal is not None and (owners := deal.state.owners):
            return owners
        return [] if self.lead is None else self.lead.owners

    def owner(self, at_ms: int | None, deal: Deal | None = None) -> str:
        """Who owned the deal (else the lead) at that time; `None` asks for the latest owner."""
        return owner_at(self.owners(deal), at_ms)


def story(key: str, journey: Journey) -> Story | None:
    """What counts at this journey, or nothing."""
    here = whole(key, journey)
    lead = here.lead
    if lead is None and not here.deals:
        return None
    deals = [_deal(entity, state) for entity, state in here.deals.items()]
    if len(deals) > 1:
        deals.sort(key=_age)
    qualified_at, disqualified_at = _qualification(lead)
    outcome, won_at, lost_at = _outcome(deals, disqualified_at)
    channel = _first_told("channel", lead, deals)
    return Story(lead, deals, outcome, won_at, lost_at, qualified_at, disqualified_at, channel)


def _first_told(name: str, lead: Fragment | None, deals: Sequence[Deal]) -> str:
    if lead is not None and (text := text_of(lead, name)):
        return text
    for deal in deals:
        if text := text_of(deal.state, name):
            return text
    return UNKNOWN


def _age(deal: Deal) -> tuple[bool, int, str]:
    return deal.state.created_at is None, deal.state.created_at or 0, deal.id


def _deal(entity: str, state: Fragment) -> Deal:
    rank, since_ms = last_run(state.marks)
    outcome = OUTCOMES.get(rank, "open")
    return Deal(entity, state, outcome, None if outcome == "open" else since_ms)


def money_of(value: Value | None) -> tuple[int, str] | None:
    """A written value as (minor units, currency), if that is what it is."""
    if isinstance(value, tuple) and len(value) == 2:
        amount_minor, currency = value
        if isinstance(amount_minor, int) and isinstance(currency, str):
            return amount_minor, currency
    return None


def _qualification(lead: Fragment | None) -> tuple[int | None, int | None]:
    if lead is None or not lead.marks:
        return None, None
    qualified_at: int | None = None
    for mark in lead.marks:
        if mark[1] == _QUALIFIED:
            qualified_at = mark[0]
            break
    rank, since_ms = last_run(lead.marks)
    return qualified_at, since_ms if rank == _DISQUALIFIED else None


def _outcome(deals: Sequence[Deal], disqualified_at: int | None) -> tuple[Outcome, int | None, int | None]:
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


def last_run(marks: Sequence[Order]) -> tuple[int, int]:
    """Rank of the standing mark and the time at which its run began; (-1, 0) without marks."""
    rank, since_ms = -1, 0
    for mark in marks:
        if mark[1] != rank:
            rank, since_ms = mark[1], mark[0]
    return rank, since_ms


def owner_at(owners: Sequence[Entry], at_ms: int | None) -> str:
    """The owner then: the latest entry up to that time, before the first one the first; None asks for now."""
    if not owners:
        return UNASSIGNED
    if at_ms is None:
        return owners[-1][4]
    found = owners[0][4]
    for entry in owners:
        if entry[0] > at_ms:
            break
        found = entry[4]
    return found


def contacts(lead: Fragment) -> list[int]:
    """Times at which a person of ours reached out, in order: human answers and first touches."""
    return [
        entry[0]
        for entry in lead.activities
        if entry[1] == _FIRST_TOUCH or (entry[1] == _RESPONDED and entry[4] == "human")
    ]
