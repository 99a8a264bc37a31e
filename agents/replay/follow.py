"""Follows the worker until everything that was published is applied or quarantined, then counts both."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from http.client import HTTPConnection, HTTPException
from typing import Any

import msgspec

from agents.broker import true_ends
from agents.child import Child, ChildError
from agents.quarantine import Quarantined
from agents.replay.plan import Plan
from agents.replay.publish import FILE_HEADER, ROW_HEADER, Sent
from agents.settings import Settings

PATIENCE_SECONDS = 120.0
PAUSE_SECONDS = 0.1
_SHOWN = 3


class ReplayWorker:
    """The replay's own worker process, asked through its pages."""

    def __init__(self, child: Child, settings: Settings) -> None:
        self._child = child
        self._address = (settings.http_host, settings.http_port)

    def ask(self, path: str) -> Any:
        """The JSON of a page; None while the worker does not answer yet."""
        connection = HTTPConnection(*self._address, timeout=60)
        try:
            connection.request("GET", path)
            return msgspec.json.decode(connection.getresponse().read())
        except (OSError, HTTPException, msgspec.DecodeError):
            return None
        finally:
            connection.close()

    def await_positions(self, ends: dict[tuple[str, int], int], told: Callable[[int], None]) -> None:
        """Return once every partition is read up to its end and all its effects are acknowledged."""
        seen, deadline = None, time.monotonic() + PATIENCE_SECONDS
        while True:
            progress = self.ask("/api/progress")
            if progress is not None:
                positions = {
                    (topic, int(number)): position["durable_offset"]
                    for topic, numbers in progress["topics"].items()
                    for number, position in numbers.items()
                }
                told(progress["applied"] + progress["quarantined"])
                if all(positions.get(place, 0) >= end for place, end in ends.items()):
                    return
                if positions != seen:
                    seen, deadline = positions, time.monotonic() + PATIENCE_SECONDS
            if not self._child.running:
                raise ChildError(f"the worker ended before it was done:\n{self._child.log_tail()}")
            if time.monotonic() > deadline:
                raise ChildError(
                    f"the worker has stood still for {PATIENCE_SECONDS:.0f} s:\n{self._child.log_tail()}"
                )
            time.sleep(PAUSE_SECONDS)

    def follow(self, settings: Settings, sent: Sent, told: Callable[[int], None]) -> None:
        """Wait for the sources, then for the journeys' own moves until no new ones follow."""
        self.await_positions(sent.ends, told)
        moved: dict[int, int] | None = None
        while (ends := true_ends(settings, settings.moves_topic)) != moved:
            moved = ends
            self.await_positions({(settings.moves_topic, number): end for number, end in ends.items()}, told)


class Rows(msgspec.Struct, frozen=True):
    """Quarantined events of one kind: why, what to do, how many, and the first rows that they came from."""

    reason: str
    field: str
    columns: tuple[str, ...]
    fix: str
    events: int
    rows: tuple[str, ...]


class Balance(msgspec.Struct, frozen=True):
    """Distinct events: what was published is applied or quarantined, or the replay has failed."""

    published: int
    applied: int
    quarantined: int
    strange: int
    """Quarantined records that the replay did not send."""
    records: int
    by_reason: tuple[Rows, ...]

    @property
    def problem(self) -> str | None:
        """Nothing may vanish and nothing be counted twice; None where all is right."""
        missing = self.published - self.applied - self.quarantined
        if not (missing or self.strange):
            return None
        sides = f"{self.applied} were applied and {self.quarantined} quarantined"
        parts = [f"published {self.published} events, {sides}"]
        if missing:
            parts.append(f"{abs(missing)} too {'few' if missing > 0 else 'many'}")
        if self.strange:
            parts.append(f"the quarantine holds {self.strange} strange record(s)")
        return "; ".join([*parts, "the figures cannot be trusted, please report it"])


def count(rejected: Iterable[Quarantined], plan: Plan, sent: Sent, applied_records: int) -> Balance:
    """Weigh the worker's own count against the quarantine's content and what was sent."""
    found: dict[bytes, Quarantined] = {}
    raw_records = Counter[bytes]()
    pushed_out: set[bytes] = set()
    strange = 0
    for each in rejected:
        key = _key(each)
        if key not in sent.copies:
            strange += 1
            continue
        found.setdefault(key, each)
        if each.pushed_out:
            pushed_out.add(key)
        else:
            raw_records[key] += 1
    # The worker counts records. Of an event that was applied only its further copies are too many; one that
    # was pushed out later had been applied at first, and counts as quarantined alone.
    applied = applied_records - sum(sent.copies[key] - 1 for key in sent.copies.keys() - found.keys())
    applied -= sum(sent.copies[key] - raw_records[key] for key in pushed_out)
    return Balance(sent.events, applied, len(found), strange, sent.records, _by_reason(found, plan))


def _key(each: Quarantined) -> bytes:
    event = each.event
    try:
        return b"" if event is None else bytes.fromhex(event.id)
    except ValueError:
        return b""


def _by_reason(found: dict[bytes, Quarantined], plan: Plan) -> tuple[Rows, ...]:
    groups: dict[tuple[str, str, tuple[str, ...], str], list[Quarantined]] = {}
    for each in found.values():
        columns = plan.columns_behind(each.event.type, each.field) if each.event else ()
        groups.setdefault((each.reason, each.field, columns, each.fix), []).append(each)
    return tuple(
        Rows(*why, len(members), tuple(_place(each) for each in members[:_SHOWN]))
        for why, members in sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    )


def _place(each: Quarantined) -> str:
    headers = dict(each.headers)
    file, row = (headers.get(name, b"?").decode() for name in (FILE_HEADER, ROW_HEADER))
    return f"{file} row {row}"
