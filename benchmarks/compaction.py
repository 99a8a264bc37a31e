"""A changelog that was compacted, as one is that is older than its compaction lag."""

from __future__ import annotations

import time

from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType

from agents.lane import CLAIM_KEY
from benchmarks.runs import BenchError

AT_ONCE = {
    "segment.ms": "1000",
    "min.compaction.lag.ms": "0",
    "min.cleanable.dirty.ratio": "0.01",
}
SECONDS = 180.0
STILL_SECONDS = 20.0
"""So long after the last change the cleaner, which looks every 15 seconds, has done its work."""


def compact(bootstrap: str, topic: str, partitions: int) -> None:
    """Let the broker's cleaner take what is overtaken; returns when the log has stopped shrinking."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        before = _size(admin, topic)
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, AT_ONCE)])
        time.sleep(2 * int(AT_ONCE["segment.ms"]) / 1000)
        _begin_segments(bootstrap, topic, partitions)
        give_up_at, size, changed_at = time.monotonic() + SECONDS, before, time.monotonic()
        while size >= before or time.monotonic() - changed_at < STILL_SECONDS:
            if time.monotonic() > give_up_at:
                raise BenchError(f"{topic} was not compacted: {before} bytes, then {size}")
            time.sleep(0.5)
            found = _size(admin, topic)
            if found != size:
                size, changed_at = found, time.monotonic()
    finally:
        admin.close()


def _begin_segments(bootstrap: str, topic: str, partitions: int) -> None:
    """The last segment is never compacted: a small record of the lane's own begins another one."""
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    for number in range(partitions):
        producer.send(topic, b"compacted", key=CLAIM_KEY, partition=number)
    producer.flush()
    producer.close()


def _size(admin: KafkaAdminClient, topic: str) -> int:
    return sum(
        partition["partition_size"]
        for broker in admin.describe_log_dirs([topic])
        for folder in broker["log_dirs"]
        for found in folder["topics"]
        for partition in found["partitions"]
    )
