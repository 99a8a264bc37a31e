"""T5: numbered events of many entities; the worker itself counts gaps, over kills."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agents.child import Child
from tests.brokers import KafkaBroker
from tests.chaos.plan import Row, size, times
from tests.chaos.sequence_worker import GAP
from tests.integration.lane_runs import Run, Worker, story, until

pytestmark = [
    pytest.mark.integration,
    pytest.mark.kafka,
    pytest.mark.slow,
    pytest.mark.full,
    pytest.mark.timeout(900),
]
KEYS = 200


@pytest.fixture
def run(eager_broker: KafkaBroker, fresh_name: Callable[[str], str], tmp_path: Path) -> Iterator[Run]:
    """A fresh app with one source topic."""
    app = fresh_name("sequence")
    found = Run(eager_broker.bootstrap, app, tmp_path, (f"{app}-leads",))
    found.create_topics()
    yield found
    found.close()


def start(run: Run, **settings: object) -> Worker:
    """A worker that counts gaps."""
    name = f"{run.app}-{len(run.workers)}"
    report = run.folder / f"{name}.jsonl"
    told = {
        "app": run.app,
        "bootstrap": run.bootstrap,
        "topics": run.topics,
        "folder": str(run.folder / name),
        "report": str(report),
        "session": 2,
        "chunk": 100,
        **settings,
    }
    argv = [sys.executable, "-m", "tests.chaos.sequence_worker", json.dumps(told)]
    run.workers.append(Worker(Child(argv, run.folder / f"{name}.log").start(), report))
    return run.workers[-1]


def gaps(run: Run) -> int:
    """Gaps that all workers together have told."""
    return sum(worker.child.log.read_text().count(GAP) for worker in run.workers)


def durable(worker: Worker) -> int:
    """Records that this worker has made durable."""
    return sum(worker.last().get("durable", {}).values())


def test_no_gap_is_counted_over_kills(run: Run, row: Row) -> None:
    """Whatever was committed is in the log: the next owner finds every number before the one that comes."""
    kills, count = times(2, 20), size(50, 2_000)
    sent = run.send(run.topics[0], story(KEYS, 0, count))
    shares = sorted(row.random.uniform(0.05, 0.9) for _ in range(kills))
    for share in shares:
        worker = start(run, slow=0.1)
        until(lambda worker=worker, share=share: durable(worker) >= share * sent, 60, worker.told)  # type: ignore[misc]
        worker.child.kill()
        assert sum(run.committed(run.topics[0]).values()) < sent, "killed when everything was done"
        row.faults += 1
    last = start(run)
    run.finish(last, seconds=120)
    row.lost = sum(len(numbers) for numbers in run.sent.values()) - last.total()
    row.doubled, row.figures["gaps"] = 0, gaps(run)
    assert run.logged() == run.sent
    assert gaps(run) == 0


def test_control_commits_before_acknowledgements_leave_gaps(run: Run, row: Row) -> None:
    """The control: where offsets run ahead of the log, the next owner counts gaps."""
    sent = run.send(run.topics[0], story(KEYS, 0, 50))
    first = start(run, slow=3, off="order")
    until(lambda: sum(run.committed(run.topics[0]).values()) > 0, 60, first.told)
    first.child.kill()
    row.faults += 1
    run.send(run.topics[0], story(KEYS, 50, 10))
    last = start(run)
    until(lambda: bool(last.last()) and last.last()["lag"] == 0 and last.total() > 0, 60, last.told)
    until(lambda: gaps(run) > 0, 30, last.told)
    row.figures["gaps"], row.lost = gaps(run), sent + 10 * KEYS - last.total()
    assert row.lost > 0
