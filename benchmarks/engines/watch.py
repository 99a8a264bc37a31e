"""Tells how a lane worker gets on, from what the lane shows of itself; nothing of the lane is changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic
from typing import Any

import faust

from agents.lane import LaneApp
from benchmarks.task import SAMPLE_SECONDS, Meter, Task

STEADY_SAMPLES = 20
"""So long nothing more was written: what journeys told each other is done, too."""


def watch(
    app: LaneApp,
    task: Task,
    meter: Meter,
    entities: Callable[[], int],
    counters: Callable[[], Any] = dict,
    catch_up: Callable[[], None] | None = None,
    changes: Callable[[], int] = int,
) -> None:
    """Sample positions all along; hand over `counters()` when the parent wishes for them.

    What follows the records later, `catch_up` brings up to date at the end; the clock runs until it is there.
    """
    passages: list[tuple[str, int, float]] = []
    delays = bool(task.options.get("delays"))

    async def look() -> None:
        applied: dict[str, int] = {}
        recoveries, recovery_seconds = 0, 0.0
        written = caught_up = steady = 0
        while not app.should_stop:
            positions = app.lane_positions()
            now, stats = monotonic(), app.lane_stats
            read = {f"{tp.topic}/{tp.partition}": at.next_offset for tp, at in positions.items()}
            durable = {f"{tp.topic}/{tp.partition}": at.durable_offset for tp, at in positions.items()}
            if not any(read.get(place) for place in task.ends):
                meter.idle()
            if delays:
                moved = (place for place, upto in read.items() if applied.get(place) != upto)
                passages.extend((place, read[place], now) for place in moved)
                applied = read
            steady = steady + 1 if sum(durable.values()) == written else 0
            written = sum(durable.values())
            meter.reached(written)
            if catch_up and written != caught_up and steady == STEADY_SAMPLES and _ended(task, durable):
                catch_up()
                meter.finished()
                caught_up = written
            if stats.recoveries != recoveries:
                recoveries, recovery_seconds = stats.recoveries, recovery_seconds + stats.recovery_seconds
            meter.tell(
                durable=durable,
                followed=catch_up is None or written == caught_up,
                entities=entities() if recoveries and not app.rebalancing else 0,
                changes=changes(),
                recoveries=recoveries,
                recovery_seconds=recovery_seconds,
                recovered_records=stats.recovered_records,
                changelog_records=stats.changelog_records,
                changelog_bytes=stats.changelog_bytes,
            )
            if meter.wished():
                meter.hand_over({"passages": passages, "counters": counters()})
            await asyncio.sleep(SAMPLE_SECONDS)

    app.task(look)


def _ended(task: Task, durable: Mapping[str, int]) -> bool:
    """Whether all that was published to the places of this worker is durable."""
    return bool(durable) and all(upto >= task.ends.get(place, 0) for place, upto in durable.items())


def run(app: faust.App) -> None:
    """Run a Faust app until SIGTERM, as its worker command does."""
    Path(str(app.conf.datadir)).mkdir(parents=True, exist_ok=True)
    faust.Worker(app, loglevel="INFO", redirect_stdouts=False).execute_from_commandline()
