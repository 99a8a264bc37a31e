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
StageFact = tuple[str, int, int, int]
"""(stage id, time in ms or `STOCK`, packed totals of the stage's row, instant from which it exists or 0)."""
STUCK_AFTER_MS = 15 * 86_400_000
"""A journey that stands longer in a stage is stuck: source 000 names 15 days for a whole sale."""

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
            yield stage, entered, _ENTERED, 0
            return
        left_at = told.lost_at if number == position else _left(own[number], passed[number + 1])
        yield stage, entered, here if number == position else _ADVANCED, 0
        if left_at is not None and left_at >= entered:
            yield stage, left_at, _DWELL + _DWELL_MS * (left_at - entered), 0
    if told.outcome == "open":
        since_ms, number = max((times[1], number) for number, times in enumerate(seen) if times is not None)
        yield funnel[number].id, STOCK, UNITS["occupancy"], 0
        yield funnel[number].id, STOCK, UNITS["stuck"], since_ms + STUCK_AFTER_MS


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
    of_leads, of_deals = _stages_by_evidence(funnel)
    seen: list[Interval | None] = [None] * len(funnel)
    if told.lead is not None:
        _widen(seen, told.lead.reached, of_leads)
    for deal in told.deals:
        _widen(seen, deal.state.reached, of_deals)
    if funnel and told.won_at is not None:
        seen[-1] = (told.won_at, told.won_at)
    return seen


def _widen(
    seen: list[Interval | None], reached: dict[str, Interval], stages: dict[str, tuple[int, ...]]
) -> None:
    for evidence, interval in reached.items():
        for number in stages.get(evidence, ()):
            known = seen[number]
            seen[number] = (
                interval if known is None else (min(known[0], interval[0]), max(known[1], interval[1]))
            )


@cache
def _stages_by_evidence(
    funnel: tuple[Stage, ...],
) -> tuple[dict[str, tuple[int, ...]], dict[str, tuple[int, ...]]]:
    """Which stages a piece of evidence reaches, of a lead and of a deal."""
    found: tuple[dict[str, tuple[int, ...]], dict[str, tuple[int, ...]]] = ({}, {})
    for number, stage in enumerate(funnel[:-1]):
        for name in (f"stage:{stage.id}", *stage.evidence):
            entity, _, rest = name.rpartition(":")
            for kind, stages in zip(("lead", "deal"), found, strict=True):
                if entity not in ("lead", "deal"):
                    stages[name] = (*stages.get(name, ()), number)
                elif entity == kind:
                    stages[rest] = (*stages.get(rest, ()), number)
    return found
