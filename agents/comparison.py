"""Every KPI beside the period before: its value then, and how far it has changed.

Periods of one length are compared as they are. A running day, week, month, quarter or year has just begun:
what adds up is compared with as much of the period before as has passed of this one, in working time.
What stands is compared with what stood when this period began.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from agents.readings import Readings
from agents.settings import Settings
from agents.view import Value, View
from streams.calendar import BusinessCalendar
from streams.kpis import COMPARABLE, PERIODS, Kpi
from streams.windows import bounds

Hours = tuple[tuple[int, tuple[tuple[int, int], ...]], ...]


def before_of(window: str) -> str | None:
    """The period before, where its sums are kept."""
    before = f"prev_{window}"
    return before if before in PERIODS else None


def share_passed(window: str, now_ms: int, settings: Settings) -> float | None:
    """How much of the period before has passed of this one; None where nobody works in either."""
    if window in COMPARABLE:
        return 1.0
    calendar = _calendar(settings.zone, tuple(settings.working_hours.items()), settings.holidays)
    start_ms, _ = bounds(window, now_ms, calendar)
    whole = calendar.working_ms(*bounds(f"prev_{window}", now_ms, calendar))
    passed = calendar.working_ms(start_ms, now_ms)
    return passed / whole if passed and whole else None


def earlier_of(readings: Readings, window: str, settings: Settings) -> View | None:
    """The period before, with the stocks that stood at its end; of the same readings, which hold both."""
    before = before_of(window)
    return View(readings, before, settings, until=window) if before else None


def compared(kpi: Kpi, shown: dict[str, Any], earlier: View | None, share: float | None) -> dict[str, Any]:
    """What the answer says besides about a KPI: `None` for one without a period before."""
    before = "" if earlier is None else earlier.period
    window = before.removeprefix("prev_")
    if earlier is None or not kpi.has_before(window):
        return {"previous": None, "change": None}
    then = earlier.kpi(kpi)
    expected = share if kpi.grows_with_time else 1.0
    by_place = {
        f"change_{by}": _by_place(now, then.get(by, {}), expected, earlier.of_nothing(kpi))
        for by, now in shown.items()
        if by.startswith("by_") and kpi.has_before(window, by.removeprefix("by_"))
    }
    return {
        "previous": {"window": before, "value": then["value"], "n": then["n"]},
        "change": _change(shown["value"], then["value"], expected),
        **by_place,
    }


def _by_place(
    now: dict[str, Any], then: dict[str, Any], share: float | None, nothing: Value
) -> dict[str, Any]:
    """The changes of places, also where nothing is left; stages are nested in their channels."""
    changes: dict[str, Any] = {}
    for place, before in then.items():
        if "value" not in before:
            changes[place] = _by_place(now.get(place, {}), before, share, nothing)
        elif (change := _change(now.get(place, nothing)["value"], before["value"], share)) is not None:
            changes[place] = change
    return changes


def _change(now: float | None, then: float | None, share: float | None) -> float | None:
    """Relative to what was to be expected; None without either, or of nothing."""
    if now is None or then is None or share is None or not then * share:
        return None
    return (now - then * share) / abs(then * share)


@lru_cache(maxsize=4)
def _calendar(zone: str, hours: Hours, holidays: str | None) -> BusinessCalendar:
    return BusinessCalendar(zone, dict(hours), holidays)
