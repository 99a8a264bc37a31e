"""Totals: the sums of facts of one shard, ready to be read for every window at any time.

They change by differences of facts only; refolding all journeys gives the same totals.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping

from streams.calendar import BusinessCalendar
from streams.facts import Fact
from streams.panes import MINUTES, Pane, Panes, add_into
from streams.passage import STOCK
from streams.rows import (
    CHANNEL_DAYS,
    CHANNEL_MONTHLY,
    CUSTOMER,
    CUSTOMER_LEVEL,
    CUSTOMER_NOW,
    CUSTOMER_PERIODS,
    CUSTOMER_SOURCE,
    EDGE,
    KPI,
    REP_DAYS,
    REP_MONTHLY,
    SOURCE_DAYS,
    SOURCE_MONTHLY,
    TEAM_DAYS,
    Key,
    Rows,
)
from streams.windows import (
    HOUR_MS,
    HOUR_PANES_BY_SOURCE_AND_REP_MS,
    HOUR_PANES_MS,
    WINDOWS,
    WINDOWS_BY_SOURCE_AND_REP,
    WINDOWS_ENDING_NOW,
    WINDOWS_OF_DAYS,
    bounds,
)
from streams.zones import MINUTE_MS

Opened = Callable[[Iterable[Pane]], Pane]
ALL = "all"
MINIMUM = "waiting_since"
_FEW_WINDOWS = (
    *("source", "rep", CHANNEL_MONTHLY, SOURCE_MONTHLY, REP_MONTHLY, CUSTOMER_SOURCE),
    *(SOURCE_DAYS, REP_DAYS, TEAM_DAYS),
)
AHEAD_DAYS = 35
"""How far facts of customers may lie after a clock that follows events."""
OF_WINDOWS_ALONE = (CUSTOMER_NOW, CUSTOMER_LEVEL, *CUSTOMER_PERIODS.values())


class _Window:
    """One window's running sums and the range of time they cover."""

    __slots__ = ("end_ms", "start_ms", "sums")

    def __init__(self) -> None:
        self.start_ms = self.end_ms = 0
        self.sums: Pane = {}

    def add(self, hour_ms: int, minutes: Mapping[int, Pane], rows: Pane, opened: Opened) -> None:
        """Add minutes of one hour, and the rows that they come to, as far as they lie in the window."""
        hour_end_ms = hour_ms + HOUR_MS
        if self.start_ms <= hour_ms and hour_end_ms <= self.end_ms:
            add_into(self.sums, rows)
        elif self.start_ms < hour_end_ms and hour_ms < self.end_ms:
            for minute, own in minutes.items():
                if self.start_ms <= minute * MINUTE_MS < self.end_ms:
                    add_into(self.sums, opened([own]))

    def move(self, panes: Panes, start_ms: int, end_ms: int) -> None:
        """Cover [start, end): by what left and what came, or anew where that is less work."""
        stays_from, stays_to = max(start_ms, self.start_ms), min(end_ms, self.end_ms)
        if stays_to <= stays_from or stays_to - stays_from < (end_ms - start_ms) // 2:
            self.sums = {}
            panes.add_range(self.sums, start_ms, end_ms, 1)
        else:
            for began, ended, sign in (
                (self.start_ms, stays_from, -1),
                (start_ms, stays_from, 1),
                (stays_to, self.end_ms, -1),
                (stays_to, end_ms, 1),
            ):
                panes.add_range(self.sums, began, ended, sign)
        self.start_ms, self.end_ms = start_ms, end_ms


