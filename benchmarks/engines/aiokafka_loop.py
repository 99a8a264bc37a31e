"""A limit, not a peer: aiokafka's getmany and dicts in memory. Nothing is durable."""

from __future__ import annotations

import asyncio

import msgspec
from aiokafka import AIOKafkaConsumer

from benchmarks.engines.plain import Event, PlainState
from benchmarks.task import Meter, Task

FETCH_BYTES = 4 * 1024 * 1024
CHUNK_RECORDS = 5000


async def consume(task: Task, meter: Meter) -> None:
    """Fold until the parent ends us."""
    decode = msgspec.json.Decoder(Event).decode
    state = PlainState()
    consumer = AIOKafkaConsumer(
        *task.topics,
        bootstrap_servers=task.bootstrap,
        group_id=task.name,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=FETCH_BYTES,
    )
    await consumer.start()
    events = 0
    while True:
        fetched = await consumer.getmany(timeout_ms=50, max_records=CHUNK_RECORDS)
        for records in fetched.values():
            meter.began()
            for record in records:
                state.take(decode(record.value))
            events += len(records)
        meter.reached(events)
        meter.tell()
        if meter.wished():
            meter.hand_over({"counters": state.told()})


def main() -> None:
    """Run one worker."""
    task = Task.taken()
    asyncio.run(consume(task, Meter(task)))


if __name__ == "__main__":
    main()
