"""The running sums of rows that share windows and retention: what the windows hold as time passes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from streams.calendar import BusinessCalendar
from streams.panes import MINUTES, Pane, Panes, Parts, add_into
from streams.rows import CUSTOMER_LEVEL, CUSTOMER_NOW, CUSTOMER_PERIODS, CUSTOMER_SLID
from streams.standing import EVERY, WINDOW, Shelf
from streams.windows import HOUR_MS, bounds
from streams.zones import MINUTE_MS

AHEAD_DAYS = 35
"""How far facts of customers may lie after a clock that follows events."""
_LEVELS = (CUSTOMER_LEVEL, *CUSTOMER_SLID.values())
"""What there was at an instant: all that is dated before it."""
_OF_WINDOWS_ALONE = (CUSTOMER_NOW, *_LEVELS, *CUSTOMER_PERIODS.values())


class _Window:
    """One window's running sums and the range of time they cover."""

    __slots__ = ("end_ms", "start_ms", "sums")

    def __init__(self) -> None:
        self.start_ms = self.end_ms = 0
        self.sums: Pane = {}

    def add(self, hour_ms: int, minutes: Mapping[int, Pane], rows: Pane, parts: Parts) -> None:
        """Add minutes of one hour, and the rows that they come to, as far as they lie in the window."""
        hour_end_ms = hour_ms + HOUR_MS
        if self.start_ms <= hour_ms and hour_end_ms <= self.end_ms:
            add_into(self.sums, rows)
        elif self.start_ms < hour_end_ms and hour_ms < self.end_ms:
            for minute, own in minutes.items():
                if self.start_ms <= minute * MINUTE_MS < self.end_ms:
                    add_into(self.sums, parts.opened([own]))

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


class WindowSums:
    """The rows that share windows and retention.

    Those of customers count other things in windows than over all time, where only their stocks stand.
    """

    def __init__(
        self, calendar: BusinessCalendar, windows: tuple[str, ...], hour_panes_ms: int, *kinds: str
    ) -> None:
        self.kinds = kinds
        self.parts = Parts()
        self.panes = Panes(calendar, hour_panes_ms, self.parts)
        self.windows = {window: _Window() for window in windows}
        self.fresh: dict[int, Pane] = {}
        """Places and rows by minute that neither the panes nor the windows' sums hold yet."""
        self.every: Pane | None = {} if kinds[0] in _OF_WINDOWS_ALONE else None
        """Its own sums over all time, where they are not among those of all rows."""

    def bounds(self, window: str, now_ms: int, calendar: BusinessCalendar) -> tuple[int, int]:
        """What the running sums of a window cover: of a level, all from its instant on."""
        start_ms, end_ms = bounds(window, now_ms, calendar)
        if self.kinds[0] in _LEVELS:
            start_ms = start_ms if CUSTOMER_LEVEL in self.kinds else end_ms
            end_ms = calendar.day_start_ms(calendar.day_index(now_ms) + AHEAD_DAYS)
        return start_ms, end_ms

    def sums(self, window: str) -> Pane:
        """A window's sums; of a level, what there was before the window, or before its end."""
        sums = self.windows[window].sums
        if self.kinds[0] not in _LEVELS or self.every is None:
            return sums
        before = dict(self.every)
        add_into(before, sums, -1)
        return before

    def standing(self, number: int) -> list[tuple[Shelf, Pane | bytes]]:
        """All that is held, as that of the class with this number; what is fresh was settled."""
        found: list[tuple[Shelf, Pane | bytes]] = [
            ((WINDOW, number, name, window.start_ms, window.end_ms), dict(window.sums))
            for name, window in self.windows.items()
        ]
        if self.every is not None:
            found.append(((EVERY, number, "", 0, 0), dict(self.every)))
        return found + self.panes.standing(number)

    def hold(self, shelf: Shelf, pane: Pane | bytes) -> None:
        """Take what stood in another process, or rows of it."""
        what, _, name, first, last = shelf
        if isinstance(pane, bytes) or what not in (WINDOW, EVERY):
            self.panes.hold(shelf, pane)
        elif what == WINDOW:
            window = self.windows[name]
            window.start_ms, window.end_ms = first, last
            window.sums.update(pane)
        elif self.every is not None:
            self.every.update(pane)

    def settle(self, every: Pane, now_ms: int) -> None:
        """Bring panes, windows and the sums over all time up to date with what was added."""
        hours: dict[int, dict[int, Pane]] = {}
        for minute, own in self.fresh.items():
            hours.setdefault(minute // MINUTES, {})[minute] = own
        for hour, minutes in hours.items():
            self._settle_hour(hour, minutes, every, now_ms)
        self.fresh.clear()

    def settling(self, every: Pane, now_ms: int) -> Iterator[None]:
        """The same hour by hour, so that others get their turn."""
        for hour in {minute // MINUTES for minute in self.fresh}:
            first = hour * MINUTES
            minutes = {
                each: self.fresh.pop(each) for each in range(first, first + MINUTES) if each in self.fresh
            }
            if minutes:  # nobody has settled meanwhile
                self._settle_hour(hour, minutes, every, now_ms)
            yield

    def _settle_hour(self, hour: int, minutes: Mapping[int, Pane], every: Pane, now_ms: int) -> None:
        rows = self.parts.opened(minutes.values())
        add_into(every if self.every is None else self.every, rows)
        self.panes.add(minutes, rows, now_ms)
        for window in self.windows.values():
            window.add(hour * HOUR_MS, minutes, rows, self.parts)
