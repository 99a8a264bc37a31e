"""What a payload must satisfy beyond its form: known words, clean texts, days in order."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from operator import attrgetter
from typing import Any, get_args

import msgspec

from streams import events
from streams.fields import Id, Text
from streams.funnels import WON, Funnels
from streams.instants import is_day
from streams.ledger_payloads import IN_MONEY
from streams.refused import RefusedError
from streams.wire import KINDS, Kind

Check = Callable[[Any, Funnels], None]

LONGEST_PERIOD = timedelta(days=3660)
"""Of a plan or of money spent: what is spread over days must stay small."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def has_controls(text: str) -> bool:
    """Whether the text holds control characters, such as a line break."""
    return not text.isprintable() and _CONTROL.search(text) is not None


def _texts(names: list[str]) -> Check:
    """No control characters in any of the texts."""
    if len(names) == 1:
        return _text(names[0])
    values = attrgetter(*names)

    def check(payload: Any, _: Funnels) -> None:
        if not "".join(filter(None, values(payload))).isprintable():
            for name in names:
                _text(name)(payload, _)

    return check


def _text(name: str) -> Check:
    def check(payload: Any, _: Funnels) -> None:
        text = getattr(payload, name)
        if text is not None and has_controls(text):
            fix = "leave out control characters such as line breaks"
            raise RefusedError("bad_value", f"data.{name}", fix)

    return check


def _channel(payload: Any, funnels: Funnels) -> None:
    channel = payload.channel
    if channel is None or channel in funnels.channels:
        return
    fix = f"use one of {', '.join(funnels.channels)}"
    raise RefusedError("unknown_channel", "data.channel", fix)


def _stage(payload: events.StageChanged, funnels: Funnels) -> None:
    if payload.stage in funnels.stage_ids:
        return
    if payload.stage == WON.id:
        fix = "send crm.deal.won: a deal is won by its outcome, not by a stage"
    else:
        fix = f"use one of {', '.join(sorted(funnels.stage_ids))}"
    raise RefusedError("unknown_stage", "data.stage", fix)


def _bare_id(name: str) -> Check:
    def check(payload: Any, _: Funnels) -> None:
        if not getattr(payload, name).startswith(("lead/", "deal/")):
            return
        fix = "send the lead's id alone, without lead/"
        raise RefusedError("bad_value", f"data.{name}", fix)

    return check


def _days(payload: Any, _: Funnels) -> None:
    last_day = getattr(payload, "last_day", payload.first_day)
    for name, day in (("first_day", payload.first_day), ("last_day", last_day)):
        if not is_day(day):
            fix = "send a day that exists, years 1970 to 2100, such as 2026-03-01"
            raise RefusedError("bad_value", f"data.{name}", fix)
    if last_day < payload.first_day:
        raise RefusedError("bad_value", "data.last_day", "send a day not before first_day")
    if date.fromisoformat(last_day) - date.fromisoformat(payload.first_day) >= LONGEST_PERIOD:
        fix = f"send a period of at most {LONGEST_PERIOD.days} days"
        raise RefusedError("bad_value", "data.last_day", fix)


def _measured(payload: events.PlanSet, _: Funnels) -> None:
    wanted = "amount" if payload.measure in IN_MONEY else "quantity"
    if getattr(payload, wanted) is None:
        fix = f"{payload.measure} is planned by its {wanted}: send it"
        raise RefusedError("missing_field", f"data.{wanted}", fix)


def _one_of(first: str, second: str) -> Check:
    def check(payload: Any, _: Funnels) -> None:
        if getattr(payload, first) is not None or getattr(payload, second) is not None:
            return
        fix = f"give {first} or {second}, or both"
        raise RefusedError("missing_field", f"data.{first}", fix)

    return check


def _checks(kind: Kind) -> tuple[Check, ...]:
    fields = msgspec.structs.fields(kind.payload)
    names = {field.name for field in fields}
    texts = [field.name for field in fields if {Id, Text} & {field.type, *get_args(field.type)}]
    free = [name for name in texts if name not in ("channel", "stage")]
    checks = [_texts(free)] if free else []
    checks += [_channel] if "channel" in names else []
    checks += [_stage] if kind.payload is events.StageChanged else []
    checks += [_bare_id(name) for name in ("lead", "into") if name in names]
    checks += [_days] if "first_day" in names else []
    checks += [_one_of("amount", "quantity"), _measured] if kind.payload is events.PlanSet else []
    checks += [_one_of("baseline", "target")] if kind.payload is events.TargetSet else []
    return tuple(checks)


CHECKS: dict[str, tuple[Check, ...]] = {kind.name: _checks(kind) for kind in KINDS.values()}
"""By type, in the order in which they are made; the first rejection counts."""
