"""Instants are RFC 3339 with a zone, floored to milliseconds."""

import pytest

from streams.instants import AFTER_LAST_MS, format_instant, instant_fix, is_day, parse_instant


@pytest.mark.parametrize(
    ("text", "time_ms"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T03:00:00+03:00", 0),
        ("1970-01-01 00:00:00.001z", 1),
        ("1970-01-01t00:00:00.0019999999+00:00", 1),
        ("1970-01-01T00:00:00.9999999Z", 999),
        ("1970-01-01T00:00:00-00:00", 0),
        ("1970-01-02T00:00:00.5-12:30", 86_400_000 + 45_000_500),
        ("2024-02-29T23:59:59.999Z", 1_709_251_199_999),
        ("2100-12-31T23:59:59.999Z", AFTER_LAST_MS - 1),
    ],
)
def test_an_instant_is_read(text: str, time_ms: int) -> None:
    """In any zone and with any fraction, as UTC milliseconds rounded down."""
    assert parse_instant(text) == time_ms


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-03-02",
        "2026-03-02T09:30:00",
        "2026-03-02T09:30:00.250",
        "2026-03-02T09:30Z",
        "2026-03-02T09:30:00 Z",
        "2026-03-02T09:30:00.Z",
        "2026-03-02T09:30:00.+03:00",
        "2026-03-02T09:30:00,5Z",
        "2026-03-02T09:30:00.5,5Z",
        "2026-03-02T09:30:00+03",
        "2026-03-02T09:30:00+0300",
        "2026-03-02T09:30:00+03:00:00",
        "2026-03-02T09:30:00+24:00",
        "2026-03-02T09:30:60Z",
        "2026-03-02T24:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-W10-1T09:30:00Z",
        "20260302T093000.0000Z",
        "２026-03-02T09:30:00Z",
        "2026-03-02T09:30:00.٥Z",
        "02.03.2026 09:30:00Z",
        "1772433000",
        "1969-12-31T23:59:59.999Z",
        "1970-01-01T00:00:00+00:01",
        "2101-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_anything_else_is_none(text: str) -> None:
    """Also what Python's own reader would take, and what lies outside 1970 to 2100."""
    assert parse_instant(text) is None


@pytest.mark.parametrize("text", ["2026-03-02", "2026-03-02T09:30:00", "2026-03-02 09:30"])
def test_a_missing_zone_is_named(text: str) -> None:
    """The commonest fault has its own fix."""
    assert instant_fix(text).startswith("add the zone")
    assert not instant_fix("yesterday").startswith("add the zone")


def test_an_instant_is_written_as_it_is_read() -> None:
    """In UTC with milliseconds."""
    assert format_instant(1_772_433_000_000) == "2026-03-02T06:30:00.000Z"
    assert parse_instant(format_instant(AFTER_LAST_MS - 1)) == AFTER_LAST_MS - 1


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-01", True),
        ("2024-02-29", True),
        ("2026-02-29", False),
        ("1969-12-31", False),
        ("2101-01-01", False),
        ("20260301", False),
        ("2026-3-1", False),
        ("2026-03-01\n", False),
    ],
)
def test_a_day_is_one_of_the_calendar(text: str, day: bool) -> None:
    """Written with its year first, of the years 1970 to 2100."""
    assert is_day(text) == day
