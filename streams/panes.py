"""Packed rows by event-time bucket: minutes, hours and business days, each kept while windows need it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from streams.calendar import BusinessCalendar
from streams.cooling import cooled, warmed
from streams.standing import DAY, HOUR, MINUTE, Shelf
from streams.windows import DAY_PANES_DAYS, HOUR_MS, MINUTE_PANES_MS
from streams.zones import MINUTE_MS

Pane = dict[int, int]
"""Packed totals by row number (see `streams.rows`), without zeros."""

MINUTES = HOUR_MS // MINUTE_MS
_SLACK_MS = 2 * HOUR_MS
WARM_HOURS = 48
"""Hours of a class that stand as they are added to; those touched before them rest as bytes, in a sixth."""
COOLED_AT_ONCE = 8
"""Or an eighth of those that are due, where that is more: amid a backlog hours come by the dozen."""


def add_into(pane: Pane, rows: Mapping[int, int], sign: int = 1) -> None:
    """Add (or subtract) rows; what comes to nothing is forgotten."""
    for row, packed in rows.items():
        total = pane.get(row, 0) + sign * packed
        if total:
            pane[row] = total
        else:
            pane.pop(row, None)


class Parts:
    """The rows of one class that each number, of a row or a place, stands for."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, ...]] = []

    def opened(self, panes: Iterable[Pane]) -> Pane:
        """The sum of panes, places opened into rows."""
        together: Pane = {}
        for pane in panes:
            for number, packed in pane.items():
                together[number] = together.get(number, 0) + packed
        rows: Pane = {}
        for number, packed in together.items():
            for row in self.rows[number]:
                rows[row] = rows.get(row, 0) + packed
        return rows


class Panes:
    """The panes of one retention class; `hour_panes_ms` says how long hours are kept."""

    def __init__(self, calendar: BusinessCalendar, hour_panes_ms: int, parts: Parts) -> None:
        self._calendar, self._hour_panes_ms, self._parts = calendar, hour_panes_ms, parts
        self._minutes: dict[int, Pane] = {}
        """As they were added: places and rows."""
        self._hours: dict[int, Pane | bytes] = {}
        self._warm: dict[int, None] = {}
        """Hours that are no bytes, from the one that was touched longest ago."""
        self._days: dict[int, Pane] = {}

    def add(self, minutes: Mapping[int, Pane], rows: Pane, now_ms: int) -> None:
        """Add minutes of one hour, and the rows that they come to, to every pane that is kept at `now_ms`."""
        first_minute = _first_minute(now_ms)
        for minute, own in minutes.items():
            if minute >= first_minute:
                add_into(self._minutes.setdefault(minute, {}), own)
        one = next(iter(minutes))
        hour = one // MINUTES
        if hour >= self._first_hour(now_ms):
            self._add_hour(hour, rows)
        day, last_day = (
            self._calendar.day_index(at_ms) for at_ms in (hour * HOUR_MS, (hour + 1) * HOUR_MS - 1)
        )
        if day == last_day:
            self._add_day(day, rows, now_ms)
        else:
            for minute, own in minutes.items():
                self._add_day(self._calendar.day_index(minute * MINUTE_MS), self._parts.opened([own]), now_ms)

    def _add_hour(self, hour: int, rows: Pane) -> None:
        pane = self._hour(hour)
        pane = {} if pane is None else pane
        add_into(pane, rows)
        self._hours[hour] = pane
        self._warm.pop(hour, None)
        self._warm[hour] = None

    def _hour(self, hour: int) -> Pane | None:
        pane = self._hours.get(hour)
        return warmed(pane) if isinstance(pane, bytes) else pane

    def _cool(self) -> None:
        """Let hours rest that were not touched for long."""
        excess = max(0, len(self._warm) - WARM_HOURS)
        for hour in list(islice(self._warm, min(excess, max(COOLED_AT_ONCE, excess // 8)))):
            del self._warm[hour]
            pane = self._hours.get(hour)
            if isinstance(pane, dict):
                self._hours[hour] = cooled(pane)

    def _add_day(self, day: int, rows: Pane, now_ms: int) -> None:
        if day >= self._first_day(now_ms):
            add_into(self._days.setdefault(day, {}), rows)

    def expire(self, now_ms: int) -> None:
        """Forget panes that no window can need any more; let hours rest that were not touched for long."""
        self._cool()
        _drop_before(self._minutes, _first_minute(now_ms))
        _drop_before(self._hours, self._first_hour(now_ms))
        _drop_before(self._days, self._first_day(now_ms))

    def standing(self, number: int) -> list[tuple[Shelf, Pane | bytes]]:
        """All panes, as those of the class with this number."""
        found: list[tuple[Shelf, Pane | bytes]] = [
            ((what, number, "", index, 0), dict(pane))
            for what, panes in ((MINUTE, self._minutes), (DAY, self._days))
            for index, pane in panes.items()
        ]
        for index, hour in self._hours.items():
            found.append(((HOUR, number, "", index, 0), hour if isinstance(hour, bytes) else dict(hour)))
        return found

    def hold(self, shelf: Shelf, pane: Pane | bytes) -> None:
        """Take a pane that stood in another process, or rows of it; only hours rest as bytes."""
        what, _, _, index, _ = shelf
        if isinstance(pane, bytes):
            self._hours[index] = pane
        elif what == HOUR:
            self._warm[index] = None
            warm = self._hour(index)
            self._hours[index] = pane if warm is None else warm | pane
        else:
            (self._minutes if what == MINUTE else self._days).setdefault(index, {}).update(pane)

    def add_range(self, into: Pane, start_ms: int, end_ms: int, sign: int) -> None:
        """Add (or subtract) all of [start, end), from the coarsest panes that fit.

        Both ends lie on minutes; away from the minutes kept, windows begin and end on hours or days.
        """
        at_ms = start_ms if self._days else end_ms
        while at_ms < end_ms:
            pane, at_ms = self._coarsest(at_ms, end_ms)
            if pane:
                add_into(into, pane, sign)

    def _coarsest(self, at_ms: int, end_ms: int) -> tuple[Pane | None, int]:
        day = self._calendar.day_index(at_ms)
        next_day_ms = self._calendar.day_start_ms(day + 1)
        if next_day_ms <= end_ms and self._calendar.day_start_ms(day) == at_ms:
            return self._days.get(day), next_day_ms
        if at_ms % HOUR_MS == 0 and at_ms + HOUR_MS <= end_ms:
            return self._hour(at_ms // HOUR_MS), at_ms + HOUR_MS
        minute = self._minutes.get(at_ms // MINUTE_MS)
        return None if minute is None else self._parts.opened([minute]), at_ms + MINUTE_MS

    def _first_hour(self, now_ms: int) -> int:
        return (now_ms - self._hour_panes_ms - _SLACK_MS) // HOUR_MS

    def _first_day(self, now_ms: int) -> int:
        return self._calendar.day_index(now_ms) - DAY_PANES_DAYS


def _first_minute(now_ms: int) -> int:
    return (now_ms - MINUTE_PANES_MS - _SLACK_MS) // MINUTE_MS


def _drop_before(panes: dict[int, Any], first: int) -> None:
    for index in [index for index in panes if index < first]:
        del panes[index]
