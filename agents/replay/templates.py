"""Texts with columns in braces, such as `deal/{opportunity_id}`, and how a row fills them in."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

_PART = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[^{}]+|.", re.DOTALL)


class TemplateError(ValueError):
    """The text cannot be read; the message says why and what to write."""


class Column(msgspec.Struct, frozen=True):
    """A column of the row itself, or of the row that it points to in the table `lookup`."""

    name: str
    lookup: str | None = None
    optional: bool = False
    """Written `{name?}`: a file without this column is fine."""


class Template(msgspec.Struct, frozen=True):
    """Constant texts and columns in the order in which they are joined."""

    parts: tuple[str | Column, ...]

    @property
    def columns(self) -> tuple[Column, ...]:
        return tuple(part for part in self.parts if isinstance(part, Column))

    def render(self, row: Mapping[Column, str]) -> str:
        """The filled-in text; empty cells leave nothing behind."""
        return "".join(part if isinstance(part, str) else row.get(part, "") for part in self.parts)


def parse_template(text: str, lookups: frozenset[str] = frozenset()) -> Template:
    """`{column}`, `{column?}` where a file may lack it, `{table.column}` of a lookup; `{{` is a brace."""
    parts: list[str | Column] = []
    for match in _PART.finditer(text):
        piece, name = match[0], match[1]
        if name is not None:
            parts.append(_column(name, lookups))
        elif piece in ("{{", "}}"):
            parts.append(piece[0])
        elif piece in ("{", "}"):
            raise TemplateError(
                f"{text!r} has a lone {piece!r}: write {{column}}, or {piece * 2} for a brace"
            )
        else:
            parts.append(piece)
    return Template(tuple(parts))


def _column(text: str, lookups: frozenset[str]) -> Column:
    name = text.removesuffix("?")
    if not name.strip():
        raise TemplateError("{} names no column: write it between the braces")
    table, dot, rest = name.partition(".")
    lookup = table if dot and table in lookups else None
    return Column(rest if lookup else name, lookup, text.endswith("?"))
