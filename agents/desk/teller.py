"""What this worker has told of its shards, and what is next: changes only, under a byte budget."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from agents.desk import parts
from agents.desk.parts import Lead, Stand
from agents.readings import ShardView, shard_mark
from agents.turns import Turns
from agents.waiting import read_waiting
from streams.funnels import Funnels
from streams.kpis import ALL_TIME
from streams.windows import WINDOWS

BUDGET_BYTES = 1024 * 1024
"""At most so much is told at a time, and that at most once a second."""


@dataclass
class Account:
    """One shard under one epoch; `unsent` always holds the newest of each part that has changed."""

    shard: int
    epoch: int
    mark: object = None
    looked_ms: int = 0
    as_of_ms: int = -1
    """All that was told is true at this time; -1 before the first account is complete."""
    unsent: dict[str, bytes] = field(default_factory=dict)
    _told: dict[str, bytes] = field(default_factory=dict)
    _last: dict[str, int] = field(default_factory=dict)
    _round: int = 0

    async def look(self, shard: ShardView, now_ms: int, funnels: Funnels) -> None:
        """See what is new since the shard was looked at last."""
        self.looked_ms = now_ms
        self.mark = shard_mark(shard, now_ms)
        found, totals = {parts.ABOUT: await _about(shard, funnels)}, shard.folded
        totals.advance(now_ms)
        turns = Turns()
        for window in (*WINDOWS, ALL_TIME):
            families = parts.by_family(totals.sums(window))
            await turns.give_way()
            for family in {*families, *self._families(window)}:
                found[parts.sums_name(family, window)] = parts.write(families.get(family, {}))
                await turns.give_way()
        self.unsent = {name: body for name, body in found.items() if self._told.get(name) != _digest(body)}

    def unchanged(self, shard: ShardView, now_ms: int) -> bool:
        """Whether a look would find nothing; then what was told is true now, too."""
        if self.mark != shard_mark(shard, now_ms):
            return False
        if not self.unsent and self.as_of_ms >= 0:
            self.as_of_ms = max(self.as_of_ms, now_ms)
        return True

    def next(self, budget_bytes: int) -> list[tuple[str, bytes]]:
        """What to tell now: what was told longest ago comes first, so that nothing waits for ever."""
        chosen: list[tuple[str, bytes]] = []
        size = 0
        for name in sorted(self.unsent, key=lambda name: (name != parts.ABOUT, self._last.get(name, -1))):
            size += len(self.unsent[name])
            if chosen and size > budget_bytes:
                break
            chosen.append((name, self.unsent[name]))
        return chosen

    def sent(self, chosen: list[tuple[str, bytes]]) -> None:
        """These were acknowledged."""
        self._round += 1
        for name, body in chosen:
            self._told[name], self._last[name] = _digest(body), self._round
            if self.unsent.get(name) is body:
                del self.unsent[name]
        if not self.unsent and self.as_of_ms >= 0:
            self.as_of_ms = max(self.as_of_ms, self.looked_ms)

    def manifest(self) -> bytes | None:
        """What ends the first account; None while something is missing, or when it was told."""
        return None if self.unsent or self.as_of_ms >= 0 else parts.write(sorted(self._told))

    def complete(self) -> None:
        """The manifest was acknowledged."""
        self.as_of_ms = self.looked_ms

    def _families(self, window: str) -> set[str]:
        """What was told of a window before, and may be empty now."""
        return {name.partition("/")[0] for name in self._told if parts.window_of_part(name) == window}


def stands(accounts: Mapping[int, Account]) -> dict[int, Stand]:
    """The shards whose first account is complete, and how true each is."""
    return {
        number: Stand(account.epoch, account.as_of_ms)
        for number, account in accounts.items()
        if account.as_of_ms >= 0
    }


async def _about(shard: ShardView, funnels: Funnels) -> bytes:
    waiting = await read_waiting([shard], funnels)
    leads = [Lead(**lead) for lead in waiting.leads]
    return parts.write(parts.about(shard.stats, shard.folded.waiting_since(), waiting.count, leads))


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=16).digest()
