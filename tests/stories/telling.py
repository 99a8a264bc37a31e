"""How a story is told: events in a line each, and what must come of them in a table.

A line of the table is `window family total labels… amount`; an amount may be a length of time (`25h`, `3d`).
Every total that is named must have these entries and no others; `-` says that it has none.
The family `waiting_since` is the minimum; times are Moscow's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from tests.oracle import Config, Key, Record

MOSCOW = ZoneInfo("Europe/Moscow")
LENGTHS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def moment(text: str) -> datetime:
    """`2026-03-02 10:00` on the wall in Moscow."""
    return datetime.fromisoformat(text).replace(tzinfo=MOSCOW)


def ms(text: str) -> int:
    """The same as UTC milliseconds."""
    return (moment(text) - _EPOCH) // timedelta(milliseconds=1)


def lead(name: str, verb: str, at: str, /, **told: str | int) -> Record:
    """An event of a lead; `id` and `crm` name it, `journey` keys it, `record_at` is when Kafka got it."""
    return _record("lead", name, verb, at, told)


def deal(name: str, verb: str, at: str, /, **told: str | int) -> Record:
    """An event of a deal; amounts are roubles unless `currency` says otherwise."""
    if "amount" in told:
        told.setdefault("currency", "RUB")
    return _record("deal", name, verb, at, told)


def _record(entity: str, name: str, verb: str, at: str, told: dict[str, str | int]) -> Record:
    subject = f"{entity}/{name}"
    event_id = told.pop("id", f"{subject} {verb} {at}")
    journey = str(told.pop("journey", subject))
    source = told.pop("crm", "/crm")
    record_at = str(told.pop("record_at", at))
    envelope = {
        "id": event_id,
        "source": source,
        "type": f"crm.{entity}.{verb}",
        "subject": subject,
        "partitionkey": journey,
        "time": moment(at).isoformat(),
        "data": told,
    }
    return Record(f"crm.{entity}s", journey.encode(), json.dumps(envelope).encode(), (), ms(record_at))


@dataclass(frozen=True)
class Story:
    """A few events and the totals that a person worked out for them."""

    name: str
    now: str
    records: tuple[Record, ...]
    table: str
    quarantined: tuple[tuple[str, str], ...] = ()
    """(event id, reason) of what must not, or not wholly, be taken in."""
    config: Config = field(default_factory=Config)

    @property
    def now_ms(self) -> int:
        """The instant at which the totals are read."""
        return ms(self.now)

    @cached_property
    def expected(self) -> dict[tuple[str, str, str], dict[Key, int]]:
        """By (window, family, total): the entries that are not zero."""
        found: dict[tuple[str, str, str], dict[Key, int]] = {}
        for line in self.table.strip().splitlines():
            window, family, total, *labels, amount = line.split()
            entries = found.setdefault((window, family, total), {})
            if amount != "-":
                first, second = (*labels, "", "")[:2]
                entries[family, total, first, second] = _amount(amount)
        return found

    def differences(
        self, sums: Mapping[str, Mapping[Key, int]], waiting_since: Mapping[str, int]
    ) -> list[str]:
        """What is not as it must be, in words; `sums` by window, with or without zeros."""
        wrong = []
        for (window, family, total), expected in self.expected.items():
            if family == "waiting_since":
                found = {(family, total, "", ""): waiting_since.get(total, 0)}
            else:
                found = {key: n for key, n in sums[window].items() if key[:2] == (family, total) and n}
            if found != expected:
                wrong.append(f"{window} {family} {total}: expected {expected}, found {found}")
        return wrong


def _amount(text: str) -> int:
    if "T" in text:
        return ms(text)
    match = re.fullmatch(r"(-?\d+)([a-z]*)", text)
    assert match, f"{text} is no amount"
    return int(match[1]) * LENGTHS.get(match[2] or "ms", 0)


def told(name: str, now: str, events: Iterable[Record], table: str, *quarantined: tuple[str, str]) -> Story:
    """A story of a department with the usual settings."""
    return Story(name, now, tuple(events), table, quarantined)
