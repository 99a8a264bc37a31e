"""A worker that slept through its session and wakes with a write in hand; compaction runs after it."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kafka.admin import NewTopic

from agents.lane import CLAIM_KEY
from tests.brokers import KafkaBroker
from tests.integration.lane_runs import Run, Worker, bits, story, until

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


def put_to_sleep(run: Run, off: str) -> tuple[Worker, Worker]:
    """Let a worker sleep with a write in hand while another takes over and goes further."""
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
    return sleeper, heir


def stale_writes(run: Run) -> list[int]:
    """Offsets of changelog records that hold less than an earlier record of their key."""
    seen: dict[bytes, set[int]] = {}
    found = []
    for record in run.read(f"{run.app}-seen-changelog"):
        if record.key == CLAIM_KEY:
            continue
        value = bits(record.value)
        if not value >= seen.get(record.key, set()):
            found.append(record.offset)
        seen[record.key] = value
    return found


def compact(run: Run) -> None:
    """Let the cleaner's next segment begin and wait until it has removed something."""
    run.send(run.topics[0], story(50, 20, 1))
    run.finish()

    def cleaned() -> bool:
        offsets: list[int] = [record.offset for record in run.read(f"{run.app}-seen-changelog")]
        return len(offsets) <= max(offsets)

    until(cleaned, 60, lambda: "nothing was compacted")


@pytest.mark.parametrize(
    ("off", "words"),
    [
        ("", "lost the group before a write"),
        ("member", "another worker has taken over"),
    ],
    ids=["it sees that it slept", "it does not, and the broker refuses"],
)
def test_a_zombies_late_write_changes_nothing_even_after_compaction(run: Run, off: str, words: str) -> None:
    """The log never holds less than before, and a worker that recovers from the compacted log has all."""
    sleeper, _ = put_to_sleep(run, off)
    sleeper.child.send(signal.SIGCONT)
    until(lambda: words in sleeper.child.log.read_text(), 20, sleeper.told)
    run.finish()
    assert stale_writes(run) == []
    assert run.logged() == run.sent
    compact(run)
    assert run.logged() == run.sent
    run.close()
    last = run.start(session=2)
    run.finish(last)
    assert last.last()["stats"]["recovered_records"] >= len(run.sent)
    assert last.last()["stats"]["holes"] == 0


def test_a_sleeper_that_gets_its_partition_back_has_all(run: Run) -> None:
    """Nobody else was there: the shard that was ahead of its log is read again, from the log's beginning."""
    topic = run.topics[0]
    run.send(topic, story(50, 0, 10))
    first = run.start(session=2)
    run.finish(first)
    first.child.kill()
    sleeper = run.start(session=2, slow=3)
    until(lambda: sleeper.total() == 500, 40, sleeper.told)
    run.send(topic, story(25, 10, 10))
    until(lambda: sleeper.total() == 750, 40, sleeper.told)
    assert sleeper.last()["durable"] != sleeper.last()["next"]
    sleeper.child.send(signal.SIGSTOP)
    time.sleep(5)
    sleeper.child.send(signal.SIGCONT)
    until(lambda: sleeper.last()["stats"]["abandoned_chunks"] > 0, 40, sleeper.told)
    run.finish(sleeper)
    run.send(topic, story(50, 20, 1))
    run.finish(sleeper)
    assert run.logged() == run.sent
    assert stale_writes(run) == []


def test_without_protection_a_zombies_late_write_would_lose(run: Run) -> None:
    """The control: unfenced and unaware, the same write hides what the heir had logged."""
    sleeper, _ = put_to_sleep(run, "fence")
    sleeper.child.send(signal.SIGCONT)
    until(lambda: bool(stale_writes(run)), 20, sleeper.told)
    assert run.logged() != run.sent
