"""kafka-python clients as the settings want them: the one place that knows addresses and accounts."""

from __future__ import annotations

import contextlib
import logging
import socket
import time
from collections.abc import Iterator
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from agents.errors import BrokerError
from agents.settings import Settings

logger = logging.getLogger(__name__)

BOOTSTRAP_MS = 10_000
KNOCK_SECONDS = 3.0
AGAIN_SECONDS = 0.5
MAX_MESSAGE_BYTES = 8 * 1024 * 1024
"""The largest record or batch that our own topics take; producers of the stream may use all of it."""


def client_options(settings: Settings) -> dict[str, Any]:
    """Keyword arguments that every kafka-python client shares."""
    security = settings.security
    options: dict[str, Any] = {
        "bootstrap_servers": settings.brokers,
        "bootstrap_timeout_ms": BOOTSTRAP_MS,
        "security_protocol": security.protocol,
    }
    if security.sasl:
        options |= {
            "sasl_mechanism": security.mechanism,
            "sasl_plain_username": security.username,
            "sasl_plain_password": security.password,
        }
    files = {
        "ssl_cafile": security.ca_file,
        "ssl_certfile": security.cert_file,
        "ssl_keyfile": security.key_file,
    }
    return options | {name: str(path) for name, path in files.items() if path is not None}


@contextlib.contextmanager
def clear_errors(settings: Settings) -> Iterator[None]:
    """Turn what Kafka clients raise into a `BrokerError` that names the address and the settings."""
    try:
        _knock(settings)
        yield
    except (KafkaError, OSError, UnicodeError) as error:  # a name that cannot be one is a UnicodeError
        raise BrokerError(
            f"Kafka at {settings.broker} does not answer as expected: {error or type(error).__name__}\n"
            "  start it, or correct VORONKA_BROKER and VORONKA_KAFKA_*"
        ) from error


def _knock(settings: Settings) -> None:
    """Fail at once where nothing listens: a client would go on trying, and leave sockets open at its end."""
    for address in settings.brokers:
        host, _, port = address.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=KNOCK_SECONDS).close()
        except (OSError, UnicodeError) as error:
            refused = error
        else:
            return
    raise refused


def await_broker(settings: Settings) -> None:
    """Return once something listens at a broker's address, however long that takes; says that it waits."""
    waiting = False
    while True:
        try:
            return _knock(settings)
        except OSError as error:
            if not waiting:
                logger.warning(
                    "waiting for Kafka at %s (%s): start it, or correct VORONKA_BROKER",
                    settings.broker,
                    error,
                )
            waiting = True
            time.sleep(AGAIN_SECONDS)


@contextlib.contextmanager
def admin_client(settings: Settings) -> Iterator[KafkaAdminClient]:
    """An admin client, closed at the end; failures become `BrokerError`."""
    with clear_errors(settings):
        client = KafkaAdminClient(**client_options(settings))
        try:
            yield client
        finally:
            client.close()


@contextlib.contextmanager
def producer(settings: Settings) -> Iterator[KafkaProducer]:
    """A producer that waits for all replicas, keeps order and takes large records."""
    with clear_errors(settings):
        client = KafkaProducer(
            **client_options(settings),
            acks="all",
            linger_ms=20,
            batch_size=128 * 1024,
            max_request_size=MAX_MESSAGE_BYTES,
            allow_auto_create_topics=False,
        )
        try:
            yield client
        finally:
            client.close()


@contextlib.contextmanager
def reader(settings: Settings) -> Iterator[KafkaConsumer]:
    """A consumer outside of any group that starts at the beginning; it commits nothing."""
    with clear_errors(settings):
        client = KafkaConsumer(
            **client_options(settings),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
        )
        try:
            yield client
        finally:
            client.close(autocommit=False)


def read_to_end(settings: Settings, topic: str) -> Iterator[Any]:
    """Every record that the topic holds when a partition is first fetched, then stop; it commits nothing.

    A fetch tells the true end; the embedded broker's `end_offsets` lies short of it, but never beyond.
    """
    with reader(settings) as consumer:
        numbers = consumer.partitions_for_topic(topic)
        if not numbers:
            raise BrokerError(f"there is no topic {topic}: create it with voronka topics")
        partitions = [TopicPartition(topic, number) for number in sorted(numbers)]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        ends, starts = consumer.end_offsets(partitions), consumer.beginning_offsets(partitions)
        pending = [partition for partition in partitions if ends[partition] > starts[partition]]
        fetched: set[TopicPartition] = set()
        while pending:
            for partition, records in consumer.poll(timeout_ms=500).items():
                if partition not in fetched:
                    fetched.add(partition)
                    ends[partition] = max(ends[partition], consumer.highwater(partition) or 0)
                yield from (record for record in records if record.offset < ends[partition])
            pending = [partition for partition in pending if consumer.position(partition) < ends[partition]]


def true_ends(settings: Settings, topic: str) -> dict[int, int]:
    """The offset that the next record of each partition will get, as fetches tell it."""
    with reader(settings) as consumer:
        numbers = consumer.partitions_for_topic(topic)
        if not numbers:
            raise BrokerError(f"there is no topic {topic}: create it with voronka topics")
        partitions = [TopicPartition(topic, number) for number in numbers]
        ends = consumer.end_offsets(partitions)
        filled = [partition for partition in partitions if ends[partition] > 0]
        consumer.assign(filled)
        for partition in filled:
            consumer.seek(partition, ends[partition] - 1)
        while any(consumer.highwater(partition) is None for partition in filled):
            consumer.poll(timeout_ms=200, max_records=1)
        told = {partition: consumer.highwater(partition) for partition in filled}
        return {
            partition.partition: max(ends[partition], told.get(partition) or 0) for partition in partitions
        }
