"""Publishes a replay's events and keeps what is needed to prove later that none vanished."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from agents.broker import producer
from agents.errors import BrokerError
from agents.replay.events import Lookups, RawEvent, Row, events_of
from agents.replay.plan import Plan
from agents.settings import Settings

FILE_HEADER, ROW_HEADER = "import-file", "import-row"
_AT_ONCE = 20_000


class Sent:
    """What was published: copies of each event by its id, and where each partition ends."""

    def __init__(self) -> None:
        self.copies: dict[bytes, int] = {}
        self.ends: dict[tuple[str, int], int] = {}
        self._failure: BaseException | None = None

    @property
    def records(self) -> int:
        return sum(self.copies.values())

    @property
    def events(self) -> int:
        """Distinct events."""
        return len(self.copies)

    def note(self, event_id: str) -> None:
        """One more copy of this event is on its way."""
        name = bytes.fromhex(event_id)
        self.copies[name] = self.copies.get(name, 0) + 1

    def arrived(self, metadata: object) -> None:
        """The broker has acknowledged a record; called by the producer's thread."""
        topic, partition, offset = (getattr(metadata, name) for name in ("topic", "partition", "offset"))
        place = (topic, partition)
        self.ends[place] = max(self.ends.get(place, 0), offset + 1)

    def failed(self, error: BaseException) -> None:
        """The broker has refused a record; called by the producer's thread."""
        self._failure = self._failure or error

    def check(self) -> None:
        """Stop at the first refusal."""
        if self._failure is not None:
            raise BrokerError(f"Kafka refused an event: {self._failure}") from self._failure


def publish(
    settings: Settings, plan: Plan, rows: Iterable[Row], lookups: Lookups, told: Callable[[], None]
) -> Sent:
    """Publish the events of all rows and wait until each is acknowledged; `told` is called once a row."""
    sent = Sent()
    topics = {"lead": settings.leads_topic, "deal": settings.deals_topic}
    now_ms = int(time.time() * 1000)
    with producer(settings) as client:
        in_flight = 0
        for row in rows:
            file = row.file.encode("utf-8", "replace")  # names of files may hold bytes that are no text
            headers = [(FILE_HEADER, file), (ROW_HEADER, str(row.number).encode())]
            for event in events_of(plan, row, lookups):
                sent.note(event.id)
                future = client.send(
                    topics[event.entity],
                    key=event.key.encode(),
                    value=event.value,
                    headers=headers,
                    timestamp_ms=record_time_ms(event, now_ms),
                )
                future.add_callback(sent.arrived)
                future.add_errback(sent.failed)
                in_flight += 1
            if in_flight >= _AT_ONCE:
                client.flush()
                sent.check()
                in_flight = 0
            told()
        client.flush()
        sent.check()
    return sent


def record_time_ms(event: RawEvent, now_ms: int) -> int:
    """The event's own time, as if it had been sent when it happened; nothing can have been sent after now."""
    return now_ms if event.time_ms is None else min(event.time_ms, now_ms)
