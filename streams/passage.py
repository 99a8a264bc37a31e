"""How a journey passes its funnel: at every stage it advanced, was lost or still is, so nothing leaks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from streams.funnels import Stage
from streams.rows import UNITS
from streams.stories import Story

STOCK = -1
"""Time of a fact that is true now, whenever that is."""

Interval = tuple[int, int]
StageFact = tuple[str, int, int]
"""(stage id, time in ms or `STOCK`, packed totals of the stage's row)."""

_ENTERED = UNITS["stage_entered"]
_ADVANCED = _ENTERED + UNITS["stage_advanced"]
_LOST = _ENTERED + UNITS["stage_lost"]
_STILL = _ENTERED + UNITS["stage_still"]
_DWELL, _DWELL_MS = UNITS["dwells"], UNITS["dwell_ms"]


def passage(told: Story, funnel: tuple[Stage, ...]) -> Iterator[StageFact]:
    """The stage facts of a journey; none where it never entered the funnel."""
    seen = _seen(told, funnel)
    own = [None if interval is None else interval[0] for interval in seen]
    position = max((number for number, time in enumerate(own) if time is not None), default=None)
    if position is None:
        return
    passed = passed_at(own[: position + 1])
    here = _LOST if told.outcome == "lost" else _STILL
    for number, entered in enumerate(passed):
        stage = funnel[number].id
        if number == len(funnel) - 1:
            yield stage, entered, _ENTERED
            return
        left_at = told.lost_at if number == position else _left(own[number], passed[number + 1])
        yield stage, entered, here if number == position else _ADVANCED
        if left_at is not None and left_at >= entered:
            yield stage, left_at, _DWELL + _DWELL_MS * (left_at - entered)
    if told.outcome == "open":
        _, number = max((interval[1], number) for number, interval in enumerate(seen) if interval is not None)
        yield funnel[number].id, STOCK, UNITS["occupancy"]


def passed_at(own: list[int | None]) -> list[int]:
    """When each stage up to the position was passed: at its own time or a later stage's, the earlier."""
    passed: list[int] = []
    for time in reversed(own):
        soonest = [known for known in (time, *passed[-1:]) if known is not None]
        passed.append(min(soonest))
    return passed[::-1]


def _left(own: int | None, next_passed: int) -> int | None:
    """A skipped stage is passed without dwelling in it."""
    return next_passed if own is not None and own <= next_passed else None


def _seen(told: Story, funnel: tuple[Stage, ...]) -> list[Interval | None]:
    """First and last time of every stage's evidence, over the lead and its deals."""
    won_at = told.won_at
    won = None if won_at is None else (won_at, won_at)
    return [*(_evidence(told, stage) for stage in funnel[:-1]), *([won] if funnel else [])]


def _evidence(told: Story, stage: Stage) -> Interval | None:
    of_leads, of_deals = _names(stage)
    found = [
        deal.state.reached[name] for deal in told.deals for name in of_deals if name in deal.state.reached
    ]
    if told.lead is not None:
        reached = told.lead.reached
        found += [reached[name] for name in of_leads if name in reached]
    if len(found) > 1:
        return min(first for first, _ in found), max(last for _, last in found)
    return found[0] if found else None


@cache
def _names(stage: Stage) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What reaches the stage, as leads and as deals name it."""
    named = f"stage:{stage.id}"
    of_leads = (name.removeprefix("lead:") for name in stage.evidence if not name.startswith("deal:"))
    of_deals = (name.removeprefix("deal:") for name in stage.evidence if not name.startswith("lead:"))
    return (named, *of_leads), (named, *of_deals)
