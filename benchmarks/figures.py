"""What one run came to, from what its workers told last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Figures:
    """One run of all workers together."""

    events: int
    seconds: float
    durable_seconds: float
    cpu_seconds: float
    peak_kib: int

    @property
    def events_per_second(self) -> float:
        """Up to the last acknowledged write; of the main job until every total holds all of it."""
        return self.events / self.seconds

    @property
    def durable_events_per_second(self) -> float:
        """Up to the last acknowledged write."""
        return self.events / self.durable_seconds

    @property
    def cpu_seconds_per_million(self) -> float:
        """Processor time of the workers, the broker's not counted."""
        return self.cpu_seconds / self.events * 1e6


def figures(told: Sequence[dict[str, Any]], events: int) -> Figures:
    """From the first record that any worker got to the last that any worker finished."""
    worked = [line for line in told if line["events"]]
    began_at = min(line["began_at"] for line in worked)
    return Figures(
        events=events,
        seconds=max(line["last_at"] for line in worked) - began_at,
        durable_seconds=max(line["durable_at"] for line in worked) - began_at,
        cpu_seconds=sum(line["cpu_seconds"] for line in worked),
        peak_kib=sum(line["peak_kib"] for line in told),
    )
