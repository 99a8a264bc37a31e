"""Publishing by the batch: records are encoded beforehand and sent until each batch is acknowledged."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from aiokafka import AIOKafkaProducer

from tests.integration.worker import Deployment, Place
from tests.oracle import Record
from tests.simulator import partition_of

BATCH_BYTES = 500_000


def publish(deployment: Deployment, records: Iterable[Record]) -> int:
    """Send records by their keys' partitions and wait for all; returns how many were acknowledged."""
    return asyncio.run(_publish(deployment, iter(records)))


async def _publish(deployment: Deployment, records: Iterator[Record]) -> int:
    producer = AIOKafkaProducer(
        bootstrap_servers=deployment.settings.broker,
        acks="all",
        enable_idempotence=True,  # it sends again until it succeeds, whatever the broker goes through
        max_batch_size=BATCH_BYTES,
        request_timeout_ms=10_000,
    )
    await producer.start()
    try:
        sent = 0
        while piece := list(islice(records, 100_000)):
            for place, ends in (await _send(producer, deployment, piece)).items():
                deployment.ends[place] = max(deployment.ends.get(place, 0), ends)
            sent += len(piece)
        return sent
    finally:
        await producer.stop()


async def _send(
    producer: AIOKafkaProducer, deployment: Deployment, records: Sequence[Record]
) -> Mapping[Place, int]:
    by_place: defaultdict[Place, list[Record]] = defaultdict(list)
    count, prefix = deployment.settings.partitions, deployment.settings.topic_prefix
    for record in records:
        by_place[f"{prefix}{record.topic}", partition_of(record.key or b"", count)].append(record)
    return dict([await _fill(producer, place, each) for place, each in by_place.items()])


async def _fill(producer: AIOKafkaProducer, place: Place, records: Sequence[Record]) -> tuple[Place, int]:
    """Batch after batch of one partition; where it ends once all are acknowledged."""
    topic, partition = place
    sends, batch = [], producer.create_batch()
    for record in records:
        told = {"timestamp": record.timestamp_ms, "key": record.key, "value": record.value}
        if batch.append(**told, headers=list(record.headers)) is None:
            sends.append((await producer.send_batch(batch, topic, partition=partition), batch.record_count()))
            batch = producer.create_batch()
            batch.append(**told, headers=list(record.headers))
    sends.append((await producer.send_batch(batch, topic, partition=partition), batch.record_count()))
    return place, max([(await send).offset + count for send, count in sends])
