"""For all records: `decode` answers, alike in every form; for all events: what is written is read."""

import json
import re
from datetime import UTC, datetime
from typing import Any, get_args

from hypothesis import example, given
from hypothesis import strategies as st

from streams.decode import decode
from streams.encode import encode
from streams.events import Event, Reason, Rejected
from streams.instants import AFTER_LAST_MS, format_instant, parse_instant
from tests.properties.payloads import any_events

Json = dict[str, Any]

DAY_MS = 86_400_000
REASONS = set(get_args(Reason))
ATTRIBUTES = ("specversion", "id", "source", "type", "subject", "time", "partitionkey", "receivedtime")
STRUCTURED = [("content-type", b"application/cloudevents+json")]

any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=6,
)
near_misses = st.sampled_from(
    ["", "lead/1", "deal/1", "1042", "2026-03-02", "2026-02-30T00:00:00Z", "RUB", "-1", "won", 7, -7, 2**60]
)
header_names = st.sampled_from([*(f"ce_{name}" for name in ATTRIBUTES), "content-type", "CE_Type", "x"])


def judged(found: Event | Rejected) -> bool:
    """Whether the answer is an event, or a rejection that helps."""
    if isinstance(found, Event):
        return 0 <= found.time_ms < AFTER_LAST_MS
    return found.reason in REASONS and bool(found.field) and bool(found.fix)


@st.composite
def spoiled(draw: st.DrawFn) -> Json:
    """A valid event of any type in which something was replaced, or not."""
    event: Json = json.loads(encode(draw(any_events())))
    for _ in range(draw(st.integers(0, 3))):
        where = draw(st.sampled_from([event, event["data"]]))
        if not isinstance(where, dict) or not where:
            continue
        name = draw(st.sampled_from(sorted(where)))
        if where is event and name != "data":
            where[name] = draw(any_text | near_misses.map(str))
        else:
            where[name] = draw(any_json | near_misses)
    return event


@given(
    raw=st.none() | st.binary(max_size=200), headers=st.lists(st.tuples(header_names, st.binary(max_size=20)))
)
def test_decode_never_raises_on_any_bytes(raw: bytes | None, headers: list[tuple[str, bytes]]) -> None:
    """Whatever value and headers a record has."""
    assert judged(decode(raw, headers))


@given(value=any_json)
def test_decode_never_raises_on_any_json(value: Any) -> None:
    """Whatever JSON the value is."""
    assert judged(decode(json.dumps(value).encode()))


@given(event=spoiled(), cut=st.integers(0, 400), junk=st.binary(max_size=4))
def test_decode_never_raises_on_torn_events(event: Json, cut: int, junk: bytes) -> None:
    """Whatever was cut out of an event or written into it."""
    raw = json.dumps(event, ensure_ascii=False).encode()
    assert judged(decode(raw[:cut] + junk + raw[cut + len(junk) :]))


@given(event=spoiled(), shuffled=st.randoms())
def test_the_three_forms_are_judged_alike(event: Json, shuffled: Any) -> None:
    """Bare, structured and binary give the same event or the same rejection, in any order of fields."""
    bare = decode(json.dumps(event, ensure_ascii=False).encode())
    assert judged(bare)
    names = shuffled.sample(sorted(event), len(event))
    in_other_order = json.dumps({name: event[name] for name in names}).encode()
    assert decode(in_other_order, STRUCTURED) == bare
    headers = [(f"ce_{name}", event[name].encode()) for name in names if name in ATTRIBUTES]
    assert decode(json.dumps(event["data"]).encode(), headers) == bare


@given(event=any_events())
def test_what_is_written_is_read(event: Event) -> None:
    """Every event of every type survives `encode` and `decode`, to the millisecond and the minor unit."""
    assert decode(encode(event)) == event


@given(
    time_ms=st.integers(DAY_MS, AFTER_LAST_MS - 1),
    offset=st.integers(-1439, 1439),
    digits=st.text("0123456789", max_size=9),
)
def test_instants_are_floored_in_every_zone(time_ms: int, offset: int, digits: str) -> None:
    """Whatever the zone and the further digits, the millisecond is kept."""
    sign, (hours, minutes) = "-" if offset < 0 else "+", divmod(abs(offset), 60)
    local = format_instant(time_ms + offset * 60_000).removesuffix("Z")
    assert parse_instant(f"{local}{digits}{sign}{hours:02}:{minutes:02}") == time_ms


RFC_3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


@given(text=st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt _][0-9:.,+\-Zz]{9,20}", fullmatch=True) | any_text)
@example(text="2026-03-02T09:30:00.1-3:00")
@example(text="2026-03-02T09:30:00-1:300")
def test_only_rfc_3339_is_an_instant(text: str) -> None:
    """A text that is read has the form of the standard and means what the standard says."""
    time_ms = parse_instant(text)
    if time_ms is None:
        return
    form = RFC_3339.fullmatch(text)
    assert form is not None
    zone = "+00:00" if form[4] in "Zz" else form[4]
    seconds = datetime.fromisoformat(f"{form[1]}T{form[2]}{zone}").astimezone(UTC).timestamp()
    assert time_ms == int(seconds) * 1000 + int(((form[3] or ".") + "000")[1:4])
