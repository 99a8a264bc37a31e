"""Topics and records on the broker: made, filled as fast as it takes them or at a pace, and read back."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from kafka import KafkaAdminClient, KafkaConsumer
from kafka import TopicPartition as KafkaPlace
from kafka.admin import NewTopic

BATCH_BYTES = 512 * 1024
FETCH_BYTES = 8 * 1024 * 1024
TICK_SECONDS = 0.02
Place = tuple[str, int]


class Sent(NamedTuple):
    """A record to be sent."""

    topic: str
    partition: int
    key: bytes
    value: bytes
    timestamp_ms: int | None = None


class Passage(NamedTuple):
    """Offsets of one partition below `upto` were sent, or had been applied, at this instant."""

    place: str
    upto: int
    at: float


def place_name(place: Place) -> str:
    """As it stands in tasks and reports."""
    return f"{place[0]}/{place[1]}"


def create_topics(bootstrap: str, topics: Mapping[str, Mapping[str, str]], partitions: int) -> None:
    """Topics by name with their configs, all with so many partitions."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        admin.create_topics(
            [NewTopic(name, partitions, 1, topic_configs=dict(configs)) for name, configs in topics.items()]
        )
    finally:
        admin.close()


def delete_topics(bootstrap: str, topics: Iterable[str]) -> None:
    """Forget what is not needed any more: a long run would fill the disk."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        admin.delete_topics(list(topics))
    finally:
        admin.close()


@dataclass
class Filler:
    """Packs records into batches by partition; `ends` counts what the broker has acknowledged."""

    producer: AIOKafkaProducer
    ends: Counter[Place] = field(default_factory=Counter)
    _open: dict[Place, Any] = field(default_factory=dict)
    _acks: set[asyncio.Future[Any]] = field(default_factory=set)

    async def add(self, record: Sent) -> None:
        """Put a record into the batch of its partition; a full batch goes out."""
        place = record.topic, record.partition
        batch = self._open.get(place)
        if batch is None:
            batch = self._open[place] = self.producer.create_batch()
        if not self._append(batch, record):
            await self._send(place)
            batch = self._open[place] = self.producer.create_batch()
            if not self._append(batch, record):
                raise ValueError(f"a record of {len(record.value)} bytes does not fit into a batch")
        self.ends[place] += 1

    @staticmethod
    def _append(batch: Any, record: Sent) -> bool:
        return batch.append(key=record.key, value=record.value, timestamp=record.timestamp_ms) is not None

    async def flush(self, *, wait: bool = True) -> None:
        """Send what is open, and return once all is acknowledged unless told not to wait."""
        for place in list(self._open):
            await self._send(place)
        if wait and self._acks:
            await asyncio.gather(*self._acks)
            self._acks.clear()

    async def _send(self, place: Place) -> None:
        batch = self._open.pop(place)
        self._acks.add(await self.producer.send_batch(batch, place[0], partition=place[1]))
        for done in [ack for ack in self._acks if ack.done()]:
            done.result()
            self._acks.discard(done)


async def _with_filler(bootstrap: str, work: Any) -> dict[str, int]:
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", max_batch_size=BATCH_BYTES, max_request_size=8 * BATCH_BYTES
    )
    await producer.start()
    try:
        filler = Filler(producer)
        await work(filler)
        await filler.flush()
    finally:
        await producer.stop()
    return {place_name(place): count for place, count in filler.ends.items()}


def fill(bootstrap: str, records: Iterable[Sent]) -> dict[str, int]:
    """Send all records; returns the ends of the partitions, which must have been empty."""

    async def work(filler: Filler) -> None:
        for record in records:
            await filler.add(record)

    return asyncio.run(_with_filler(bootstrap, work))


def fill_at(bootstrap: str, records: Iterable[Sent], rate: float) -> tuple[dict[str, int], list[Passage]]:
    """Send `rate` records a second in small steps; also returns when which offsets were sent."""
    passages: list[Passage] = []

    async def work(filler: Filler) -> None:
        source, began, sent = iter(records), monotonic(), 0
        while True:
            due = int((monotonic() - began) * rate) - sent
            step = _take(source, due)
            for record in step:
                await filler.add(record)
            sent += len(step)
            now = monotonic()  # of sending, not of acknowledging
            touched = {(record.topic, record.partition) for record in step}
            passages.extend(Passage(place_name(place), filler.ends[place], now) for place in touched)
            await filler.flush(wait=False)
            if len(step) < due:
                return
            await asyncio.sleep(TICK_SECONDS)

    return asyncio.run(_with_filler(bootstrap, work)), passages


def _take(source: Iterator[Sent], count: int) -> list[Sent]:
    return [record for _, record in zip(range(count), source, strict=False)]


def read(bootstrap: str, topic: str) -> list[tuple[int, bytes | None, bytes | None]]:
    """Partition, key and value of every record up to the present end, each partition in order."""
    return asyncio.run(_read(bootstrap, topic))


async def _read(bootstrap: str, topic: str) -> list[tuple[int, bytes | None, bytes | None]]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=FETCH_BYTES,
    )
    await consumer.start()
    try:
        await consumer._client.force_metadata_update()  # noqa: SLF001 - the topic may be younger than it
        partitions = consumer.partitions_for_topic(topic) or set()
        tps = [TopicPartition(topic, number) for number in sorted(partitions)]
        if not tps:
            return []
        consumer.assign(tps)
        await consumer.seek_to_beginning(*tps)
        ends = await consumer.end_offsets(tps)
        found = []
        while any([await consumer.position(tp) < ends[tp] for tp in tps]):
            for tp, records in (await consumer.getmany(timeout_ms=200)).items():
                found += [(tp.partition, record.key, record.value) for record in records]
        return found
    finally:
        await consumer.stop()


def newest(bootstrap: str, topic: str) -> dict[tuple[int, bytes], bytes]:
    """The last value of every key by partition, tombstones left out: what compaction would leave."""
    found: dict[tuple[int, bytes], bytes | None] = {}
    for partition, key, value in read(bootstrap, topic):
        if key is not None:
            found[partition, key] = value
    return {place: value for place, value in found.items() if value is not None}


def ends_of(bootstrap: str, topic: str) -> dict[str, int]:
    """Where the partitions of a topic end now."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap)
    try:
        places = [KafkaPlace(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        return {place_name((tp.topic, tp.partition)): end for tp, end in consumer.end_offsets(places).items()}
    finally:
        consumer.close()


def topics_like(bootstrap: str, prefix: str) -> list[str]:
    """Topics whose names start so."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        return sorted(name for name in admin.list_topics() if name.startswith(prefix))
    finally:
        admin.close()
