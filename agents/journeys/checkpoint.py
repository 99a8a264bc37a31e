"""What a shard has derived from its journeys, as messages beside them: a start reads it and folds the rest.

A checkpoint is a head, logged exactly between the journeys that it counts and those that came later, and
pieces, logged whenever they are made. When it may be believed stands in `agents.journeys.recall`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar
from uuid import uuid4

import msgspec

from agents.journeys.fingerprint import fingerprint
from streams.cooling import amounts_as_bytes, amounts_of_bytes, cooled, warmed
from streams.rows import RowKey, Rows
from streams.rules import Rules
from streams.standing import Shelf, Standing
from streams.totals import Totals

EntryT = TypeVar("EntryT")
PIECE_BYTES = 32 * 1024
"""About as long is a piece before it is compressed: what takes a millisecond or two."""
AT_ONCE = 500
"""Entries of a part, so that none is much longer than that."""


class Head(msgspec.Struct, frozen=True, array_like=True):
    """`rules` is the fingerprint of all that decides how journeys are counted.

    Totals stood at `now_ms`, the worker's clock at `clock_ms`.
    """

    id: bytes
    rules: str
    journeys: int
    now_ms: int
    clock_ms: int


class Piece(msgspec.Struct, frozen=True, array_like=True):
    """The `number`th piece of the checkpoint `id`: parts, compressed."""

    id: bytes
    number: int
    last: bool
    parts: bytes


class RowsPart(msgspec.Struct, frozen=True, array_like=True, tag="rows"):
    """Rows in the order of their numbers."""

    rows: list[tuple[RowKey, list[int]]]


class PanesPart(msgspec.Struct, frozen=True, array_like=True, tag="panes"):
    """Rows of several panes, one after the other: of each pane so many."""

    shelves: list[tuple[Shelf, int]]
    rows: list[int]
    amounts: list[bytes]


class RestingPart(msgspec.Struct, frozen=True, array_like=True, tag="resting"):
    """An hour that rests."""

    shelf: Shelf
    pane: bytes


class LaterPart(msgspec.Struct, frozen=True, array_like=True, tag="later"):
    """Facts that do not exist yet."""

    facts: list[tuple[int, int, int]]
    amounts: list[bytes]


class LeastPart(msgspec.Struct, frozen=True, array_like=True, tag="least"):
    """How many leads of a channel wait since when (ms)."""

    channel: str
    times: dict[int, int]


class WaitingPart(msgspec.Struct, frozen=True, array_like=True, tag="waiting"):
    """Journeys whose lead waits for its first answer, and since when (ms)."""

    since: dict[str, int]


Part = RowsPart | PanesPart | RestingPart | LaterPart | LeastPart | WaitingPart
_encode = msgspec.msgpack.Encoder().encode
_parts_of = msgspec.msgpack.Decoder(list[Part]).decode
head_of = msgspec.msgpack.Decoder(Head).decode
piece_of = msgspec.msgpack.Decoder(Piece).decode


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a shard held at one moment; made into messages while the shard goes on."""

    head: Head
    standing: Standing
    waiting: Mapping[str, int]
    rows: list[tuple[RowKey, tuple[int, ...]]]

    def first_message(self) -> bytes:
        """The head."""
        return _encode(self.head)

    def messages(self) -> Iterator[bytes]:
        """The pieces; none of them takes long to make."""
        number, parts, size = 0, list[msgspec.Raw](), 0
        for part in self._parts():
            encoded = _encode(part)
            parts.append(msgspec.Raw(encoded))
            size += len(encoded)
            if size >= PIECE_BYTES:
                yield self._piece(number, parts, last=False)
                number, parts, size = number + 1, [], 0
        yield self._piece(number, parts, last=True)

    def _piece(self, number: int, parts: list[msgspec.Raw], *, last: bool) -> bytes:
        return _encode(Piece(self.head.id, number, last, zlib.compress(_encode(parts), 1)))

    def _parts(self) -> Iterator[Part]:
        for rows in _cut(self.rows):
            yield RowsPart([(key, list(parts)) for key, parts in rows])
        yield from self._panes()
        for facts in _cut(self.standing.later.items()):
            yield LaterPart(*_apart(facts))
        for channel, times in self.standing.least.items():
            for counts in _cut(times.items()):
                yield LeastPart(channel, dict(counts))
        for since in _cut(self.waiting.items()):
            yield WaitingPart(dict(since))

    def _panes(self) -> Iterator[Part]:
        shelves, found = list[tuple[Shelf, int]](), list[tuple[int, int]]()
        for shelf, pane in self.standing.shelves:
            if isinstance(pane, bytes):
                yield RestingPart(shelf, pane)
                continue
            for entries in _cut(pane.items()):
                shelves.append((shelf, len(entries)))
                found += entries
                if len(found) >= AT_ONCE:
                    yield PanesPart(shelves, *_apart(found))
                    shelves, found = [], []
        yield PanesPart(shelves, *_apart(found))


