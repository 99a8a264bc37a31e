"""Volume: growth to many journeys, and a year of a large department."""

from __future__ import annotations

import time
from itertools import pairwise

from benchmarks import crm
from benchmarks.figures import figures
from benchmarks.measures import Bench, MainStream, Report, finish, main_settings
from benchmarks.runs import Process


def growth(found: Bench, events: int, copies: int) -> Report:
    """One worker filled with more and more journeys: memory and speed on the way."""
    prefix, name = found.name("growth") + "-", found.name("main")
    stream = MainStream(found, crm.department(main_settings("", name, prefix), events, copies), prefix)
    with stream.workers(name, found.place("apart")) as workers:
        told = finish(workers, stream.source, stream.settings(name).moves_topic)
        stream.prove(workers)
        process = workers.processes[0]
        marks = _marks(process, told[0]["entities"])
    stream.drop(name)
    first, last = marks[0], marks[-1]
    grown = last["journeys"] - first["journeys"]
    return {
        "events": stream.source.events,
        "marks": marks,
        "bytes_per_journey": (last["resident_mib"] - first["resident_mib"]) * 1024**2 / max(grown, 1),
    }


def _marks(process: Process, journeys: int) -> list[Report]:
    """A tenth, a fifth, a half and all of the journeys: memory there, and speed since the mark before."""
    lines = [line for line in process.lines if line["began_at"] is not None and line["events"]]
    shares = (0.1, 0.2, 0.5, 1.0)
    found = [next(line for line in lines if line["entities"] >= share * journeys) for share in shares]
    steps = [lines[0], *found]
    return [
        {
            "journeys": line["entities"],
            "resident_mib": line["resident_kib"] / 1024,
            "events_per_second": (line["events"] - before["events"]) / max(line["at"] - before["at"], 0.001),
        }
        for before, line in pairwise(steps)
    ]


def year(found: Bench, events: int, copies: int) -> Report:
    """A year of a department replayed through two workers."""
    prefix, name = found.name("year") + "-", found.name("main")
    department = crm.year(main_settings("", name, prefix), events, copies)
    began = time.monotonic()
    stream = MainStream(found, department, prefix)
    filled = time.monotonic() - began
    with stream.workers(name, found.place("pair")) as workers:
        told = finish(workers, stream.source, stream.settings(name).moves_topic)
        stream.prove(workers)
        done = figures(told, stream.source.events)
        journeys = sum(line["entities"] for line in workers.told())
    stream.drop(name)
    return {
        "events": done.events,
        "journeys": journeys,
        "reps": department.reps,
        "preparing_seconds": filled,
        "seconds": done.seconds,
        "events_per_second": done.events_per_second,
        "cpu_seconds_per_million": done.cpu_seconds_per_million,
        "peak_mib": done.peak_kib / 1024,
    }
