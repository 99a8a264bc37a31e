"""Strategies: any event that the contract allows, from the limits of the types themselves."""

from __future__ import annotations

from datetime import date, timedelta
from types import NoneType
from typing import Any, Literal, get_args, get_origin

import msgspec
from hypothesis import strategies as st

from streams.events import Event, Money, PlanSet
from streams.fields import Day, Id, Number, Quantity, Text
from streams.funnels import DEFAULT
from streams.instants import AFTER_LAST_MS
from streams.money import EXPONENTS, MOST_MINOR
from streams.wire import KINDS, Kind

_clean = st.characters(exclude_categories=["Cs", "Cc"])
ids = st.text(_clean, min_size=1, max_size=128)
texts = st.text(_clean, min_size=1, max_size=256)
instants = st.integers(0, AFTER_LAST_MS - 1)
_days = st.dates(date(1970, 1, 1), date(2100, 12, 31)).map(str)
_bare_ids = ids.filter(lambda text: not text.startswith(("lead/", "deal/")))
_by_name: dict[str, st.SearchStrategy[Any]] = {
    "channel": st.sampled_from(DEFAULT.channels),
    "stage": st.sampled_from(sorted(DEFAULT.stage_ids)),
    "lead": _bare_ids,
    "into": _bare_ids,
}
_floats = st.floats(-1e12, 1e12, allow_nan=False)
_quantities = st.floats(0, 1e9, allow_nan=False)
_plan_subjects = st.just("department") | st.builds(
    "{}/{}".format, st.sampled_from(["channel", "source", "rep", "team"]), ids.map(lambda text: text[:120])
)
_by_form: dict[Any, st.SearchStrategy[Any]] = {
    Id: ids,
    Text: texts,
    Day: _days,
    Number: _floats,
    Quantity: _quantities,
    bool: st.booleans(),
}


def _values(name: str, form: Any, currency: str) -> st.SearchStrategy[Any]:
    """Values of a field, never None; all money of an event is in one currency."""
    if NoneType in get_args(form):
        form = next(option for option in get_args(form) if option is not NoneType)
    if name in _by_name:
        return _by_name[name]
    if form is Money:
        return st.builds(Money, st.integers(0, MOST_MINOR), st.just(currency))
    if get_origin(form) is Literal:
        return st.sampled_from(get_args(form))
    return _by_form[form] if form in _by_form else st.integers(1, 5)


@st.composite
def payloads(draw: st.DrawFn, kind: Kind) -> Any:
    """Any payload of a type; optional fields may be absent."""
    currency = draw(st.sampled_from(sorted(EXPONENTS)))
    given: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind.payload):
        absent = kind.entity == "lead" and field.name == "amount"
        needed = field.required or field.name in ("quantity", "target") or kind.payload is PlanSet
        if not absent and (needed or draw(st.booleans())):
            given[field.name] = draw(_values(field.name, field.type, currency))
    if "last_day" in given:
        first, last = sorted(date.fromisoformat(given[name]) for name in ("first_day", "last_day"))
        given["first_day"], given["last_day"] = str(first), str(min(last, first + timedelta(days=3659)))
    return kind.payload(**given)


@st.composite
def any_events(draw: st.DrawFn) -> Event:
    """Any event of any type."""
    kind = KINDS[draw(st.sampled_from(sorted(KINDS)))]
    entity_id = draw(_plan_subjects if kind.payload is PlanSet else ids)
    subject = f"{kind.entity}/{entity_id}"
    of_lead = kind.entity == "deal" and draw(st.booleans())
    return Event(
        id=draw(ids),
        source=draw(texts),
        entity=kind.entity,
        entity_id=entity_id,
        journey=f"lead/{draw(ids)}" if of_lead else subject,
        time_ms=draw(instants),
        received_ms=draw(st.none() | instants),
        data=draw(payloads(kind)),
    )
