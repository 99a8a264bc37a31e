"""Amounts by event-time bucket: minutes, hours and business days, each kept while windows need it."""

from __future__ import annotations

from collections.abc import Mapping

from streams.calendar import BusinessCalendar
from streams.windows import DAY_PANES_DAYS, HOUR_MS, MINUTE_PANES_MS
from streams.zones import MINUTE_MS

Key = tuple[str, str, str, str]
"""(family, total, label 1, label 2)."""
Pane = dict[Key, int]

_SLACK_MS = 2 * HOUR_MS
_HOUR_MINUTES = HOUR_MS // MINUTE_MS


def add_into(pane: Pane, key: Key, amount: int) -> None:
    """Add an amount; what comes to nothing is forgotten."""
    total = pane.get(key, 0) + amount
    if total:
        pane[key] = total
    else:
        pane.pop(key, None)


class Panes:
    """The panes of one retention class; `hour_panes_ms` says how long hours are kept."""

    def __init__(self, calendar: BusinessCalendar, hour_panes_ms: int) -> None:
        self._calendar, self._hour_panes_ms = calendar, hour_panes_ms
        self._minutes: dict[int, Pane] = {}
        self._hours: dict[int, Pane] = {}
        self._days: dict[int, Pane] = {}

    def add(self, key: Key, at_ms: int, amount: int, now_ms: int) -> None:
        """Add to every pane that is still kept at `now_ms`."""
        age_ms = now_ms - at_ms
        if age_ms < MINUTE_PANES_MS + _SLACK_MS:
            add_into(self._minutes.setdefault(at_ms // MINUTE_MS, {}), key, amount)
        if age_ms < self._hour_panes_ms + _SLACK_MS:
            add_into(self._hours.setdefault(at_ms // HOUR_MS, {}), key, amount)
        day = self._calendar.day_index(at_ms)
        if day >= self._calendar.day_index(now_ms) - DAY_PANES_DAYS:
            add_into(self._days.setdefault(day, {}), key, amount)

    def expire(self, now_ms: int) -> None:
        """Forget panes that no window can need any more."""
        _drop_before(self._minutes, (now_ms - MINUTE_PANES_MS - _SLACK_MS) // MINUTE_MS)
        _drop_before(self._hours, (now_ms - self._hour_panes_ms - _SLACK_MS) // HOUR_MS)
        _drop_before(self._days, self._calendar.day_index(now_ms) - DAY_PANES_DAYS)

    def add_range(self, into: Pane, start_ms: int, end_ms: int, sign: int) -> None:
        """Add (or subtract) all amounts of [start, end), from the coarsest panes that fit.

        Both ends lie on minutes; away from whole minutes kept, windows begin and end on hours or days.
        """
        at_ms = start_ms
        while at_ms < end_ms:
            pane, at_ms = self._coarsest(at_ms, end_ms)
            for key, amount in (pane or {}).items():
                add_into(into, key, sign * amount)

    def _coarsest(self, at_ms: int, end_ms: int) -> tuple[Mapping[Key, int] | None, int]:
        day = self._calendar.day_index(at_ms)
        next_day_ms = self._calendar.day_start_ms(day + 1)
        if next_day_ms <= end_ms and self._calendar.day_start_ms(day) == at_ms:
            return self._days.get(day), next_day_ms
        if at_ms % HOUR_MS == 0 and at_ms + HOUR_MS <= end_ms:
            return self._hours.get(at_ms // HOUR_MS), at_ms + HOUR_MS
        return self._minutes.get(at_ms // MINUTE_MS), at_ms + MINUTE_MS


def _drop_before(panes: dict[int, Pane], first: int) -> None:
    for index in [index for index in panes if index < first]:
        del panes[index]
