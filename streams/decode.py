"""From a raw record to a checked `Event`, or to a `Rejected` that names the reason, the field and the fix.

Attributes are judged before data, in a fixed order, so the same fault has the same reason in all three forms.
"""

from __future__ import annotations

from typing import Any

from msgspec import Raw, ValidationError

from streams.events import Entity, Event, Payload, Reason, Rejected
from streams.explain import read_again
from streams.forms import Headers, is_json_type, open_record
from streams.funnels import DEFAULT, Funnels
from streams.instants import instant_fix, parse_instant
from streams.payload_checks import first_failure, has_controls
from streams.wire import KINDS, THIN, Envelope, Kind

FUTURE_MS = 15 * 60_000
"""How far an event's time may lie after its record's own timestamp."""
LONGEST_ID, LONGEST_SOURCE = 128, 256


def decode(raw: bytes | None, headers: Headers = (), *, funnels: Funnels = DEFAULT) -> Event | Rejected:
    """The event of a Kafka record's value and headers, in structured, binary or bare form. Never raises."""
    envelope = open_record(raw, headers)
    if isinstance(envelope, Rejected):
        return envelope
    kind = _kind(envelope)
    if isinstance(kind, Rejected):
        return kind
    if not _is_text(envelope.id, LONGEST_ID):
        return _bad_text("id", envelope.id, LONGEST_ID)
    if not _is_text(envelope.source, LONGEST_SOURCE):
        return _bad_text("source", envelope.source, LONGEST_SOURCE)
    entity_id = _entity_id(envelope.subject, kind.entity)
    if isinstance(entity_id, Rejected):
        return entity_id
    journey = _journey(envelope.subject, envelope.partitionkey, kind.entity)
    if isinstance(journey, Rejected):
        return journey
    time_ms = _instant("time", envelope.time)
    if isinstance(time_ms, Rejected):
        return time_ms
    received_ms = None if envelope.receivedtime is None else _instant("receivedtime", envelope.receivedtime)
    if isinstance(received_ms, Rejected):
        return received_ms
    data = _payload(kind, envelope.data, funnels)
    if isinstance(data, Rejected):
        return data
    return Event(
        id=envelope.id,
        source=envelope.source,
        entity=kind.entity,
        entity_id=entity_id,
        journey=journey,
        time_ms=time_ms,
        received_ms=received_ms,
        data=data,
    )


def check_future(event: Event, record_ms: int) -> Rejected | None:
    """A rejection if the event is dated more than 15 min after its record's timestamp (-1: it has none)."""
    if record_ms < 0 or event.time_ms <= record_ms + FUTURE_MS:
        return None
    fix = "send the time when it happened; if it is right, mend the clock of the sender or the broker"
    return Rejected(reason="future", field="time", fix=fix)


def _kind(envelope: Envelope) -> Kind | Rejected:
    if envelope.specversion != "1.0" and envelope.specversion is not None:
        return Rejected(reason="bad_value", field="specversion", fix="send CloudEvents 1.0")
    form = envelope.datacontenttype
    if form is not None and form != "application/json" and not is_json_type(form):
        return Rejected(reason="bad_value", field="datacontenttype", fix="send data as application/json")
    name = envelope.type
    kind = KINDS.get(name) if type(name) is str else None
    if kind is not None:
        return kind
    if name is None and envelope.id is None and envelope.source is None and envelope.subject is None:
        fix = "send a CloudEvent with id, source, type, subject, time and data"
        return Rejected(reason="not_an_event", field="value", fix=fix)
    if not _is_text(name, LONGEST_ID):
        return _misfit("type", name, "bad_value", "send a type of the contract, such as crm.lead.created")
    if name in THIN:
        fix = f"fetch the {name.split('.')[1]} and send what changed, such as crm.deal.stage_changed"
        return Rejected(reason="needs_enrichment", field="type", fix=fix)
    return _misfit("type", name, "unknown_type", "send a type of the contract, such as crm.lead.created")


def _is_text(value: Any, longest: int) -> bool:
    if type(value) is not str or not 0 < len(value) <= longest:
        return False
    return value.isprintable() or not has_controls(value)


def _misfit(field: str, value: Any, reason: Reason, fix: str) -> Rejected:
    """`reason` is for texts: what is absent or no text has a reason of its own."""
    if value is None:
        reason = "missing_field"
    elif not isinstance(value, str):
        reason = "wrong_type"
    return Rejected(reason=reason, field=field, fix=fix)


def _bad_text(field: str, value: Any, longest: int) -> Rejected:
    fix = f"send text of 1 to {longest} characters without control characters"
    return _misfit(field, value, "bad_value", fix)


def _entity_id(subject: Any, entity: Entity) -> str | Rejected:
    if type(subject) is str:
        named, _, entity_id = subject.partition("/")
        if named == entity and _is_text(entity_id, LONGEST_ID):
            return entity_id
    fix = f"send {entity}/ and an id of 1 to {LONGEST_ID} characters"
    return _misfit("subject", subject, "bad_subject", fix)


def _journey(subject: str, key: Any, entity: Entity) -> str | Rejected:
    """The subject itself, or the lead of a deal; one object in memory where they are equal."""
    if key is None or key == subject:
        return subject
    if entity != "deal":
        return _misfit("partitionkey", key, "bad_partitionkey", "send the same as subject, or leave it out")
    if type(key) is str and key.startswith("lead/") and _is_text(key[5:], LONGEST_ID):
        return key
    fix = "send lead/ and the id of the deal's lead, or the same as subject"
    return _misfit("partitionkey", key, "bad_partitionkey", fix)


def _instant(field: str, text: Any) -> int | Rejected:
    if type(text) is str:
        time_ms = parse_instant(text)
        if time_ms is not None:
            return time_ms
    if field == "time" and (text is None or text == ""):
        fix = "say when it happened: an RFC 3339 date-time with zone, such as 2026-03-01T09:30:00+03:00"
        return Rejected(reason="no_date", field=field, fix=fix)
    return _misfit(field, text, "bad_time", instant_fix(text))


def _payload(kind: Kind, data: Raw, funnels: Funnels) -> Payload | Rejected:
    try:
        wire = kind.read(data)
    except ValidationError:
        wire = read_again(kind, data)
        if isinstance(wire, Rejected):
            return wire
    payload: Payload | Rejected = wire if kind.build is None else kind.build(wire)
    if isinstance(payload, Rejected):
        return payload
    return first_failure(kind, payload, funnels) or payload
