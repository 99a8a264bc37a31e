"""How what happened reaches Kafka: by clocks that are off, in three forms, late, repeated, wrongly keyed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any, Final

from tests.oracle import Record
from tests.simulator.books import VERBS, entry
from tests.simulator.lives import DAY_MS, HOUR_MS, MINUTE_MS
from tests.simulator.telling import Told, below, data_of, pick

SKEWS_MS: Final = {"/crm/a": 0, "/crm/b": 10 * MINUTE_MS, "/crm/c": -10 * MINUTE_MS, "/import/csv": 0}
ZONES: Final = (UTC, timezone(timedelta(hours=3)), timezone(timedelta(hours=-5, minutes=-30)))
LONGEST_DELAY_MS: Final = 3 * DAY_MS

Envelope = dict[str, Any]

_ASCII: Final = json.JSONEncoder().encode
_COMPACT: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def signed(rng: Random, told: Iterable[Told]) -> Iterator[Told]:
    """Each event gets the name and the clock of a producer; few are told twice with other content."""
    for serial, one in enumerate(told):
        one.source = one.source or pick(rng, ("/crm/a", "/crm/a", "/crm/b", "/crm/c"))
        one.time_ms += SKEWS_MS[one.source]
        one.id = str(serial)
        yield one
        if rng.random() < 0.005:
            at = one.time_ms if rng.random() < 0.5 else one.time_ms - below(rng, DAY_MS)
            books = one.verb in VERBS
            data = entry(rng, one.verb, at) if books else data_of(rng, one.verb, one.entity, one.name)
            yield Told(at, one.entity, one.name, one.verb, one.journey, data, one.source, one.id)


def record(rng: Random, told: Told, sent_ms: int) -> Record:
    """The event written down in one of the three forms, under its own key or now and then under another."""
    event: Envelope = {
        "id": told.id,
        "source": told.source,
        "type": f"crm.{told.entity}.{told.verb}",
        "subject": told.subject,
        "time": _time(rng, told.time_ms),
    }
    if told.journey != told.subject or rng.random() < 0.6:
        event["partitionkey"] = told.journey
    if rng.random() < 0.5:
        event["receivedtime"] = _time(rng, sent_ms)
    value, headers = _written(rng, event, told.data)
    key = told.journey.encode()
    if rng.random() < 0.06:
        key = pick(rng, (b"", told.subject.encode(), told.name.encode(), b"always the same"))
    return Record(told.topic, key or None, value, headers, sent_ms)


def _written(rng: Random, event: Envelope, data: Envelope) -> tuple[bytes, tuple[tuple[str, bytes], ...]]:
    form = rng.random()
    if form < 0.1:
        headers = tuple((f"ce_{name}", str(value).encode()) for name, value in event.items())
        return _ASCII(data).encode(), (("ce_specversion", b"1.0"), *headers)
    if data or rng.random() < 0.5:
        event["data"] = data
    if form < 0.4:
        return _ASCII({"specversion": "1.0", **event}).encode(), (
            ("content-type", b"application/cloudevents+json; charset=UTF-8"),
        )
    return (_ASCII if form < 0.5 else _COMPACT)(event).encode(), ()


def _time(rng: Random, ms: int) -> str:
    zone = pick(rng, ZONES)
    second, rest = divmod(ms, 1000)
    text = datetime.fromtimestamp(second, zone).isoformat()
    fraction = f".{rest:03}" if rest else pick(rng, ("", ".000", ".0009"))
    return text[:19] + fraction + ("Z" if zone is UTC else text[19:])


def delay_ms(rng: Random) -> int:
    """Mostly seconds, sometimes an hour, rarely three days."""
    lateness = rng.random()
    if lateness < 0.8:
        return below(rng, 5_000)
    return below(rng, HOUR_MS if lateness < 0.95 else LONGEST_DELAY_MS + 1)


def delivered(rng: Random, told: Told, start_ms: int) -> Iterator[Record]:
    """The record, and what an at-least-once producer makes of it: some more of the same.

    What is older than the world comes in its first month.
    """
    happened = told.time_ms - SKEWS_MS[told.source]
    if happened < start_ms:
        happened = start_ms + below(rng, 30 * DAY_MS)
    first = record(rng, told, happened + delay_ms(rng))
    yield first
    while rng.random() < 0.07:
        at = happened + delay_ms(rng)
        same = Record(first.topic, first.key, first.value, first.headers, at)
        yield same if rng.random() < 0.8 else record(rng, told, at)
