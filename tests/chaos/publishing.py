"""Publishing by the batch: records are encoded beforehand and sent until each batch is acknowledged."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from tests.integration.worker import Deployment, Place
from tests.oracle import Record
from tests.simulator import partition_of

BATCH_BYTES = 500_000
Spot = tuple[str, int, int]
"""Topic, partition and offset of a record."""


def publish(deployment: Deployment, records: Iterable[Record], piece: int = 100_000) -> list[Spot]:
    """Send records by their keys' partitions and wait for all; returns where each of them lies."""
    return asyncio.run(_publish(deployment, iter(records), piece))


async def _publish(deployment: Deployment, records: Iterator[Record], piece: int) -> list[Spot]:
    producer = AIOKafkaProducer(
        bootstrap_servers=deployment.settings.broker,
        acks="all",
        enable_idempotence=True,  # it sends again until it succeeds, whatever the broker goes through
        max_batch_size=BATCH_BYTES,
        max_request_size=4 * BATCH_BYTES,
        request_timeout_ms=10_000,
    )
    await producer.start()
    try:
        spots: list[Spot] = []
        while some := list(islice(records, piece)):
            spots += await _send(producer, deployment, some)
        return spots
    finally:
        await producer.stop()


async def _send(producer: AIOKafkaProducer, deployment: Deployment, records: Sequence[Record]) -> list[Spot]:
    numbers: defaultdict[Place, list[int]] = defaultdict(list)
    count, prefix = deployment.settings.partitions, deployment.settings.topic_prefix
    for number, record in enumerate(records):
        numbers[f"{prefix}{record.topic}", partition_of(record.key or b"", count)].append(number)
    spots: dict[int, Spot] = {}
    for place, own in numbers.items():
        offsets = await _fill(producer, place, [records[number] for number in own])
        spots.update({number: (*place, at) for number, at in zip(own, offsets, strict=True)})
        deployment.ends[place] = max(deployment.ends.get(place, 0), max(offsets) + 1)
    return [spots[number] for number in range(len(records))]


async def _fill(producer: AIOKafkaProducer, place: Place, records: Sequence[Record]) -> list[int]:
    """Batch after batch of one partition; the offset of each record once all are acknowledged.

    What the producer gives up on while a broker restarts is sent again; a repeat changes nothing.
    """
    topic, partition = place
    sends, batch, first = [], producer.create_batch(), 0
    for number, record in enumerate(records):
        told = {"timestamp": record.timestamp_ms, "key": record.key, "value": record.value}
        if batch.append(**told, headers=list(record.headers)) is None:
            sends.append((await producer.send_batch(batch, topic, partition=partition), first, number))
            batch, first = producer.create_batch(), number
            batch.append(**told, headers=list(record.headers))
    sends.append((await producer.send_batch(batch, topic, partition=partition), first, len(records)))
    offsets: list[int] = []
    for send, begin, end in sends:
        try:
            base: int = (await send).offset
        except KafkaError as error:
            if not error.retriable:
                raise
            await asyncio.sleep(1)
            offsets += await _fill(producer, place, records[begin:end])
        else:
            offsets += range(base, base + end - begin)
    return offsets
