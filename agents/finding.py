"""Finds a journey from any worker: who does not hold its shard asks the worker that said it does, once."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout

from agents.deal_detail import journey_of
from agents.journeys.home import partition_of
from agents.readings import WorkerState

RELAYED = "X-Voronka-Relayed"
"""On a question of another worker: it is not passed on again."""
PATIENCE_SECONDS = 2.0
MOST_BYTES = 4 * 1024 * 1024
Answer = tuple[dict[str, Any], int]
"""What to say, and the HTTP status."""


async def find_journey(state: WorkerState, key: str, *, relay: bool) -> Answer:
    """What is known of a journey; only addresses that workers have announced are ever asked."""
    if (found := journey_of(state, key)) is not None:
        return found, 200
    shard = partition_of(key, state.settings.partitions)
    if any(each.partition == shard for each in state.ready_shards()):
        return {"error": f"nothing was told of {key}"}, 404
    if relay and (address := state.desk.address(shard)):
        return await _asked(address, key, shard)
    return _unanswered(key, shard, "which no worker answers for now")


async def _asked(address: str, key: str, shard: int) -> Answer:
    try:
        async with (
            ClientSession(timeout=ClientTimeout(total=PATIENCE_SECONDS)) as session,
            session.get(
                f"http://{address}/api/journey",
                params={"key": key},
                headers={RELAYED: "1"},
                allow_redirects=False,
            ) as response,
        ):
            body = bytearray()
            async for piece in response.content.iter_chunked(64 * 1024):
                body += piece
                if len(body) > MOST_BYTES:
                    break
            if response.status in (200, 404, 503):
                return msgspec.json.decode(body, type=dict[str, Any]), response.status
    except (ClientError, OSError, TimeoutError, msgspec.MsgspecError, UnicodeDecodeError):
        pass  # whatever went wrong there, nobody has answered
    return _unanswered(key, shard, f"whose worker at {address} does not answer")


def _unanswered(key: str, shard: int, why: str) -> Answer:
    return {"error": f"{key} belongs to shard {shard}, {why}: ask again", "shard": shard}, 503
