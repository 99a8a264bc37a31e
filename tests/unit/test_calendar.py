"""The business calendar: days, working days and working time, by example."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from streams.calendar import NEVER_MS, BusinessCalendar
from streams.workdays import CalendarError

HOUR = 3_600_000
WEEK = dict.fromkeys(range(5), ((9 * 60, 18 * 60),))
MOSCOW = BusinessCalendar("Europe/Moscow", WEEK, "RU")


def ms(local: str, zone: str = "Europe/Moscow") -> int:
    return int(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()


def test_a_day_runs_from_local_midnight_to_local_midnight() -> None:
    """The last millisecond before midnight in the zone belongs to the old day."""
    assert MOSCOW.day_start_ms(day("2024-05-15")) == ms("2024-05-15 00:00")
    assert MOSCOW.day_index(ms("2024-05-15 00:00")) == day("2024-05-15")
    assert MOSCOW.day_index(ms("2024-05-15 00:00") - 1) == day("2024-05-14")


def test_a_day_without_midnight_starts_at_one() -> None:
    """Where the clock jumps from 00:00 to 01:00 the day starts at 01:00 and has 23 hours."""
    beirut = BusinessCalendar("Asia/Beirut", WEEK)
    start = beirut.day_start_ms(day("2024-03-31"))
    assert datetime.fromtimestamp(start / 1000, ZoneInfo("Asia/Beirut")).hour == 1
    assert beirut.day_start_ms(day("2024-04-01")) - start == 23 * HOUR
    assert beirut.day_index(start) == day("2024-03-31") == beirut.day_index(start - 1) + 1


def test_a_date_that_never_was_is_empty() -> None:
    """Samoa went from the 29th to the 31st of December 2011: nothing lies on the 30th."""
    apia = BusinessCalendar("Pacific/Apia", dict.fromkeys(range(7), ((0, 24 * 60),)))
    skipped = day("2011-12-30")
    assert apia.day_start_ms(skipped) == apia.day_start_ms(skipped + 1)
    assert apia.day_index(apia.day_start_ms(skipped) - 1) == skipped - 1
    assert apia.day_index(apia.day_start_ms(skipped)) == skipped + 1


@pytest.mark.parametrize("year", [-5_000, 1, 1900, 1969, 2101, 9_999, 300_000])
def test_days_go_on_outside_the_known_years(year: int) -> None:
    """An instant of any year has a day, and the day's start agrees with it."""
    instant = (year - 1970) * 31_556_952_000
    index = MOSCOW.day_index(instant)
    assert MOSCOW.day_start_ms(index) <= instant < MOSCOW.day_start_ms(index + 1)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2024-05-15 10:00", "2024-05-15 12:30", 2.5),
        ("2024-05-15 08:00", "2024-05-15 09:00", 0),
        ("2024-05-15 17:00", "2024-05-16 10:00", 2),
        ("2024-05-17 17:00", "2024-05-20 09:30", 1.5),  # Friday to Monday
        ("2024-05-18 12:00", "2024-05-19 12:00", 0),  # a weekend
        ("2024-05-08 17:00", "2024-05-13 10:00", 2),  # Victory Day and the day off moved after it
        ("2024-04-26 17:00", "2024-04-27 19:00", 10),  # a Saturday on which Russia worked
        ("2024-04-28 00:00", "2024-05-02 00:00", 0),  # ... for the Monday and Tuesday before 1 May
        ("2023-12-29 17:00", "2024-01-09 10:00", 2),  # the New Year holidays
        ("2024-05-15 12:00", "2024-05-15 10:00", 0),
    ],
)
def test_working_time_counts_working_hours_only(start: str, end: str, hours: float) -> None:
    """Nights, weekends, holidays and days off don't count; moved working Saturdays do."""
    assert MOSCOW.working_ms(ms(start), ms(end)) == hours * HOUR


@pytest.mark.parametrize(
    ("start", "hours", "deadline"),
    [
        ("2024-05-15 10:00", 1, "2024-05-15 11:00"),
        ("2024-05-15 17:30", 1, "2024-05-16 09:30"),
        ("2024-05-15 17:00", 1, "2024-05-15 18:00"),  # the first such instant, not the next morning's
        ("2024-05-18 12:00", 1, "2024-05-20 10:00"),
        ("2023-12-29 17:30", 1, "2024-01-09 09:30"),
        ("2024-05-18 12:00", 0, "2024-05-18 12:00"),
    ],
)
def test_the_deadline_is_the_first_instant_by_which_the_time_has_passed(
    start: str, hours: int, deadline: str
) -> None:
    """A working hour asked for on Saturday ends on Monday at ten."""
    assert MOSCOW.working_deadline_ms(ms(start), hours * HOUR) == ms(deadline)


