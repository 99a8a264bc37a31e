"""When stocks came and went: deals while open, leads while open or waiting, recurring lines while won.

A stock before is that of now less what came since and plus what went since, as known now: each change is
dated, and credited to the owner of then. What is no matter of time (amounts, channels) is as it is now.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from streams import events as ev
from streams.book import ALWAYS, Book, Spell
from streams.fragments import Fragment
from streams.rows import UNITS
from streams.stories import OUTCOMES, Deal, Outcome, Story

_OPEN: Final = UNITS["net_open_deals"]
_VALUED: Final = UNITS["net_open_deals_valued"]
_PIPELINE: Final = UNITS["net_pipeline_minor"]
_WAITING: Final = UNITS["net_waiting"]
_ENQUIRY: Final = UNITS["net_open_enquiries"]
_RECURRING: Final = UNITS["recurring_minor"]
_RECURRING_DEALS: Final = UNITS["recurring_deals"]
_NET_RECURRING: Final = UNITS["net_recurring_minor"]
_NET_RECURRING_DEALS: Final = UNITS["net_recurring_deals"]
_QUALIFIED: Final = ev.Qualified.rank
_DISQUALIFIED: Final = ev.Disqualified.rank
_WON: Final = ev.Won.rank

Step = tuple[int, Outcome]
"""From when on, and what."""


def deal_stock(book: Book, deal: Deal) -> None:
    """The deal while it was open, and its recurring lines while it was won."""
    state, packed, closed_at = deal.state, _OPEN, deal.closed_at
    if deal.amount is not None:
        amount_minor = book.rules.convert(deal.amount[0], deal.amount[1], None)
        packed += 0 if amount_minor is None else _PIPELINE * amount_minor + _VALUED
    if not state.marks or (len(state.marks) == 1 and closed_at is not None):
        since_ms = ALWAYS if state.created_at is None else state.created_at
        if closed_at is None or since_ms < closed_at:
            book.stand(since_ms, closed_at, packed)
    else:
        for since_ms, until_ms in _spells(outcomes(deal), "open"):
            book.stand(since_ms, until_ms, packed)
    if state.items and any(mark[1] == _WON for mark in state.marks):
        _recur(book, deal)


def _recur(book: Book, deal: Deal) -> None:
    recurring_minor = _recurring_minor(book, deal)
    if recurring_minor:
        if deal.outcome == "won":
            book.credit_seldom_stock(_RECURRING_DEALS + _RECURRING * recurring_minor)
        packed = _NET_RECURRING_DEALS + _NET_RECURRING * recurring_minor
        for since_ms, until_ms in _spells(outcomes(deal), "won"):
            book.stand(since_ms, until_ms, packed)


def lead_stock(book: Book, lead: Fragment, answered_at: int | None) -> None:
    """A lead that came, while its journey was open, and until its answer while it waited."""
    created_at, waits = lead.created_at, book.rules.waits(book.channel)
    if created_at is None:
        return
    for opened_ms, closed_ms in open_spells(book.told, lead):
        since_ms = max(opened_ms, created_at)
        if closed_ms is not None and closed_ms <= since_ms:
            continue
        if not waits or answered_at is None:
            book.stand(since_ms, closed_ms, _ENQUIRY + _WAITING if waits else _ENQUIRY)
            continue
        book.stand(since_ms, closed_ms, _ENQUIRY)
        if since_ms < answered_at:
            book.stand(since_ms, answered_at if closed_ms is None else min(answered_at, closed_ms), _WAITING)


def outcomes(deal: Deal) -> list[Step]:
    """What the deal has stood at, from its creation or first outcome on; without a creation, ever."""
    created_at, marks = deal.state.created_at, deal.state.marks
    since_ms = ALWAYS if created_at is None else created_at
    if marks and marks[0][0] < since_ms:
        since_ms = marks[0][0]
    return [(since_ms, "open"), *((mark[0], OUTCOMES[mark[1]]) for mark in marks)]


def open_spells(told: Story, lead: Fragment) -> list[Spell]:
    """When the journey was neither won nor lost."""
    marks, deals = lead.marks, told.deals
    plain = len(marks) < 2 or (len(marks) == 2 and marks[0][1] == _QUALIFIED)
    if plain and (not deals or (len(deals) == 1 and len(deals[0].state.marks) < 2)):
        end_ms, dropped_ms = deals[0].closed_at if deals else None, told.disqualified_at
        if dropped_ms is not None and (end_ms is None or dropped_ms < end_ms):
            end_ms = dropped_ms
        return [(ALWAYS, end_ms)]
    return _spells(_journey(told, lead), "open")


def _journey(told: Story, lead: Fragment) -> list[Step]:
    """What the journey has stood at: one deal after the other opens, and closes."""
    turns: list[tuple[int, int, Outcome]] = [
        (at_ms, number, outcome)
        for number, deal in enumerate(told.deals)
        for at_ms, outcome in outcomes(deal)
    ]
    turns += [(mark[0], -1, "lost" if mark[1] == _DISQUALIFIED else "open") for mark in lead.marks]
    turns.sort(key=lambda turn: turn[0])
    standing: dict[int, Outcome] = {}
    counts: dict[Outcome, int] = {"open": 0, "won": 0, "lost": 0}
    dropped = False
    steps: list[Step] = [(ALWAYS, "open")]
    for at_ms, number, outcome in turns:
        if number < 0:
            dropped = outcome == "lost"
        else:
            if number in standing:
                counts[standing[number]] -= 1
            standing[number] = outcome
            counts[outcome] += 1
        lost = dropped or (counts["lost"] > 0 and not counts["open"])
        steps.append((at_ms, "won" if counts["won"] else "lost" if lost else "open"))
    return steps


def _spells(steps: Iterable[Step], wanted: Literal["open", "won"]) -> list[Spell]:
    """When it stood at this outcome."""
    found: list[Spell] = []
    since_ms: int | None = None
    for at_ms, outcome in steps:
        if outcome == wanted:
            since_ms = at_ms if since_ms is None else since_ms
        elif since_ms is not None:
            if since_ms < at_ms:
                found.append((since_ms, at_ms))
            since_ms = None
    return found if since_ms is None else [*found, (since_ms, None)]


def _recurring_minor(book: Book, deal: Deal) -> int:
    """Amount of the recurring lines in the reporting currency, at the latest rate."""
    total = 0
    for name, written in deal.state.items.items():
        match written[4]:
            case (int(amount_minor), str(currency), _, str(), True) if name.startswith("line\x1f"):
                total += book.rules.convert(amount_minor, currency, None) or 0
            case _:
                continue
    return total
