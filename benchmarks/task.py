"""What an engine's process is asked to do and how it tells its progress; the same for every engine.

Imports the standard library alone, for peers live in an environment of their own.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Self

STATUS_SECONDS = 0.05
SAMPLE_SECONDS = 0.01


@dataclass(frozen=True)
class Task:
    """One process's part of a run; `folder` is its own, `ends` are the source's by `topic/partition`."""

    bootstrap: str
    name: str
    topics: tuple[str, ...]
    partitions: int
    events: int
    ends: dict[str, int]
    folder: str
    number: int = 0
    workers: int = 1
    cores: tuple[int, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        """As an argument of the engine's command."""
        return json.dumps(asdict(self))

    @classmethod
    def taken(cls) -> Self:
        """The task of this process, on the cores that it may use."""
        told = json.loads(sys.argv[1])
        task = cls(**{**told, "topics": tuple(told["topics"]), "cores": tuple(told["cores"])})
        if task.cores:
            os.sched_setaffinity(0, task.cores)
        return task

    @property
    def report(self) -> Path:
        """Where the process tells its progress, a JSON line at a time."""
        return Path(self.folder) / "report.jsonl"

    @property
    def wish(self) -> Path:
        """A file whose appearance asks the process for its counters in `counters`."""
        return Path(self.folder) / "tell"

    @property
    def counters(self) -> Path:
        """Counters that live in memory alone, as JSON."""
        return Path(self.folder) / "counters.json"


def processor_seconds() -> float:
    """Processor time of this process so far, all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def memory_kib() -> tuple[int, int]:
    """Resident memory now and at its peak; not `ru_maxrss`, which a child inherits from its parent."""
    lines = Path("/proc/self/status").read_text().splitlines()
    found = {
        line.split(":")[0]: int(line.split()[1]) for line in lines if line.startswith(("VmRSS", "VmHWM"))
    }
    return found["VmRSS"], found["VmHWM"]


class Meter:
    """Notes when work began and when it last went on; writes a line whenever something is new."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._began_at: float | None = None
        self._began_cpu = 0.0
        self._last: tuple[object, ...] = ()
        self._last_at = 0.0
        self._last_cpu = 0.0
        self._durable_at = 0.0
        self._events = 0
        self._told_at = 0.0
        task.report.touch()

    def began(self) -> None:
        """The first record is here: the clock starts, once."""
        if self._began_at is None:
            self._began_at, self._began_cpu = monotonic(), processor_seconds()

    def idle(self) -> None:
        """Nothing was done yet: the clock starts at the last such moment."""
        self._began_at, self._began_cpu = monotonic(), processor_seconds()

    def reached(self, events: int) -> None:
        """So many events are done for good; when this grows, the clock has not stopped yet."""
        if events != self._events:
            self._events, self._last_at, self._last_cpu = events, monotonic(), processor_seconds()
            self._durable_at = self._last_at

    def finished(self) -> None:
        """Whatever was still to be written is: the clock stops now."""
        self._last_at, self._last_cpu = monotonic(), processor_seconds()

    def tell(self, *, at_once: bool = False, **more: object) -> None:
        """Write what is new, at most every `STATUS_SECONDS` unless `at_once`."""
        now = monotonic()
        state = (self._events, self._last_at, *more.items())
        if not at_once and (now - self._told_at < STATUS_SECONDS or state == self._last):
            return
        self._last, self._told_at = state, now
        resident_kib, peak_kib = memory_kib()
        line = {
            "at": now,
            "began_at": self._began_at,
            "last_at": self._last_at,
            "durable_at": self._durable_at,
            "cpu_seconds": self._last_cpu - self._began_cpu,
            "events": self._events,
            "resident_kib": resident_kib,
            "peak_kib": peak_kib,
            **more,
        }
        with self._task.report.open("a") as file:
            file.write(json.dumps(line) + "\n")

    def wished(self) -> bool:
        """Whether the parent has asked for counters that it has not got yet."""
        return self._task.wish.exists() and not self._task.counters.exists()

    def hand_over(self, counters: object) -> None:
        """Give the parent the counters; it never sees half a file."""
        part = self._task.counters.with_suffix(".part")
        part.write_text(json.dumps(counters))
        part.rename(self._task.counters)
