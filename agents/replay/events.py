"""From one row to the raw events that it says, without judging their content: that is the stream's to do."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from agents.replay.plan import Field, Plan, Rule, Table
from agents.replay.templates import Column
from streams.events import Entity
from streams.instants import AFTER_LAST_MS, format_instant

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Row(msgspec.Struct, frozen=True):
    """A row of a file: its texts by column, and where it stands (row 1 is the header)."""

    table: str
    file: str
    number: int
    cells: Mapping[str, str]


class RawEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A record ready to be published; `time_ms` is None where the row has no possible date."""

    id: str
    entity: Entity
    key: str
    value: bytes
    time_ms: int | None


class Lookups(msgspec.Struct, frozen=True):
    """Rows of other tables by table and key; a missing one leaves its columns empty."""

    rows: Mapping[str, Mapping[str, Mapping[str, str]]]

    def view(self, table: Table, row: Row, absent: frozenset[str]) -> dict[Column, str]:
        """All cells that the rules of `table` may name, with texts that mean nothing left out."""
        seen = {}
        cells: list[tuple[str | None, Mapping[str, str]]] = [(None, row.cells)]
        for name, column in table.lookups.items():
            cells.append((name, self.rows.get(name, {}).get(row.cells.get(column, ""), {})))
        for lookup, texts in cells:
            for column_name, text in texts.items():
                if text and text not in absent:
                    seen[Column(column_name, lookup)] = seen[Column(column_name, lookup, True)] = text
        return seen


def events_of(plan: Plan, row: Row, lookups: Lookups) -> Iterator[RawEvent]:
    """Every event of the row whose condition holds, in the order of the mapping."""
    table = plan.tables[row.table]
    view = lookups.view(table, row, plan.absent)
    for rule in table.rules:
        if all(condition.holds(view) for condition in rule.when):
            yield _event(plan, rule, row, view)


def _event(plan: Plan, rule: Rule, row: Row, view: Mapping[Column, str]) -> RawEvent:
    written = next((text for template in rule.times if (text := template.render(view))), "")
    time_ms = read_time_ms(written, plan.dates, plan.zone)
    journey = rule.journey.render(view)
    event = {
        "specversion": "1.0",
        "id": event_id(row, rule.kind),
        "source": plan.source,
        "type": rule.type,
        "subject": rule.subject.render(view),
        "partitionkey": journey,
        "data": _data(plan, rule, view),
    }
    if written:
        # A date that cannot be goes on as it stands, so that the stream says what is wrong with it.
        event["time"] = written if time_ms is None else format_instant(time_ms)
    value = msgspec.json.encode(event)
    return RawEvent(id=str(event["id"]), entity=rule.entity, key=journey, value=value, time_ms=time_ms)


def event_id(row: Row, kind: str) -> str:
    """From the row's content alone: the same row gives the same event wherever and how often it stands."""
    content = msgspec.json.encode([row.table, kind, sorted(row.cells.items())])
    return hashlib.sha256(content).hexdigest()[:32]


@lru_cache(maxsize=65_536)
def read_time_ms(text: str, dates: tuple[str, ...], zone: ZoneInfo) -> int | None:
    """The instant that the text means in these formats, in the zone unless it names one; None for no instant.

    Remembered, because the days of an export repeat and reading one takes longer than all else of a row.
    """
    for form in dates:
        try:
            # The zone follows at once, unless the text names its own.
            read = datetime.fromisoformat(text) if form == "iso" else datetime.strptime(text, form)  # noqa: DTZ007
            moment = read if read.tzinfo else read.replace(tzinfo=zone)
            time_ms = (moment.astimezone(UTC) - _EPOCH) // timedelta(milliseconds=1)
        except (ValueError, OverflowError):
            continue
        if 0 <= time_ms < AFTER_LAST_MS:
            return time_ms
    return None


def _data(plan: Plan, rule: Rule, view: Mapping[Column, str]) -> dict[str, str | int | bool]:
    data: dict[str, str | int | bool] = {}
    for field in rule.data:
        if field.constant is not None:
            data[field.name] = field.constant
            continue
        text = field.template.render(view).strip()
        if text and text not in field.absent:
            data[field.name] = _read(plan, field, field.words.get(text, text))
    if "amount" in data or "cost" in data:
        data.setdefault("currency", plan.currency)
    return data


def _read(plan: Plan, field: Field, text: str) -> str | int | bool:
    """The value that the text means, or the text itself where it means none: the stream will say so."""
    match field.kind:
        case "text":
            return text
        case "whole":
            return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else text
        case "flag":
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(
                text.lower(), text
            )
        case "money":
            return _amount(text, plan)


def _amount(text: str, plan: Plan) -> str:
    """`1 234,50 €` as `1234.50`: only the spelling changes, never the number."""
    bare = "".join(char for char in text if not char.isspace() and unicodedata.category(char) != "Sc")
    if plan.thousands:
        bare = bare.replace(plan.thousands, "")
    return bare.replace(plan.decimal, ".")
