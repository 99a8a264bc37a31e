"""What no CRM should send and somebody will: `decode` rejects it at once, in little memory."""

import json
import sys
import tracemalloc

import pytest

from streams.decode import decode
from streams.events import Event, Rejected
from streams.forms import DEEPEST, LARGEST_BYTES

FINE = {
    "id": "e1",
    "source": "/crm",
    "type": "crm.lead.created",
    "subject": "lead/1",
    "time": "2026-03-02T06:30:00Z",
}
START = json.dumps(FINE).encode()[:-1]
BINARY = [(f"ce_{name}", value.encode()) for name, value in FINE.items()]


def filled(value: bytes) -> bytes:
    """A fine event with one more attribute."""
    return START + b', "x": ' + value + b"}"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (None, "tombstone"),
        (b"", "not_json"),
        (b" ", "not_json"),
        (b"{", "not_json"),
        (b"id,source\n1,2", "not_json"),
        (b"\xef\xbb\xbf" + START + b"}", "not_json"),
        (START + b"} {}", "not_json"),
        (filled(b"NaN"), "not_json"),
        (filled(b"Infinity"), "not_json"),
        (filled(b'"\\ud800"'), "not_json"),
        (filled(b'"a\nb"'), "not_json"),
        (filled(b'"\xff"'), "not_utf8"),
        (filled(b'"\xed\xa0\x80"'), "not_utf8"),
        (b"\x00\x01\xfe", "not_utf8"),
        (b"[]", "not_an_event"),
        (b"null", "not_an_event"),
        (b"7", "not_an_event"),
        (b"{}", "not_an_event"),
        (b'{"deal": {"id": 759}}', "not_an_event"),
        (b"x" * (LARGEST_BYTES + 1), "too_large"),
        (b"[" * 100_000 + b"]" * 100_000, "too_large"),
        (b"[" * 32_000 + b"]" * 32_000, "too_deep"),
        (filled(b"[" * 32_000), "too_deep"),
        (filled(b'{"x":' * 5_000 + b"1" + b"}" * 5_000), "too_deep"),
        (START + b', "id": ' + b"9" * 5_000 + b"}", "bad_value"),
        (filled(b"-" + b"9" * 5_000), "bad_value"),
        (filled(b"1e400"), None),
        (START + b', "id": 1e400}', "wrong_type"),
        (filled(b'"' + b"[" * 10_000 + b"9" * 10_000 + b'"'), None),
        (filled(b'"\\"' + b"{" * 10_000 + b'\\\\"'), None),
    ],
)
def test_hostile_bytes_are_judged(raw: bytes | None, reason: str | None) -> None:
    """By a reason of the closed list; brackets and digits within texts are texts."""
    found = decode(raw)
    if reason is None:
        assert isinstance(found, Event)
    else:
        assert isinstance(found, Rejected)
        assert found.reason == reason
        assert found.fix


@pytest.mark.parametrize("depth", [DEEPEST - 1, DEEPEST])
def test_how_deep_is_too_deep_does_not_depend_on_the_reader(depth: int) -> None:
    """The limit is ours, not what is left of the interpreter's stack."""
    raw = filled(b"[" * depth + b"]" * depth)

    def deeper(frames: int) -> Event | Rejected:
        return deeper(frames - 1) if frames else decode(raw)

    found = {type(deeper(frames)) for frames in (0, sys.getrecursionlimit() // 3)}
    assert found == ({Event} if depth < DEEPEST else {Rejected})


@pytest.mark.parametrize(
    ("raw", "headers", "reason", "field"),
    [
        (b"{}", [("ce_type", b"\xff")], "not_utf8", "ce_type"),
        (b"{}", [("ce_id", b"x" * 10_000_000)], "too_large", "headers"),
        (b"\xff", BINARY, "not_utf8", "value"),
        (b"{", BINARY, "not_json", "value"),
        (b"[" * 60_000, BINARY, "too_deep", "value"),
        (b"[1]", BINARY, "wrong_type", "data"),
        (b"{}", [*BINARY, ("content-type", b"application/avro")], "bad_value", "datacontenttype"),
        (b"{}", [("ce_trace", b"1")], "not_an_event", "value"),
        (b"[]", [("content-type", b"application/cloudevents-batch+json")], "not_an_event", "content-type"),
        (None, [("content-type", b"application/cloudevents+json")], "tombstone", "value"),
        (None, [("voronka-kind", b"event")], "tombstone", "value"),
    ],
)
def test_hostile_headers_are_judged(
    raw: bytes | None, headers: list[tuple[str, bytes]], reason: str, field: str
) -> None:
    """The fault is named as in the other forms, or by the header."""
    found = decode(raw, headers)
    assert isinstance(found, Rejected)
    assert (found.reason, found.field) == (reason, field)


def test_memory_stays_flat() -> None:
    """Ten megabytes, deep nesting and huge numbers cost less than a megabyte beside their own bytes."""
    records = [
        b'{"x": "' + b"y" * 10_000_000 + b'"}',
        b"[" * 100_000,
        filled(b"[" * 60_000),
        filled(b"9" * 60_000),
        filled(b"[" + b"[]," * 20_000 + b"1]"),
    ]
    tracemalloc.start()
    try:
        for raw in records:
            assert decode(raw) is not None
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
