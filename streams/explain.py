"""Why data do not have the form of their type: the field and what to send instead."""

from __future__ import annotations

import types
from typing import Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import Meta, Raw

from streams.events import Rejected
from streams.wire import Kind

_FIELDS = msgspec.json.Decoder(dict[str, Raw] | None)


def read_again(kind: Kind, data: bytes | Raw) -> Any:
    """For data that failed to read: a rejection of the first bad field, in the order of the type.

    Data of null are an object without fields, and have a wire form where no field is required.
    """
    try:
        values = _FIELDS.decode(data)
    except msgspec.ValidationError:
        return Rejected(reason="wrong_type", field="data", fix="send an object with the fields of the event")
    for field in msgspec.structs.fields(kind.wire):
        raw = bytes((values or {}).get(field.encode_name, b"null"))
        if raw != b"null":
            rejected = _misfit(f"data.{field.name}", field.type, raw)
            if rejected is not None:
                return rejected
        elif field.required:
            fix = f"send {expected(field.type)}"
            return Rejected(reason="missing_field", field=f"data.{field.name}", fix=fix)
    if values is None:
        return kind.read(b"{}")
    return Rejected(reason="bad_value", field="data", fix="give every field once")


def _misfit(name: str, form: Any, raw: bytes) -> Rejected | None:
    try:
        msgspec.json.decode(raw, type=form)
    except msgspec.ValidationError as error:
        reason: Literal["wrong_type", "bad_value"] = "wrong_type" if ", got `" in str(error) else "bad_value"
        return Rejected(reason=reason, field=name, fix=f"send {expected(form)}")
    return None


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
