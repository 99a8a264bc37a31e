"""The audit: all journeys folded once more beside the running totals, which must come to the same."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from typing import Protocol

from agents.turns import rest_seconds
from streams.book import Facts
from streams.totals import ALL, Totals
from streams.windows import WINDOWS

PIECE_PAUSE_SECONDS, MOST_PAUSE_SECONDS = 0.05, 0.5
"""Between pieces of an audit; a piece takes a millisecond or two."""
ROUND_SECONDS = 600.0


class Audit:
    """A second set of totals that follows the first: each journey is folded once, then by its differences."""

    def __init__(self, totals: Totals) -> None:
        self.totals = totals
        self._seen: set[str] = set()

    def visit(self, key: str, facts: Facts) -> None:
        """Fold a journey whose totals are up to date, unless it was new since the audit began."""
        if key not in self._seen:
            self._seen.add(key)
            self.totals.exchange(facts, {})

    def follow(self, key: str, now: Facts, before: Facts) -> None:
        """A journey has changed: what was not visited yet will be, with what it says then."""
        if key in self._seen:
            self.totals.exchange(now, before)
        elif not before:
            self._seen.add(key)
            self.totals.exchange(now, before)

    def drift(self, running: Totals) -> Iterator[int]:
        """For each window how many sums differ, both sets being at one moment."""
        for _ in self.totals.settling():
            yield 0
        for window in (*WINDOWS, ALL):
            for totals in (running, self.totals):
                totals.advance(max(running.now_ms, self.totals.now_ms))
            found, expected = running.sums(window), self.totals.sums(window)
            keys = found.keys() | expected.keys()
            yield sum(found.get(key, 0) != expected.get(key, 0) for key in keys)


class Audited(Protocol):
    """A shard that can be audited."""

    def audit(self) -> Generator[None]: ...


async def keep_auditing(
    shards: Callable[[], Sequence[Audited]],
    *,
    pause_seconds: float = PIECE_PAUSE_SECONDS,
    round_seconds: float = ROUND_SECONDS,
) -> None:
    """Audit one shard after the other, for ever, with a small part of one core."""
    while True:
        for shard in shards():
            began = time.monotonic()
            with closing(shard.audit()) as pieces:
                for _ in pieces:
                    took_seconds = time.monotonic() - began
                    await asyncio.sleep(rest_seconds(took_seconds, pause_seconds, MOST_PAUSE_SECONDS))
                    if shard not in shards():
                        break
                    began = time.monotonic()
        await asyncio.sleep(round_seconds)
