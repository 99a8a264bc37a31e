"""When shards log checkpoints: often enough that a start folds little, seldom enough that nobody notices."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

from agents.journeys.shard import JourneyShard
from agents.lane import KEEP_MS, LaneStats, Slot, checkpoint, take_back

LEAST = 1_000
"""Journeys that are folded at a start in no time: a shard with fewer needs no checkpoint."""
SHARE = 64
"""A start may have to fold this part of all journeys, as they were and as they are."""
LOOK_SECONDS = 2.0
TAKEN_BACK = -1
"""The time of checkpoints that were."""
REST_SECONDS, BYTES_A_SECOND = 60.0, 200_000
"""A shard rests for a minute at least after a checkpoint, and logs no more bytes on average."""


class Checkpointing:
    """The task of one worker."""

    def __init__(
        self, slots: Mapping[int, Slot[JourneyShard]], stats: LaneStats, behind: Callable[[], bool]
    ) -> None:
        self._slots, self._stats, self._behind = slots, stats, behind
        self._not_before: dict[int, float] = {}

    async def keep(self) -> None:
        """Log what is due, one shard after the other, for ever; nothing amid a backlog."""
        while True:
            for number, slot in list(self._slots.items()):
                if slot.ready and slot.shard.stats.audit_drift:
                    await self._take_back(slot)
                elif slot.ready and not self._behind() and self._due(number, slot.shard):
                    await self._log(number, slot)
            await asyncio.sleep(LOOK_SECONDS)

    def _due(self, number: int, shard: JourneyShard) -> bool:
        """Whether a start would have to fold too many, or the last one grows old."""
        journeys = len(shard.journeys)
        rests = time.monotonic() < self._not_before.get(number, 0.0)
        if rests or journeys < LEAST:
            return False
        age_ms = time.time() * 1000 - shard.checkpoint_ms
        return shard.changes * SHARE >= journeys or age_ms >= KEEP_MS / 3

    async def _take_back(self, slot: Slot[JourneyShard]) -> None:
        """What an audit has found wrong is not handed down, nor what was logged before it looked."""
        if slot.shard.checkpoint_ms != TAKEN_BACK and await take_back(slot):
            slot.shard.checkpoint_ms = TAKEN_BACK

    async def _log(self, number: int, slot: Slot[JourneyShard]) -> None:
        shard, changes = slot.shard, slot.shard.changes
        size = await checkpoint(slot)
        if size is not None:
            self._not_before[number] = time.monotonic() + max(REST_SECONDS, size / BYTES_A_SECOND)
            shard.changes, shard.checkpoint_ms = max(0, shard.changes - changes), int(time.time() * 1000)
            self._stats.checkpoints += 1
            self._stats.checkpoint_bytes += size
