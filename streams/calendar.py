"""The business calendar: local days, working days with holidays and moved working days, and working time.

Working time between two instants is the length of their interval within working hours. Lookups cost about a
microsecond: working hours come in blocks of 512 days, made when first asked for, with running sums.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping
from datetime import date
from zoneinfo import ZoneInfo

from streams.workdays import CalendarError, Hours, PublicDays, check_hours, public_days
from streams.zones import (
    DAY_MS,
    EPOCH_ORDINAL,
    HOURS_OF_WEEK,
    LAST_DAY,
    day_start_ms,
    offsets_by_day,
    wall_spans,
)

_BLOCK_MS = 512 * DAY_MS
_LAST_BLOCK = LAST_DAY * DAY_MS // _BLOCK_MS

NEVER_MS = 1 << 62
"""An instant after every instant: the deadline of working time that never passes."""


class _Block:
    """The spans of working time within 512 days of UTC, and the working time before each of them."""

    __slots__ = ("before", "ends", "starts", "total")

    def __init__(self, starts: list[int], ends: list[int], before: list[int], total: int) -> None:
        self.starts, self.ends, self.before, self.total = starts, ends, before, total

    def worked_until(self, ms: int) -> int:
        """Working time from the block's start to this instant."""
        at = bisect_right(self.starts, ms) - 1
        if at < 0:
            return 0
        return self.before[at] + min(ms, self.ends[at]) - self.starts[at]

    def instant_of(self, worked_ms: int) -> int:
        """The first instant by which the block has given this much (> 0, at most its total)."""
        at = bisect_right(self.before, worked_ms - 1) - 1
        return self.starts[at] + worked_ms - self.before[at]


class BusinessCalendar:
    """Days, working days and working time of one time zone and one rota; known from 1970 to 2100.

    A weekend day that became a working day (the country moved one, or `extra_workdays`) and has no hours of
    its own is worked like the nearest weekday before it that has some.
    """

    def __init__(
        self,
        zone: str,
        hours: Hours,
        country: str | None = None,
        *,
        extra_holidays: Collection[date] = (),
        extra_workdays: Collection[date] = (),
    ) -> None:
        try:
            self._zone = ZoneInfo(zone)
        except (OSError, ValueError, KeyError) as error:
            raise CalendarError(
                f"zone: {zone!r} is no time zone, use a name such as Europe/Moscow"
            ) from error
        self._hours: Mapping[int, tuple[tuple[int, int], ...]] = check_hours(hours)
        public = public_days(country) if country else PublicDays(frozenset(), frozenset())
        self._holidays = (public.holidays - _days(extra_workdays)) | _days(extra_holidays)
        self._moved = (public.moved_workdays | _days(extra_workdays)) - _days(extra_holidays)
        self._starts: dict[int, int] = {}
        self._blocks: dict[int, _Block] = {}

    def consists_of(self) -> tuple[object, ...]:
        """All that it was made of, in an order that does not change: offsets, hours, days off and on."""
        hours, off, moved = sorted(self._hours.items()), sorted(self._holidays), sorted(self._moved)
        return offsets_by_day(self._zone), hours, off, moved

    def day_index(self, ms: int) -> int:
        """The local day that holds this instant, in days since 1970-01-01."""
        day = ms // DAY_MS
        if ms < self.day_start_ms(day):
            return day - 1
        while self.day_start_ms(day + 1) <= ms:
            day += 1
        return day

    def day_start_ms(self, day_index: int) -> int:
        """UTC milliseconds of the day's first instant (local midnight, unless the clock skips it)."""
        start = self._starts.get(day_index)
        if start is None:
            start = day_start_ms(self._zone, day_index)
            if 0 <= day_index <= LAST_DAY + 1:
                self._starts[day_index] = start
        return start

    def hour_of_week(self, ms: int) -> str:
        """The weekday and how many hours of the local day are over, such as `mon-09`; 23 at most."""
        day = self.day_index(ms)
        return HOURS_OF_WEEK[24 * ((day + 3) % 7) + min((ms - self.day_start_ms(day)) // 3_600_000, 23)]

    def working_ms(self, a_ms: int, b_ms: int) -> int:
        """Working time from a to b; 0 where b is not after a."""
        if b_ms <= a_ms:
            return 0
        first, last = _block_number(a_ms), _block_number(b_ms)
        worked = self._block(last).worked_until(b_ms) - self._block(first).worked_until(a_ms)
        if first == last:
            return worked
        return worked + sum(self._block(number).total for number in range(first, last))

    def working_deadline_ms(self, from_ms: int, working_ms: int) -> int:
        """The first instant by which this much working time has passed; `NEVER_MS` beyond 2100."""
        if working_ms <= 0:
            return from_ms
        number = _block_number(from_ms)
        wanted = working_ms + self._block(number).worked_until(from_ms)
        while wanted > (block := self._block(number)).total:
            wanted -= block.total
            number += 1
            if number > _LAST_BLOCK:
                return NEVER_MS
        return block.instant_of(wanted)

    def is_working_day(self, day: int) -> bool:
        """Whether anybody works on this day (days since 1970)."""
        return bool(self._hours_of(day))

    def working_days(self, first: int, last: int) -> int:
        """How many days from the first to the last, both included, are working days."""
        return sum(self.is_working_day(day) for day in range(first, last + 1))

    def _hours_of(self, day: int) -> tuple[tuple[int, int], ...]:
        if day in self._holidays:
            return ()
        weekday = (day + 3) % 7  # 1970-01-01 was a Thursday
        if day in self._moved:
            weekday = next(
                (d % 7 for d in range(weekday, weekday - 7, -1) if self._hours.get(d % 7)), weekday
            )
        return self._hours.get(weekday, ())

    def _block(self, number: int) -> _Block:
        block = self._blocks.get(number)
        if block is None:
            block = self._blocks[number] = self._make_block(number)
        return block

    def _make_block(self, number: int) -> _Block:
        first, last = number * _BLOCK_MS, (number + 1) * _BLOCK_MS
        starts: list[int] = []
        ends: list[int] = []
        before: list[int] = []
        total = 0
        for day in range(max(self.day_index(first), 0), min(self.day_index(last), LAST_DAY) + 1):
            for opens, closes in self._hours_of(day):
                for start, end in wall_spans(self._zone, day, opens, closes):
                    within = max(start, first), min(end, last)
                    if within[0] < within[1]:
                        starts.append(within[0])
                        ends.append(within[1])
                        before.append(total)
                        total += within[1] - within[0]
        return _Block(starts, ends, before, total)


def _block_number(ms: int) -> int:
    return min(max(ms // _BLOCK_MS, 0), _LAST_BLOCK)


def _days(dates: Collection[date]) -> frozenset[int]:
    return frozenset(day.toordinal() - EPOCH_ORDINAL for day in dates)
