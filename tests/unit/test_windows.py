"""Windows of time: where each of the twenty starts and ends."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from streams.calendar import BusinessCalendar
from streams.windows import (
    DAY_MS,
    DAY_PANES_DAYS,
    HOUR_PANES_BY_SOURCE_AND_REP_MS,
    HOUR_PANES_MS,
    MINUTE_PANES_MS,
    WINDOWS,
    WINDOWS_BY_SOURCE_AND_REP,
    bounds,
)

MOSCOW = BusinessCalendar("Europe/Moscow", {0: ((540, 1080),)})
NOW = "2024-05-15 14:20:30"  # a Wednesday


def ms(local: str, zone: str = "Europe/Moscow") -> int:
    return int(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@pytest.mark.parametrize(
    ("window", "start", "end"),
    [
        ("1h", "2024-05-15 13:21", "2024-05-15 14:21"),
        ("24h", "2024-05-14 14:21", "2024-05-15 14:21"),
        ("7d", "2024-05-08 15:00", "2024-05-15 14:21"),
        ("30d", "2024-04-15 15:00", "2024-05-15 14:21"),
        ("90d", "2024-02-15 15:00", "2024-05-15 14:21"),
        ("today", "2024-05-15 00:00", "2024-05-15 14:21"),
        ("week", "2024-05-13 00:00", "2024-05-15 14:21"),
        ("month", "2024-05-01 00:00", "2024-05-15 14:21"),
        ("quarter", "2024-04-01 00:00", "2024-05-15 14:21"),
        ("year", "2024-01-01 00:00", "2024-05-15 14:21"),
        ("prev_1h", "2024-05-15 12:21", "2024-05-15 13:21"),
        ("prev_24h", "2024-05-13 14:21", "2024-05-14 14:21"),
        ("prev_7d", "2024-05-01 15:00", "2024-05-08 15:00"),
        ("prev_30d", "2024-03-16 15:00", "2024-04-15 15:00"),
        ("prev_90d", "2023-11-17 15:00", "2024-02-15 15:00"),
        ("prev_today", "2024-05-14 00:00", "2024-05-15 00:00"),
        ("prev_week", "2024-05-06 00:00", "2024-05-13 00:00"),
        ("prev_month", "2024-04-01 00:00", "2024-05-01 00:00"),
        ("prev_quarter", "2024-01-01 00:00", "2024-04-01 00:00"),
        ("prev_year", "2023-01-01 00:00", "2024-01-01 00:00"),
    ],
)
def test_each_window_covers_what_the_definitions_say(window: str, start: str, end: str) -> None:
    """Start and end of every window on a plain Wednesday afternoon."""
    assert bounds(window, ms(NOW), MOSCOW) == (ms(start), ms(end))


def test_there_are_twenty_windows_ten_current_and_their_predecessors() -> None:
    """The window label is bounded."""
    assert len(set(WINDOWS)) == 20
    assert {w for w in WINDOWS if w.startswith("prev_")} == {f"prev_{w}" for w in WINDOWS[:10]}
    assert set(WINDOWS_BY_SOURCE_AND_REP) < set(WINDOWS)


@pytest.mark.parametrize("now", ["2024-05-15 14:00:00", "2024-05-15 13:59:59.999", "2024-01-01 00:00:00"])
@pytest.mark.parametrize("window", WINDOWS[:10])
def test_a_window_and_its_predecessor_meet(window: str, now: str) -> None:
    """No instant lies between a window and the one before, none in both; now lies in the current one."""
    start, end = bounds(window, ms(now), MOSCOW)
    assert bounds(f"prev_{window}", ms(now), MOSCOW)[1] == start
    assert start <= ms(now) < end


def test_a_calendar_period_over_a_clock_change_is_an_hour_shorter() -> None:
    """Calendar windows follow the zone: the day on which Berlin's summer time starts has 23 hours."""
    berlin = BusinessCalendar("Europe/Berlin", {0: ((540, 1080),)})
    start, end = bounds("prev_today", ms("2024-04-01 10:00", "Europe/Berlin"), berlin)
    assert end - start == DAY_MS - 3_600_000


@pytest.mark.parametrize("window", WINDOWS)
def test_panes_are_kept_as_long_as_a_window_needs_them(window: str) -> None:
    """Hourly windows end before minute, hour or day panes are dropped, also for sources and reps."""
    kept = {"1h": MINUTE_PANES_MS, "24h": MINUTE_PANES_MS}
    kept |= dict.fromkeys(("7d", "30d", "90d"), HOUR_PANES_MS)
    start, end = bounds(window, ms("2024-12-31 23:59:59"), MOSCOW)
    length = ms("2025-01-01 00:00") - start
    assert length <= kept.get(window.removeprefix("prev_"), DAY_PANES_DAYS * DAY_MS)
    if window in WINDOWS_BY_SOURCE_AND_REP and window.endswith("d"):
        assert length <= HOUR_PANES_BY_SOURCE_AND_REP_MS
    assert start < end


def test_an_unknown_window_is_refused() -> None:
    """A window that is not in the list has no bounds."""
    with pytest.raises(KeyError):
        bounds("2h", 0, MOSCOW)
