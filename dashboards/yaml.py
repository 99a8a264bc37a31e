"""Writes YAML: the little of it that rules and configurations need; the same text for the same value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

Value = str | int | float | bool | None | Sequence["Value"] | Mapping[str, "Value"]
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.:/-]*")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def dump(value: Value) -> str:
    """The value as a block-style YAML document."""
    return "".join(f"{line}\n" for line in _lines(value))


def _lines(value: Value) -> Iterator[str]:
    match value:
        case Mapping() if value:
            for key, inner in value.items():
                yield from _entry(f"{key if _KEY.fullmatch(key) else json.dumps(key)}:", inner)
        case list() | tuple() if value:
            for inner in value:
                first, *others = _lines(inner)
                yield f"- {first}"
                yield from (f"  {line}" for line in others)
        case _:
            yield _scalar(value)


def _entry(key: str, inner: Value) -> Iterator[str]:
    if isinstance(inner, str) and "\n" in inner.strip():
        yield f"{key} |"
        yield from (f"  {line}" if line else "" for line in inner.rstrip("\n").split("\n"))
    elif inner and isinstance(inner, Mapping | list | tuple):
        yield key
        yield from (f"  {line}" for line in _lines(inner))
    else:
        yield f"{key} {_scalar(inner)}"


def _scalar(value: Value) -> str:
    if (
        isinstance(value, str)
        and _PLAIN.fullmatch(value)
        and value.lower() not in _WORDS
        and value[-1] != ":"
    ):
        return value
    return json.dumps(value, ensure_ascii=False)
