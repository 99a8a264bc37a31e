"""The truth itself: held to the stories worked out by hand, and kept apart from what it judges."""

from __future__ import annotations

import ast
import json
import random
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tests.oracle import (
    FAMILIES,
    WINDOWS,
    WINDOWS_BY_SOURCE_AND_REP,
    Config,
    Labels,
    Record,
    oracle,
    oracle_facts,
    read,
)
from tests.oracle.standing import standing
from tests.simulator import World
from tests.stories import STORIES, Story
from tests.stories.telling import deal, lead, ms

ROOMS = Path(__file__).parents[1]
BY_NAME = [pytest.param(story, id=story.name) for story in STORIES]


def _quarantined(story: Story, records: tuple[Record, ...]) -> set[tuple[str, str]]:
    found = oracle_facts(records, story.config).quarantined
    return {(json.loads(records[q.index].value or b"")["id"], q.reason) for q in found}


@pytest.mark.parametrize("story", BY_NAME)
def test_a_story_comes_to_the_totals_worked_out_by_hand(story: Story) -> None:
    """Each named total has the entries that a person found, and no others."""
    reading = oracle(story.records, story.now_ms, story.config)
    assert story.differences(reading.sums, reading.waiting_since) == []
    assert _quarantined(story, story.records) == set(story.quarantined)


@pytest.mark.parametrize("story", BY_NAME)
def test_order_and_repeats_of_a_story_change_nothing(story: Story) -> None:
    """A shuffled story told three times over ends in the same totals and the same refusals."""
    records = list(story.records) * 3
    random.Random(story.name).shuffle(records)
    told_once = oracle(story.records, story.now_ms, story.config)
    assert oracle(records, story.now_ms, story.config) == told_once
    assert _quarantined(story, tuple(records)) == set(story.quarantined)


def test_there_are_at_least_thirty_stories_with_names_of_their_own() -> None:
    """Two stories of one name would hide each other."""
    assert len({story.name for story in STORIES}) == len(STORIES) >= 30


def test_the_stories_name_every_total() -> None:
    """A total that no story works out by hand is a total that nobody checked."""
    named = {total for story in STORIES for _, family, total in story.expected if family != "waiting_since"}
    assert set(FAMILIES) - {"waiting_since"} - named == set()


def test_source_and_rep_are_named_in_their_six_windows_only() -> None:
    """Elsewhere an entry could never be found, and a `-` would always hold."""
    named = {
        window for story in STORIES for window, family, _ in story.expected if family in ("source", "rep")
    }
    assert named <= {*WINDOWS_BY_SOURCE_AND_REP, "all"}


def test_a_wrong_expectation_is_told() -> None:
    """The comparison sees an amount too high, an entry too many and a minimum missed."""
    story = replace(
        STORIES[0],
        table="""
        all channel enquiries inbound 2
        all channel responses -
        all waiting_since inbound 2026-03-02T10:00
        """,
    )
    reading = oracle(story.records, story.now_ms, story.config)
    assert len(story.differences(reading.sums, reading.waiting_since)) == 3


