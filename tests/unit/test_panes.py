"""Hours that were not touched for long rest as bytes, and count as before."""

from __future__ import annotations

import random
from collections import Counter

from agents.app import calendar_of
from agents.settings import Settings
from streams.panes import COOLED_AT_ONCE, MINUTES, WARM_HOURS, Pane, Panes, Parts
from streams.windows import DAY_MS, HOUR_MS
from streams.zones import MINUTE_MS

START_MS = 1_772_398_800_000
DAYS = 20
ROWS = 40


def plain() -> Parts:
    """Rows that stand for themselves."""
    parts = Parts()
    parts.rows = [(row,) for row in range(ROWS)]
    return parts


def test_resting_hours_count_in_every_range_and_can_be_added_to() -> None:
    """Against a plain list of what was added, amounts negative and very large, touched again and again."""
    chance = random.Random(20_260_301)
    panes = Panes(calendar_of(Settings()), 62 * DAY_MS, plain())
    now_ms, added = START_MS + DAYS * DAY_MS, list[tuple[int, int, int]]()
    for _ in range(4):
        for _ in range(600):
            hour_ms = START_MS + chance.randrange(DAYS * 24) * HOUR_MS
            minute = hour_ms // MINUTE_MS + chance.randrange(MINUTES)
            rows = {
                row: chance.randint(-3, 3) << chance.randrange(2_000)
                for row in range(chance.randint(1, ROWS))
            }
            panes.add({minute: rows}, rows, now_ms)
            added += [(hour_ms, row, packed) for row, packed in rows.items()]
        for _ in range(DAYS * 24 // COOLED_AT_ONCE):
            panes.expire(now_ms)
        standing = [pane for pane in panes._hours.values() if isinstance(pane, dict)]
        assert len(standing) == WARM_HOURS < len(panes._hours) / 2
        for _ in range(10):
            first, last = sorted(chance.sample(range(DAYS * 24), 2))
            start_ms, end_ms = START_MS + first * HOUR_MS, START_MS + last * HOUR_MS
            found: Pane = {}
            panes.add_range(found, start_ms, end_ms, 1)
            wanted = Counter[int]()
            for at_ms, row, packed in added:
                if start_ms <= at_ms < end_ms:
                    wanted[row] += packed
            assert found == {row: packed for row, packed in wanted.items() if packed}


def test_hours_that_are_forgotten_do_not_come_back() -> None:
    """Neither as they stand nor as bytes."""
    panes = Panes(calendar_of(Settings()), 62 * DAY_MS, plain())
    for hour in range(200):
        minute = (START_MS + hour * HOUR_MS) // MINUTE_MS
        panes.add({minute: {1: 1}}, {1: 1}, START_MS)
    for _ in range(10):
        panes.expire(START_MS)
    panes.expire(START_MS + 100 * DAY_MS)
    for _ in range(200):
        panes.expire(START_MS + 100 * DAY_MS)
    assert not panes._hours
    assert len(panes._warm) <= WARM_HOURS
