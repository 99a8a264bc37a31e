"""The last business days one by one, as known now: what bars show changes when it is restated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from agents.readings import ShardView
from agents.settings import Settings
from agents.turns import Turns
from streams.calendar import BusinessCalendar
from streams.metrics import DAY_TOTALS
from streams.zones import EPOCH_ORDINAL

LAST_DAYS = 35
"""Five weeks, today among them."""
Days = Mapping[str, Mapping[str, int]]
"""Day, such as 2026-03-01, to headline total to its amount in the department, zeros too."""


async def last_days(shards: Iterable[ShardView], settings: Settings, now_ms: int) -> Days:
    """The headline totals of each of the last days, over these shards."""
    calendar = BusinessCalendar(settings.zone, settings.working_hours, settings.holidays)
    today, turns = calendar.day_index(now_ms), Turns()
    found = {day: dict.fromkeys(DAY_TOTALS, 0) for day in range(today - LAST_DAYS + 1, today + 1)}
    for shard in shards:
        for _ in shard.fold():
            await turns.give_way()
        totals = shard.folded
        for day, amounts in found.items():
            for (_, total, _, _), amount in totals.day(day).items():
                if total in amounts:
                    amounts[total] += amount
            await turns.give_way()
    return {date.fromordinal(day + EPOCH_ORDINAL).isoformat(): amounts for day, amounts in found.items()}
