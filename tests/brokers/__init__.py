"""The brokers that tests run against: the embedded one of the demo and a real Apache Kafka."""

from typing import Protocol

from agents.embedded import EmbeddedBroker
from tests.brokers.kafka import KafkaBroker

__all__ = ["Broker", "EmbeddedBroker", "KafkaBroker"]


class Broker(Protocol):
    """What every broker of the tests offers to a test that only wants one to talk to."""

    @property
    def bootstrap(self) -> str:
        """The `host:port` that clients connect to."""
        ...
