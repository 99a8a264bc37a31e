"""Journeys live where Kafka's own clients put their keys."""

from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2 as kafka_murmur2

from agents.journeys.home import murmur2, partition_of


@given(st.binary(max_size=80))
def test_keys_are_hashed_as_kafka_hashes_them(key: bytes) -> None:
    """Any bytes, of any length, come to the number of kafka-python's own function."""
    assert murmur2(key) == kafka_murmur2(key)


def test_a_known_key_lives_where_the_java_client_puts_it() -> None:
    """A number from Kafka's own tests: murmur2 of 21 is -973932308."""
    assert murmur2(b"21") - (1 << 32) == -973932308
    assert partition_of("21", 4) == (-973932308 & 0x7FFFFFFF) % 4
