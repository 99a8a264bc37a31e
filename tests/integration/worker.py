"""Running `voronka worker` in tests: a deployment's topics, acknowledged records, processes, their pages."""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from kafka import KafkaProducer

from agents.broker import producer, read_to_end, true_ends
from agents.child import Child, free_port
from agents.quarantine import Quarantined, read_quarantine
from agents.settings import Settings, load_settings
from agents.topics import ensure_topics
from tests.oracle import Record
from tests.simulator import partition_of
from tests.stories.telling import MOSCOW, lead

Place = tuple[str, int]
"""A topic and its partition."""


def until(condition: Callable[[], bool], what: Callable[[], str], seconds: float = 60.0) -> None:
    """Return once the condition holds; fail saying what there was instead."""
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, f"not within {seconds} s: {what()}"
        time.sleep(0.02)


@dataclass
class Worker:
    """One `voronka worker` process and its pages."""

    child: Child
    port: int

    def get(self, path: str, accept: str = "", method: str = "GET") -> tuple[int, str]:
        """Status and text of a page; (0, "") while nothing answers there."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, headers={"Accept": accept} if accept else {})
            response = connection.getresponse()
            return response.status, response.read().decode()
        except (OSError, HTTPException):
            return 0, ""
        finally:
            connection.close()

    def progress(self) -> dict[str, Any]:
        """`/api/progress`; nothing while it does not answer."""
        status, text = self.get("/api/progress")
        found: dict[str, Any] = json.loads(text) if status == 200 else {}
        return found

    def positions(self, kind: str = "durable_offset") -> dict[Place, int]:
        """Where its source partitions stand."""
        topics = self.progress().get("topics", {})
        return {(topic, int(n)): each[kind] for topic, parts in topics.items() for n, each in parts.items()}

    def shards(self) -> set[int]:
        """The shards that it exports."""
        return set(self.progress().get("shards", ()))

    def ready(self) -> bool:
        """Whether `/readyz` says so."""
        return self.get("/readyz")[0] == 200

    def log(self) -> str:
        """All that it has written so far."""
        return self.child.log.read_text()

    def told(self) -> str:
        """For failure messages."""
        return f"exit code {self.child.exit_code}, progress {self.progress()}\n{self.child.log_tail()}"

    def memory_kib(self, kind: str = "VmRSS") -> int:
        """Memory that the process holds now, or held at most (`VmHWM`)."""
        lines = Path(f"/proc/{self.child.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(kind))


@dataclass
class Deployment:
    """One app with topics and data of its own on a broker; `env` holds its VORONKA_ variables."""

    env: Mapping[str, str]
    settings: Settings
    folder: Path
    client: KafkaProducer
    ends: dict[Place, int] = field(default_factory=dict)
    """Where each partition ends by what the broker has acknowledged to us."""
    records: list[Record] = field(default_factory=list)
    """All that was published, repeats included."""
    workers: list[Worker] = field(default_factory=list)

    def voronka(self, *command: str, **env: str) -> Child:
        """A `voronka` command with the deployment's settings and others in their place."""
        number = sum(1 for _ in self.folder.glob("*.log"))
        foreign = {name: text for name, text in os.environ.items() if not name.startswith("VORONKA_")}
        argv = [sys.executable, "-m", "agents.cli", *command]
        return Child(argv, self.folder / f"{number}.log", {**foreign, **self.env, **env}).start()

    def start(self, **env: str) -> Worker:
        """One more worker on a port of its own."""
        port = free_port()
        worker = Worker(self.voronka("worker", **{"VORONKA_HTTP_PORT": str(port)} | env), port)
        self.workers.append(worker)
        return worker

    def start_ready(self, **env: str) -> Worker:
        """One more worker, when it says that its numbers are complete."""
        worker = self.start(**env)
        worker.child.await_ready(worker.ready, 60)
        return worker

    def publish(self, records: Iterable[Record], partition: int | None = None) -> list[Place]:
        """Send records, wait until each is acknowledged, and tell where each went."""
        records = list(records)
        self.records += records
        sends = [
            self.client.send(
                f"{self.settings.topic_prefix}{record.topic}",
                record.value,
                key=record.key,
                partition=partition,
                headers=list(record.headers),
                timestamp_ms=record.timestamp_ms,
            )
            for record in records
        ]
        self.client.flush()
        places = []
        for send in sends:
            told = send.get(30)
            place = (told.topic, told.partition)
            self.ends[place] = max(self.ends.get(place, 0), told.offset + 1)
            places.append(place)
        return places

    def settle(self, *workers: Worker, seconds: float = 60.0) -> None:
        """Return once all that was published, and what workers tell each other, is applied for good."""
        self._await_durable(workers, self.ends, seconds)
        topic, moved = self.settings.moves_topic, None
        while (ends := true_ends(self.settings, topic)) != moved:
            moved = ends
            self._await_durable(workers, {(topic, number): end for number, end in ends.items()}, seconds)

    def _await_durable(self, workers: Iterable[Worker], ends: Mapping[Place, int], seconds: float) -> None:
        def done() -> bool:
            found = dict(itertools.chain.from_iterable(worker.positions().items() for worker in workers))
            assert all(worker.child.running for worker in workers), [worker.told() for worker in workers]
            return all(found.get(place, -1) >= end for place, end in ends.items() if end)

        until(done, lambda: f"{ends} wanted, {[worker.told() for worker in workers]}", seconds)

    def quarantined(self) -> list[Quarantined]:
        """Everything in quarantine, repeats included."""
        return list(read_quarantine(self.settings))

    def read(self, topic: str) -> list[Any]:
        """Every record of a topic."""
        return list(read_to_end(self.settings, topic))

    def close(self) -> None:
        """End what still runs."""
        for worker in self.workers:
            worker.child.send(signal.SIGCONT)
            worker.child.kill()


def name_in(shard: int, stem: str, partitions: int = 4) -> str:
    """A lead's id that begins so and whose journey lives in this shard."""
    names = (f"{stem}{number}" for number in itertools.count())
    return next(name for name in names if partition_of(f"lead/{name}".encode(), partitions) == shard)


def beats(now_ms: int, partitions: int = 4) -> list[Record]:
    """One event in each partition that says nothing but the time: the event clock of every shard."""
    at = datetime.fromtimestamp(now_ms / 1000, MOSCOW).replace(tzinfo=None).isoformat()
    return [lead(name_in(shard, "beat-"), "scored", at, score=3) for shard in range(partitions)]


def split(workers: Iterable[Worker], partitions: int = 4) -> bool:
    """Whether each worker is ready and every shard is exported by exactly one of them."""
    owned = [worker.shards() if worker.ready() else () for worker in workers]
    return sorted(itertools.chain.from_iterable(owned)) == [*range(partitions)] and all(owned)


@contextmanager
def deployed(
    bootstrap: str, name: str, folder: Path, env: Mapping[str, str] | None = None
) -> Iterator[Deployment]:
    """A deployment with its topics; its workers end with it."""
    known = {
        "VORONKA_BROKER": bootstrap,
        "VORONKA_APP_ID": name,
        "VORONKA_TOPIC_PREFIX": f"{name}-",
        "VORONKA_DATA_DIR": str(folder / "data"),
        "VORONKA_CLOCK": "event",
        "VORONKA_REJECT_LIMIT": "0",
    }
    known |= env or {}
    settings = load_settings(known)
    report = ensure_topics(settings)
    assert not report.differences, report.differences
    with ExitStack() as stack:
        deployment = Deployment(known, settings, folder, stack.enter_context(producer(settings)))
        stack.callback(deployment.close)
        yield deployment
