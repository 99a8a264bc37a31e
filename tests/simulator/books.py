"""What the ledger of a simulated world is told: plans that overlap and are corrected, spend, voices, aims."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any, Final

from tests.simulator.telling import CHANNELS, CUSTOMERS, OWNERS, SOURCES, Told, below, money, pick

_DAY_MS: Final = 86_400_000
_EPOCH: Final = date(1970, 1, 1)
VERBS: Final = (
    *("plan_set", "plan_set", "plan_set", "spend_reported", "expense_reported"),
    *("nps_answered", "care_contacted", "target_set"),
)
_WHOSE: Final = (
    *("department", "department", "channel/inbound", "channel/vip", "channel/elsewhere"),
    *("channel/inbound/web", "channel/vip/ads", "source/fair", "rep/ann", "rep/bob", "team/north"),
)
_ABOUT: Final = {
    "plan_set": _WHOSE,
    "spend_reported": ("ads", "print"),
    "expense_reported": ("rent", "channel/vip"),
    "target_set": ("department", "aims", "rep/ann"),
}
_KPIS: Final = ("win_rate_closed", "revenue")


def booking(rng: Random, at: int) -> Told:
    """One event of the ledger."""
    verb = pick(rng, VERBS)
    name = pick(rng, _ABOUT.get(verb, CUSTOMERS))
    return Told(at, "ledger", name, verb, f"ledger/{name}", entry(rng, verb, at))


def entry(rng: Random, verb: str, at: int) -> dict[str, Any]:
    """What such an event says."""
    match verb:
        case "plan_set":
            return _period(rng, at) | _planned(rng)
        case "spend_reported":
            return _period(rng, at) | money(rng) | _spent_on(rng)
        case "expense_reported":
            return _period(rng, at) | money(rng) | pick(rng, ({}, {"kind": "expense"}, {"kind": "reserve"}))
        case "target_set":
            aim: dict[str, Any] = pick(
                rng, ({"target": 0.125}, {"baseline": -2.5}, {"target": 2, "baseline": 0})
            )
            return {"kpi": pick(rng, _KPIS), "first_day": _day(at + below(rng, 40) * _DAY_MS)} | aim
        case "nps_answered":
            return {"score": below(rng, 11)} | _with_whom(rng)
        case _:
            return {"occasion": "birthday"} | _with_whom(rng)


def _day(ms: int) -> str:
    return (_EPOCH + timedelta(days=ms // _DAY_MS)).isoformat()


def _period(rng: Random, at: int) -> dict[str, Any]:
    """Whole weeks and months that meet again, single days, weekends, and whatever comes."""
    first = _EPOCH + timedelta(days=at // _DAY_MS + below(rng, 60) - 30)
    length = pick(rng, (1, 2, 7, 30, 31, 90))
    if rng.random() < 0.6:
        first, length = (first.replace(day=1), 30) if rng.random() < 0.5 else (_monday(first), 7)
    return {"first_day": first.isoformat(), "last_day": (first + timedelta(days=length - 1)).isoformat()}


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _planned(rng: Random) -> dict[str, Any]:
    measure = pick(rng, ("revenue", "revenue", "baseline", "deals", "handling_hours", "capacity_hours"))
    if measure in ("revenue", "baseline"):
        return {"measure": measure} | money(rng)
    return {"measure": measure, "quantity": pick(rng, (0, 1, 2.5, 7, below(rng, 10_000) / 7))}


def _spent_on(rng: Random) -> dict[str, Any]:
    told = {"source": SOURCES, "campaign": SOURCES, "channel": CHANNELS}
    return {name: pick(rng, values) for name, values in told.items() if rng.random() < 0.7}


def _with_whom(rng: Random) -> dict[str, Any]:
    told = {"channel": CHANNELS, "owner": OWNERS, "customer": CUSTOMERS}
    return {name: pick(rng, values) for name, values in told.items() if rng.random() < 0.7}
