"""What an event of the ledger says, read field by field; churn and renewal are customers' own."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any, Final

from tests.oracle.units import Refused, money

RANKS: Final = {
    "plan_set": 30,
    "target_set": 31,
    "spend_reported": 32,
    "expense_reported": 33,
    "nps_answered": 34,
    "customer_churned": 35,
    "customer_renewed": 36,
    "care_contacted": 37,
}
MONEY: Final = ("revenue", "baseline")
NUMBERS: Final = ("deals", "handling_hours", "capacity_hours")
LONGEST_DAYS: Final = 3660
_SUBJECT: Final = re.compile(r"department|(channel|source|rep|team)/.+", re.DOTALL)
_NEEDED: Final = {
    "plan_set": ("measure", "first_day", "last_day"),
    "target_set": ("kpi", "first_day"),
    "spend_reported": ("first_day", "last_day", "amount"),
    "expense_reported": ("first_day", "last_day", "amount"),
    "nps_answered": ("score",),
    "customer_churned": ("customer",),
    "customer_renewed": ("customer",),
    "care_contacted": ("occasion",),
}
_MAY: Final = {
    "plan_set": ("amount", "quantity"),
    "target_set": ("baseline", "target"),
    "spend_reported": ("source", "campaign", "channel"),
    "expense_reported": ("kind",),
    "nps_answered": ("channel", "owner", "customer"),
    "care_contacted": ("customer", "channel", "owner"),
}
Text = Callable[[dict[str, Any], str], str]


def check_subject(verb: str, subject_id: str) -> None:
    """A plan says whose it is."""
    if verb == "plan_set" and not _SUBJECT.fullmatch(subject_id):
        raise Refused("bad_subject")


def told(
    verb: str, data: dict[str, Any], text: Text, channels: tuple[str, ...]
) -> tuple[tuple[str, Any], ...]:
    """The fields that it has."""
    found: dict[str, Any] = {}
    for name in (*_NEEDED[verb], *_MAY.get(verb, ())):
        if data.get(name) is not None:
            found[name] = _field(name, data, text)
        elif name in _NEEDED[verb]:
            raise Refused("missing_field")
    _check(verb, found, channels)
    if verb == "expense_reported":
        found.setdefault("kind", "expense")
    return tuple(found.items())


def _field(name: str, data: dict[str, Any], text: Text) -> Any:
    value = data[name]
    match name:
        case "amount":
            return money(value, text(data, "currency"))
        case "score":
            return _number(value, 0, 10, whole=True)
        case "quantity":
            return _number(value, 0, 1e9)
        case "baseline" | "target":
            return _number(value, -1e12, 1e12)
        case "first_day" | "last_day":
            return _day(text(data, name))
        case _:
            return text(data, name)


def _check(verb: str, found: dict[str, Any], channels: tuple[str, ...]) -> None:
    if found.get("channel") is not None and found["channel"] not in channels:
        raise Refused("unknown_channel")
    if found.get("kind") not in (None, "expense", "reserve"):
        raise Refused("bad_value")
    if "last_day" in found and not 0 <= (found["last_day"] - found["first_day"]).days < LONGEST_DAYS:
        raise Refused("bad_value")
    if verb == "plan_set":
        if found["measure"] not in (*MONEY, *NUMBERS):
            raise Refused("bad_value")
        if ("amount" if found["measure"] in MONEY else "quantity") not in found:
            raise Refused("missing_field")
    if verb == "target_set" and not found.keys() & {"baseline", "target"}:
        raise Refused("missing_field")


def _day(text: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise Refused("bad_value")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Refused("bad_value") from None
    if not 1970 <= day.year <= 2100:
        raise Refused("bad_value")
    return day


def _number(value: Any, least: float, most: float, *, whole: bool = False) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise Refused("wrong_type")
    if not least <= value <= most:
        raise Refused("bad_value")
    number: int | float = value
    return number
