"""What each engine has made durable, read back from where it keeps it, as the reference job's counters."""

from __future__ import annotations

import json
import pickle
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.engines.lane import decoded
from benchmarks.reference import Counters
from benchmarks.stream import newest, topics_like
from benchmarks.task import Task


def of_lane(tasks: Sequence[Task]) -> Counters:
    """The lane's one changelog."""
    task = tasks[0]
    entries = newest(task.bootstrap, f"{task.name}-state-changelog")
    return decoded((key, value) for (_, key), value in entries.items())


def of_faust(tasks: Sequence[Task]) -> Counters:
    """Three changelogs in JSON; counters' keys start with the partition."""
    task, counters = tasks[0], Counters()
    for name in ("leads", "funnel", "responses"):
        for (_, raw), value in newest(task.bootstrap, f"{task.name}-{name}-changelog").items():
            key, told = json.loads(raw), json.loads(value)
            if name == "leads":
                fields = ("created_at", "responded_at", "stage", "owner", "channel", "events")
                counters.leads[key] = [told[field] for field in fields]
            else:
                getattr(counters, name)[key.partition(":")[2]] += told
    return counters


def of_quix(tasks: Sequence[Task]) -> Counters:
    """Two changelogs, one of the source and one of its repartition; a key is `message key|state key`."""
    task, counters = tasks[0], Counters()
    for topic in topics_like(task.bootstrap, f"changelog__{task.name}--"):
        for (_, raw), value in newest(task.bootstrap, topic).items():
            message_key, _, state_key = raw.decode().partition("|")
            place, key, told = message_key.strip('"'), json.loads(state_key), json.loads(value)
            if key == "lead":
                counters.leads[place] = told
            elif key.startswith("response:"):
                counters.responses[f"{place.partition(':')[0]}:{key.removeprefix('response:')}"] += told
            else:
                counters.funnel[key] += told
    return counters


def of_bytewax(tasks: Sequence[Task]) -> Counters:
    """The snapshots in its recovery partitions: the newest of every key."""
    counters = Counters()
    for step, key, state in _snapshots(Path(tasks[0].options["recovery"])):
        if step.endswith(".leads.stateful_flat_map.stateful_batch") or ".leads." in step:
            counters.leads[key] = state
        elif ".funnel." in step:
            counters.funnel[key] += state
        elif ".responses." in step:
            counters.responses[key] += state
    return counters


def _snapshots(folder: Path) -> Iterator[tuple[str, str, Any]]:
    newest_of: dict[tuple[str, str], tuple[int, bytes | None]] = {}
    for path in sorted(folder.glob("*.sqlite3")):
        base = sqlite3.connect(path)
        rows = base.execute("SELECT step_id, state_key, snap_epoch, ser_change FROM snaps").fetchall()
        base.close()
        for step, key, epoch, change in rows:
            known = newest_of.get((step, key))
            if known is None or known[0] < epoch:
                newest_of[step, key] = epoch, change
    for (step, key), (_, change) in newest_of.items():
        if change is not None:
            yield step, key, pickle.loads(change)  # noqa: S301 - written by the run that we started


def of_confluent(tasks: Sequence[Task]) -> Counters:
    """The changelog of the loop."""
    task, counters = tasks[0], Counters()
    for (_, raw), value in newest(task.bootstrap, f"{task.name}-changelog").items():
        kind, key, told = raw[:1], raw[1:].decode(), msgspec.msgpack.decode(value)
        if kind == b"l":
            counters.leads[key] = told
        else:
            (counters.funnel if kind == b"f" else counters.responses)[key] += told
    return counters


def of_memory(tasks: Sequence[Task]) -> Counters:
    """What processes without anything durable told from their memory."""
    counters = Counters()
    for task in tasks:
        told = json.loads(task.counters.read_text())["counters"]
        counters.leads |= told["leads"]
        counters.funnel.update(told["funnel"])
        counters.responses.update(told["responses"])
    return counters
