"""One invocation's work: parts measured one after the other, all on one broker."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Any, cast

from aiokafka.errors import KafkaError as AiokafkaError
from kafka.errors import KafkaError

from agents.child import ChildError
from agents.errors import UserError
from benchmarks import crm, endurance, measures, volume
from benchmarks.engines.catalogue import ENGINES
from benchmarks.figures import Figures
from benchmarks.measures import Bench, MainStream, ReferenceStream, Report, summary
from benchmarks.runs import ROOT, BenchError

PARTS = ("throughput", "recovery", "delay", "slow", "growth", "year")
MAIN_JOB, MAIN_PLAIN = "main_job", "main_job_python"
"""The full job with its compiled modules, where there are any, and without."""
MAIN_COMPACTED, MAIN_FOLDED = "main_job_compacted", "main_job_folded"
"""A start of the full job on a log that is days old, and one that folds every journey."""
VARIANTS = {MAIN_COMPACTED: MAIN_JOB, MAIN_FOLDED: MAIN_JOB}
TRIES = 3
FAILURES = (BenchError, UserError, ChildError, KafkaError, AiokafkaError, TimeoutError, TimeoutExpired)
PLACES = ("apart", "shared", "pair")


@dataclass(frozen=True)
class Scale:
    """How much is measured, where and what; slow peers get a part of `events`, see the catalogue."""

    events: int
    crm_events: int
    repeats: int
    seconds: float
    growth_events: int
    year_events: int
    parts: tuple[str, ...]
    results: Path
    page: Path

    @property
    def copies(self) -> int:
        """Of the simulated department: the batch truth is computed for one of them."""
        return max(1, self.crm_events // 50_000)


_FIRST = PARTS[:4]
_QUICK = (ROOT / "build" / "bench-quick.json", ROOT / "build" / "performance.md")
_TOLD = (ROOT / "build" / "bench.json", ROOT / "docs" / "performance.md")
SCALES = {
    "quick": Scale(20_000, 10_000, 1, 5, 20_000, 20_000, PARTS, *_QUICK),
    "full": Scale(2_000_000, 1_000_000, 3, 20, 0, 0, _FIRST, *_TOLD),
    "long": Scale(0, 0, 1, 0, 56_000_000, 20_000_000, PARTS[4:], *_TOLD),
}
"""5.6 events make a journey of the simulated department; `long` adds its parts to those of `full`."""


class Session:
    """One invocation: parts are measured one after the other, a failure spoils only its own figure.

    `known` are results of invocations before: a delay is measured at half the peak that was found last.
    """

    def __init__(self, bench: Bench, scale: Scale, engines: Sequence[str], known: Report) -> None:
        self._bench, self._scale, self._engines = bench, scale, engines
        self._stream = ReferenceStream(bench)
        self._main: MainStream | None = None
        self._failed: dict[str, str] = {}
        self._results: dict[str, Report] = {name: part["measured"] for name, part in known.items()}

    def part(self, name: str) -> tuple[Report, dict[str, str]]:
        """Measure one of `PARTS`; also returns what could not be measured, and why."""
        parts: dict[str, Callable[[], Report]] = {
            "throughput": self._throughput,
            "recovery": self._recovery,
            "delay": self._delays,
            "slow": self._slow,
            "growth": self._growth,
            "year": self._year,
        }
        self._failed = {}
        self._results[name] = parts[name]()
        return self._results[name], self._failed

    def _attempt(self, what: str, measure: Callable[[], Any]) -> Any:
        began = time.monotonic()
        try:
            found = measure()
        except FAILURES as error:
            self._failed[what] = str(error)
            say(f"{what}: FAILED: {error}")
            return None
        say(f"{what}: {_brief(found)} ({time.monotonic() - began:.0f} s)")
        return found

    def _tried(self, what: str, measure: Callable[[], Figures]) -> Figures | None:
        """Again where a run does not count: stock Faust loses records at some starts."""
        for number in range(1, TRIES + 1):
            found = self._attempt(what if number == 1 else f"{what}, try {number}", measure)
            if found is not None:
                return cast("Figures", found)
        return None

    def _main_stream(self) -> MainStream:
        if self._main is None:
            settings = measures.main_settings(self._bench.bootstrap, "bench", measures.PREFIX)
            found = crm.department(settings, self._scale.crm_events, self._scale.copies)
            say(f"publishing {found.events:,} events of {found.reps} reps, and computing their truth")
            self._main = MainStream(self._bench, found)
        return self._main

    def _throughput(self) -> Report:
        """Rounds of all engines in turn, so that a slow moment of the machine hits everybody."""
        runs: dict[tuple[str, str], list[Figures]] = {}
        for number in range(1, self._scale.repeats + 1):
            for place in PLACES:
                for name in self._engines:
                    found = self._tried(f"{name}, {place}, run {number}", self._run(name, place))
                    runs.setdefault((name, place), []).extend([found] if found else [])
        kept = [(key, done) for key, done in runs.items() if len(done) == self._scale.repeats]
        return {name: {p: summary(done) for (n, p), done in kept if n == name} for name in self._engines}

    def _run(self, name: str, place: str) -> Callable[[], Figures]:
        if name in (MAIN_JOB, MAIN_PLAIN):
            return lambda: measures.main_throughput(
                self._bench, self._main_stream(), place, compiled=name == MAIN_JOB
            )
        return lambda: measures.throughput(
            self._bench, self._stream, ENGINES[name], place, self._scale.events
        )

    def _recovery(self) -> Report:
        """Each engine that can, started again on what it has written."""
        ways: dict[str, Callable[[], Report]] = {
            "lane": lambda: endurance.recovery_of_lane(self._bench, self._stream, self._scale.events),
            "faust_tables": lambda: endurance.recovery_of_faust(
                self._bench, self._stream, self._scale.events
            ),
            MAIN_JOB: lambda: endurance.recovery_of_main(self._bench, self._main_stream(), checkpoints=True),
            MAIN_COMPACTED: lambda: endurance.recovery_of_main(
                self._bench, self._main_stream(), checkpoints=True, compacted=True
            ),
            MAIN_FOLDED: lambda: endurance.recovery_of_main(
                self._bench, self._main_stream(), checkpoints=False
            ),
        }
        runs: dict[str, list[Report]] = {}
        for number in range(1, self._scale.repeats + 1):
            for name, way in ways.items():
                if VARIANTS.get(name, name) in self._engines and (
                    found := self._attempt(f"recovery of {name}, run {number}", way)
                ):
                    runs.setdefault(name, []).append(found)
        return {name: _spreads(done) for name, done in runs.items()}

    def _delays(self) -> Report:
        """At half of what the engine has just shown to be its peak."""
        told = {}
        for name in ("lane", MAIN_JOB):
            measured = self._results.get("throughput", {}).get(name, {}).get("apart")
            if measured is None:
                continue
            rate, seconds = measured["events_per_second"]["median"] / 2, self._scale.seconds
            told[name] = self._attempt(
                f"delay of {name} at {rate:,.0f} events/s", self._delay(name, rate, seconds)
            )
        return {name: found for name, found in told.items() if found}

    def _delay(self, name: str, rate: float, seconds: float) -> Callable[[], Report]:
        if name == "lane":
            return lambda: endurance.delay_of_lane(self._bench, rate, seconds)
        return lambda: endurance.delay_of_main(self._bench, self._main_stream().department, rate, seconds)

    def _slow(self) -> Report:
        """Memory under a consumer that cannot keep up."""
        return (
            self._attempt("a slow consumer", lambda: endurance.slow(self._bench, self._scale.seconds)) or {}
        )

    def _growth(self) -> Report:
        """Memory and speed by the number of journeys."""
        events = self._scale.growth_events
        found = self._attempt("growth", lambda: volume.growth(self._bench, events, _copies(events)))
        return found or {}

    def _year(self) -> Report:
        """A year through two workers."""
        events = self._scale.year_events
        found = self._attempt("a year", lambda: volume.year(self._bench, events, _copies(events)))
        return found or {}


def _copies(events: int) -> int:
    """So many that the truth is computed for some 200,000 events."""
    return max(2, min(events // 200_000, 999))


def _spreads(runs: Sequence[Report]) -> Report:
    return {name: measures.spread([run[name] for run in runs]) for name in runs[0]}


def _brief(found: Any) -> str:
    if isinstance(found, Figures):
        return (
            f"{found.events_per_second:,.0f} events/s, {found.cpu_seconds_per_million:.1f} CPU s a million,"
            f" {found.peak_kib / 1024:.0f} MiB"
        )
    return json.dumps({name: round(v, 1) for name, v in found.items() if isinstance(v, int | float)})


def say(text: str) -> None:
    """Tell how it gets on; figures go to files."""
    print(text, file=sys.stderr, flush=True)