class _Class:
    """The rows that share windows and retention.

    Those of customers count other things in windows than over all time, where only their stocks stand.
    """

    def __init__(
        self, calendar: BusinessCalendar, windows: tuple[str, ...], hour_panes_ms: int, *kinds: str
    ) -> None:
        self.kinds = kinds
        self.panes = Panes(calendar, hour_panes_ms, self.opened)
        self.windows = {window: _Window() for window in windows}
        self.fresh: dict[int, Pane] = {}
        """Places and rows by minute that neither the panes nor the windows' sums hold yet."""
        self.parts: list[tuple[int, ...]] = []
        """The rows of this class that each number stands for."""
        self.every: Pane | None = {} if kinds[0] in OF_WINDOWS_ALONE else None
        """Its own sums over all time, where they are not among those of all rows."""

    def bounds(self, window: str, now_ms: int, calendar: BusinessCalendar) -> tuple[int, int]:
        """What the running sums of a window cover: of a level, all from its start on."""
        start_ms, end_ms = bounds(window, now_ms, calendar)
        if CUSTOMER_LEVEL in self.kinds:
            end_ms = calendar.day_start_ms(calendar.day_index(now_ms) + AHEAD_DAYS)
        return start_ms, end_ms

    def sums(self, window: str) -> Pane:
        """A window's sums; of a level, what there was before the window."""
        sums = self.windows[window].sums
        if CUSTOMER_LEVEL not in self.kinds or self.every is None:
            return sums
        before = dict(self.every)
        add_into(before, sums, -1)
        return before

    def opened(self, panes: Iterable[Pane]) -> Pane:
        """The sum of panes, places opened into rows."""
        together: Pane = {}
        for pane in panes:
            for number, packed in pane.items():
                together[number] = together.get(number, 0) + packed
        rows: Pane = {}
        for number, packed in together.items():
            for row in self.parts[number]:
                rows[row] = rows.get(row, 0) + packed
        return rows

    def settle(self, every: Pane, now_ms: int) -> None:
        """Bring panes, windows and the sums over all time up to date with what was added."""
        every = every if self.every is None else self.every
        hours: dict[int, dict[int, Pane]] = {}
        for minute, own in self.fresh.items():
            hours.setdefault(minute // MINUTES, {})[minute] = own
        for hour, minutes in hours.items():
            rows = self.opened(minutes.values())
            add_into(every, rows)
            self.panes.add(minutes, rows, now_ms)
            for window in self.windows.values():
                window.add(hour * HOUR_MS, minutes, rows, self.opened)
        self.fresh.clear()


class Totals:
    """Base totals of one shard; `now_ms` never goes back."""

    def __init__(self, calendar: BusinessCalendar, rows: Rows) -> None:
        self._calendar, self._rows = calendar, rows
        self._classes = (
            _Class(calendar, WINDOWS, HOUR_PANES_MS, "channel", "stage", EDGE, CUSTOMER, KPI),
            _Class(calendar, WINDOWS_BY_SOURCE_AND_REP, HOUR_PANES_BY_SOURCE_AND_REP_MS, *_FEW_WINDOWS),
            _Class(calendar, WINDOWS_ENDING_NOW, HOUR_PANES_MS, CUSTOMER_NOW),
            _Class(calendar, WINDOWS, HOUR_PANES_MS, CUSTOMER_LEVEL),
            _Class(calendar, WINDOWS_OF_DAYS, HOUR_PANES_MS, CHANNEL_DAYS),
            *(_Class(calendar, (f"prev_{period}",), 0, kind) for period, kind in CUSTOMER_PERIODS.items()),
        )
        self._class_of = {kind: group for group in self._classes for kind in group.kinds}
        self._fresh: list[tuple[dict[int, Pane], ...]] = []
        """For each number the minutes it is added to; none for the minimum."""
        self._all: Pane = {}
        self._waiting: dict[str, _Minimum] = {}
        self._later: dict[int, dict[tuple[int, int], int]] = {}
        self._deadlines: list[int] = []
        self.now_ms = 0

    def apply(self, changes: Iterable[tuple[Fact, int]]) -> None:
        """Add differences of facts; their order does not matter."""
        for (row, at_ms, due_ms), packed in changes:
            if due_ms > self.now_ms:
                self._postpone(row, at_ms, due_ms, packed)
            else:
                self._add(row, at_ms, packed)

    def advance(self, now_ms: int) -> None:
        """Let time pass: facts fall due, windows move, old panes are forgotten."""
        now_ms = max(now_ms, self.now_ms)
        while self._deadlines and self._deadlines[0] <= now_ms:
            due = self._later.pop(heapq.heappop(self._deadlines), {})
            for (row, at_ms), packed in due.items():
                self._add(row, at_ms, packed)
        self._settle()
        self.now_ms = now_ms
        for group in self._classes:
            for name, window in group.windows.items():
                start_ms, end_ms = group.bounds(name, now_ms, self._calendar)
                if (start_ms, end_ms) != (window.start_ms, window.end_ms):
                    window.move(group.panes, start_ms, end_ms)
            group.panes.expire(now_ms)

    def sums(self, window: str) -> Mapping[Key, int]:
        """Sums of a window that ends now, without zeros; stocks stand only in `all`.

        Raises KeyError for a window that is not one of `WINDOWS` or `all`.
        """
        self._settle()
        if window == ALL:
            return self._read(self._all)
        sums = self._read(self._classes[0].sums(window))
        for group in self._classes[1:]:
            if window in group.windows:
                sums |= self._read(group.sums(window))
        return sums

    def waiting_since(self) -> Mapping[str, int]:
        """For each channel in which a lead waits, when the oldest of them came (ms)."""
        oldest = {channel: times.least() for channel, times in self._waiting.items()}
        return {channel: since_ms for channel, since_ms in oldest.items() if since_ms is not None}

    def _read(self, rows: Pane) -> dict[Key, int]:
        return {key: amount for row, packed in rows.items() for key, amount in self._rows.totals(row, packed)}

    def _settle(self) -> None:
        for group in self._classes:
            group.settle(self._all, self.now_ms)

    def _add(self, row: int, at_ms: int, packed: int) -> None:
        if row >= len(self._fresh):
            self._know_rows()
        if at_ms == STOCK:
            for part in self._rows.parts[row]:
                self._all[part] = self._all.get(part, 0) + packed
            return
        minute, groups = at_ms // MINUTE_MS, self._fresh[row]
        for minutes in groups:
            pane = minutes.get(minute)
            if pane is None:
                pane = minutes[minute] = {}
            pane[row] = pane.get(row, 0) + packed
        if not groups:
            self._waiting.setdefault(self._rows.keys[row][1], _Minimum()).add(at_ms, packed)

    def _know_rows(self) -> None:
        known = len(self._fresh)
        for parts in self._rows.parts[known:]:
            groups = [self._class_of.get(self._rows.keys[part][0]) for part in parts]
            self._fresh.append(tuple(group.fresh for group in dict.fromkeys(groups) if group is not None))
            for group in self._classes:
                group.parts.append(
                    tuple(part for part, own in zip(parts, groups, strict=True) if own is group)
                )

    def _postpone(self, row: int, at_ms: int, due_ms: int, packed: int) -> None:
        waiting = self._later.get(due_ms)
        if waiting is None:
            waiting = self._later[due_ms] = {}
            heapq.heappush(self._deadlines, due_ms)
        waiting[row, at_ms] = waiting.get((row, at_ms), 0) + packed


class _Minimum:
    """The least of a multiset that grows and shrinks."""

    __slots__ = ("_counts", "_heap")

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._heap: list[int] = []

    def add(self, value: int, amount: int) -> None:
        if value not in self._counts:
            heapq.heappush(self._heap, value)
        count = self._counts.get(value, 0) + amount
        if count:
            self._counts[value] = count
        else:
            del self._counts[value]

    def least(self) -> int | None:
        while self._heap and self._heap[0] not in self._counts:
            heapq.heappop(self._heap)
        return self._heap[0] if self._heap else None
