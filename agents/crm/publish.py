"""Publishes simulated events: to their topics, under their journeys' keys, at the pace that is asked for."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from kafka import KafkaProducer

from agents.crm.story import Timed
from agents.errors import BrokerError
from agents.settings import Settings
from streams.encode import encode

Due = Callable[[int], float]
"""The wall-clock time (seconds since 1970) at which an event with this Kafka time (ms) is to be sent."""


class Publisher:
    """Sends events without waiting for each; `published` counts them by topic."""

    def __init__(self, settings: Settings, client: KafkaProducer) -> None:
        self._topics = {
            "lead": settings.leads_topic,
            "deal": settings.deals_topic,
            "ledger": settings.ledger_topic,
        }
        self._client = client
        self._failure: BaseException | None = None
        self.published: Counter[str] = Counter()

    def send(self, timed: Timed) -> None:
        """Hand one event to the producer; a failure of an earlier one is raised here."""
        event, kafka_time_ms = timed
        topic = self._topics[event.entity]
        self._check()
        self._client.send(
            topic, key=event.journey.encode(), value=encode(event), timestamp_ms=kafka_time_ms
        ).add_errback(self._fail)
        self.published[topic] += 1

    def flush(self) -> None:
        """Return once the broker has everything, or raise."""
        self._client.flush()
        self._check()

    def _fail(self, error: BaseException) -> None:
        self._failure = error

    def _check(self) -> None:
        if self._failure is not None:
            raise BrokerError(f"Kafka refused an event: {type(self._failure).__name__}: {self._failure}")


def publish(
    publisher: Publisher, events: Iterable[Timed], due: Due, stop: threading.Event, *, rate: float = 0
) -> None:
    """Send each event when it is due, at most `rate` a second (0: any), until the end or until `stop`."""
    earliest = time.time()
    for timed in events:
        earliest = max(earliest + (1 / rate if rate else 0), due(timed.kafka_time_ms))
        wait = earliest - time.time()
        if stop.wait(wait) if wait > 0 else stop.is_set():
            break
        publisher.send(timed)
    publisher.flush()


@dataclass(frozen=True)
class Catching:
    """History at `speed` times real time (None: at once) until it has caught up with the clock, then live."""

    first_ms: int
    speed: float | None
    began: float = field(default_factory=time.time)

    def __call__(self, kafka_time_ms: int) -> float:
        """Never before the event's own time: what Kafka gets is never from the future."""
        own = kafka_time_ms / 1000
        return own if self.speed is None else max(own, self.began + (own - self.first_ms / 1000) / self.speed)


class Lively:
    """History at once, then `speed` times real time with pauses of `longest_pause` seconds at most."""

    def __init__(self, live_from_ms: int, speed: float, longest_pause: float) -> None:
        self._last_ms, self._last_due = live_from_ms, 0.0
        self._speed, self._longest_pause = speed, longest_pause

    def __call__(self, kafka_time_ms: int) -> float:
        """The due times of an ascending sequence of events."""
        if kafka_time_ms <= self._last_ms:
            return self._last_due
        pause = min((kafka_time_ms - self._last_ms) / 1000 / self._speed, self._longest_pause)
        self._last_ms, self._last_due = kafka_time_ms, max(self._last_due, time.time()) + pause
        return self._last_due
