"""A mapping made ready for use: rules with parsed templates. Made by `compiler`, read by `events`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from agents.replay.templates import Column, Template
from streams.events import Entity

Kind = Literal["text", "whole", "flag", "money"]


class Condition(msgspec.Struct, frozen=True):
    """Holds where the column's text is (or, `negated`, is not) among `texts`; None stands for any text."""

    column: Column
    texts: frozenset[str] | None
    negated: bool = False

    def holds(self, row: Mapping[Column, str]) -> bool:
        text = row.get(self.column, "")
        return (bool(text) if self.texts is None else text in self.texts) is not self.negated


class Field(msgspec.Struct, frozen=True):
    """One field of an event's data and how its text is found; `constant` is one that is no text."""

    name: str
    kind: Kind
    template: Template
    words: Mapping[str, str]
    absent: frozenset[str]
    constant: int | bool | None = None


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One event that a row may become; `kind` tells it from the row's other events."""

    type: str
    kind: str
    entity: Entity
    when: tuple[Condition, ...]
    subject: Template
    journey: Template
    times: tuple[Template, ...]
    data: tuple[Field, ...]

    def columns_behind(self, field: str) -> tuple[str, ...]:
        """The columns that a field of the event comes from."""
        match field:
            case "time":
                templates = self.times
            case "subject":
                templates = (self.subject,)
            case "partitionkey":
                templates = (self.journey,)
            case _:
                templates = tuple(each.template for each in self.data if f"data.{each.name}" == field)
        return tuple(column.name for template in templates for column in template.columns)


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of file; `lookups` are the columns by which its rows point to other tables."""

    name: str
    rules: tuple[Rule, ...]
    optional: bool
    key: str | None
    lookups: Mapping[str, str]
    columns: frozenset[str]
    """Columns that a file must have; those of other tables are not among them."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything needed to make events of rows."""

    name: str
    currency: str
    zone: ZoneInfo
    dates: tuple[str, ...]
    encoding: str
    delimiter: str | None
    decimal: str
    thousands: str
    absent: frozenset[str]
    tables: Mapping[str, Table]

    @property
    def source(self) -> str:
        """The `source` of all events: ids are unique within it."""
        return f"/import/{self.name}"

    def columns_behind(self, event_type: str, field: str) -> tuple[str, ...]:
        """The columns that a field of an event comes from, such as `time` or `data.amount`."""
        found: dict[str, None] = {}
        for table in self.tables.values():
            for rule in table.rules:
                if rule.type == event_type:
                    found.update(dict.fromkeys(rule.columns_behind(field)))
        return tuple(found)
