"""Totals: the sums of facts of one shard, ready to be read for every window at any time.

They change by differences of facts only; refolding all journeys gives the same totals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from streams.book import STOCK, Fact, Facts
from streams.calendar import BusinessCalendar
from streams.later import Later
from streams.minimum import Minimum
from streams.panes import Pane
from streams.rows import (
    CAMPAIGN_DAYS,
    CHANNEL_DAYS,
    CHANNEL_MONTHLY,
    CUSTOMER,
    CUSTOMER_CAMPAIGN,
    CUSTOMER_LEVEL,
    CUSTOMER_NOW,
    CUSTOMER_PERIODS,
    CUSTOMER_SLID,
    CUSTOMER_SOURCE,
    CUTS,
    EDGE,
    KPI,
    MONTHLY,
    REP_DAYS,
    REP_MONTHLY,
    SOURCE_DAYS,
    SOURCE_MONTHLY,
    TEAM_DAYS,
    Key,
    Rows,
)
from streams.standing import ALL_ROWS, Shelf, Standing
from streams.window_sums import WindowSums
from streams.windows import (
    HOUR_PANES_BY_SOURCE_AND_REP_MS,
    HOUR_PANES_MS,
    WINDOWS,
    WINDOWS_BY_SOURCE_AND_REP,
    WINDOWS_ENDING_NOW,
    WINDOWS_OF_DAYS,
)
from streams.zones import MINUTE_MS

ALL, CHANNEL = "all", "channel"
_FEW_WINDOWS = (
    *("source", "rep", CHANNEL_MONTHLY, SOURCE_MONTHLY, REP_MONTHLY, CUSTOMER_SOURCE, CUSTOMER_CAMPAIGN),
    *(SOURCE_DAYS, REP_DAYS, TEAM_DAYS, CAMPAIGN_DAYS, *CUTS, *(f"{cut}{MONTHLY}" for cut in CUTS)),
)


class Totals:
    """Base totals of one shard; `now_ms` never goes back."""

    def __init__(self, calendar: BusinessCalendar, rows: Rows) -> None:
        self._calendar, self._rows = calendar, rows
        self._classes = (
            WindowSums(calendar, WINDOWS, HOUR_PANES_MS, "channel", "stage", EDGE, CUSTOMER, KPI),
            WindowSums(calendar, WINDOWS_BY_SOURCE_AND_REP, HOUR_PANES_BY_SOURCE_AND_REP_MS, *_FEW_WINDOWS),
            WindowSums(calendar, WINDOWS_ENDING_NOW, HOUR_PANES_MS, CUSTOMER_NOW),
            WindowSums(calendar, WINDOWS, HOUR_PANES_MS, CUSTOMER_LEVEL),
            WindowSums(calendar, WINDOWS_OF_DAYS, HOUR_PANES_MS, CHANNEL_DAYS),
            *(
                WindowSums(calendar, (f"prev_{period}",), 0, kind)
                for period, kind in CUSTOMER_PERIODS.items()
            ),
            *(WindowSums(calendar, (window,), HOUR_PANES_MS, kind) for window, kind in CUSTOMER_SLID.items()),
        )
        self._class_of = {kind: group for group in self._classes for kind in group.kinds}
        self._fresh: list[tuple[dict[int, Pane], ...]] = []
        """For each number the minutes it is added to; none for the minimum."""
        self._all: Pane = {}
        self._waiting: dict[str, Minimum] = {}
        self._later = Later()
        self.now_ms = 0

    def apply(self, changes: Iterable[tuple[Fact, int]]) -> None:
        """Add differences of facts; their order does not matter."""
        for fact, packed in changes:
            self._change(fact, packed)

    def exchange(self, new: Facts, old: Facts) -> None:
        """Add `new - old`: the facts of one journey, as it is and as it was."""
        for fact, packed in new.items():
            known = old.get(fact)
            if known is None:
                self._change(fact, packed)
            elif known != packed:
                self._change(fact, packed - known)
        for fact, packed in old.items():
            if fact not in new:
                self._change(fact, -packed)

    def _change(self, fact: Fact, packed: int) -> None:
        row, at_ms, due_ms = fact
        if due_ms > self.now_ms:
            self._later.add(fact, packed)
        else:
            self._add(row, at_ms, packed)

    def advance(self, now_ms: int) -> None:
        """Let time pass: facts fall due, windows move, old panes are forgotten."""
        now_ms = max(now_ms, self.now_ms)
        for (row, at_ms, _), packed in self._later.due(now_ms):
            self._add(row, at_ms, packed)
        self._settle()
        self.now_ms = now_ms
        for group in self._classes:
            for name, window in group.windows.items():
                start_ms, end_ms = group.bounds(name, now_ms, self._calendar)
                if (start_ms, end_ms) != (window.start_ms, window.end_ms):
                    window.move(group.panes, start_ms, end_ms)
            group.panes.expire(now_ms)

    def standing(self) -> Standing:
        """All that is held now, for totals of the same rules to go on from."""
        self._settle()
        shelves: list[tuple[Shelf, Pane | bytes]] = [((ALL_ROWS, 0, "", 0, 0), dict(self._all))]
        for number, group in enumerate(self._classes):
            shelves += group.standing(number)
        least = {channel: times.standing() for channel, times in self._waiting.items()}
        return Standing(self.now_ms, shelves, self._later.standing(), least)

    def hold(self, standing: Standing) -> None:
        """Take a part of what other totals held, by the row numbers of this process."""
        self._know_rows()
        self.now_ms = standing.now_ms
        for shelf, pane in standing.shelves:
            if shelf[0] != ALL_ROWS:
                self._classes[shelf[1]].hold(shelf, pane)
            elif not isinstance(pane, bytes):
                self._all.update(pane)
        for fact, packed in standing.later.items():
            self._later.add(fact, packed)
        for channel, times in standing.least.items():
            for value, amount in times.items():
                self._waiting.setdefault(channel, Minimum()).add(value, amount)

    def settling(self) -> Iterator[None]:
        """Bring sums up to date with all that was added, in pieces; reading them does so at once."""
        for group in self._classes:
            yield from group.settling(self._all, self.now_ms)

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

    def day(self, day: int) -> Mapping[Key, int]:
        """What windows count of one business day by channel, as known now; a day is kept for 800 days."""
        self._settle()
        rows: Pane = {}
        start_ms, end_ms = (self._calendar.day_start_ms(each) for each in (day, day + 1))
        self._classes[0].panes.add_range(rows, start_ms, end_ms, 1)
        return self._read({row: packed for row, packed in rows.items() if self._rows.keys[row][0] == CHANNEL})

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
            self._waiting.setdefault(self._rows.keys[row][1], Minimum()).add(at_ms, packed)

    def _know_rows(self) -> None:
        known = len(self._fresh)
        for parts in self._rows.parts[known:]:
            groups = [self._class_of.get(self._rows.keys[part][0]) for part in parts]
            self._fresh.append(tuple(group.fresh for group in dict.fromkeys(groups) if group is not None))
            for group in self._classes:
                group.parts.rows.append(
                    tuple(part for part, own in zip(parts, groups, strict=True) if own is group)
                )
