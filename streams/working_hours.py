"""Working hours as a person writes them: `mon-fri 09:00-13:00; mon-fri 14:00-18:00; sat 10:00-14:00`."""

from __future__ import annotations

import itertools
import re
from types import MappingProxyType

from streams.workdays import Hours

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFICE_HOURS = "mon-fri 09:00-18:00"
"""Where nobody says otherwise."""
_SPAN = re.compile(r"([a-z]{3})(?:-([a-z]{3}))?\s+(\d\d):(\d\d)-(\d\d):(\d\d)")


class WorkingHoursError(ValueError):
    """A text says no working hours; the message names the part of it, `fix` what to write."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.fix = fix


def parse_working_hours(text: str) -> Hours:
    """Minutes of the local day by weekday, in order."""
    hours: dict[int, list[tuple[int, int]]] = {}
    for part in text.split(";"):
        span = _span(part)
        if span is None:
            raise WorkingHoursError(f"{part.strip()!r} is unclear", f"write such as {OFFICE_HOURS}")
        for day in span[0]:
            hours.setdefault(day, []).append(span[1])
    merged = {day: tuple(sorted(spans)) for day, spans in sorted(hours.items())}
    for day, spans in merged.items():
        if any(first[1] > second[0] for first, second in itertools.pairwise(spans)):
            raise WorkingHoursError(f"hours of {DAYS[day]} overlap", "write each span once")
    return MappingProxyType(merged)


def _span(part: str) -> tuple[range, tuple[int, int]] | None:
    match = _SPAN.fullmatch(part.strip().lower())
    if match is None or match[1] not in DAYS or (match[2] or match[1]) not in DAYS:
        return None
    days = range(DAYS.index(match[1]), DAYS.index(match[2] or match[1]) + 1)
    start, end = int(match[3]) * 60 + int(match[4]), int(match[5]) * 60 + int(match[6])
    sane = int(match[4]) < 60 and int(match[6]) < 60 and start < end <= 1440
    return (days, (start, end)) if days and sane else None
