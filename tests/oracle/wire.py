"""From raw records to distinct events, read by the standard library alone.

The other reading of the contract: whatever `streams` makes of the same bytes is held against this one.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from tests.oracle import ledger_wire
from tests.oracle.units import Refused, money, time_ms, words

MAX_BYTES: Final = 64 * 1024
FUTURE_MS: Final = 15 * 60_000

CHANNELS: Final = ("active", "inbound", "regular", "vip", "partner", "unknown")
STAGES: Final = frozenset(
    words(
        "prospect_added enquiry deal_created partner_contacted first_touch contacted "
        "decision_maker_reached qualified conversation_held meeting_scheduled meeting_held offer_sent "
        "offer_reviewed contract_agreed invoice_issued"
    )
)
RANKS: Final = {
    verb: rank
    for rank, verb in enumerate(
        words(
            "created updated linked assigned contact_attempted first_touch responded scored "
            "conversation_held qualified disqualified stage_changed meeting_set meeting_held offer_sent "
            "offer_reviewed contract_agreed invoice_issued line_sold amount_changed payment_received "
            "payment_reversed lost reopened won merged deleted"
        )
    )
}
LEAD_ONLY: Final = frozenset(words("responded qualified disqualified merged"))
DEAL_ONLY: Final = frozenset(
    words(
        "linked invoice_issued line_sold amount_changed payment_received payment_reversed lost reopened won"
    )
)

SHORT: Final = 128
LONG: Final = 256
TEXTS: Final = ("source", "campaign", "region", "industry", "reason", "type", "subject", "partitionkey")
_ATTRIBUTES: Final = ("channel", "source", "campaign", "region", "industry", "owner", "customer")
_REQUIRED: Final = {
    "linked": ("lead",),
    "assigned": ("owner",),
    "responded": ("by",),
    "scored": ("score",),
    "disqualified": ("reason",),
    "stage_changed": ("stage",),
    "invoice_issued": ("invoice", "amount"),
    "line_sold": ("line", "amount"),
    "amount_changed": ("amount",),
    "payment_received": ("payment", "amount"),
    "payment_reversed": ("payment",),
    "merged": ("into",),
}
_OPTIONAL: Final = {
    "created": (*_ATTRIBUTES, "amount"),
    "updated": _ATTRIBUTES,
    "contact_attempted": ("by", "party"),
    "first_touch": ("party",),
    "conversation_held": ("party",),
    "meeting_set": ("party",),
    "meeting_held": ("party",),
    "line_sold": ("cost", "kind", "recurring"),
    "lost": ("reason",),
    "won": ("amount",),
}
_CHOICES: Final = {
    "by": ("human", "auto"),
    "party": ("client", "partner", "decision_maker"),
    "kind": ("new", "repeat", "upsell", "cross_sell"),
}
_DEFAULTS: Final = {"by": "human", "party": "client", "kind": "new", "recurring": False}


@dataclass(frozen=True)
class Record:
    """One record as Kafka holds it."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    timestamp_ms: int


@dataclass(frozen=True, order=True)
class Event:
    """A checked event; fields are in the order by which two events are compared."""

    time_ms: int
    rank: int
    source: str
    id: str
    verb: str
    entity: str
    entity_id: str
    journey: str
    data: tuple[tuple[str, Any], ...]

    @property
    def order(self) -> tuple[int, int, str, str]:
        """Place among all events."""
        return (self.time_ms, self.rank, self.source, self.id)

    def get(self, name: str) -> Any:
        """A field of `data`, or None where the event doesn't have it."""
        return next((value for known, value in self.data if known == name), None)


def parse(record: Record) -> Event:
    """The event of a record; raises `Refused` with the reason."""
    envelope, data = _envelope(record)
    event = _event(envelope, data)
    if event.time_ms > record.timestamp_ms + FUTURE_MS:
        raise Refused("future")
    return event