@pytest.mark.parametrize("path", sorted((ROOMS / "oracle").glob("*.py")), ids=lambda path: path.name)
def test_the_truth_imports_nothing_that_it_judges(path: Path) -> None:
    """Only the standard library, the holidays and its own modules: agreement must mean something."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where they lead"
            names.add(node.module or "")
    foreign = {name for name in names if name.partition(".")[0] not in {*sys.stdlib_module_names, "holidays"}}
    assert all(name == "tests.oracle" or name.startswith("tests.oracle.") for name in foreign), foreign
    assert "importlib" not in names


def test_every_window_is_read_and_stocks_stand_in_all_alone() -> None:
    """Twenty windows and `all`; what is open now has no date and so no window."""
    reading = oracle([deal("1", "created", "2026-03-02 10:00")], ms("2026-03-02 12:00"))
    assert set(reading.sums) == {*WINDOWS, "all"}
    assert len(WINDOWS) == 20
    assert ("channel", "open_deals", "unknown", "") in reading["all"]
    assert all(("channel", "open_deals", "unknown", "") not in reading[window] for window in WINDOWS)


def test_the_zone_decides_where_a_day_begins() -> None:
    """23:30 in Moscow is already the next day in Vladivostok."""
    records = [lead("1", "created", "2026-03-02 23:30")]
    now = ms("2026-03-03 10:00")
    assert not oracle(records, now)["today"]
    assert oracle(records, now, Config(zone="Asia/Vladivostok"))["today"]


def test_summer_time_makes_a_working_night_shorter() -> None:
    """In Berlin the clocks of 29 March 2026 jump from 2 to 3: of 24 working hours 23 are left."""
    always = Config("Europe/Berlin", dict.fromkeys(range(7), ((0, 24 * 60),)), None)
    start, end = (
        always.calendar.instant(always.calendar.day_of(ms(f"2026-03-{day} 12:00"))) for day in (29, 30)
    )
    assert always.calendar.working_ms(start, end) == end - start == 23 * 3_600_000


LUNCH = {**dict.fromkeys(range(4), ((540, 780), (840, 1080))), 4: ((600, 780), (840, 960))}
"""9-13 and 14-18, on Fridays 10-13 and 14-16."""


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-03-02 12:30", "2026-03-02 14:30", 1.0),
        ("2026-03-02 13:00", "2026-03-02 14:00", 0.0),
        ("2026-03-05 17:30", "2026-03-06 10:15", 0.75),
        ("2026-03-06 09:00", "2026-03-10 09:00", 5.0),
        ("2025-11-01 00:00", "2025-11-02 00:00", 5.0),
        ("2025-11-01 15:30", "2025-11-05 09:30", 1.0),
        ("2026-03-04 12:00", "2026-03-04 12:00", 0.0),
    ],
)
def test_working_time_leaves_out_lunch_nights_and_holidays(start: str, end: str, hours: float) -> None:
    """A moved Saturday is worked like the Friday before it; the deadline is where that time has passed."""
    calendar = Config(hours=LUNCH).calendar
    worked = round(hours * 3_600_000)
    assert calendar.working_ms(ms(start), ms(end)) == worked
    if end.endswith(("30", "15")):
        assert calendar.working_deadline(ms(start), worked) == ms(end)


def test_a_deadline_at_the_end_of_work_is_then_and_not_the_next_morning() -> None:
    """One hour from 12:00 has passed at 13:00, when lunch begins; nobody at work means no deadline."""
    assert Config(hours=LUNCH).calendar.working_deadline(ms("2026-03-02 12:00"), 3_600_000) == ms(
        "2026-03-02 13:00"
    )
    assert Config(hours={}).calendar.working_deadline(ms("2026-03-02 12:00"), 3_600_000) is None


def test_the_last_moment_of_a_minute_belongs_to_it() -> None:
    """An event later in the minute of now counts; one of the next minute does not."""
    facts = oracle_facts(
        [lead("1", "created", "2026-03-02 10:00:59.999"), lead("2", "created", "2026-03-02 10:01")]
    )
    assert read(facts, ms("2026-03-02 10:00:00"))["1h"]["channel", "enquiries", "unknown", ""] == 1


@pytest.mark.parametrize("seed", range(20))
def test_what_stands_after_everything_is_the_stock(seed: int) -> None:
    """Read at the end, the instants say what the stocks say, which are read off outcomes."""
    facts = oracle_facts(World(seed, 200).deliveries)
    stocks: Counter[tuple[str, Labels]] = Counter()
    for fact in facts.facts:
        if f"net_{fact.total}" in FAMILIES and not fact.total.startswith("lifetime"):
            stocks[fact.total, fact.labels] += fact.amount
    stood: Counter[tuple[str, Labels]] = Counter()
    for story in facts.stories:
        stood += standing(story, facts.greatest_time_ms, facts.config)
    assert {key: n for key, n in stocks.items() if n} == dict(stood)
    assert stood