def checkpoint_of(
    journeys: int, totals: Totals, waiting: Mapping[str, int], rules: Rules, clock_ms: int
) -> Checkpoint:
    """What totals hold of so many journeys, as it is now."""
    standing = totals.standing()
    head = Head(uuid4().bytes, fingerprint(rules), journeys, standing.now_ms, clock_ms)
    return Checkpoint(head, standing, dict(waiting), rules.rows.table())


class Resumed:
    """Totals that go on from a checkpoint, once all its pieces were taken in their order."""

    def __init__(self, head: Head, totals: Totals, rows: Rows) -> None:
        self._now_ms, self.totals, self._rows = head.now_ms, totals, rows
        self.waiting: dict[str, int] = {}
        self._table: list[tuple[RowKey, list[int]]] = []
        self._numbers: list[int] = []
        """By the number of a row there, that of the row here."""
        self._same = True

    def take(self, piece: bytes) -> None:
        """Take the parts of a piece; raises `ValueError`, `LookupError` or `zlib.error` for what is none."""
        for part in _parts_of(zlib.decompress(piece)):
            match part:
                case RowsPart(rows):
                    self._table += rows
                    self._rows.adopt(self._table, self._numbers)
                    self._same = self._numbers == list(range(len(self._numbers)))
                case PanesPart(shelves, rows, amounts):
                    entries = zip(self._here(rows), amounts_of_bytes(amounts), strict=True)
                    self.totals.hold(
                        Standing(
                            self._now_ms, [(shelf, dict(islice(entries, size))) for shelf, size in shelves]
                        )
                    )
                case RestingPart(shelf, pane):
                    self.totals.hold(Standing(self._now_ms, [(shelf, self._resting_here(pane))]))
                case LaterPart(facts, amounts):
                    here = [(self._numbers[row], at_ms, due_ms) for row, at_ms, due_ms in facts]
                    later = dict(zip(here, amounts_of_bytes(amounts), strict=True))
                    self.totals.hold(Standing(self._now_ms, [], later))
                case LeastPart(channel, times):
                    self.totals.hold(Standing(self._now_ms, [], {}, {channel: times}))
                case WaitingPart(since):
                    self.waiting |= since

    def _here(self, rows: list[int]) -> list[int]:
        return rows if self._same else [self._numbers[row] for row in rows]

    def _resting_here(self, pane: bytes) -> bytes:
        if self._same:
            return pane
        return cooled({self._numbers[row]: packed for row, packed in warmed(pane).items()})


def _apart(entries: Iterable[tuple[EntryT, int]]) -> tuple[list[EntryT], list[bytes]]:
    return [entry for entry, _ in entries], amounts_as_bytes([packed for _, packed in entries])


def _cut(entries: Iterable[EntryT]) -> Iterator[list[EntryT]]:
    """Lists of at most `AT_ONCE`; an empty one where there are none."""
    left = iter(entries)
    some = list(islice(left, AT_ONCE))
    yield some
    while some := list(islice(left, AT_ONCE)):
        yield some
