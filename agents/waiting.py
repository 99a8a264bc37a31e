"""`/api/waiting`: the leads that have waited longest for their first answer, in the shards that are here."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from agents.readings import ShardView, WorkerState
from agents.turns import Turns
from streams.funnels import Funnels
from streams.stories import UNKNOWN

MOST_LEADS = 50
_SLICE = 2_000
_LEAD = "lead/"


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many leads wait, and the longest waiting of them, ready for JSON."""

    count: int
    leads: list[dict[str, Any]]


async def waiting_of(state: WorkerState) -> dict[str, Any]:
    """The answer of `/api/waiting`."""
    now_ms, shards = state.now_ms(), tuple(state.ready_shards())
    waiting = await read_waiting(shards, state.settings.funnels)
    return {
        "now_ms": now_ms,
        **shards_of(state, shards),
        "waiting": waiting.count,
        "leads": waiting.leads,
    }


def shards_of(state: WorkerState, shards: Sequence[ShardView]) -> dict[str, Any]:
    """Whose numbers these are; `partial` where a shard is elsewhere or not recovered."""
    here = sorted({shard.partition for shard in shards})
    partitions = state.settings.partitions
    return {"partial": len(here) < partitions, "shards": here, "partitions": partitions}


async def read_waiting(shards: Sequence[ShardView], funnels: Funnels) -> Waiting:
    """Scan in slices: leads come and go meanwhile, and each that is told still waits."""
    count, oldest, turns = 0, list[tuple[int, str, int]](), Turns()
    for number, shard in enumerate(shards):
        keys = list(shard.waiting)
        count += len(keys)
        for begin in range(0, len(keys), _SLICE):
            found = _since(shard, keys[begin : begin + _SLICE], number)
            oldest = heapq.nsmallest(MOST_LEADS, (*oldest, *found))
            await turns.give_way()
    leads = []
    for _, key, number in oldest:
        lead = _lead(shards[number], key, funnels)
        if lead is not None:
            leads.append(lead)
        await turns.give_way()
    return Waiting(count, leads)


def _since(shard: ShardView, keys: Sequence[str], number: int) -> Iterator[tuple[int, str, int]]:
    for key in keys:
        since_ms = shard.waiting.get(key)
        if since_ms is not None:
            yield since_ms, key, number


def _lead(shard: ShardView, key: str, funnels: Funnels) -> dict[str, Any] | None:
    since_ms, story = shard.waiting.get(key), shard.told(key)
    if since_ms is None or story is None:
        return None
    return {
        "lead": key.removeprefix(_LEAD),
        "since_ms": since_ms,
        "channel": story.channel if story.channel in funnels.by_channel else UNKNOWN,
        "owner": story.owner(None),
    }
