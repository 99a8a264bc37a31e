"""The business calendar against a naive one that walks through time minute by minute."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import holidays
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.calendar import BusinessCalendar
from streams.windows import DAY_MS, MINUTE_MS
from streams.workdays import Hours

ZONES = (
    "UTC",
    "Europe/Moscow",
    "Europe/Berlin",
    "America/Havana",  # midnight twice in autumn
    "Asia/Beirut",  # days that start at 01:00
    "America/Asuncion",
    "Asia/Kolkata",  # half and quarter hours
    "Australia/Lord_Howe",  # clock changes of half an hour
    "Pacific/Apia",  # a day that never was
    "Asia/Kathmandu",
)
HOURS: tuple[Hours, ...] = (
    dict.fromkeys(range(5), ((540, 1080),)),
    dict.fromkeys(range(7), ((0, 1440),)),
    {**dict.fromkeys(range(5), ((540, 780), (840, 1080))), 5: ((600, 930),)},
    {2: ((1320, 1440),), 5: ((30, 195),), 6: ((30, 195),)},  # across clock changes
)
CALENDARS = [BusinessCalendar(zone, hours, "RU") for zone in ZONES for hours in HOURS]
NAIVE = [(ZoneInfo(zone), hours) for zone in ZONES for hours in HOURS]
RUSSIA = holidays.country_holidays("RU", years=range(1970, 2101))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

instants = st.integers(
    int(datetime(2008, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2030, 1, 1, tzinfo=UTC).timestamp())
).map(lambda seconds: seconds * 1000)
# Around these instants clocks change, days are missing or working days are moved.
edges = st.sampled_from(
    [
        "2024-03-31",
        "2024-10-27",
        "2024-11-03",
        "2024-03-10",
        "2011-12-30",
        "2024-04-27",
        "2024-12-30",
        "2024-10-06",
    ]
).map(lambda text: int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000))
minutes = st.builds(
    lambda base, offset: (base // MINUTE_MS + offset) * MINUTE_MS,
    st.one_of(instants, edges),
    st.integers(-2000, 2000),
)
calendars = st.integers(0, len(CALENDARS) - 1)
unhurried = settings(deadline=None)  # the first look at a year makes its days


def local(zone: ZoneInfo, ms: int) -> datetime:
    return (EPOCH + timedelta(milliseconds=ms)).astimezone(zone)


def naive_hours(there: date, hours: Hours) -> tuple[tuple[int, int], ...]:
    if there in RUSSIA:
        return ()
    if there in RUSSIA.weekend_workdays:
        while not hours.get(there.weekday()):
            there -= timedelta(days=1)
    return hours.get(there.weekday(), ())


def naive_works(which: int, ms: int) -> bool:
    zone, hours = NAIVE[which]
    there = local(zone, ms)
    minute = there.hour * 60 + there.minute
    return any(start <= minute < end for start, end in naive_hours(there.date(), hours))


@unhurried
@given(which=calendars, start=minutes, length=st.integers(0, 3000))
def test_working_time_is_the_number_of_working_minutes(which: int, start: int, length: int) -> None:
    """Sums of spans equal counting minutes one by one, over clock changes, holidays and moved days."""
    worked = sum(naive_works(which, start + minute * MINUTE_MS) for minute in range(length))
    assert CALENDARS[which].working_ms(start, start + length * MINUTE_MS) == worked * MINUTE_MS


@unhurried
@given(which=calendars, instant=st.one_of(minutes, instants), offset=st.integers(0, 59_999))
def test_the_day_is_the_date_on_the_wall(which: int, instant: int, offset: int) -> None:
    """`day_index` is the local date, and the day's start is the first instant of that date."""
    calendar, (zone, _) = CALENDARS[which], NAIVE[which]
    day = calendar.day_index(instant + offset)
    assert date(1970, 1, 1) + timedelta(days=day) == local(zone, instant + offset).date()
    start = calendar.day_start_ms(day)
    assert local(zone, start).date() == local(zone, instant + offset).date()
    assert local(zone, start - 1).date() < local(zone, start).date()


@unhurried
@given(which=calendars, points=st.lists(st.one_of(minutes, instants), min_size=3, max_size=3))
def test_working_time_adds_up(which: int, points: list[int]) -> None:
    """From a to c is from a to b and from b to c, also years apart."""
    a, b, c = sorted(points)
    calendar = CALENDARS[which]
    assert calendar.working_ms(a, c) == calendar.working_ms(a, b) + calendar.working_ms(b, c)
    assert calendar.working_ms(c, a) == 0 or a == c


@unhurried
@given(which=calendars, start=minutes, amount=st.integers(1, 400 * 60 * MINUTE_MS))
def test_the_deadline_is_the_least_instant_with_that_much_working_time(
    which: int, start: int, amount: int
) -> None:
    """At the deadline the time has passed, a millisecond earlier it has not."""
    calendar = CALENDARS[which]
    deadline = calendar.working_deadline_ms(start, amount)
    assert calendar.working_ms(start, deadline) == amount
    assert calendar.working_ms(start, deadline - 1) == amount - 1


@unhurried
@given(which=calendars, first=st.integers(13_000, 22_000), length=st.integers(0, 60))
def test_working_days_are_the_days_with_working_hours(which: int, first: int, length: int) -> None:
    """A working day is a day of somebody's hours: neither a holiday nor a free weekday."""
    _, hours = NAIVE[which]
    dates = [date(1970, 1, 1) + timedelta(days=first + n) for n in range(length + 1)]
    working = sum(bool(naive_hours(there, hours)) for there in dates)
    assert CALENDARS[which].working_days(first, first + length) == working


def test_every_day_of_a_year_starts_where_its_date_does() -> None:
    """Nothing is between two days: each ends where the next starts, and none is longer than 25 hours."""
    for calendar in CALENDARS[:: len(HOURS)]:
        starts = [calendar.day_start_ms(day) for day in range(15_000, 20_500)]
        assert all(0 <= b - a <= DAY_MS + 3_600_000 for a, b in pairwise(starts))
