"""A campaign: a deployment, workers with faults, kills at chosen progress, and the judgement in the end."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from kafka import KafkaConsumer, TopicPartition

from agents.broker import true_ends
from agents.child import Child, free_port
from tests.chaos.audit import Findings, audit
from tests.chaos.faults import DIES, Faults
from tests.chaos.plan import Row
from tests.chaos.publishing import Spot, publish
from tests.integration.worker import Deployment, Worker, until
from tests.oracle import Config, Record

INTERNAL = re.compile(r"\b(?:ERROR|CRITICAL)\b|^Traceback ")
COORDINATOR = r"Group Coordinator Request failed"
"""A new broker makes the topic of group offsets when the first worker asks for its coordinator."""
MEMBERSHIP = (
    r"Heartbeat session expired|OffsetCommit failed .* will rejoin|Thread keepalive is not responding"
)
"""A machine with too much to do misses heartbeats: one more fault to survive, told as an error."""
NO_BROKER = (
    r"aiokafka|Unable|connect|Connection|NodeNotReady|coordinator|Heartbeat|heartbeat|Topic .* not available"
)
"""What a worker may log while its broker is away."""


@dataclass
class Campaign:
    """One deployment under faults, and everything that was published to it."""

    deployment: Deployment
    row: Row
    records: list[Record] = field(default_factory=list)
    allowed: tuple[str, ...] = (COORDINATOR, MEMBERSHIP)
    """Patterns of errors that the faults of this test make workers log."""

    def publish(self, records: Iterable[Record], piece: int = 100_000) -> list[Spot]:
        """Send, and remember what was acknowledged; returns where each record lies."""
        known = list(records)
        spots = publish(self.deployment, known, piece)
        self.records += known
        return spots

    @contextmanager
    def publishing(self, records: Iterable[Record]) -> Iterator[None]:
        """Send beside what happens inside; on leaving, all of it is acknowledged."""
        with ThreadPoolExecutor(1) as pool:
            sent = pool.submit(self.publish, records, 500)
            yield
            sent.result(120)

    def start(self, faults: Faults | None = None, **env: str) -> Worker:
        """The product's own worker, or one with faults."""
        if faults is None:
            return self.deployment.start(**env)
        deployment, port = self.deployment, free_port()
        number = len(deployment.workers)
        argv = [sys.executable, "-m", "tests.chaos.launcher", json.dumps(vars(faults))]
        settings = {**environment(deployment), "VORONKA_HTTP_PORT": str(port), **env}
        child = Child(argv, deployment.folder / f"faulty-{number}.log", settings).start()
        deployment.workers.append(Worker(child, port))
        return deployment.workers[-1]

    def start_recovered(self, faults: Faults | None = None) -> Worker:
        """The same, when it has all shards that are left to it; the time that took is noted."""
        started = time.monotonic()
        worker = self.start(faults)
        until(lambda: bool(worker.shards()) or not worker.child.running, worker.told, 60)
        assert worker.child.running or DIES in worker.log(), worker.told()
        self.row.recovery_seconds.append(time.monotonic() - started)
        return worker

    def find_ends(self) -> None:
        """Ask the broker where the sources end: others have written there too."""
        for topic in {topic for topic, _ in self.deployment.ends}:
            found = true_ends(self.deployment.settings, topic)
            self.deployment.ends.update({(topic, number): end for number, end in found.items() if end})

    @property
    def total(self) -> int:
        """Records that the sources hold."""
        return sum(list(self.deployment.ends.values()))  # a thread may be publishing

    def done(self, workers: Iterable[Worker], kind: str = "next_offset") -> int:
        """Records of the sources that are applied by these workers, or durable, or committed."""
        found: dict[tuple[str, int], int] = {}
        for worker in workers:
            found.update({place: at or 0 for place, at in worker.positions(kind).items()})
        return sum(at for place, at in found.items() if place in self.deployment.ends)

    def reach(self, share: float, workers: Sequence[Worker], seconds: float = 120.0) -> None:
        """Return once that share of the sources is applied, or a worker has ended itself."""

        def reached() -> bool:
            ended = not all(worker.child.running for worker in workers)
            return ended or self.done(workers) >= share * self.total

        until(reached, lambda: str([worker.told() for worker in workers]), seconds)

    def kill(self, worker: Worker) -> None:
        """kill -9; work must have remained."""
        assert worker.child.running, worker.told()
        worker.child.kill()
        assert worker.child.exit_code == -9
        self.landed()

    def landed(self) -> None:
        """Count a fault; there must have been work to disturb."""
        left = self.total - committed(self.deployment)
        assert left > 0, "the fault came when everything was done"
        self.row.faults += 1

    def errors(self) -> list[str]:
        """Errors that workers logged and that no fault of this test explains."""
        found = []
        for worker in self.deployment.workers:
            lines = [line for line in worker.log().splitlines() if INTERNAL.search(line)]
            found += [line for line in lines if not any(re.search(each, line) for each in self.allowed)]
        return found

    def judge(self, *workers: Worker, config: Config | None = None, seconds: float = 120.0) -> Findings:
        """Settle, audit, and note what was found; errors that workers logged fail here."""
        self.deployment.settle(*workers, seconds=seconds)
        found = audit(self.deployment, self.records, workers, config)
        self.note(found)
        assert not self.errors(), "workers logged errors:\n" + "\n".join(self.errors()[:10])
        return found

    def note(self, found: Findings) -> None:
        """Into the report."""
        self.row.lost, self.row.doubled = len(found.lost), len(found.doubled)
        self.row.figures |= {
            "events": found.events,
            "keys": found.keys,
            "keys_differing": len(found.wrong_keys),
            "series": found.series,
            "series_differing": len(found.wrong_series),
        }
        print(f"seed {self.row.seed}: {found}, {self.row.faults} faults landed")


def environment(deployment: Deployment) -> Mapping[str, str]:
    """The settings of a deployment's commands."""
    foreign = {name: text for name, text in os.environ.items() if not name.startswith("VORONKA_")}
    return {**foreign, **deployment.env}


def committed(deployment: Deployment) -> int:
    """What the group has committed of the sources."""
    client = KafkaConsumer(
        bootstrap_servers=deployment.settings.brokers,
        group_id=deployment.settings.app_id,
        enable_auto_commit=False,
    )
    try:
        return sum(client.committed(TopicPartition(*place)) or 0 for place in list(deployment.ends))
    finally:
        client.close(autocommit=False)


def kill_rounds(campaign: Campaign, random: Random, kills: int, faults: Faults | None) -> Worker:
    """Kill -9 at random shares of the work, each fifth in the midst of its recovery; the last one lives."""
    shares = sorted(random.uniform(0.02, 0.9) for _ in range(kills))
    for number, share in enumerate(shares):
        if number % 5 == 4:
            worker = campaign.start(faults)
            until(lambda worker=worker: bool(worker.progress()), worker.told)  # type: ignore[misc]
        else:
            worker = campaign.start_recovered(faults)
            campaign.reach(share, [worker])
        campaign.kill(worker)
    return campaign.start_recovered()
