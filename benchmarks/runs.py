"""Runs: processes of one engine on one source, from their start until all they did is proved."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agents.child import Child, free_port
from benchmarks.engines.catalogue import Engine
from benchmarks.figures import Figures, figures
from benchmarks.machine import Placement
from benchmarks.reference import Counters
from benchmarks.stream import create_topics
from benchmarks.task import Task

ROOT = Path(__file__).parents[1]
PEERS_PYTHON = ROOT / ".cache" / "bench" / "bin" / "python"
POLL_SECONDS = 0.1
PROOF_SECONDS = 30.0
STALL_SECONDS = 120.0


class BenchError(RuntimeError):
    """A run came to nothing; the message says why."""


@dataclass(frozen=True)
class Source:
    """Topics with records in them, and how much that is."""

    bootstrap: str
    topics: tuple[str, ...]
    partitions: int
    events: int
    ends: dict[str, int]


@dataclass
class Process:
    """One worker and what it told last."""

    task: Task
    child: Child
    _offset: int = 0
    lines: list[dict[str, Any]] = field(default_factory=list)

    def last(self) -> dict[str, Any]:
        """The newest line of its report; {} before the first."""
        if self.task.report.exists():
            with self.task.report.open() as file:
                file.seek(self._offset)
                for text in iter(file.readline, ""):
                    if not text.endswith("\n"):
                        break
                    self._offset += len(text.encode())
                    self.lines.append(json.loads(text))
        return self.lines[-1] if self.lines else {}


@dataclass
class Crew:
    """The workers of one run."""

    module: str
    processes: list[Process]

    def told(self) -> list[dict[str, Any]]:
        """Everybody's last line; an error when somebody died."""
        for process in self.processes:
            process.last()
            if process.child.exit_code not in (None, 0):
                raise BenchError(
                    f"{self.module} ended with {process.child.exit_code}:\n{process.child.log_tail()}"
                )
        return [process.last() for process in self.processes]

    def until(self, done: Callable[[list[dict[str, Any]]], bool], what: str) -> list[dict[str, Any]]:
        """Return everybody's line once `done` holds; an error when nothing goes on any more."""
        seen, moved_at = self.told(), time.monotonic()
        while not done(seen):
            if time.monotonic() - moved_at > STALL_SECONDS:
                logs = "\n".join(process.child.log_tail() for process in self.processes)
                raise BenchError(f"{self.module} came no further before {what}: {seen}\n{logs}")
            time.sleep(POLL_SECONDS)
            told = self.told()
            if told != seen:
                seen, moved_at = told, time.monotonic()
        return seen

    def counters(self) -> list[dict[str, Any]]:
        """What everybody hands over from memory."""
        for process in self.processes:
            process.task.counters.unlink(missing_ok=True)
            process.task.wish.touch()
        self.until(
            lambda _: all(process.task.counters.exists() for process in self.processes), "its counters"
        )
        for process in self.processes:
            process.task.wish.unlink()
        return [json.loads(process.task.counters.read_text()) for process in self.processes]


@contextmanager
def crew(
    module: str,
    python: Path,
    source: Source,
    place: Placement,
    name: str,
    folder: Path,
    options: dict[str, Any] | None = None,
    core: Path | None = None,
) -> Iterator[Crew]:
    """As many processes of an engine as the placement has workers; `core` has modules that go first."""
    started, processes = time.time_ns(), []
    for number, cores in enumerate(place.workers):
        own = folder / f"{name}-{started}-{number}"
        own.mkdir(parents=True)
        task = Task(
            bootstrap=source.bootstrap,
            name=name,
            topics=source.topics,
            partitions=source.partitions,
            events=source.events,
            ends=source.ends,
            folder=str(own),
            number=number,
            workers=len(place.workers),
            cores=cores,
            options=options or {},
        )
        child = Child([str(python), "-P", "-m", module, task.text()], own / "log", env=_environment(core))
        processes.append(Process(task, child))
    try:
        for process in processes:
            process.child.start()
        yield Crew(module, processes)
    finally:
        for process in processes:
            process.child.kill()


def _environment(core: Path | None) -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("VORONKA_")}
    return {**kept, "PYTHONPATH": str(ROOT) if core is None else f"{core}{os.pathsep}{ROOT}"}


def python_of(engine: Engine) -> Path:
    """The interpreter that an engine's packages are installed for."""
    return PEERS_PYTHON if engine.own_environment else Path(sys.executable)


def measure(
    engine: Engine, source: Source, truth: Counters, place: Placement, name: str, folder: Path
) -> Figures:
    """One run to the end of the source; its figure counts only when every counter is as it must be."""
    options = prepare(engine, source, name, folder, workers=len(place.workers))
    with crew(engine.module, python_of(engine), source, place, name, folder, options) as workers:
        workers.until(lambda told: _done(engine, source, told), "the end of its source")
        tasks = [process.task for process in workers.processes]
        _prove(engine, workers, tasks, truth)
        told = workers.told()
        _check_split(workers, told, source)
    return figures(told, source.events)


def prepare(engine: Engine, source: Source, name: str, folder: Path, *, workers: int) -> dict[str, Any]:
    """What must be there before the engine starts."""
    topics = {f"{name}-{changelog}": {"cleanup.policy": "compact"} for changelog in engine.changelogs}
    if topics:
        create_topics(source.bootstrap, topics, source.partitions)
    if engine.id != "bytewax_flow":
        return {}
    recovery = folder / f"{name}-recovery"
    recovery.mkdir(parents=True)
    command = [str(PEERS_PYTHON), "-m", "bytewax.recovery", str(recovery), str(workers)]
    made = Child(command, folder / f"{name}-recovery.log")
    if made.start().wait(60):
        raise BenchError(f"bytewax could not make its recovery store:\n{made.log_tail()}")
    addresses = [f"127.0.0.1:{free_port()}" for _ in range(workers)]
    return {"recovery": str(recovery), "addresses": addresses}


def events_of(told: Sequence[dict[str, Any]]) -> int:
    """Events that all workers together have finished."""
    return sum(int(line.get("events", 0)) for line in told)


def _done(engine: Engine, source: Source, told: Sequence[dict[str, Any]]) -> bool:
    if engine.tells_end:
        return all(line.get("ended") for line in told)
    return events_of(told) >= source.events * engine.updates_per_event


def _prove(engine: Engine, workers: Crew, tasks: Sequence[Task], truth: Counters) -> None:
    """Compare every counter with plain Python's; what is being written still may take its time."""
    give_up_at = time.monotonic() + PROOF_SECONDS
    while True:
        if engine.state.startswith("none"):
            workers.counters()
        wrong = engine.counters(tasks).differences(truth)
        if not wrong:
            return
        if time.monotonic() > give_up_at:
            raise BenchError(f"{engine.title}: {len(wrong)} wrong, its figure does not count: {wrong[:5]}")
        time.sleep(1.0)


def _check_split(workers: Crew, told: Sequence[dict[str, Any]], source: Source) -> None:
    """Each worker must have done its share, or the figure is one worker's."""
    shares = [line.get("events", 0) for line in told]
    if min(shares) * len(shares) < source.events / 2:
        raise BenchError(f"{workers.module}: the partitions were not split between the workers: {shares}")
