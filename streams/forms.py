"""The forms of a CloudEvent on Kafka, opened alike: structured, binary (`ce_` headers) and bare JSON."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

import msgspec
from msgspec import Raw

from streams.refused import RefusedError
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


def open_record(raw: bytes | None, headers: Headers) -> Envelope:
    """The attributes and data of a record in whichever form; only that they are JSON is checked."""
    if headers:
        by_name = {name.lower(): value for name, value in headers if value is not None}
        content_type = by_name.get("content-type", b"").decode("utf-8", "replace").strip().lower()
        if content_type.startswith("application/cloudevents"):
            if content_type.partition(";")[0].rstrip() != _STRUCTURED:
                fix = f"send one event a record as {_STRUCTURED}"
                raise RefusedError("not_an_event", "content-type", fix)
        elif any(name.startswith("ce_") for name in by_name):
            return _open_binary(raw, by_name, content_type)
    if raw is None:
        fix = "delete by crm.lead.deleted or crm.deal.deleted: a record without value says nothing"
        raise RefusedError("tombstone", "value", fix)
    _check_bytes(raw)
    try:
        envelope = _READ(raw)
    except (ValueError, RecursionError) as error:
        raise _unreadable(error) from error
    return envelope if envelope.data_base64 is None else _with_decoded_data(envelope)


def is_json_type(content_type: object) -> bool:
    """Whether a content type, with or without parameters, says JSON."""
    if not isinstance(content_type, str):
        return False
    return _JSON_TYPE.fullmatch(content_type.partition(";")[0].strip().lower()) is not None


def _open_binary(raw: bytes | None, by_name: dict[str, bytes], content_type: str) -> Envelope:
    """No value is an event without data, as the CloudEvents binding for Kafka has it."""
    if sum(map(len, by_name.values())) > LARGEST_BYTES:
        raise _too_large("headers")
    attributes: dict[str, str] = {}
    for name in _HEADER_ATTRIBUTES:
        value = by_name.get(f"ce_{name}")
        if value is None:
            continue
        try:
            attributes[name] = value.decode()
        except UnicodeDecodeError as error:
            raise RefusedError("not_utf8", f"ce_{name}", "send the header as UTF-8") from error
    data = _skim(raw) if raw else NO_DATA
    return Envelope(**attributes, datacontenttype=content_type or None, data=data)


def _with_decoded_data(envelope: Envelope) -> Envelope:
    if envelope.data is not NO_DATA or not isinstance(envelope.data_base64, str):
        raise RefusedError("bad_value", "data_base64", "send the data as a JSON object in data")
    try:
        decoded = base64.b64decode(envelope.data_base64, validate=True)
    except ValueError as error:
        raise RefusedError("bad_value", "data_base64", "send base64 text, or an object in data") from error
    envelope.data = _skim(decoded)
    return envelope


def _skim(raw: bytes) -> Raw:
    """Data of their own bytes, once they are known to be JSON."""
    _check_bytes(raw)
    try:
        return _SKIM(raw)
    except (ValueError, RecursionError) as error:
        raise _unreadable(error) from error


def _check_bytes(raw: bytes) -> None:
    """What can be said against the bytes before they are read as JSON."""
    if len(raw) > LARGEST_BYTES:
        raise _too_large("value")
    if not raw.isascii():
        try:
            raw.decode()
        except UnicodeDecodeError as error:
            fix = f"send UTF-8: the byte at {error.start} is none"
            raise RefusedError("not_utf8", "value", fix) from error
    if len(raw) <= 2 * DEEPEST:
        return
    if len(raw) > LONGEST_NUMBER or raw.count(b"{") + raw.count(b"[") > DEEPEST:
        _check_tokens(raw)


def _check_tokens(raw: bytes) -> None:
    """Looks at every token of a large or bracket-rich record, without building anything from it."""
    depth = 0
    for token in _TOKEN.finditer(raw):
        first = raw[token.start()]
        if first in b"[{":
            depth += 1
            if depth > DEEPEST:
                raise _too_deep()
        elif first in b"]}":
            depth -= 1
        elif first in b"0123456789.eE+-" and token.end() - token.start() > LONGEST_NUMBER:
            fix = f"send numbers of at most {LONGEST_NUMBER} digits"
            raise RefusedError("bad_value", "value", fix)


def _unreadable(error: Exception) -> RefusedError:
    """The rejection for what the JSON reader raised."""
    if isinstance(error, RecursionError):
        return _too_deep()
    if not isinstance(error, msgspec.ValidationError):
        fix = "send one JSON object in UTF-8, and nothing else"
        return RefusedError("not_json", "value", fix)
    attribute = re.search(r"`\$\.(\w+)", str(error))
    if attribute is not None:  # a number too large for any attribute
        return RefusedError("wrong_type", attribute[1], "send text")
    fix = "send a JSON object with id, source, type, subject, time and data"
    return RefusedError("not_an_event", "value", fix)


def _too_large(field: str) -> RefusedError:
    return RefusedError("too_large", field, f"send at most {LARGEST_BYTES} bytes an event")


def _too_deep() -> RefusedError:
    return RefusedError("too_deep", "value", f"nest JSON at most {DEEPEST} levels deep")
