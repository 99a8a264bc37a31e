"""How a journey passes its funnel: at every stage it advanced, was lost or still is, so nothing leaks."""

from __future__ import annotations

from collections.abc import Iterator

from streams.fragments import Fragment
from streams.funnels import Stage
from streams.stories import Story

STOCK = -1
"""Time of a fact that is true now, whenever that is."""

Interval = tuple[int, int]
StageFact = tuple[str, str, int, int]
"""(total, stage id, time in ms or `STOCK`, amount)."""


def passage(told: Story, funnel: tuple[Stage, ...]) -> Iterator[StageFact]:
    """The stage facts of a journey; none where it never entered the funnel."""
    seen = _seen(told, funnel)
    own = [None if interval is None else interval[0] for interval in seen]
    position = max((number for number, time in enumerate(own) if time is not None), default=None)
    if position is None:
        return
    passed = passed_at(own[: position + 1])
    for number, entered in enumerate(passed):
        stage = funnel[number].id
        yield "stage_entered", stage, entered, 1
        if number == len(funnel) - 1:
            return
        left_at = told.lost_at
        if number < position:
            yield "stage_advanced", stage, entered, 1
            left_at = _left(own[number], passed[number + 1])
        else:
            yield "stage_lost" if told.outcome == "lost" else "stage_still", stage, entered, 1
        if left_at is not None and left_at >= entered:
            yield "dwells", stage, left_at, 1
            yield "dwell_ms", stage, left_at, left_at - entered
    if told.outcome == "open":
        _, number = max((interval[1], number) for number, interval in enumerate(seen) if interval is not None)
        yield "occupancy", funnel[number].id, STOCK, 1


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
    states = [deal.state for deal in told.deals]
    intervals = [interval for state in states for interval in _intervals(stage, "deal:", state)]
    if told.lead is not None:
        intervals += _intervals(stage, "lead:", told.lead)
    if not intervals:
        return None
    return min(first for first, _ in intervals), max(last for _, last in intervals)


def _intervals(stage: Stage, prefix: str, state: Fragment) -> list[Interval]:
    names = (f"stage:{stage.id}", *(name.removeprefix(prefix) for name in stage.evidence))
    return [state.reached[name] for name in names if name in state.reached]
