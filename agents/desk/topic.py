"""The topic `voronka-totals` for the desk: read from its beginning without a group, written in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol, Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from agents.broker import MAX_MESSAGE_BYTES
from agents.lane.producers import compression

PATIENCE_SECONDS = 15.0
LEAVE_SECONDS = 2.0
_POLL_MS = 200
_BACKOFF_MS = 1000
"""Without a broker both clients try again, and say so in the log, once in this time."""
Record = tuple[bytes | None, bytes | None, int]
"""Key, value, and when it was told by Kafka's own timestamp (ms)."""
Options = dict[str, Any]


_STOPPING: set[asyncio.Future[None]] = set()
"""Clients that take long to stop for want of a broker; cut short, they would leave tasks that nobody ends."""


async def _stop(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    with suppress(KafkaError, OSError, TimeoutError):
        await client.stop()


class TotalsLostError(Exception):
    """The topic cannot be read or written now; later it may."""


class Totals(Protocol):
    """One connection to the topic, for as long as its context is open."""

    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def records(self) -> AsyncIterator[tuple[Sequence[Record], bool]]:
        """Everything in order, then what comes; true once all that was there at the start has been given."""
        ...

    async def send(self, messages: Sequence[tuple[bytes, bytes | None]]) -> None:
        """Return when all are acknowledged."""
        ...

    async def leave(self, messages: Sequence[tuple[bytes, bytes | None]]) -> None:
        """A last word, if it can be said at once."""
        ...


class KafkaTotals:
    """The topic on a broker; the consumer or the producer is there once it is needed."""

    def __init__(self, name: str, options: Options) -> None:
        self._place, self._options = TopicPartition(name, 0), options
        self._consumer: AIOKafkaConsumer | None = None
        self._producer: AIOKafkaProducer | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in (self._consumer, self._producer):
            if client is not None:
                stopping = asyncio.ensure_future(_stop(client))
                _STOPPING.add(stopping)
                stopping.add_done_callback(_STOPPING.discard)
                await asyncio.wait({stopping}, timeout=LEAVE_SECONDS)

    async def records(self) -> AsyncIterator[tuple[Sequence[Record], bool]]:
        """From the beginning; an end that was passed stays passed."""
        try:
            consumer = await self._reader()
            end: int = (await consumer.end_offsets([self._place]))[self._place]
            while True:
                found = await consumer.getmany(self._place, timeout_ms=_POLL_MS, max_records=500)
                records = [(each.key, each.value, each.timestamp) for each in found.get(self._place, ())]
                position: int = await consumer.position(self._place)
                yield records, position >= end
        except (KafkaError, OSError, TimeoutError) as error:
            raise TotalsLostError(str(error) or type(error).__name__) from error

    async def send(self, messages: Sequence[tuple[bytes, bytes | None]]) -> None:
        """One partition and one producer: they arrive in this order."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                producer = await self._writer()
                sent = [
                    await producer.send(self._place.topic, value, key=key, partition=0)
                    for key, value in messages
                ]
                await asyncio.gather(*sent)
        except (KafkaError, OSError, TimeoutError) as error:
            raise TotalsLostError(str(error) or type(error).__name__) from error

    async def leave(self, messages: Sequence[tuple[bytes, bytes | None]]) -> None:
        """Not worth waiting for."""
        if self._producer is not None:
            with suppress(TotalsLostError, TimeoutError):
                async with asyncio.timeout(LEAVE_SECONDS):
                    await self.send(messages)

    async def _reader(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            self._consumer = AIOKafkaConsumer(
                group_id=None,
                auto_offset_reset="earliest",
                enable_auto_commit=False,
                max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
                retry_backoff_ms=_BACKOFF_MS,
                **self._options,
            )
            await self._consumer.start()
            self._consumer.assign([self._place])
        return self._consumer

    async def _writer(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                acks="all",
                compression_type=compression(),
                max_request_size=MAX_MESSAGE_BYTES,
                request_timeout_ms=int(PATIENCE_SECONDS * 1000),
                retry_backoff_ms=_BACKOFF_MS,
                **self._options,
            )
            self._producer = producer
            await producer.start()
        return self._producer
