"""A worker that slept through its session and wakes with a write in hand; compaction runs after it."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kafka.admin import NewTopic

from tests.brokers import KafkaBroker
from tests.integration.lane_runs import Run, story, until

pytestmark = [pytest.mark.integration, pytest.mark.kafka]
SHORT = {"group.min.session.timeout.ms": "1000", "log.cleaner.backoff.ms": "200"}
COMPACTED = {
    "cleanup.policy": "compact",
    "segment.ms": "500",
    "min.cleanable.dirty.ratio": "0.001",
    "min.compaction.lag.ms": "0",
    "delete.retention.ms": "0",
}


@pytest.fixture(scope="module")
def eager_broker() -> Iterator[KafkaBroker]:
    """A Kafka that lets sessions be short and compacts at once."""
    with KafkaBroker(SHORT) as broker:
        yield broker


@pytest.fixture
def run(eager_broker: KafkaBroker, fresh_name: Callable[[str], str], tmp_path: Path) -> Iterator[Run]:
    """A fresh app with one partition, so that one worker owns all."""
    app = fresh_name("lane")
    found = Run(eager_broker.bootstrap, app, tmp_path, (f"{app}-leads",), partitions=1)
    found.create_topics([NewTopic(f"{app}-seen-changelog", 1, 1, topic_configs=COMPACTED)])
    yield found
    found.close()


def wake_a_zombie(run: Run, off: str = "") -> None:
    """Put a worker to sleep with a write in hand, let another go further, then wake the first."""
    topic = run.topics[0]
    run.send(topic, story(50, 0, 10))
    sleeper = run.start(session=2, slow=3, off=off)
    until(lambda: sleeper.total() == 500, 40, sleeper.told)
    assert sleeper.last()["durable"] != sleeper.last()["next"]
    sleeper.child.send(signal.SIGSTOP)
    heir = run.start(session=2)
    run.finish(heir)
    run.send(topic, story(50, 10, 10))
    run.finish(heir)
    sleeper.child.send(signal.SIGCONT)
    log = sleeper.child.log
    until(lambda: log.read_text().count("Worker ready") > 1 or not sleeper.child.running, 40, sleeper.told)
    run.finish(*(worker for worker in (sleeper, heir) if worker.owns()))


def compact(run: Run) -> None:
    """Give the cleaner closed segments and wait until it has been there."""
    topic = f"{run.app}-seen-changelog"
    before = sum(1 for _ in run.read(topic))
    run.send(run.topics[0], story(50, 20, 1))
    run.finish(*(worker for worker in run.workers if worker.child.running and worker.owns()))
    until(lambda: sum(1 for _ in run.read(topic)) < before, 30, lambda: f"{before} records")


def test_a_zombies_late_write_changes_nothing_even_after_compaction(run: Run) -> None:
    """Every key holds all that was sent, in the compacted log and in a worker recovered from it."""
    wake_a_zombie(run)
    assert run.logged() == run.sent
    compact(run)
    assert run.logged() == run.sent
    for worker in run.workers:
        worker.child.kill()
    last = run.start(session=2)
    run.finish(last)
    assert last.last()["stats"]["recovered_records"] > 0


def test_without_the_fence_a_zombie_would_lose(run: Run) -> None:
    """The control: unfenced, the same late write overwrites what the heir had logged."""
    wake_a_zombie(run, off="fence")
    assert run.logged() != run.sent
