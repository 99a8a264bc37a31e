"""What Voronka relies on in a broker, held against the embedded one and Apache Kafka alike."""

from collections.abc import Callable

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from tests.brokers import Broker, KafkaBroker

pytestmark = pytest.mark.integration

CREATED_MS = 1_700_000_000_123
ENDS_MS = 20_000


def create(bootstrap: str, topic: str, partitions: int) -> None:
    """Create a topic and return once the broker has it."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        admin.create_topics([NewTopic(topic, partitions, 1)])
    finally:
        admin.close()


def produce(bootstrap: str, topic: str, values: list[bytes]) -> list[int]:
    """Send each value to partition 0 and return the acknowledged offsets."""
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all")
    try:
        sent = [
            producer.send(
                topic,
                value,
                key=b"lead-1",
                headers=[("ce_type", b"lead.created")],
                partition=0,
                timestamp_ms=CREATED_MS,
            )
            for value in values
        ]
        return [future.get(timeout=20).offset for future in sent]
    finally:
        producer.close()


def test_a_created_topic_has_the_partitions_it_was_asked_for(
    broker: Broker, fresh_name: Callable[[str], str]
) -> None:
    """Partition counts are what `voronka topics` asked for: keys are placed by them."""
    topic = fresh_name("partitions")
    create(broker.bootstrap, topic, partitions=3)
    consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap)
    try:
        assert consumer.partitions_for_topic(topic) == {0, 1, 2}
    finally:
        consumer.close()


def test_a_record_comes_back_as_it_was_sent(broker: Broker, fresh_name: Callable[[str], str]) -> None:
    """Key, value, headers, timestamp, order and offsets survive, and a fetch tells the true end of the log.

    Ask a fetch for the end, never `end_offsets`: the embedded broker answers that with the last batch's
    first offset plus one.
    """
    topic = fresh_name("records")
    create(broker.bootstrap, topic, partitions=1)
    assert produce(broker.bootstrap, topic, [b"first", b"second"]) == [0, 1]
    consumer = KafkaConsumer(
        bootstrap_servers=broker.bootstrap, consumer_timeout_ms=ENDS_MS, auto_offset_reset="earliest"
    )
    try:
        consumer.assign([TopicPartition(topic, 0)])
        consumer.seek_to_beginning()
        records = [next(consumer), next(consumer)]
        assert [(record.offset, record.value) for record in records] == [(0, b"first"), (1, b"second")]
        for record in records:
            assert record.key == b"lead-1"
            assert record.timestamp == CREATED_MS
            assert list(record.headers) == [("ce_type", b"lead.created")]
        assert consumer.highwater(TopicPartition(topic, 0)) == 2
    finally:
        consumer.close()


@pytest.mark.kafka
@pytest.mark.slow
def test_kafka_keeps_acknowledged_records_through_a_kill(
    own_kafka_broker: KafkaBroker, fresh_name: Callable[[str], str]
) -> None:
    """Kafka comes back from kill -9 on the same address with everything that it had acknowledged."""
    topic = fresh_name("killed")
    create(own_kafka_broker.bootstrap, topic, partitions=1)
    produce(own_kafka_broker.bootstrap, topic, [b"before"])
    address = own_kafka_broker.bootstrap
    own_kafka_broker.restart(kill=True)
    assert own_kafka_broker.bootstrap == address
    assert produce(address, topic, [b"after"]) == [1]
