"""Instants and days as events write them: RFC 3339 text to UTC milliseconds and back."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_read = datetime.fromisoformat
_DAY_MS = 86_400_000
AFTER_LAST_MS = (date(2101, 1, 1) - date(1970, 1, 1)).days * _DAY_MS
"""The first instant that is too late for an event: the years 1970 to 2100 are known."""

_PUNCTUATION = frozenset({"--T::", "--t::", "-- ::"})
_ZONELESS = re.compile(r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def parse_instant(text: str) -> int | None:
    """UTC milliseconds, rounded down, of an RFC 3339 date-time with zone; None for anything else."""
    if len(text) < 20 or text[4:17:3] not in _PUNCTUATION:
        return None
    after_seconds, last = text[19], text[-1]
    if last == "Z":
        if after_seconds != "Z" and not (after_seconds == "." and text[20] in "0123456789"):
            return None
    elif last == "z" or text[10] == "t":
        return parse_instant(text.upper())
    elif text[-6] not in "+-" or text[-3] != ":" or (after_seconds == "." and text[20] not in "0123456789"):
        return None
    try:
        since = _read(text) - _EPOCH
    except ValueError:
        return None
    time_ms = since.days * _DAY_MS + since.seconds * 1000 + since.microseconds // 1000
    return time_ms if 0 <= time_ms < AFTER_LAST_MS else None


def instant_fix(text: object) -> str:
    """What to send instead of a time that was refused."""
    if isinstance(text, str) and _ZONELESS.fullmatch(text):
        return "add the zone: 2026-03-01T09:30:00+03:00, or Z for UTC"
    return "send an RFC 3339 date-time with zone, years 1970 to 2100, such as 2026-03-01T09:30:00+03:00"


def instant(time_ms: int) -> datetime:
    """The instant in UTC, for writing it."""
    return _EPOCH + timedelta(milliseconds=time_ms)


def format_instant(time_ms: int) -> str:
    """The instant as RFC 3339 text in UTC with milliseconds; `parse_instant` gives it back."""
    return instant(time_ms).isoformat(timespec="milliseconds")[:23] + "Z"


def is_day(text: str) -> bool:
    """Whether the text is a calendar day of the years 1970 to 2100, written 2026-03-01."""
    if not _DAY.fullmatch(text) or not "1970" <= text[:4] <= "2100":
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
