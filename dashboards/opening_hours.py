"""A deployment's working hours as Alertmanager's time intervals; it knows weekdays, no holidays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboards.yaml import Value

Spans = Sequence[tuple[int, int]]
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HOUR = 60


def interval(name: str, hours: Mapping[int, Spans], zone: str) -> Value:
    """Weekdays with the same hours stand together."""
    alike: dict[tuple[tuple[int, int], ...], list[int]] = {}
    for day, spans in hours.items():
        alike.setdefault(tuple(spans), []).append(day)
    parts: list[Value] = [
        {"weekdays": _ranges(days), "times": [_time(*span) for span in spans], "location": zone}
        for spans, days in alike.items()
    ]
    return {"name": name, "time_intervals": parts}


def without_first_hour(hours: Mapping[int, Spans]) -> Mapping[int, Spans]:
    """The same days from their second working hour on; as they are where none has a second one."""
    later = {day: left for day, spans in hours.items() if (left := _without(spans, _HOUR))}
    return later or hours


def _without(spans: Spans, minutes: int) -> Spans:
    left: list[tuple[int, int]] = []
    for start, end in spans:
        skipped = min(minutes, end - start)
        minutes -= skipped
        if start + skipped < end:
            left.append((start + skipped, end))
    return left


def _ranges(days: Sequence[int]) -> list[str]:
    """`monday:friday` for days in a row."""
    rows: list[list[int]] = []
    for day in sorted(days):
        if rows and rows[-1][-1] == day - 1:
            rows[-1].append(day)
        else:
            rows.append([day])
    return [":".join(_WEEKDAYS[day] for day in dict.fromkeys((row[0], row[-1]))) for row in rows]


def _time(start: int, end: int) -> Value:
    return {"start_time": _clock(start), "end_time": _clock(end)}


def _clock(minute: int) -> str:
    return f"{minute // _HOUR:02}:{minute % _HOUR:02}"
