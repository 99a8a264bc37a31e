"""The consumer's thread: fetches become spans, ends of partitions are true, heartbeats are timed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from time import monotonic
from typing import Any

import aiokafka
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Transport
from faust.types import TP

from agents.lane.fetches import bound
from agents.lane.halt import halting
from agents.lane.spans import ReadPositions

HIGHWATER_PATIENCE_SECONDS = 10.0
FETCH_WAIT_MS = 200


def position_of(consumer: aiokafka.AIOKafkaConsumer, tp: TP) -> int | None:
    """The offset that the next fetch of an assigned partition starts at, None while unknown; never waits."""
    subscription = consumer._subscription.subscription  # noqa: SLF001 - listed in internals
    assignment = None if subscription is None else subscription.assignment
    if assignment is None or tp not in assignment.tps:
        return None
    state = assignment.state_value(tp)
    return state.position if state.has_valid_position else None


def raise_errors_of(consumer: aiokafka.AIOKafkaConsumer) -> None:
    """Raise what ended aiokafka's own tasks: its getmany would, but Faust reads past it."""
    if consumer._fetcher.error_future.done():  # noqa: SLF001 - listed in internals
        consumer._fetcher.error_future.result()  # noqa: SLF001 - listed in internals
    consumer._coordinator.check_errors()  # noqa: SLF001 - listed in internals


class LaneConsumerThread(AIOKafkaConsumerThread):
    """Faust's consumer thread; topics of lanes come out as spans, others as before."""

    def __init__(
        self,
        *args: Any,
        lane_topics: frozenset[str],
        span_records: int,
        **options: Any,
    ) -> None:
        self._lane_topics = lane_topics
        self.positions = ReadPositions(span_records)
        self.heartbeat_at = monotonic()
        super().__init__(*args, **options)

    def _create_worker_consumer(self, transport: Transport) -> aiokafka.AIOKafkaConsumer:
        bound(self._lane_topics)
        consumer = super()._create_worker_consumer(transport)
        # A fetch that waits for records holds up every other request on its connection: seeks, recovery.
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS  # noqa: SLF001 - listed in internals
        return consumer

    async def on_start(self) -> None:
        """Start the client, then time every heartbeat that the group's coordinator accepts."""
        await super().on_start()
        coordinator = self._ensure_consumer()._coordinator  # noqa: SLF001 - listed in internals
        coordinator._do_heartbeat = self._timed(coordinator._do_heartbeat)  # noqa: SLF001 - listed in internals

    def _timed(self, heartbeat: Callable[[], Awaitable[bool]]) -> Callable[[], Awaitable[bool]]:
        async def timed() -> bool:
            # The time of sending: a reply may have lain in the socket while the process was stopped.
            sent_at = monotonic()
            accepted = await heartbeat()
            if accepted:
                self.heartbeat_at = sent_at
            return accepted

        return timed

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Read positions end with the assignment."""
        await super().on_partitions_revoked(revoked)
        self.positions.forget()

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Joining the group proved membership; positions are told by the seeks that follow."""
        self.heartbeat_at = monotonic()
        self.positions.forget()
        await super().on_partitions_assigned(assigned, generation_id)

    def seek(self, partition: TP, offset: int) -> None:
        """Seek one partition."""
        self.positions.sought(partition, offset)
        super().seek(partition, offset)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek every partition to what is committed; the seeks that follow tell where that is."""
        found: Mapping[TP, int] = await self.call_thread(self._seek_to_committed)
        return found

    async def _seek_to_committed(self) -> Mapping[TP, int]:
        self.positions.unsure = True
        try:
            found: Mapping[TP, int] = await self._ensure_consumer().seek_to_committed()
        finally:
            self.positions.unsure = False
            self.positions.forget()
        return found

    async def _seek_wait(self, consumer: aiokafka.AIOKafkaConsumer, partitions: Mapping[TP, int]) -> None:
        for tp, offset in partitions.items():
            self.positions.sought(tp, offset)
        await super()._seek_wait(consumer, partitions)

    async def _fetch_records(
        self,
        consumer: aiokafka.AIOKafkaConsumer,
        active_partitions: set[TP],
        timeout: float | None = None,  # noqa: ASYNC109 - Faust's signature
        max_records: int | None = None,
    ) -> Mapping[TP, list[Any]]:
        raise_errors_of(consumer)
        fetched = await super()._fetch_records(consumer, active_partitions, timeout, max_records)
        # No await below: positions must be those that this very fetch left behind.
        spans: dict[TP, list[Any]] = {}
        for tp, records in fetched.items():
            position = position_of(consumer, tp) if tp.topic in self._lane_topics else None
            with halting("reading"):
                spans[tp] = records if position is None else list(self.positions.read(tp, records, position))
        for tp in tuple(active_partitions or ()):  # the other thread changes the set
            if tp.topic in self._lane_topics and tp not in spans:
                position = position_of(consumer, tp)
                passed = None if position is None else self.positions.advanced(tp, position)
                if passed is not None:
                    spans[tp] = [passed]
        return spans

    async def _highwaters(self, partitions: Iterable[TP]) -> Mapping[TP, int]:
        """Ends of partitions, never short: Tansu lists the start of the last batch, a fetch tells the end."""
        consumer = self._ensure_consumer()
        tps = list(partitions)
        ends = dict(await super()._highwaters(tps))
        give_up_at = monotonic() + HIGHWATER_PATIENCE_SECONDS
        for tp in tps:
            while ends[tp] and consumer.highwater(tp) is None:
                if monotonic() > give_up_at:
                    break
                await asyncio.sleep(0.01)
            ends[tp] = max(ends[tp] or 0, consumer.highwater(tp) or 0)
        return ends
