"""The forms of a CloudEvent on Kafka, opened alike: structured, binary (`ce_` headers) and bare JSON."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

import msgspec
from msgspec import Raw

from streams.events import Rejected
from streams.wire import NO_DATA, Envelope

LARGEST_BYTES = 64 * 1024
DEEPEST = 256
"""How deep JSON may nest: a record of up to twice as many bytes cannot nest deeper, so it needs no look."""
LONGEST_NUMBER = 4096
"""Digits of a number; other JSON readers stop near there too."""

Headers = Sequence[tuple[str, bytes | None]]

_READ = msgspec.json.Decoder(Envelope).decode
_SKIM = msgspec.json.Decoder(Raw).decode
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]|[0-9.eE+-]+', re.DOTALL)
_HEADER_ATTRIBUTES = (
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "partitionkey",
    "receivedtime",
)
_JSON_TYPE = re.compile(r"application/json|text/json|[a-z]+/[\w.!#$&^-]+\+json", re.ASCII)
_STRUCTURED = "application/cloudevents+json"


def open_record(raw: bytes | None, headers: Headers) -> Envelope | Rejected:
    """The attributes and data of a record in whichever form; only that they are JSON is checked."""
    if headers:
        by_name = {name.lower(): value for name, value in headers if value is not None}
        content_type = by_name.get("content-type", b"").decode("utf-8", "replace").strip().lower()
        if content_type.startswith("application/cloudevents"):
            if content_type.partition(";")[0].rstrip() != _STRUCTURED:
                fix = f"send one event a record as {_STRUCTURED}"
                return Rejected(reason="not_an_event", field="content-type", fix=fix)
        elif any(name.startswith("ce_") for name in by_name):
            return _open_binary(raw, by_name, content_type)
    if raw is None:
        fix = "delete by crm.lead.deleted or crm.deal.deleted: a record without value says nothing"
        return Rejected(reason="tombstone", field="value", fix=fix)
    rejected = _unfit(raw)
    if rejected is not None:
        return rejected
    try:
        envelope = _READ(raw)
    except (ValueError, RecursionError) as error:
        return _unreadable(error)
    return envelope if envelope.data_base64 is None else _with_decoded_data(envelope)


def is_json_type(content_type: object) -> bool:
    """Whether a content type, with or without parameters, says JSON."""
    if not isinstance(content_type, str):
        return False
    return _JSON_TYPE.fullmatch(content_type.partition(";")[0].strip().lower()) is not None


def _open_binary(raw: bytes | None, by_name: dict[str, bytes], content_type: str) -> Envelope | Rejected:
    """No value is an event without data, as the CloudEvents binding for Kafka has it."""
    if sum(map(len, by_name.values())) > LARGEST_BYTES:
        return _too_large("headers")
    attributes: dict[str, str] = {}
    for name in _HEADER_ATTRIBUTES:
        value = by_name.get(f"ce_{name}")
        if value is None:
            continue
        try:
            attributes[name] = value.decode()
        except UnicodeDecodeError:
            return Rejected(reason="not_utf8", field=f"ce_{name}", fix="send the header as UTF-8")
    data = _skim(raw) if raw else NO_DATA
    if isinstance(data, Rejected):
        return data
    return Envelope(**attributes, datacontenttype=content_type or None, data=data)


def _with_decoded_data(envelope: Envelope) -> Envelope | Rejected:
    if envelope.data is not NO_DATA or not isinstance(envelope.data_base64, str):
        return Rejected(reason="bad_value", field="data_base64", fix="send the data as a JSON object in data")
    try:
        decoded = base64.b64decode(envelope.data_base64, validate=True)
    except ValueError:
        return Rejected(reason="bad_value", field="data_base64", fix="send base64 text, or an object in data")
    data = _skim(decoded)
    if isinstance(data, Rejected):
        return data
    envelope.data = data
    return envelope


def _skim(raw: bytes) -> Raw | Rejected:
    """Data of their own bytes, once they are known to be JSON."""
    rejected = _unfit(raw)
    if rejected is not None:
        return rejected
    try:
        return _SKIM(raw)
    except (ValueError, RecursionError) as error:
        return _unreadable(error)


def _unfit(raw: bytes) -> Rejected | None:
    """What can be said against the bytes before they are read as JSON."""
    if len(raw) > LARGEST_BYTES:
        return _too_large("value")
    if not raw.isascii():
        try:
            raw.decode()
        except UnicodeDecodeError as error:
            fix = f"send UTF-8: the byte at {error.start} is none"
            return Rejected(reason="not_utf8", field="value", fix=fix)
    if len(raw) <= 2 * DEEPEST:
        return None
    if len(raw) <= LONGEST_NUMBER and raw.count(b"{") + raw.count(b"[") <= DEEPEST:
        return None
    return _unbounded(raw)


def _unbounded(raw: bytes) -> Rejected | None:
    """Looks at every token of a large or bracket-rich record, without building anything from it."""
    depth = 0
    for token in _TOKEN.finditer(raw):
        first = raw[token.start()]
        if first in b"[{":
            depth += 1
            if depth > DEEPEST:
                return _too_deep()
        elif first in b"]}":
            depth -= 1
        elif first in b"0123456789.eE+-" and token.end() - token.start() > LONGEST_NUMBER:
            fix = f"send numbers of at most {LONGEST_NUMBER} digits"
            return Rejected(reason="bad_value", field="value", fix=fix)
    return None


def _unreadable(error: Exception) -> Rejected:
    """The rejection for what the JSON reader raised."""
    if isinstance(error, RecursionError):
        return _too_deep()
    if not isinstance(error, msgspec.ValidationError):
        fix = "send one JSON object in UTF-8, and nothing else"
        return Rejected(reason="not_json", field="value", fix=fix)
    attribute = re.search(r"`\$\.(\w+)", str(error))
    if attribute is not None:  # a number too large for any attribute
        return Rejected(reason="wrong_type", field=attribute[1], fix="send text")
    fix = "send a JSON object with id, source, type, subject, time and data"
    return Rejected(reason="not_an_event", field="value", fix=fix)


def _too_large(field: str) -> Rejected:
    return Rejected(reason="too_large", field=field, fix=f"send at most {LARGEST_BYTES} bytes an event")


def _too_deep() -> Rejected:
    return Rejected(reason="too_deep", field="value", fix=f"nest JSON at most {DEEPEST} levels deep")
