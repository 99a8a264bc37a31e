"""Examples of every type of event: valid ones, and changes that make one invalid, with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from streams.events import Reason
from streams.explain import expected
from streams.wire import KINDS, Kind

_VALUES: dict[str, Any] = {
    "channel": "inbound",
    "source": "search",
    "campaign": "spring",
    "region": "Урал",
    "industry": "retail",
    "owner": "r07",
    "customer": "c-88",
    "lead": "1042",
    "into": "1041",
    "by": "human",
    "party": "decision_maker",
    "reason": "no budget",
    "stage": "offer_sent",
    "invoice": "2026-118",
    "line": "1",
    "payment": "p-5",
    "amount": "1234.50",
    "cost": 80000,
    "currency": "RUB",
    "recurring": True,
    "measure": "deals",
    "first_day": "2026-03-01",
    "last_day": "2026-03-31",
    "quantity": 40,
    "kpi": "win_rate_closed",
    "baseline": 0.2,
    "target": 0.3,
    "score": 5,
    "occasion": "birthday",
}
_KINDS_OF = {"crm.deal.line_sold": "upsell", "crm.ledger.expense_reported": "reserve"}


class Invalid(msgspec.Struct, frozen=True, omit_defaults=True):
    """A JSON merge patch of the last valid example, and how `decode` rejects the result."""

    patch: dict[str, Any]
    reason: Reason
    field: str
    beyond_schema: bool = False
    """The fault is one that a JSON Schema cannot express."""


class Examples(msgspec.Struct, frozen=True):
    """Of one type."""

    valid: list[dict[str, Any]]
    invalid: list[Invalid]


def patched(event: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """The event after a JSON merge patch (RFC 7396): null removes a field."""
    result = dict(event)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            result[name] = patched(result.get(name, {}), value)
        else:
            result[name] = value
    return result


def examples_of(kind: Kind) -> Examples:
    """A short and a full valid event, and every fault that a field of this type can have."""
    fields = msgspec.structs.fields(kind.wire)
    full = {field.name: _VALUES.get(field.name, _KINDS_OF.get(kind.name)) for field in fields}
    needed = {field.name for field in fields if field.required}
    short = {name: value for name, value in full.items() if name in needed or _needed_too(name, needed)}
    valid = [_event(kind, short, bare=True), _event(kind, full, bare=False)]
    return Examples(valid=valid, invalid=[*_bad_attributes(kind), *_bad_data(kind)])


def _needed_too(name: str, needed: set[str]) -> bool:
    return {"currency": "amount", "quantity": "measure", "target": "kpi"}.get(name, "-") in needed


def _event(kind: Kind, data: dict[str, Any], *, bare: bool) -> dict[str, Any]:
    subject = {"lead": "lead/1042", "deal": "deal/77", "ledger": "ledger/department"}[kind.entity]
    event = {
        "id": f"{kind.name}-{1 if bare else 2}",
        "source": "/hubspot/48975575",
        "type": kind.name,
        "subject": subject,
        "time": "2026-03-02T06:30:00Z" if bare else "2026-03-02T09:30:00.250+03:00",
    }
    if not bare:
        journey = "lead/1042" if kind.entity == "deal" else subject
        event |= {"specversion": "1.0", "partitionkey": journey, "receivedtime": "2026-03-02T06:30:02Z"}
    return {**event, "data": data} if data or not bare else event


def _bad_attributes(kind: Kind) -> Iterator[Invalid]:
    yield Invalid({"id": None}, "missing_field", "id")
    yield Invalid({"id": 7}, "wrong_type", "id")
    yield Invalid({"source": ""}, "bad_value", "source")
    yield Invalid({"type": f"{kind.name}s"}, "unknown_type", "type")
    yield Invalid({"subject": "1042"}, "bad_subject", "subject")
    other = {"lead": "lead/9", "deal": "deal/9", "ledger": "ledger/rep/r07"}[kind.entity]
    yield Invalid({"partitionkey": other}, "bad_partitionkey", "partitionkey", beyond_schema=True)
    yield Invalid({"partitionkey": "1042"}, "bad_partitionkey", "partitionkey")
    yield Invalid({"time": None}, "no_date", "time")
    yield Invalid({"time": "2026-03-02T09:30:00"}, "bad_time", "time")
    yield Invalid({"time": "2026-02-30T09:30:00Z"}, "bad_time", "time", beyond_schema=True)
    yield Invalid({"receivedtime": "02.03.2026"}, "bad_time", "receivedtime")
    yield Invalid({"data": []}, "wrong_type", "data")


def _bad_data(kind: Kind) -> Iterator[Invalid]:
    for field in msgspec.structs.fields(kind.wire):
        name, where = field.name, f"data.{field.name}"
        if field.required:
            yield Invalid({"data": {name: None}}, "missing_field", where)
        words = expected(field.type)
        wrong = "yes" if words.startswith(("a whole", "a number", "true")) else 12.5
        yield Invalid({"data": {name: wrong}}, "wrong_type", where)
        for value, reason, beyond in _bad_values(name, words):
            yield Invalid({"data": {name: value}}, reason, where, beyond)


def _bad_values(name: str, words: str) -> Iterator[tuple[Any, Reason, bool]]:
    match name:
        case "amount" | "cost":
            yield "-1.00", "negative_amount", False
            yield -100, "negative_amount", False
            yield "1,234.50", "bad_value", False
            yield "1.005", "bad_value", True
            yield 2**53, "bad_value", False
        case "currency":
            yield "XXX", "unknown_currency", False
            yield "rub", "unknown_currency", False
        case "channel":
            yield "carrier_pigeon", "unknown_channel", False
        case "stage":
            yield "won", "unknown_stage", False
        case "first_day" | "last_day":
            yield "01.03.2026", "bad_value", False
            yield "2026-02-30", "bad_value", True
        case "lead" | "into":
            yield "lead/1042", "bad_value", False
        case "score":
            yield 11, "bad_value", False
        case "quantity":
            yield -1, "bad_value", False
        case _:
            if words.startswith("text"):
                yield "", "bad_value", False
                yield "two\nlines", "bad_value", False
            if words.startswith("one of"):
                yield "somebody", "bad_value", False


EXAMPLES: dict[str, Examples] = {kind.name: examples_of(kind) for kind in KINDS.values()}
