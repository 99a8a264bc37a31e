"""Every KPI beside the period before: its value then, and how far it has changed.

Periods of one length are compared as they are. A running day, week, month, quarter or year has just begun:
what adds up is compared with as much of the period before as has passed of this one, in working time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from agents.settings import Settings
from agents.view import View
from streams.calendar import BusinessCalendar
from streams.formulas import Binary, Node
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


def compared(kpi: Kpi, shown: dict[str, Any], earlier: View | None, share: float | None) -> dict[str, Any]:
    """What the answer says besides about a KPI; nothing for one without a period before."""
    before = None if earlier is None else earlier.period
    if earlier is None or kpi.period != "window" or kpi.compares:
        return {}
    if kpi.windows and before not in kpi.windows:
        return {}
    then = earlier.kpi(kpi)
    expected = share if adds_up(kpi.formula.root) else 1.0
    channels = {
        channel: change
        for channel, now in shown.get("by_channel", {}).items()
        if (told := then.get("by_channel", {}).get(channel))
        and (change := _change(now["value"], told["value"], expected)) is not None
    }
    return {
        "previous": {"window": before, "value": then["value"], "n": then["n"]},
        "change": _change(shown["value"], then["value"], expected),
        "change_by_channel": channels,
    }


def adds_up(node: Node) -> bool:
    """Whether twice the time gives twice the value: sums and differences of totals do, ratios do not."""
    match node:
        case Binary(operator, left, right):
            return operator in "+-" and adds_up(left) and adds_up(right)
        case _:
            return True


def _change(now: float | None, then: float | None, share: float | None) -> float | None:
    """Relative to what was to be expected; None without either, or of nothing."""
    if now is None or then is None or share is None or not then * share:
        return None
    return (now - then * share) / abs(then * share)


@lru_cache(maxsize=4)
def _calendar(zone: str, hours: Hours, holidays: str | None) -> BusinessCalendar:
    return BusinessCalendar(zone, dict(hours), holidays)
