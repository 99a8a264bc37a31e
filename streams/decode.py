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
from streams.ledger_keys import is_plan_subject
from streams.ledger_payloads import PlanSet
from streams.payload_checks import CHECKS, has_controls
from streams.refused import RefusedError
from streams.wire import KINDS, THIN, Envelope, Kind

FUTURE_MS = 15 * 60_000
"""How far an event's time may lie after its record's own timestamp."""
LONGEST_ID, LONGEST_SOURCE = 128, 256
_JSON_DATA = (None, "application/json")
_PLAN_FIX = (
    "send ledger/ and department, channel/<id>, channel/<id>/<source>, source/<name>, rep/<code> or team/<id>"
)


def decode(raw: bytes | None, headers: Headers = (), *, funnels: Funnels = DEFAULT) -> Event | Rejected:
    """The event of a Kafka record's value and headers, in structured, binary or bare form. Never raises."""
    try:
        return _event(open_record(raw, headers), funnels)
    except RefusedError as refused:
        return refused.rejected


def check_future(event: Event, record_ms: int) -> Rejected | None:
    """A rejection if the event is dated more than 15 min after its record's timestamp (-1: it has none)."""
    if record_ms < 0 or event.time_ms <= record_ms + FUTURE_MS:
        return None
    fix = "send the time when it happened; if it is right, mend the clock of the sender or the broker"
    return Rejected(reason="future", field="time", fix=fix)


def _event(envelope: Envelope, funnels: Funnels) -> Event:
    kind = KINDS.get(envelope.type) if type(envelope.type) is str else None
    if kind is None or envelope.specversion != "1.0" or envelope.datacontenttype not in _JSON_DATA:
        kind = _unusual_kind(envelope)
    entity = kind.entity
    event_id, source, subject, key = envelope.id, envelope.source, envelope.subject, envelope.partitionkey
    if not _is_text(event_id, LONGEST_ID):
        raise _misfit("id", event_id, "bad_value", _text_fix(LONGEST_ID))
    if not _is_text(source, LONGEST_SOURCE):
        raise _misfit("source", source, "bad_value", _text_fix(LONGEST_SOURCE))
    if type(subject) is not str:
        raise _misfit("subject", subject, "bad_subject", _subject_fix(entity))
    named, _, entity_id = subject.partition("/")
    if named != entity or not _is_text(entity_id, LONGEST_ID):
        raise _misfit("subject", subject, "bad_subject", _subject_fix(entity))
    if kind.payload is PlanSet and not is_plan_subject(entity_id):
        raise RefusedError("bad_subject", "subject", _PLAN_FIX)
    received = envelope.receivedtime
    return Event(
        id=event_id,
        source=source,
        entity=entity,
        entity_id=entity_id,
        journey=subject if key is None or key == subject else _other_journey(entity, key),
        time_ms=_instant("time", envelope.time),
        received_ms=None if received is None else _instant("receivedtime", received),
        data=_payload(kind, envelope.data, funnels),
    )


def _payload(kind: Kind, data: Raw, funnels: Funnels) -> Payload:
    try:
        wire = kind.read(data)
    except ValidationError:
        wire = read_again(kind, data)
    payload: Payload = wire if kind.build is None else kind.build(wire)
    for check in CHECKS[kind.name]:
        check(payload, funnels)
    return payload


def _unusual_kind(envelope: Envelope) -> Kind:
    """The kind where a quick look at version, content type and type did not suffice."""
    if envelope.specversion is not None and envelope.specversion != "1.0":
        raise RefusedError("bad_value", "specversion", "send CloudEvents 1.0")
    if envelope.datacontenttype is not None and not is_json_type(envelope.datacontenttype):
        raise RefusedError("bad_value", "datacontenttype", "send data as application/json")
    name, fix = envelope.type, "send a type of the contract, such as crm.lead.created"
    if name is None and envelope.id is None and envelope.source is None and envelope.subject is None:
        fix = "send a CloudEvent with id, source, type, subject, time and data"
        raise RefusedError("not_an_event", "value", fix)
    if not _is_text(name, LONGEST_ID):
        raise _misfit("type", name, "bad_value", fix)
    if name in THIN:
        fix = f"fetch the {name.split('.')[1]} and send what changed, such as crm.deal.stage_changed"
        raise RefusedError("needs_enrichment", "type", fix)
    if name not in KINDS:
        raise RefusedError("unknown_type", "type", fix)
    return KINDS[name]


def _other_journey(entity: Entity, key: Any) -> str:
    """A journey that is not the subject itself: only a deal may name one, and only a lead's."""
    if entity != "deal":
        raise _misfit("partitionkey", key, "bad_partitionkey", "send the same as subject, or leave it out")
    if type(key) is str and key.startswith("lead/") and _is_text(key[5:], LONGEST_ID):
        return key
    fix = "send lead/ and the id of the deal's lead, or the same as subject"
    raise _misfit("partitionkey", key, "bad_partitionkey", fix)


def _instant(field: str, text: Any) -> int:
    time_ms = parse_instant(text) if type(text) is str else None
    if time_ms is not None:
        return time_ms
    if field == "time" and (text is None or text == ""):
        fix = "say when it happened: an RFC 3339 date-time with zone, such as 2026-03-01T09:30:00+03:00"
        raise RefusedError("no_date", field, fix)
    raise _misfit(field, text, "bad_time", instant_fix(text))


def _is_text(value: Any, longest: int) -> bool:
    if type(value) is not str or not 0 < len(value) <= longest:
        return False
    return value.isprintable() or not has_controls(value)


def _misfit(field: str, value: Any, reason: Reason, fix: str) -> RefusedError:
    """`reason` is for texts: what is absent or no text has a reason of its own."""
    if value is None:
        reason = "missing_field"
    elif type(value) is not str:
        reason = "wrong_type"
    return RefusedError(reason, field, fix)


def _text_fix(longest: int) -> str:
    return f"send text of 1 to {longest} characters without control characters"


def _subject_fix(entity: Entity) -> str:
    return f"send {entity}/ and an id of 1 to {LONGEST_ID} characters"
