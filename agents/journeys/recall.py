"""Which checkpoint of a changelog may be believed, and what has changed since it was made."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import msgspec

from agents.journeys.checkpoint import Head, head_of, piece_of
from agents.journeys.fingerprint import fingerprint
from agents.lane import HEAD_KEY, KEEP_MS, LaneRecord
from streams.rules import Rules


@dataclass(slots=True)
class Candidate:
    """A checkpoint as far as it was read.

    `changed` has each journey that came after its head as it was before; new ones were nothing: no bytes.
    """

    head: Head
    at_ms: int
    """When its head was logged."""
    pieces: list[bytes] = field(default_factory=list)
    whole: bool = False
    changed: dict[str, bytes] = field(default_factory=dict)


class Recall:
    """Follows the log of one shard.

    A checkpoint counts the journeys of the log before its head, each as it was told last. Compaction keeps
    the last record of a key: where it has taken one from before the head, because a later one followed, there
    is one key less before the head than the checkpoint has counted, and it is not believed.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._candidates: list[Candidate] = []
        """At most two: one that is whole, and one that may become so."""

    @property
    def follows(self) -> bool:
        """Whether changes have to be noted."""
        return bool(self._candidates)

    def note(self, key: str, known: bytes | None) -> None:
        """A journey is told anew; `known` is how it was told before, if it was."""
        for candidate in self._candidates:
            if key not in candidate.changed:
                candidate.changed[key] = known or b""

    def take(self, record: LaneRecord, journeys: int) -> None:
        """A record of a checkpoint, read when so many journeys were known; what cannot be read is none.

        A head without a value takes back all before it.
        """
        if record.value is None:
            self.forget()
            return
        try:
            if record.key == HEAD_KEY:
                self._begin(Candidate(head_of(record.value), record.timestamp), journeys)
            else:
                self._go_on(record.value)
        except msgspec.MsgspecError:
            self._candidates = self._whole()

    def forget(self) -> None:
        """None of those so far is to be believed, or needed any more."""
        self._candidates.clear()

    def newest(self) -> Candidate | None:
        """The last one that is whole, unless it is so old that compaction may have touched what it counts."""
        oldest_ms = time.time() * 1000 - KEEP_MS
        return next((candidate for candidate in self._whole() if candidate.at_ms > oldest_ms), None)

    def _whole(self) -> list[Candidate]:
        return [candidate for candidate in self._candidates if candidate.whole][-1:]

    def _begin(self, candidate: Candidate, journeys: int) -> None:
        self._candidates = self._whole()
        if candidate.head.journeys == journeys and candidate.head.rules == fingerprint(self._rules):
            self._candidates.append(candidate)

    def _go_on(self, value: bytes) -> None:
        piece = piece_of(value)
        for candidate in self._candidates:
            follows = candidate.head.id == piece.id and len(candidate.pieces) == piece.number
            if follows and not candidate.whole:
                candidate.pieces.append(piece.parts)
                candidate.whole = piece.last
        if piece.last:
            self._candidates = self._whole()
