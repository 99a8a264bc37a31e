"""Working days of the running periods."""

from __future__ import annotations

import pytest

from agents.settings import Settings
from agents.workdays import workdays
from tests.stories.telling import ms


@pytest.mark.parametrize(
    ("now", "month"),
    [
        ("2025-01-24 15:20", {"begun": 12, "left": 6, "all": 17}),  # the holidays end on the 8th
        ("2025-01-25 12:00", {"begun": 12, "left": 5, "all": 17}),  # a Saturday is neither
        ("2025-01-03 12:00", {"begun": 0, "left": 17, "all": 17}),
        ("2025-01-31 23:59", {"begun": 17, "left": 1, "all": 17}),
    ],
)
def test_days_of_the_month_are_counted_by_the_business_calendar(now: str, month: dict[str, int]) -> None:
    """Today, if it is a working day, has begun and is left; holidays and weekends are no working days."""
    told = list(workdays(Settings(), ms(now)))
    assert {part: days for period, part, days in told if period == "month"} == month
    assert {period for period, _, _ in told} == {"month", "quarter", "year"}
