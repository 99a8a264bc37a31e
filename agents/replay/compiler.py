"""From a mapping as it is written to a plan: every name in it is checked, every error says what to mend."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from agents.replay.mapping import EventFile, MappingError, MappingFile, NotFile, ValueFile, When
from agents.replay.plan import Condition, Field, Kind, Plan, Rule, Table
from agents.replay.templates import Column, TemplateError, parse_template
from streams.funnels import Funnels
from streams.money import minor_units
from streams.wire import KINDS

TYPES = {name: kind for name, kind in KINDS.items() if kind.entity != "ledger"}
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
_KINDS: Mapping[str, Kind] = {"score": "whole", "recurring": "flag", "amount": "money", "cost": "money"}


def make_plan(mapping: MappingFile, funnels: Funnels) -> Plan:
    """Check and compile; a MappingError names the place in the mapping and the fix."""
    zone = _check_general(mapping)
    rules = {name: _rules(name, mapping, funnels) for name in mapping.tables}
    needed = _needed(mapping, rules)
    tables = {
        name: Table(
            name=name,
            rules=rules[name],
            optional=table.optional,
            key=table.key,
            lookups=table.lookups,
            columns=needed[name],
        )
        for name, table in mapping.tables.items()
    }
    if not any(rules.values()):
        raise MappingError(f"mapping {mapping.name}: no table has events: add [[tables.<name>.events]]")
    return Plan(
        name=mapping.name,
        currency=mapping.currency,
        zone=zone,
        dates=mapping.dates,
        encoding=mapping.encoding,
        delimiter=mapping.delimiter,
        decimal=mapping.decimal,
        thousands=mapping.thousands,
        absent=frozenset(mapping.absent),
        tables=tables,
    )


def _check_dates(where: str, forms: Sequence[str]) -> None:
    """Each form must be one that can be read by."""
    if not forms:
        raise MappingError(f'{where}: dates: write how dates look, such as ["%m/%d/%Y"] or ["iso"]')
    for form in forms:
        try:
            if form != "iso":
                datetime.strptime(datetime(2026, 3, 1, tzinfo=UTC).strftime(form), form)  # noqa: DTZ007 - no instant
        except (ValueError, re.error) as error:
            raise MappingError(f"{where}: dates: {form!r} cannot be read by: {error}") from error


def _check_general(mapping: MappingFile) -> ZoneInfo:
    where = f"mapping {mapping.name}"
    if not _NAME.fullmatch(mapping.name):
        raise MappingError(f"{where}: name: use small letters, digits and dashes, at most 41")
    if minor_units(mapping.currency) is None:
        raise MappingError(f"{where}: currency: {mapping.currency!r} is no ISO 4217 code such as USD")
    _check_dates(where, mapping.dates)
    if mapping.delimiter is not None and len(mapping.delimiter) != 1:
        raise MappingError(f"{where}: delimiter: write one character, or leave it out to have it found")
    if len(mapping.decimal) != 1 or len(mapping.thousands) > 1 or mapping.decimal == mapping.thousands:
        raise MappingError(f"{where}: decimal and thousands: write one character each, and different ones")
    try:
        "".encode(mapping.encoding)
    except LookupError as error:
        raise MappingError(
            f"{where}: encoding: {mapping.encoding!r} is unknown, try utf-8 or cp1251"
        ) from error
    try:
        return ZoneInfo(mapping.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise MappingError(
            f"{where}: zone: {mapping.zone!r} is no IANA zone such as Europe/Moscow"
        ) from error


def _rules(name: str, mapping: MappingFile, funnels: Funnels) -> tuple[Rule, ...]:
    where, table = f"mapping {mapping.name}, table {name}", mapping.tables[name]
    for other in table.lookups:
        if other not in mapping.tables or mapping.tables[other].key is None:
            raise MappingError(f"{where}: lookups: no table {other} with a key: add key to [tables.{other}]")
    seen: dict[str, int] = {}
    rules = []
    for event in table.events:
        seen[event.type] = seen.get(event.type, 0) + 1
        kind = event.type if seen[event.type] == 1 else f"{event.type}#{seen[event.type]}"
        place = f"{where}, event {kind}"
        try:
            rules.append(_rule(event, kind, place, frozenset(table.lookups), mapping, funnels))
        except TemplateError as error:
            raise MappingError(f"{place}: {error}") from error
    return tuple(rules)


def _needed(mapping: MappingFile, rules: Mapping[str, tuple[Rule, ...]]) -> dict[str, frozenset[str]]:
    """The columns that the files of each table must have, also those that other tables look up."""
    needed: dict[str, set[str]] = {}
    for name, table in mapping.tables.items():
        needed.setdefault(name, set()).update(table.lookups.values(), [table.key] if table.key else [])
        for rule in rules[name]:
            for column in _columns_of(rule):
                if not column.optional:
                    needed.setdefault(column.lookup or name, set()).add(column.name)
    return {name: frozenset(columns) for name, columns in needed.items()}


def _columns_of(rule: Rule) -> Iterable[Column]:
    templates = (rule.subject, rule.journey, *rule.times, *(field.template for field in rule.data))
    for template in templates:
        yield from template.columns
    for condition in rule.when:
        yield condition.column


def _rule(
    event: EventFile, kind: str, where: str, lookups: frozenset[str], mapping: MappingFile, funnels: Funnels
) -> Rule:
    if event.type not in TYPES:
        raise MappingError(f"{where}: type: there is no such event{_closest(event.type, TYPES)}")
    entity = TYPES[event.type].entity
    for name, text in (("subject", event.subject), ("journey", event.journey or event.subject)):
        allowed = (f"{entity}/",) if name == "subject" else ("lead/", "deal/")
        if not text.startswith(allowed):
            raise MappingError(f"{where}: {name}: {text!r} must start with {' or '.join(allowed)}")
    times = [event.time] if isinstance(event.time, str) else event.time
    if not times:
        raise MappingError(f"{where}: time: name the column of the date, such as {{close_date}}")
    return Rule(
        type=event.type,
        kind=kind,
        entity=entity,
        when=tuple(_condition(name, test, lookups, where) for name, test in event.when.items()),
        subject=parse_template(event.subject, lookups),
        journey=parse_template(event.journey or event.subject, lookups),
        times=tuple(parse_template(text, lookups) for text in times),
        data=tuple(_fields(event, where, lookups, mapping, funnels)),
    )


def _condition(name: str, test: When, lookups: frozenset[str], where: str) -> Condition:
    (column,) = parse_template(f"{{{name}}}", lookups).columns
    match test:
        case bool():
            return Condition(column, None, negated=not test)
        case str():
            return Condition(column, frozenset({test}))
        case NotFile(values):
            return Condition(column, frozenset(values), negated=True)
        case _:
            if not test:
                raise MappingError(f"{where}: when: {name} = [] never holds: write the texts")
            return Condition(column, frozenset(test))


def _fields(
    event: EventFile,
    where: str,
    lookups: frozenset[str],
    mapping: MappingFile,
    funnels: Funnels,
) -> Iterable[Field]:
    allowed = [field.name for field in msgspec.structs.fields(TYPES[event.type].wire)]
    for name, given in event.data.items():
        if name not in allowed:
            hint = _closest(name, allowed) or f": it has {', '.join(allowed) or 'no data'}"
            raise MappingError(f"{where}: data: {event.type} has no field {name!r}{hint}")
        value = given if isinstance(given, ValueFile) else ValueFile(value=str(given))
        if value.map is not None and value.map not in mapping.maps:
            raise MappingError(f"{where}: {name}: there is no [maps.{value.map}], add it")
        field = Field(
            name,
            _KINDS.get(name, "text"),
            parse_template(value.value, lookups),
            mapping.maps[value.map] if value.map else {},
            frozenset(value.absent),
            given if isinstance(given, int) and _KINDS.get(name) != "money" else None,
        )
        _check_words(field, where, funnels)
        yield field


def _check_words(field: Field, where: str, funnels: Funnels) -> None:
    """What the mapping itself writes must be right; what the file says is the stream's to judge."""
    known = {"stage": sorted(funnels.stage_ids), "channel": list(funnels.channels)}.get(field.name)
    if known is None:
        return
    constant = () if field.template.columns else (field.template.render({}),)
    for word in (*field.words.values(), *constant):
        if word not in known:
            hint = _closest(word, known) or f": use one of {', '.join(known)}"
            raise MappingError(f"{where}: {field.name}: there is no {field.name} {word!r}{hint}")


def _closest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f": did you mean {close[0]}?" if close else ""
