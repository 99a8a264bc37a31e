"""How a journey passes its funnel: at every stage it advanced, was lost or still is, so nothing leaks."""

from __future__ import annotations

from typing import Final

from streams.book import STOCK, Book
from streams.fragments import Span
from streams.rows import UNITS
from streams.stories import Story
from streams.ways import Reached, Way

STUCK_AFTER_MS: Final = 15 * 86_400_000
"""A journey that stands longer in a stage is stuck: S0 names 15 days for a whole sale."""

_ENTERED: Final = UNITS["stage_entered"]
_ADVANCED: Final = _ENTERED + UNITS["stage_advanced"]
_LOST: Final = _ENTERED + UNITS["stage_lost"]
_STILL: Final = _ENTERED + UNITS["stage_still"]
_DWELL: Final = UNITS["dwells"]
_DWELL_MS: Final = UNITS["dwell_ms"]
_OCCUPANCY: Final = UNITS["occupancy"]
_STUCK: Final = UNITS["stuck"]
_NEVER: Final = -1


def pass_funnel(book: Book) -> None:
    """Write down the stage facts of a journey; none where it never entered the funnel."""
    told, rules = book.told, book.rules
    way = rules.rows.way(book.channel, rules.funnels)
    first, last = _seen(told, way)
    position = len(first) - 1
    while position >= 0 and first[position] == _NEVER:
        position -= 1
    if position < 0:
        return
    passed = first[position]
    if position == len(first) - 1:
        book.add(way.rows[position], passed, _ENTERED)
    else:
        book.add(way.rows[position], passed, _LOST if told.outcome == "lost" else _STILL)
        lost_at = told.lost_at
        if lost_at is not None and lost_at >= passed:
            book.add(way.rows[position], lost_at, _DWELL + _DWELL_MS * (lost_at - passed))
    for number in range(position - 1, -1, -1):
        at_ms = first[number]
        if at_ms != _NEVER and at_ms <= passed:  # a skipped stage is passed without dwelling in it
            book.add(way.rows[number], passed, _DWELL + _DWELL_MS * (passed - at_ms))
            passed = at_ms
        book.add(way.rows[number], passed, _ADVANCED)
    if told.outcome == "open":
        since_ms = max(last)
        stands = len(last) - 1
        while last[stands] != since_ms:
            stands -= 1
        book.add(way.rows[stands], STOCK, _OCCUPANCY)
        book.add(way.rows[stands], STOCK, _STUCK, since_ms + STUCK_AFTER_MS)


def _seen(told: Story, way: Way) -> tuple[list[int], list[int]]:
    """First and last time of every stage's evidence, over the lead and its deals."""
    first = [_NEVER] * len(way.rows)
    last = [_NEVER] * len(way.rows)
    if told.lead is not None:
        _widen(first, last, told.lead.reached, way.of_leads)
    for deal in told.deals:
        _widen(first, last, deal.state.reached, way.of_deals)
    if first and told.won_at is not None:
        first[-1] = last[-1] = told.won_at
    return first, last


def _widen(first: list[int], last: list[int], reached: dict[str, Span], stages: Reached) -> None:
    for evidence, (first_ms, last_ms) in reached.items():
        for number in stages.get(evidence, ()):
            if first[number] == _NEVER or first_ms < first[number]:
                first[number] = first_ms
            if last_ms > last[number]:
                last[number] = last_ms
