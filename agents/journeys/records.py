"""Records that the job writes for others: quarantined ones, forwarded events, and parts of moved journeys.

All are functions of what was read, so a repeat after a crash is recognisable as one.
"""

from __future__ import annotations

from dataclasses import replace

import msgspec
from faust.types import TP

from agents.lane import LaneRecord, Output
from streams.events import Rejected

KIND = "voronka-kind"
EVENT, PART = b"event", b"part"
OURS = "voronka-"


def quarantined(topic: str, rejected: Rejected, tp: TP, record: LaneRecord) -> Output:
    """The raw record as it came, with the reason and its origin."""
    why = (("reason", rejected.reason), ("field", rejected.field), ("fix", rejected.fix))
    headers = [*original_headers(record), *origin(tp, record)]
    headers += [(f"{OURS}{name}", text.encode()) for name, text in why]
    return Output(topic, record.key, record.value, headers=headers)


def evicted(topic: str, rejected: Rejected, source: str, event_id: str, tp: TP, record: LaneRecord) -> Output:
    """An earlier event that had to make room for this one: its name, for its raw record is not at hand."""
    name = msgspec.json.encode({"source": source, "id": event_id})
    pushed_out = quarantined(topic, rejected, tp, record)
    return replace(pushed_out, value=name)


def forwarded(topic: str, journey: str, partition: int, tp: TP, record: LaneRecord) -> Output:
    """The event under its journey's key, to the partition where its journey lives."""
    headers = [*original_headers(record), *origin(tp, record), (KIND, EVENT)]
    return Output(topic, journey.encode(), record.value, partition, headers, record.timestamp)


def part(topic: str, target: str, partition: int, told: bytes) -> Output:
    """What a journey knows, for one to which some of it was moved, or for a customer."""
    return Output(topic, target.encode(), told, partition, [(KIND, PART)])


def header(record: LaneRecord, name: str) -> bytes | None:
    """The last value of a header, if it is there."""
    return next((value for found, value in reversed(record.headers) if found == name), None)


def original_headers(record: LaneRecord) -> list[tuple[str, bytes]]:
    """The headers that the CRM wrote."""
    return [(name, value) for name, value in record.headers if not name.startswith(OURS)]


def origin(tp: TP, record: LaneRecord) -> list[tuple[str, bytes]]:
    """Where the record first stood; kept as it is where a record was forwarded.

    Headers of ours on a record that we did not forward are somebody's copy from the quarantine.
    """
    known = [pair for pair in record.headers if pair[0] in _ORIGIN]
    if header(record, KIND) == EVENT and len(known) == len(_ORIGIN):
        return known
    texts = (tp.topic, str(tp.partition), str(record.offset), str(record.timestamp))
    return [(name, text.encode()) for name, text in zip(_ORIGIN, texts, strict=True)]


_ORIGIN = tuple(f"{OURS}{name}" for name in ("topic", "partition", "offset", "timestamp"))
