"""`/api/live`: the live page's numbers as server-sent events, pushed when they change.

Nothing is queued: whoever is ready gets the newest numbers, computed once for all who watch a window.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import msgspec
from aiohttp.web import Request, StreamResponse

from agents.pulse import about, pulse_of
from agents.readings import WorkerState, counted, shard_mark

PAUSE_SECONDS = 0.2
"""How often a viewer looks for news; with one computation it stays far below the second that we promise."""
BEAT_SECONDS = 5.0
DROP_SECONDS = 10.0
"""A viewer that takes nothing for so long is cut off; browsers come back by themselves."""
MOST_VIEWERS = 200
_MINUTE_MS = 60_000
_HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}

Mark = tuple[object, ...]
"""What all numbers follow from: while it stays, they do."""


@dataclass(frozen=True, slots=True)
class News:
    """One window's numbers as they are sent; no newer ones are made before `good_until` (monotonic)."""

    mark: Mark
    message: bytes
    good_until: float


class Live:
    """The numbers of each window that somebody watches."""

    def __init__(self, state: WorkerState, drop_seconds: float = DROP_SECONDS) -> None:
        self._state, self._drop_seconds = state, drop_seconds
        self._about = message("about", about(state.settings))
        self._news: dict[str, News] = {}
        self._one_at_a_time = asyncio.Lock()
        self._closing = asyncio.Event()
        self.watched: Counter[str] = Counter()
        """Viewers by window."""

    async def close(self, *_: object) -> None:
        """End every stream: the worker stops."""
        self._closing.set()

    @property
    def full(self) -> bool:
        """Whether no further viewer is let in."""
        return self.watched.total() >= MOST_VIEWERS

    async def stream(self, request: Request, window: str) -> StreamResponse:
        """Send what the page must know, then the numbers whenever they change, until either side leaves."""
        response = StreamResponse(headers=_HEADERS)
        with self._viewer(window):
            await response.prepare(request)
            if request.method == "HEAD":
                return response
            try:
                await self._feed(request, response, window)
            except TimeoutError:
                if request.transport is not None:
                    request.transport.abort()
            except ConnectionError:
                pass  # the viewer has left
        return response

    async def _feed(self, request: Request, response: StreamResponse, window: str) -> None:
        seen, sent_at = None, 0.0
        await self._send(response, self._about)
        while not self._closing.is_set() and request.transport and not request.transport.is_closing():
            news = await self._newest(window)
            if news is not seen:
                await self._send(response, news.message)
                seen, sent_at = news, time.monotonic()
            elif time.monotonic() - sent_at >= BEAT_SECONDS:
                await self._send(response, message("beat", self._state.now_ms()))
                sent_at = time.monotonic()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), PAUSE_SECONDS)

    async def _send(self, response: StreamResponse, data: bytes) -> None:
        async with asyncio.timeout(self._drop_seconds):
            await response.write(data)

    @contextmanager
    def _viewer(self, window: str) -> Iterator[None]:
        self.watched[window] += 1
        try:
            yield
        finally:
            self.watched[window] -= 1
            if not self.watched[window]:
                del self.watched[window]
                self._news.pop(window, None)

    async def _newest(self, window: str) -> News:
        """Made anew only after a change, and after a rest as long as the work was: the stream comes first."""
        async with self._one_at_a_time:
            news, mark, began = self._news.get(window), mark_of(self._state), time.monotonic()
            if news is None or (news.mark != mark and began >= news.good_until):
                body = message("pulse", await pulse_of(self._state, window))
                took = time.monotonic() - began
                rest = max(PAUSE_SECONDS, took) * len(self.watched)
                news = self._news[window] = News(mark, body, began + took + rest)
            return news


def mark_of(state: WorkerState) -> Mark:
    """Counts of everything that changes a number, here and elsewhere, and the minute in which windows end."""
    minute = state.now_ms() // _MINUTE_MS
    shards, elsewhere = counted(state)
    marks = tuple((shard.partition, *shard_mark(shard, minute)) for shard in shards)
    missing = tuple((each.shard, each.counted) for each in elsewhere.missing)
    lags = tuple(position.lag for position in state.lane_positions().values())
    told = state.desk.version, missing, tuple(state.desk.lags().items())
    return marks, told, lags, state.recovered(), minute


def message(event: str, data: object) -> bytes:
    """A server-sent event; JSON has no line breaks of its own."""
    return b"event: " + event.encode() + b"\ndata: " + msgspec.json.encode(data) + b"\n\n"
