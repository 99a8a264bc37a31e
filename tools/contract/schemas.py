"""A JSON Schema 2020-12 for every type of event: the envelope with the data of that type."""

from __future__ import annotations

from typing import Any

import msgspec

from streams.decode import LONGEST_ID, LONGEST_SOURCE
from streams.funnels import DEFAULT
from streams.money import EXPONENTS, MOST_MINOR
from streams.wire import KINDS, Kind

Schema = dict[str, Any]

_NO_CONTROLS = r"[^\u0000-\u001f\u007f-\u009f]"
_NULL: Schema = {"type": "null"}
_AMOUNT: Schema = {
    "description": "Text is in major units, such as 1234.50; an integer is in minor units.",
    "anyOf": [
        {"type": "string", "pattern": r"^[0-9]{1,16}(\.[0-9]{1,4})?$"},
        {"type": "integer", "minimum": 0, "maximum": MOST_MINOR},
    ],
}
_CURRENCY: Schema = {"description": "An active ISO 4217 code.", "enum": sorted(EXPONENTS)}
_CHANNEL: Schema = {"description": "A channel of the shipped funnels.", "enum": list(DEFAULT.channels)}
_STAGE: Schema = {"description": "A stage of the shipped funnels.", "enum": sorted(DEFAULT.stage_ids)}
_KNOWN = {
    "amount": _AMOUNT,
    "cost": _AMOUNT,
    "currency": _CURRENCY,
    "channel": _CHANNEL,
    "stage": _STAGE,
}
_TIME: Schema = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$",
}
_ONE_OF = {"crm.ledger.plan_set": ("amount", "quantity"), "crm.ledger.target_set": ("baseline", "target")}


def schema_of(kind: Kind) -> Schema:
    """The schema of a bare or structured event of that type."""
    data = _data(kind)
    required = ["id", "source", "type", "subject", "time", *(["data"] if data.get("required") else [])]
    keys = {"lead": "lead", "deal": "(lead|deal)", "ledger": "ledger"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:voronka:{kind.name}",
        "title": kind.name,
        "description": kind.payload.__doc__,
        "type": "object",
        "properties": {
            "specversion": _or_null({"const": "1.0"}),
            "id": _text("Unique with source: the pair names the event.", LONGEST_ID),
            "source": _text("Who says so, such as /hubspot/48975575.", LONGEST_SOURCE),
            "type": {"const": kind.name},
            "subject": _entity(kind.entity, "What it is about."),
            "partitionkey": _or_null(_entity(keys[kind.entity], "Journey and Kafka key; else subject.")),
            "time": {**_TIME, "description": "When it happened in the business, with zone, 1970 to 2100."},
            "receivedtime": _or_null({**_TIME, "description": "When the intake got it."}),
            "datacontenttype": _or_null({"type": "string"}),
            "data": data if data.get("required") else _or_null(data),
        },
        "required": required,
    }


def _data(kind: Kind) -> Schema:
    (made,), components = msgspec.json.schema_components([kind.wire], ref_template="{name}")
    made = components[made["$ref"]]
    required = list(made["required"])
    properties = {
        name: _field(name, made["properties"][name], name in required) for name in made["properties"]
    }
    schema: Schema = {"type": "object", "properties": properties}
    if "currency" in properties and "amount" in required:
        required.append("currency")
        properties["currency"] = _CURRENCY
    elif "currency" in properties:
        given = {"required": ["amount"], "properties": {"amount": {"not": _NULL}}}
        schema |= {"if": given, "then": {"required": ["currency"], "properties": {"currency": _CURRENCY}}}
    if kind.name in _ONE_OF:
        schema["anyOf"] = [
            {"required": [name], "properties": {name: {"not": _NULL}}} for name in _ONE_OF[kind.name]
        ]
    return {**schema, "required": required} if required else schema


def _field(name: str, made: Schema, required: bool) -> Schema:
    schema = _KNOWN.get(name) or next(option for option in made.get("anyOf", [made]) if option != _NULL)
    if schema.get("type") == "string" and "pattern" not in schema:
        bare = "(?!lead/|deal/)" if name in ("lead", "into") else ""
        schema = {**schema, "pattern": f"^{bare}{_NO_CONTROLS}*$"}
    default = {"default": made["default"]} if made.get("default") is not None else {}
    return {**schema, **default} if required else {**_or_null(schema), **default}


def _or_null(schema: Schema) -> Schema:
    """What may be left out may be null as well: both say nothing."""
    return {"anyOf": [schema, _NULL]}


def _text(description: str, longest: int) -> Schema:
    return {
        "description": description,
        "type": "string",
        "minLength": 1,
        "maxLength": longest,
        "pattern": f"^{_NO_CONTROLS}*$",
    }


def _entity(kinds: str, description: str) -> Schema:
    pattern = f"^{kinds}/{_NO_CONTROLS}{{1,{LONGEST_ID}}}$"
    return {"description": description, "type": "string", "pattern": pattern}


SCHEMAS: dict[str, Schema] = {kind.name: schema_of(kind) for kind in KINDS.values()}
