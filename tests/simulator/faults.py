"""Records that are no events: at least one of every reason for which a record alone can be refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final

from tests.oracle import Record

Envelope = dict[str, Any]


def _without(*names: str) -> Callable[[Envelope], Envelope]:
    return lambda event: {name: value for name, value in event.items() if name not in names}


def _with(**changed: Any) -> Callable[[Envelope], Envelope]:
    return lambda event: {**event, **changed}


def _saying(verb: str, **data: Any) -> Callable[[Envelope], Envelope]:
    return lambda event: {**event, "type": f"crm.deal.{verb}", "data": data}


WRONG_BYTES: Final[Mapping[str, tuple[bytes | None, ...]]] = {
    "tombstone": (None,),
    "too_large": (b'{"id": "' + b"x" * 70_000 + b'"}', b"\xff" * 1_000_000),
    "not_utf8": (b'{"id": "\xff\xfe"}', b"\xc3\x28"),
    "not_json": (b"", b"hello", b'{"id": 1', b'{"id": NaN}', b"id,type,time\n1,created,2026-03-02"),
    "too_deep": (b"[" * 20_000 + b"]" * 20_000, b'{"data":' * 5_000 + b"1" + b"}" * 5_000),
    "not_an_event": (b"[1, 2]", b"42", b'"created"', b"null", b'{"deal": 7}'),
}
WRONG_EVENTS: Final[Mapping[str, tuple[Callable[[Envelope], Envelope], ...]]] = {
    "missing_field": (
        _without("id"),
        _without("type"),
        _without("source"),
        _without("subject"),
        _saying("payment_reversed"),
        _saying("amount_changed", currency="RUB"),
    ),
    "wrong_type": (
        _with(id=7),
        _with(subject=["deal/1"]),
        _saying("amount_changed", amount=1.5, currency="RUB"),
    ),
    "bad_value": (
        _with(id=""),
        _saying("scored", score=6),
        _saying("first_touch", party="nobody"),
        _saying("amount_changed", amount="12,50", currency="RUB"),
        _saying("amount_changed", amount="12.505", currency="RUB"),
    ),
    "unknown_type": (
        _with(type="crm.deal.danced"),
        _with(type="crm.deal.qualified"),
        _with(type="lead.created"),
    ),
    "unknown_channel": (_saying("updated", channel="telepathy"),),
    "unknown_stage": (_saying("stage_changed", stage="bluebird"), _saying("stage_changed", stage="won")),
    "unknown_currency": (_saying("amount_changed", amount="1", currency="XYZ"),),
    "negative_amount": (
        _saying("amount_changed", amount="-1.00", currency="RUB"),
        _saying("won", amount=-1, currency="RUB"),
    ),
    "no_date": (_without("time"), _with(time="")),
    "bad_time": (
        _with(time="2026-02-30T10:00:00Z"),
        _with(time="2026-03-02T10:00:00"),
        _with(time="02.03.2026 10:00"),
    ),
    "bad_subject": (_with(subject="deal/"), _with(subject="company/1"), _with(subject="1")),
    "bad_partitionkey": (
        _with(partitionkey="deal/of another"),
        _with(partitionkey="1"),
        _with(partitionkey="lead/"),
    ),
    "needs_enrichment": (_with(type="crm.deal.touched"),),
}
REASONS: Final = (*WRONG_BYTES, *WRONG_EVENTS)


def faulty(rng: Random, reason: str, at_ms: int, serial: int) -> Record:
    """A record that is refused for this reason and would be an event without its one fault."""
    if reason in WRONG_BYTES:
        return Record("crm.deals", b"deal/1", rng.choice(WRONG_BYTES[reason]), (), at_ms)
    event: Envelope = {
        "id": f"faulty {serial}",
        "source": "/crm/faulty",
        "type": "crm.deal.reopened",
        "subject": "deal/1",
        "time": "2026-01-05T10:00:00Z",
        "data": {},
    }
    value = json.dumps(rng.choice(WRONG_EVENTS[reason])(event)).encode()
    return Record("crm.deals", b"deal/1", value, (), at_ms)
