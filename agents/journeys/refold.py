"""Totals after a restart: those of a checkpoint and what has changed since, or all journeys folded anew."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Generator, Iterator, Mapping

from agents.journeys.checkpoint import Resumed
from agents.journeys.clock import WorkerClock
from agents.journeys.recall import Candidate
from agents.journeys.touched import journey_of
from streams.folding import counted
from streams.journeys import latest_ms
from streams.rules import Rules
from streams.totals import Totals

PIECE = 32
"""Journeys that are folded before others get their turn."""
logger = logging.getLogger(__name__)


class Refold:
    """The work of one recovery; `totals`, `waiting` and `folded` are there once `run` has come to its end."""

    def __init__(
        self, partition: int, journeys: Mapping[str, bytes], rules: Rules, clock: WorkerClock
    ) -> None:
        self._partition, self._journeys = partition, journeys
        self._rules, self._clock = rules, clock
        self.totals, self.waiting = Totals(rules.calendar, rules.rows), dict[str, int]()
        self.folded = 0
        """Journeys that had to be looked at."""
        self.resumed_ms = 0
        """When the checkpoint was logged from which the totals go on, if they do."""

    def run(self, candidate: Candidate | None) -> Iterator[None]:
        """In pieces with pauses. What a checkpoint does not hold is counted twice, as it was and as it is."""
        if candidate is not None and 2 * len(candidate.changed) > len(self._journeys):
            candidate = None
        if candidate is None or not (yield from self._resume(candidate)):
            self.totals, self.waiting = Totals(self._rules.calendar, self._rules.rows), {}
            self.totals.advance(self._clock.now_ms())
            yield from self._exchange(dict.fromkeys(self._journeys, b""))
        else:
            yield from self._exchange(candidate.changed)
        yield from self.totals.settling()
        self.totals.advance(self._clock.now_ms())
        since = "what came after a checkpoint" if self.resumed_ms else "all"
        told = self._partition, since, self.folded, len(self._journeys)
        logger.info("shard %d: folded %s, %d of %d journeys", *told)

    def _resume(self, candidate: Candidate) -> Generator[None, None, bool]:
        """Take what the checkpoint holds; False where that cannot be."""
        head = candidate.head
        if not self._clock.resume(head.clock_ms):
            logger.warning("shard %d: folds all, the clock is behind its checkpoint", self._partition)
            return False
        resumed = Resumed(head, self.totals, self._rules.rows)
        try:
            for piece in candidate.pieces:
                resumed.take(piece)
                yield
        except (ValueError, LookupError, zlib.error) as error:
            logger.warning(
                "shard %d: its checkpoint cannot be read, all is folded: %r", self._partition, error
            )
            return False
        self.waiting, self.resumed_ms = resumed.waiting, candidate.at_ms
        return True

    def _exchange(self, before: Mapping[str, bytes]) -> Iterator[None]:
        """Count these journeys as they are, and no longer as they were."""
        for number, (key, was) in enumerate(list(before.items())):
            if number % PIECE == 0:
                yield
            journey = journey_of(self._journeys[key])
            self._clock.observe(latest_ms(journey))
            facts, _, waiting_since = counted(key, journey, self._rules)
            self.totals.exchange(facts, counted(key, journey_of(was), self._rules)[0] if was else {})
            if waiting_since is not None:
                self.waiting[key] = waiting_since
            else:
                self.waiting.pop(key, None)
        self.folded = len(before)
