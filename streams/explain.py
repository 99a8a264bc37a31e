"""Why data do not have the form of their type: the field and what to send instead."""

from __future__ import annotations

import types
from typing import Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import Meta, Raw

from streams.events import Reason
from streams.refused import RefusedError
from streams.wire import Kind

_FIELDS = msgspec.json.Decoder(dict[str, Raw] | None)


def read_again(kind: Kind, data: bytes | Raw) -> Any:
    """The wire form of data that could not be read at once because of fields of null, which are absent ones.

    Anything else is refused, for the first bad field in the order of the type.
    """
    try:
        values = _FIELDS.decode(data) or {}
    except msgspec.ValidationError as error:
        raise RefusedError("wrong_type", "data", "send an object with the fields of the event") from error
    given: dict[str, Raw] = {}
    for field in msgspec.structs.fields(kind.wire):
        raw = values.get(field.name)
        if raw is not None and bytes(raw) != b"null":
            _check_form(f"data.{field.name}", field.type, raw)
            given[field.name] = raw
        elif field.required:
            raise RefusedError("missing_field", f"data.{field.name}", f"send {expected(field.type)}")
    return kind.read(msgspec.json.encode(given))


def _check_form(name: str, form: Any, raw: Raw) -> None:
    try:
        msgspec.json.decode(raw, type=form)
    except msgspec.ValidationError as error:
        reason: Reason = "wrong_type" if ", got `" in str(error) else "bad_value"
        raise RefusedError(reason, name, f"send {expected(form)}") from error


def expected(form: Any) -> str:
    """In words what a field takes, from the description or the closed words of its type."""
    arguments = get_args(form)
    if get_origin(form) in (Union, types.UnionType):
        return " or ".join(expected(option) for option in arguments if option is not types.NoneType)
    if get_origin(form) is Literal:
        return f"one of {', '.join(arguments)}"
    for note in getattr(form, "__metadata__", ()):
        if isinstance(note, Meta) and note.description:
            return note.description
    return "true or false" if form is bool else str(form.__name__)
