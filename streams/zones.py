"""Days of a time zone as intervals of UTC: where they start, and how their wall clock maps to instants.

Days are numbered from 1970-01-01 (day 0). A day starts at the first instant of its date, not always at 00:00.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

MINUTE_MS = 60_000
DAY_MS = 1440 * MINUTE_MS
HOURS_OF_WEEK = tuple(
    f"{day}-{hour:02}" for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun") for hour in range(24)
)
"""Hours since the local day began, by weekday."""
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
LAST_DAY = date(2100, 12, 31).toordinal() - EPOCH_ORDINAL
"""Zones are followed from day 0 to this one; outside, the offset of the nearer end holds."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def offset_ms(zone: ZoneInfo, ms: int) -> int:
    """Local time minus UTC at this instant."""
    there = (_EPOCH + timedelta(milliseconds=ms)).astimezone(zone)
    offset = there.utcoffset()
    return offset // timedelta(milliseconds=1) if offset else 0


@cache
def offsets_by_day(zone: ZoneInfo) -> list[int]:
    """The offset with which each day from day 0 to the last begins in UTC."""
    return [offset_ms(zone, day * DAY_MS) for day in range(LAST_DAY + 1)]


def day_start_ms(zone: ZoneInfo, day: int) -> int:
    """The first instant of the day; a date that the zone skipped is empty and starts where the next does."""
    nearest = min(max(day, 0), LAST_DAY + 1)
    midnight = datetime.fromordinal(nearest + EPOCH_ORDINAL).replace(tzinfo=zone)
    start = (midnight - _EPOCH) // timedelta(milliseconds=1)
    local_midnight = nearest * DAY_MS
    if _local(zone, start - 1) >= local_midnight:  # the clock jumped over midnight, not from it
        start = _first_at_or_after(zone, local_midnight, start - 2 * DAY_MS, start)
    return start + (day - nearest) * DAY_MS


def wall_spans(zone: ZoneInfo, day: int, start_minute: int, end_minute: int) -> list[tuple[int, int]]:
    """The instants [from, to) of this day at which the wall clock shows a minute from start to before end."""
    spans = []
    first, last = day_start_ms(zone, day), day_start_ms(zone, day + 1)
    while first < last:
        offset = offset_ms(zone, first)
        until = last if offset_ms(zone, last - 1) == offset else _change_after(zone, first, last)
        midnight = day * DAY_MS - offset
        start = max(first, midnight + start_minute * MINUTE_MS)
        end = min(until, midnight + end_minute * MINUTE_MS)
        if start < end:
            spans.append((start, end))
        first = until
    return spans


def _local(zone: ZoneInfo, ms: int) -> int:
    return ms + offset_ms(zone, ms)


def _first_at_or_after(zone: ZoneInfo, local_ms: int, low: int, high: int) -> int:
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _local(zone, middle) >= local_ms else (middle, high)
    return high


def _change_after(zone: ZoneInfo, first: int, last: int) -> int:
    """The instant after `first` at which the offset changes, given that it differs just before `last`."""
    offset = offset_ms(zone, first)
    low, high = first, last - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset_ms(zone, middle) == offset else (low, middle)
    return high
