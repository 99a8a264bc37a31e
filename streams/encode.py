"""From an `Event` to the bytes of a bare JSON CloudEvent, which `decode` gives back as the same event."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from streams.events import Event, Money, Payload
from streams.instants import instant
from streams.wire import KINDS, Kind


class _Written(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    id: str
    source: str
    type: str
    subject: str
    partitionkey: str
    time: datetime
    data: Any
    receivedtime: datetime | None = None
    specversion: str = msgspec.field(default_factory=lambda: "1.0")


_KINDS: dict[tuple[str, type[Payload]], Kind] = {(kind.entity, kind.payload): kind for kind in KINDS.values()}
_ENCODE: Callable[[Any], bytes] = msgspec.json.Encoder().encode


def event_type(event: Event) -> str:
    """The CloudEvents type, such as `crm.lead.created`; a KeyError if its entity has no such events."""
    return _KINDS[event.entity, type(event.data)].name


def encode(event: Event) -> bytes:
    """The event as a bare JSON CloudEvent; amounts are written in minor units."""
    kind = _KINDS[event.entity, type(event.data)]
    received_ms = event.received_ms
    written = _Written(
        id=event.id,
        source=event.source,
        type=kind.name,
        subject=f"{event.entity}/{event.entity_id}",
        partitionkey=event.journey,
        time=instant(event.time_ms),
        data=_plain(event.data) if "currency" in kind.wire.__struct_fields__ else event.data,
        receivedtime=None if received_ms is None else instant(received_ms),
    )
    return _ENCODE(written)


def _plain(payload: Payload) -> dict[str, Any]:
    """The given fields of a payload, with money as an amount and its currency."""
    fields: dict[str, Any] = {}
    for name, value in msgspec.structs.asdict(payload).items():
        if isinstance(value, Money):
            fields[name] = value.amount_minor
            fields["currency"] = value.currency
        elif value is not None:
            fields[name] = value
    return fields
