"""The simulated CRM of the demo: history at once, then live business in a thread of its own."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import dropwhile

from agents.broker import producer
from agents.crm.command import HISTORY_DAYS, calendar_of
from agents.crm.publish import Lively, Publisher, publish
from agents.crm.world import simulate
from agents.errors import UserError
from agents.settings import Settings
from streams.calendar import BusinessCalendar
from streams.windows import DAY_MS, HOUR_MS

SPEED = 120.0
LONGEST_PAUSE_SECONDS = 2.0


class Department:
    """The simulated CRM: two months of history, then a live stream, faster than the clock.

    It goes live now, or where nobody works now, in the last morning when somebody did.
    """

    def __init__(self, settings: Settings, seed: int, stop: threading.Event) -> None:
        self._settings, self._seed, self._stop = settings, seed, stop
        self._calendar = calendar_of(settings)
        self._live_ms = last_busy_ms(self._calendar, time.time_ns() // 1_000_000)
        self._start_ms = self._calendar.day_start_ms(self._calendar.day_index(self._live_ms) - HISTORY_DAYS)
        self._thread = threading.Thread(target=self._live, name="simulator")
        self.history = instant(self._start_ms), instant(self._live_ms - DAY_MS)
        """What Prometheus is told of the part that is published at once: a day before it scrapes."""
        self.published: dict[str, int] = {}
        self.failure: UserError | None = None

    def publish_history(self) -> None:
        """Publish everything up to the live part."""
        events = simulate(self._seed, self._start_ms, self._live_ms, self._calendar)
        with producer(self._settings) as client:
            publisher = Publisher(self._settings, client)
            publish(publisher, events, lambda _: 0.0, self._stop)
        self.published = dict(publisher.published)

    @contextlib.contextmanager
    def live(self) -> Iterator[None]:
        """Publish what comes then, in a thread of its own, until the end of the block."""
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join()

    def _live(self) -> None:
        events = simulate(self._seed, self._start_ms, None, self._calendar)
        ahead = dropwhile(lambda timed: timed.kafka_time_ms < self._live_ms, events)
        pace = Lively(self._live_ms, SPEED, LONGEST_PAUSE_SECONDS)
        try:
            with producer(self._settings) as client:
                publish(Publisher(self._settings, client), ahead, pace, self._stop)
        except UserError as error:
            self.failure = error


def instant(ms: int) -> str:
    """An instant as commands take it."""
    return datetime.fromtimestamp(ms // 1000, UTC).isoformat()


def last_busy_ms(calendar: BusinessCalendar, now_ms: int) -> int:
    """Now, or the latest instant two working hours into a working day: a night is dull to watch."""
    if calendar.working_ms(now_ms - 1, now_ms):
        return now_ms
    day = calendar.day_index(now_ms)
    while True:
        start = calendar.day_start_ms(day)
        if (
            calendar.is_working_day(day)
            and (busy := calendar.working_deadline_ms(start, 2 * HOUR_MS)) <= now_ms
        ):
            return busy
        day -= 1
