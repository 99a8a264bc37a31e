"""How a journey passes its funnel: at every stage it advanced, was lost or still is, so nothing leaks."""

from __future__ import annotations

from functools import cache

from streams.funnels import Stage
from streams.rows import UNITS
from streams.stories import Story

STOCK = -1
"""Time of a fact that is true now, whenever that is."""

Interval = tuple[int, int]
StageFact = tuple[int, int, int, int]
"""(number of the stage, time in ms or `STOCK`, packed totals of its row, since when it exists or 0)."""
STUCK_AFTER_MS = 15 * 86_400_000
"""A journey that stands longer in a stage is stuck: source 000 names 15 days for a whole sale."""

_ENTERED = UNITS["stage_entered"]
_ADVANCED = _ENTERED + UNITS["stage_advanced"]
_LOST = _ENTERED + UNITS["stage_lost"]
_STILL = _ENTERED + UNITS["stage_still"]
_DWELL, _DWELL_MS = UNITS["dwells"], UNITS["dwell_ms"]


def passage(told: Story, funnel: tuple[Stage, ...]) -> list[StageFact]:
    """The stage facts of a journey by the stage's number; none where it never entered the funnel."""
    own, last = _seen(told, funnel)
    position = len(own) - 1
    while position >= 0 and own[position] is None:
        position -= 1
    if position < 0:
        return []
    found: list[StageFact] = []
    if position == len(funnel) - 1:
        found.append((position, passed := own[position] or 0, _ENTERED, 0))
    else:
        passed = own[position] or 0
        found.append((position, passed, _LOST if told.outcome == "lost" else _STILL, 0))
        lost_at = told.lost_at
        if lost_at is not None and lost_at >= passed:
            found.append((position, lost_at, _DWELL + _DWELL_MS * (lost_at - passed), 0))
    for number in range(position - 1, -1, -1):
        at_ms = own[number]
        if at_ms is not None and at_ms <= passed:  # a skipped stage is passed without dwelling in it
            found.append((number, passed, _DWELL + _DWELL_MS * (passed - at_ms), 0))
            passed = at_ms
        found.append((number, passed, _ADVANCED, 0))
    if told.outcome == "open":
        since_ms = max(last)
        number = len(last) - 1 - last[::-1].index(since_ms)
        found.append((number, STOCK, UNITS["occupancy"], 0))
        found.append((number, STOCK, UNITS["stuck"], since_ms + STUCK_AFTER_MS))
    return found


def _seen(told: Story, funnel: tuple[Stage, ...]) -> tuple[list[int | None], list[int]]:
    """First and last time (-1: none) of every stage's evidence, over the lead and its deals."""
    of_leads, of_deals = _stages_by_evidence(funnel)
    first: list[int | None] = [None] * len(funnel)
    last = [-1] * len(funnel)
    if told.lead is not None:
        _widen(first, last, told.lead.reached, of_leads)
    for deal in told.deals:
        _widen(first, last, deal.state.reached, of_deals)
    if funnel and told.won_at is not None:
        first[-1] = last[-1] = told.won_at
    return first, last


def _widen(
    first: list[int | None], last: list[int], reached: dict[str, Interval], stages: dict[str, tuple[int, ...]]
) -> None:
    for evidence, (first_ms, last_ms) in reached.items():
        for number in stages.get(evidence, ()):
            known = first[number]
            if known is None or first_ms < known:
                first[number] = first_ms
            if last_ms > last[number]:
                last[number] = last_ms


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
