"""Watches the demo's worker through its pages."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any

import msgspec

from agents.child import Child, ChildError
from agents.settings import Settings

START_SECONDS = 90.0


class Stopped(Exception):  # noqa: N818 - nothing went wrong
    """Somebody pressed Ctrl-C or sent SIGTERM."""


class Watch:
    """Reads the worker's pages; every wait ends when the demo is stopped or the worker is gone."""

    def __init__(self, settings: Settings, worker: Child, stop: threading.Event) -> None:
        self._address = (settings.http_host, settings.http_port)
        self._settings, self._worker, self._stop = settings, worker, stop

    def ask(self, path: str) -> Any:
        """The JSON of a page; None while the worker does not answer."""
        connection = HTTPConnection(*self._address, timeout=30)
        try:
            connection.request("GET", path)
            return msgspec.json.decode(connection.getresponse().read())
        except (OSError, HTTPException, msgspec.DecodeError):
            return None
        finally:
            connection.close()

    def kpis(self, window: str) -> dict[str, Any]:
        """All KPIs of a window."""
        answer = self.ask(f"/api/kpis?window={window}")
        self.check()
        if answer is None:
            raise ChildError(f"the worker does not answer:\n{self._worker.log_tail()}")
        found: dict[str, Any] = answer
        return found

    def check(self) -> None:
        """Raise if there is nothing to watch any more."""
        if self._stop.is_set():
            raise Stopped
        if not self._worker.running:
            code = self._worker.exit_code
            raise ChildError(f"the worker ended with {code}:\n{self._worker.log_tail()}")

    def pause(self, seconds: float) -> None:
        """Wait, but not beyond the end of the demo."""
        self._stop.wait(seconds)
        self.check()

    def until(self, what: str, holds: Callable[[Mapping[str, Any]], bool]) -> None:
        """Wait until the worker's progress is as wanted."""
        deadline = time.monotonic() + START_SECONDS
        while (progress := self.ask("/api/progress")) is None or not holds(progress):
            if time.monotonic() > deadline:
                raise ChildError(f"{what} took more than {START_SECONDS:.0f} s:\n{self._worker.log_tail()}")
            self.pause(0.1)

    def until_applied(self, published: Mapping[str, int]) -> None:
        """Wait until the worker has read everything that was published."""
        settings = self._settings
        topics = (settings.leads_topic, settings.deals_topic, settings.ledger_topic)
        self.until(
            "reading the history",
            lambda progress: all(
                sum(position["next_offset"] or 0 for position in progress["topics"].get(topic, {}).values())
                >= published.get(topic, 0)
                for topic in topics
            ),
        )