def test_working_time_that_never_passes_has_no_deadline() -> None:
    """Beyond the known years nobody works: the deadline never comes."""
    assert MOSCOW.working_deadline_ms(ms("2024-05-15 10:00"), 1_000_000 * HOUR) == NEVER_MS
    assert MOSCOW.working_deadline_ms(ms("2150-01-01 10:00"), HOUR) == NEVER_MS


RUSSIAN_MOVES = [
    ("2024-04-27", True),
    ("2024-04-29", False),
    ("2024-04-30", False),
    ("2024-05-10", False),
    ("2024-11-02", True),
    ("2024-12-28", True),
    ("2024-12-30", False),
    ("2024-12-31", False),
    ("2025-05-02", False),
    ("2025-05-08", False),
    ("2025-06-13", False),
    ("2025-11-01", True),
    ("2025-11-03", False),
    ("2025-12-31", False),
    ("2026-01-09", False),
    ("2026-03-09", False),
    ("2026-05-11", False),
    ("2026-12-31", False),
]


@pytest.mark.parametrize(("when", "works"), RUSSIAN_MOVES)
def test_russian_moved_days_are_known(when: str, works: bool) -> None:
    """The government's moves of 2024 to 2026: days off on weekdays, work on Saturdays."""
    assert MOSCOW.is_working_day(day(when)) is works


@pytest.mark.parametrize(("year", "working_days"), [(2023, 247), (2024, 248), (2025, 247), (2026, 247)])
def test_a_russian_year_has_the_working_days_of_its_production_calendar(year: int, working_days: int) -> None:
    """The yearly sums that the production calendar prints."""
    assert MOSCOW.working_days(day(f"{year}-01-01"), day(f"{year}-12-31")) == working_days


def test_own_holidays_and_workdays_come_before_the_countrys() -> None:
    """The company rests on its own days and works on its own Saturday and on a public holiday it names."""
    own = BusinessCalendar(
        "Europe/Moscow",
        WEEK,
        "RU",
        extra_holidays=[date(2024, 5, 15), date(2024, 4, 27)],
        extra_workdays=[date(2024, 5, 18), date(2024, 5, 9)],
    )
    days = ["2024-05-15", "2024-04-27", "2024-05-18", "2024-05-09"]
    assert [own.is_working_day(day(d)) for d in days] == [False, False, True, True]
    assert own.working_ms(ms("2024-05-18 00:00"), ms("2024-05-19 00:00")) == 9 * HOUR


def test_a_moved_saturday_with_hours_of_its_own_keeps_them() -> None:
    """Whoever works on Saturdays until two does so on a moved one, too."""
    shop = BusinessCalendar("Europe/Moscow", {**WEEK, 5: ((10 * 60, 14 * 60),)}, "RU")
    assert shop.working_ms(ms("2024-04-27 00:00"), ms("2024-04-28 00:00")) == 4 * HOUR


def test_without_a_country_every_weekday_is_worked() -> None:
    """No country, no holidays."""
    assert BusinessCalendar("UTC", WEEK).is_working_day(day("2024-01-01"))


@pytest.mark.parametrize(
    ("zone", "hours", "country", "message"),
    [
        ("Europe/Moskva", WEEK, "RU", "zone: 'Europe/Moskva' is no time zone"),
        ("", WEEK, None, "zone"),
        ("../etc/passwd", WEEK, None, "zone"),
        ("UTC", WEEK, "XX", "country: 'XX' has no holidays"),
        ("UTC", {}, None, "nobody ever works"),
        ("UTC", {0: ()}, None, "nobody ever works"),
        ("UTC", {7: ((0, 10),)}, None, "7 is no weekday"),
        ("UTC", {0: ((600, 540),)}, None, "mon has spans"),
        ("UTC", {1: ((600, 1441),)}, None, "tue has spans"),
        ("UTC", {2: ((540, 780), (720, 900))}, None, "wed has spans that overlap"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused(
    zone: str, hours: dict[int, tuple[tuple[int, int], ...]], country: str | None, message: str
) -> None:
    """Zone, hours and country are checked when the calendar is made."""
    with pytest.raises(CalendarError, match=message):
        BusinessCalendar(zone, hours, country)
