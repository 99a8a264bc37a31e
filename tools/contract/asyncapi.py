"""The AsyncAPI 3.0 document: which topics there are, what is in them, and who reads and writes them."""

from __future__ import annotations

from typing import Any, get_args

from streams.events import Reason
from streams.forms import LARGEST_BYTES
from streams.wire import KINDS, THIN
from tools.contract.schemas import SCHEMAS

Json = dict[str, Any]

_TEXT: Json = {"type": "string"}
_IN = {
    "crm.leads": "Events of leads, keyed by journey; as many partitions as crm.deals.",
    "crm.deals": "Events of deals, keyed by journey: the lead's where there is one.",
    "crm.ledger": "Plans, targets, spend, expenses and what customers told, keyed by what they are about.",
}
_OUT = {
    "sales.quarantine": "Records that are no events, byte for byte, with the reason and their origin.",
    "sales.signals": "What Voronka noticed, as CloudEvents with an id that a repeat keeps.",
}
_ABOUT = f"""CRMs publish what happened to leads and deals; Voronka keeps the exact pulse of the department.
Events are CloudEvents 1.0: structured or binary (`ce_` headers) as in the CloudEvents binding for Kafka, or
bare JSON with the same attributes; at most {LARGEST_BYTES} bytes each. Order and repeats do not matter:
(source, id) names an event. Fields that a schema does not know are ignored; null is as good as absent.
Channels and stages are those of the shipped funnels.
{" and ".join(sorted(THIN))} say only that something changed: they wait in quarantine for an enricher."""


def document() -> Json:
    """The whole document; the schemas of events stand beside it."""
    channels = {
        _name(topic): {"address": topic, "description": about, "messages": _event_messages(topic)}
        for topic, about in _IN.items()
    }
    for topic, about in _OUT.items():
        message = _quarantined() if topic == "sales.quarantine" else _signal()
        channels[_name(topic)] = {
            "address": topic,
            "description": about,
            "messages": {message["name"]: message},
        }
    return {
        "asyncapi": "3.0.0",
        "id": "urn:voronka",
        "info": _info(),
        "defaultContentType": "application/json",
        "servers": {"kafka": {"host": "127.0.0.1:9092", "protocol": "kafka"}},
        "channels": channels,
        "operations": {
            **{f"read_{_name(topic)}": _operation("receive", topic) for topic in _IN},
            **{f"write_{_name(topic)}": _operation("send", topic) for topic in _OUT},
        },
    }


def _info() -> Json:
    return {
        "title": "Voronka",
        "version": "1.0.0",
        "description": _ABOUT,
        "contact": {"name": "Voronka", "url": "https://example.org/voronka", "email": "voronka@example.org"},
        "license": {"name": "MIT", "url": "https://opensource.org/license/mit"},
        "tags": [{"name": "sales"}],
    }


def _name(topic: str) -> str:
    return topic.rpartition(".")[2]


def _operation(action: str, topic: str) -> Json:
    return {"action": action, "channel": {"$ref": f"#/channels/{_name(topic)}"}}


def _event_messages(topic: str) -> Json:
    return {
        kind.name: {
            "name": kind.name,
            "summary": SCHEMAS[kind.name]["description"],
            "contentType": "application/cloudevents+json",
            "payload": {"$ref": f"./schemas/{kind.name}.json"},
            "bindings": {"kafka": {"key": {**_TEXT, "description": "The event's partitionkey."}}},
        }
        for kind in KINDS.values()
        if kind.topic == topic
    }


def _quarantined() -> Json:
    number = {"type": "string", "pattern": "^-?[0-9]+$"}
    headers: Json = {
        "voronka-reason": {"type": "string", "enum": list(get_args(Reason))},
        "voronka-field": {**_TEXT, "description": "What was wrong, such as data.stage."},
        "voronka-fix": {**_TEXT, "description": "What to send instead."},
        "voronka-topic": {**_TEXT, "description": "Where the record came from."},
        "voronka-partition": number,
        "voronka-offset": number,
        "voronka-timestamp": {**number, "description": "Of the record, in ms since 1970."},
    }
    return {
        "name": "quarantined",
        "summary": "A record that was not accepted; key, value and other headers are its own.",
        "contentType": "application/octet-stream",
        "headers": {"type": "object", "properties": headers, "required": list(headers)},
        "payload": {"description": "The bytes as they came; null for a tombstone."},
    }


def _signal() -> Json:
    attributes: Json = dict.fromkeys(("id", "source", "subject", "time"), _TEXT)
    attributes["type"] = {"type": "string", "pattern": r"^sales\.signal\.[a-z_]+$"}
    return {
        "name": "signal",
        "summary": "Something that a person should know of.",
        "contentType": "application/cloudevents+json",
        "payload": {
            "type": "object",
            "properties": {**attributes, "data": {"type": "object"}},
            "required": list(attributes),
        },
    }