def _envelope(record: Record) -> tuple[dict[str, Any], Any]:
    if record.value is None:
        raise Refused("tombstone")
    if len(record.value) > MAX_BYTES:
        raise Refused("too_large")
    try:
        found = json.loads(record.value.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise Refused("not_utf8") from None
    except RecursionError:
        raise Refused("too_deep") from None
    except ValueError:
        raise Refused("not_json") from None
    if any(name.startswith("ce_") for name, _ in record.headers):
        attributes = {name[3:]: value.decode() for name, value in record.headers if name.startswith("ce_")}
        return attributes, found
    if not isinstance(found, dict) or not found.keys() & {"type", "id", "source", "subject"}:
        raise Refused("not_an_event")
    return found, found.get("data")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _event(envelope: dict[str, Any], data: Any) -> Event:
    """Attributes are judged in this order, then the data."""
    entity, verb = _kind(_text(envelope, "type"))
    event_id, source, subject = (_text(envelope, name) for name in ("id", "source", "subject"))
    found, _, entity_id = subject.partition("/")
    if found != entity or not entity_id:
        raise Refused("bad_subject")
    if entity == "ledger":
        ledger_wire.check_subject(verb, entity_id)
    journey = subject if envelope.get("partitionkey") is None else _text(envelope, "partitionkey")
    if journey != subject and (entity != "deal" or not re.fullmatch("lead/.+", journey)):
        raise Refused("bad_partitionkey")
    at = time_ms(envelope.get("time"))
    if data is not None and not isinstance(data, dict):
        raise Refused("wrong_type")
    if entity == "ledger":
        payload, rank = ledger_wire.told(verb, data or {}, _text, CHANNELS), ledger_wire.RANKS[verb]
    else:
        payload, rank = _payload(verb, entity, data or {}), RANKS[verb]
    return Event(at, rank, source, event_id, verb, entity, entity_id, journey, payload)


def _kind(text: str) -> tuple[str, str]:
    match = re.fullmatch(r"crm\.(lead|deal|ledger)\.([a-z_]+)", text)
    if match is None:
        raise Refused("unknown_type")
    entity, verb = match.groups()
    if entity == "ledger" and verb in ledger_wire.RANKS:
        return entity, verb
    if verb == "touched" and entity != "ledger":
        raise Refused("needs_enrichment")
    if entity == "ledger" or verb not in RANKS or verb in (DEAL_ONLY if entity == "lead" else LEAD_ONLY):
        raise Refused("unknown_type")
    return entity, verb


def _payload(verb: str, entity: str, data: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    known: dict[str, Any] = {}
    for name in (*_REQUIRED.get(verb, ()), *_OPTIONAL.get(verb, ())):
        if name == "amount" and entity == "lead":
            continue
        if data.get(name) is not None:
            known[name] = _field(name, data)
        elif name in _REQUIRED.get(verb, ()):
            raise Refused("missing_field")
        elif name in _DEFAULTS:
            known[name] = _DEFAULTS[name]
    return tuple(known.items())


def _field(name: str, data: dict[str, Any]) -> Any:
    if name in ("amount", "cost"):
        return money(data[name], _text(data, "currency"))
    if name == "recurring":
        if not isinstance(data[name], bool):
            raise Refused("wrong_type")
        return data[name]
    if name == "score":
        return _score(data)
    value = _text(data, name)
    if name == "channel" and value not in CHANNELS:
        raise Refused("unknown_channel")
    if name == "stage" and value not in STAGES:
        raise Refused("unknown_stage")
    if name in _CHOICES and value not in _CHOICES[name]:
        raise Refused("bad_value")
    return value


def _text(where: dict[str, Any], name: str) -> str:
    value = where.get(name)
    if value is None:
        raise Refused("missing_field")
    if not isinstance(value, str):
        raise Refused("wrong_type")
    if not 1 <= len(value) <= (LONG if name in TEXTS else SHORT):
        raise Refused("bad_value")
    return value


def _score(data: dict[str, Any]) -> int:
    score = data["score"]
    if not isinstance(score, int) or isinstance(score, bool):
        raise Refused("wrong_type")
    if not 1 <= score <= 5:
        raise Refused("bad_value")
    return score
