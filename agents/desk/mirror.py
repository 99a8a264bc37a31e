"""The mirror in Redis, for other programs: the merged KPIs, the scorecard and who waits, each under one key.

Written by the owner of shard 0 in a task of its own. Redis may be slow or away: nothing else waits for it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

import msgspec
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

logger = logging.getLogger(__name__)

VERSION = "v1"
EVERY_SECONDS = 2.0
PATIENCE_SECONDS = 1.0
EXPIRE_SECONDS = 60
REST = 9
"""The mirror takes at most a tenth of the time: the stream comes first."""
Documents = Callable[[], Awaitable[dict[str, object]]]
"""What stands under each key, made anew."""


class Mirror:
    """One Redis; `up` says whether it took what was written last, None before the first time."""

    def __init__(self, url: str, app_id: str, documents: Documents) -> None:
        self._redis = Redis.from_url(
            url,
            socket_timeout=PATIENCE_SECONDS,
            socket_connect_timeout=PATIENCE_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._prefix, self._documents = f"sales:{VERSION}:{app_id}", documents
        self.up: bool | None = None

    async def follow(self, leads: Callable[[], bool]) -> None:
        """Write for ever, while we lead."""
        try:
            while True:
                began = time.monotonic()
                if leads():
                    await self._write(await self._documents())
                else:
                    self.up = None
                took_seconds = time.monotonic() - began
                await asyncio.sleep(min(max(EVERY_SECONDS, REST * took_seconds), EXPIRE_SECONDS / 2))
        finally:
            await self._redis.aclose()

    async def _write(self, documents: dict[str, object]) -> None:
        pipeline = self._redis.pipeline(transaction=True)
        for name, document in documents.items():
            pipeline.set(f"{self._prefix}:{name}", msgspec.json.encode(document), ex=EXPIRE_SECONDS)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await pipeline.execute()
        except Exception as error:  # noqa: BLE001 - whatever it answers, the worker goes on without it
            if self.up is not False:
                logger.warning(
                    "Redis takes nothing now, its keys expire: %s", str(error) or type(error).__name__
                )
            self.up = False
        else:
            if self.up is False:
                logger.info("Redis is written again")
            self.up = True
