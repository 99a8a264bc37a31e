"""`/api/waiting`: the leads that have waited longest for their first answer, over all shards."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from agents.desk.told import Missing, ToldShard
from agents.readings import ShardView, WorkerState, counted
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
    now_ms, (shards, elsewhere) = state.now_ms(), counted(state)
    waiting = await read_waiting(shards, state.settings.funnels, elsewhere.told)
    partitions = [*(each.partition for each in shards), *(each.partition for each in elsewhere.told)]
    return {
        "now_ms": now_ms,
        **shards_of(state, partitions, elsewhere.missing),
        "waiting": waiting.count,
        "leads": waiting.leads,
    }


def shards_of(state: WorkerState, counted_in: Iterable[int], missing: Iterable[Missing]) -> dict[str, Any]:
    """Whose numbers these are; `partial` where nobody answers for a shard."""
    here, absent, partitions = sorted(set(counted_in)), list(missing), state.settings.partitions
    return {
        "partial": bool(absent) or len(here) < partitions,
        "shards": here,
        "missing": [
            {"shard": each.shard, "since_ms": each.since_ms, "counted": each.counted} for each in absent
        ],
        "partitions": partitions,
    }


async def read_waiting(
    shards: Sequence[ShardView], funnels: Funnels, others: Iterable[ToldShard] = ()
) -> Waiting:
    """Scan our shards in slices: leads come and go meanwhile, and each that is told still waits."""
    count, oldest, turns = 0, list[tuple[int, str, int]](), Turns()
    for number, shard in enumerate(shards):
        for _ in shard.fold():
            await turns.give_way()
        keys = list(shard.waiting)
        count += len(keys)
        for begin in range(0, len(keys), _SLICE):
            found = _since(shard, keys[begin : begin + _SLICE], number)
            oldest = heapq.nsmallest(MOST_LEADS, (*oldest, *found))
            await turns.give_way()
    leads: list[dict[str, Any]] = []
    for _, key, number in oldest:
        lead = _lead(shards[number], key, funnels)
        if lead is not None:
            leads.append(lead)
        await turns.give_way()
    for told in others:
        count += told.about.waiting
        leads += [msgspec.to_builtins(lead) for lead in told.about.leads]
    return Waiting(count, heapq.nsmallest(MOST_LEADS, leads, key=_rank))


def _rank(lead: dict[str, Any]) -> tuple[int, str]:
    return lead["since_ms"], lead["lead"]


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
