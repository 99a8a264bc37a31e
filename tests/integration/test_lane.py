"""The lane on real brokers: what was sent is what the shards and the changelog hold, whatever happens."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import NewTopic
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from agents.lane.halt import EXIT_FAILED
from agents.lane.types import EXIT_CONFIG
from tests.brokers import Broker, EmbeddedBroker, KafkaBroker
from tests.integration.lane_runs import Run, Worker, story, until, with_admin

pytestmark = pytest.mark.integration
Names = Callable[[str], str]


@pytest.fixture
def run(broker: Broker, fresh_name: Names, tmp_path: Path) -> Iterator[Run]:
    """A fresh app with two source topics, on the embedded broker and on Kafka."""
    app = fresh_name("lane")
    # Kafka allows no shorter sessions by itself; on the embedded broker a restart waits for their end.
    session = 3 if isinstance(broker, EmbeddedBroker) else 6
    topics = (f"{app}-leads", f"{app}-deals")
    found = Run(broker.bootstrap, app, tmp_path, topics, session_seconds=session)
    yield found
    found.close()


@pytest.fixture
def kafka_run(kafka_broker: KafkaBroker, fresh_name: Names, tmp_path: Path) -> Iterator[Run]:
    """A fresh app with one source topic on Kafka."""
    app = fresh_name("lane")
    found = Run(kafka_broker.bootstrap, app, tmp_path, (f"{app}-leads",))
    yield found
    found.close()


def stop_in_order(worker: Worker) -> None:
    """End a worker as an operator would."""
    worker.child.stop(20.0)


def test_everything_is_applied_forwarded_and_read_back_after_a_restart(run: Run) -> None:
    """Two topics fill the same shards, their outputs arrive, and a restart recovers all, tombstones too."""
    run.create_topics([NewTopic(f"{run.app}-echo", 4, 1)])
    leads, deals = run.topics
    run.send(leads, story(60, 0, 40))
    run.send(deals, story(60, 40, 20))
    first = run.start(echo=True)
    run.finish(first)
    echoed: dict[tuple[int, bytes], set[int]] = {}
    for record in run.read(f"{run.app}-echo"):
        echoed.setdefault((record.partition, record.key), set()).add(int(record.value))
    assert echoed == run.sent == run.logged()
    forgotten = min(run.sent)
    run.send_raw(leads, forgotten[1], b"forget", forgotten[0])
    until(lambda: forgotten not in run.logged(), 10, first.told)
    stop_in_order(first)
    del run.sent[forgotten]
    second = run.start()
    run.finish(second)
    stats = second.last()["stats"]
    assert stats["recovered_records"] > 0
    assert stats["records"] == 0, "everything was committed, so nothing is read twice"
    run.send(deals, story(60, 60, 5))
    run.sent.update({forgotten: set(range(60, 65))})
    run.finish(second)
    assert run.logged() == run.sent


def test_an_empty_changelog_is_recovered(run: Run) -> None:
    """A worker on empty topics becomes ready, and again after a restart with still nothing there."""
    run.create_topics()
    for _ in range(2):
        worker = run.start()
        until(lambda worker=worker: worker.owns() == {"0", "1", "2", "3"}, 40, worker.told)  # type: ignore[misc]
        stop_in_order(worker)
    run.send(run.topics[0], story(20, 0, 10))
    run.finish(run.start())
    assert run.logged() == run.sent


@pytest.mark.parametrize(
    ("value", "code", "words"),
    [
        (b"poison", 65, "worker stops while running the job: too many rejects in a row"),
        (b"break", EXIT_FAILED, "the job is broken"),
    ],
)
def test_a_stop_names_its_reason_and_commits_nothing_of_the_chunk(
    run: Run, value: bytes, code: int, words: str
) -> None:
    """A job's order to stop and an unexpected failure both end the process and leave the chunk to be read."""
    run.create_topics()
    topic = run.topics[0]
    run.send(topic, story(40, 0, 10))
    worker = run.start()
    run.finish(worker)
    before = {number: len(numbers) for number, numbers in per_partition(run).items()}
    until(lambda: run.committed(topic) == before, 10, lambda: f"{run.committed(topic)} {before}")
    run.send_raw(topic, b"k0", value, 1)
    assert worker.child.wait(20) == code
    assert words in worker.child.log_tail()
    assert run.committed(topic) == before


def per_partition(run: Run) -> dict[int, list[int]]:
    """What was sent, by partition."""
    found: dict[int, list[int]] = {number: [] for number in range(run.partitions)}
    for (number, _), numbers in run.sent.items():
        found[number] += numbers
    return {number: numbers for number, numbers in found.items() if numbers}


def test_unequal_partition_counts_stop_the_worker_naming_both(run: Run) -> None:
    """Partition p of every topic belongs to shard p, so a topic with another number of them is refused."""
    with_three = NewTopic(run.topics[1], 3, 1)
    run.topics, both = run.topics[:1], run.topics
    run.create_topics([with_three])
    run.topics = both
    worker = run.start()
    assert worker.child.wait(30) == EXIT_CONFIG
    assert f"topic {both[1]} has 3 partitions, table seen has 4" in worker.child.log_tail()


def test_a_log_that_was_made_anew_stops_the_worker(kafka_run: Run) -> None:
    """What it held is missing from every figure, and nothing else would say so."""
    topic, log = kafka_run.topics[0], f"{kafka_run.app}-seen-changelog"
    kafka_run.create_topics()
    kafka_run.send(topic, story(8, 0, 10))
    worker = kafka_run.start()
    kafka_run.finish(worker)
    until(lambda: sum(kafka_run.committed(topic).values()) == 80, 20, worker.told)
    worker.child.kill()
    with_admin(kafka_run.bootstrap, lambda admin: admin.delete_topics([log]))
    with_admin(
        kafka_run.bootstrap,
        lambda admin: until(lambda: log not in admin.list_topics(), 20, lambda: "the log stays"),
    )
    worker = kafka_run.start()
    assert worker.child.wait(60) == EXIT_CONFIG
    assert f"is empty, but {topic} was read to offset" in worker.child.log_tail()


def test_a_source_that_was_cut_short_stops_the_worker(kafka_run: Run) -> None:
    """Its new records lie where others were read before, and would pass for them."""
    topic = kafka_run.topics[0]
    kafka_run.create_topics()
    kafka_run.send(topic, story(8, 0, 10))
    worker = kafka_run.start()
    kafka_run.finish(worker)
    worker.child.kill()
    consumer = KafkaConsumer(
        bootstrap_servers=kafka_run.bootstrap, group_id=kafka_run.app, enable_auto_commit=False
    )
    places = {TopicPartition(topic, number): OffsetAndMetadata(500, "", -1) for number in range(4)}

    def committed() -> bool:
        try:
            consumer.commit(places)
        except KafkaError:
            return False  # the group still has its killed member
        return True

    until(committed, 30, lambda: "the group keeps its member")
    consumer.close()
    worker = kafka_run.start()
    assert worker.child.wait(60) == EXIT_CONFIG
    assert "was read to offset 500, and now begins at 0" in worker.child.log_tail()


def test_an_ordinary_agent_is_served_during_a_backlog(run: Run) -> None:
    """Lane chunks and ordinary records take turns: the agent has its records before the backlog is gone."""
    plain = f"{run.app}-plain"
    run.create_topics([NewTopic(plain, 4, 1)])
    run.send(run.topics[0], story(100, 0, 100))
    run.send(plain, story(10, 0, 20), commit=False)
    worker = run.start(plain=plain, chunk=50, slow=0.3)
    until(lambda: worker.last().get("plain") == 200, 40, worker.told)
    assert worker.last()["lag"] > 0
    run.finish(worker)
    assert run.logged() == run.sent


def test_control_records_are_neither_holes_nor_lag(kafka_run: Run) -> None:
    """A source written in transactions is read to its end without a rewind, its markers committed."""
    from kafka import KafkaProducer

    run = kafka_run
    run.create_topics()
    producer = KafkaProducer(bootstrap_servers=run.bootstrap, transactional_id=run.app)
    producer.init_transactions()
    for number in range(20):
        producer.begin_transaction()
        sends = [producer.send(run.topics[0], b"%d" % number, key=b"k%d" % key) for key in range(20)]
        producer.commit_transaction()
        for key, send in enumerate(sends):
            run.sent.setdefault((send.get(5).partition, b"k%d" % key), set()).add(number)
    producer.close()
    worker = run.start(chunk=7)
    run.finish(worker)
    assert worker.last()["stats"]["holes"] == 0
    assert run.logged() == run.sent


def test_chunks_lost_between_consumer_and_job_are_read_again(kafka_run: Run) -> None:
    """One chunk in five vanishes, in work and in recovery, last ones too: nothing is missing in the end."""
    run = kafka_run
    run.create_topics()
    run.send(run.topics[0], story(100, 0, 60))
    worker = run.start(chunk=50, lose=5, stall=1)
    until(lambda: worker.last().get("stats", {}).get("holes", 0) > 3, 40, worker.told)
    run.send(run.topics[0], story(100, 60, 10))
    run.finish(worker)
    assert run.logged() == run.sent
    stop_in_order(worker)
    worker = run.start(chunk=50, lose=5, stall=1)
    run.finish(worker)
    assert worker.last()["stats"]["holes"] > 0
    assert worker.last()["stats"]["records"] < 500


def kill_rounds(run: Run, kills: int, **settings: object) -> None:
    """Kill the worker while work remains, so many times, then let a last one finish."""
    run.create_topics()
    done = 0
    for number in range(kills):
        wanted = run.send(run.topics[0], story(100, number * 30, 30))
        worker = run.start(instance="the one", chunk=100, slow=0.1, **settings)
        until(lambda worker=worker, done=done: worker.total() > done + 300, 40, worker.told)  # type: ignore[misc]
        assert worker.last()["durable"] != worker.last()["next"]
        worker.child.kill()
        done = wanted
    run.finish(run.start(instance="the one"))


def test_kills_lose_and_double_nothing(kafka_run: Run) -> None:
    """After three kill -9 in the middle of work every key holds exactly what was sent."""
    kill_rounds(kafka_run, 3)
    assert kafka_run.logged() == kafka_run.sent


@pytest.mark.slow
def test_kills_lose_and_double_nothing_on_the_embedded_broker(
    embedded_broker: EmbeddedBroker, fresh_name: Names, tmp_path: Path
) -> None:
    """The same without a fence, on a broker that makes a restarted worker wait for its session's end."""
    app = fresh_name("lane")
    run = Run(embedded_broker.bootstrap, app, tmp_path, (f"{app}-leads",), session_seconds=3)
    try:
        kill_rounds(run, 3)
        assert run.logged() == run.sent
    finally:
        run.close()


def test_committing_before_the_changelog_would_lose(kafka_run: Run) -> None:
    """The control: with the order of effects broken, the same kill loses what was committed too early."""
    run = kafka_run
    run.create_topics()
    total = run.send(run.topics[0], story(100, 0, 30))
    worker = run.start(instance="the one", chunk=100, slow=5, off="order")
    until(lambda: sum(run.committed(run.topics[0]).values()) == total, 40, worker.told)
    worker.child.kill()
    rest = run.start(instance="the one")
    until(lambda: rest.last().get("lag") == 0 and len(rest.owns()) == 4, 40, rest.told)
    assert run.logged() != run.sent


def test_a_rebalance_moves_shards_and_changes_no_total(kafka_run: Run) -> None:
    """Two workers own each partition once and together hold all; when one leaves, the other takes over."""
    run = kafka_run
    run.create_topics()
    run.send(run.topics[0], story(100, 0, 100))
    one = run.start(chunk=100, slow=0.02)
    until(lambda: one.total() > 500, 40, one.told)
    two = run.start(chunk=100)
    run.finish(one, two)
    assert one.owns() | two.owns() == {"0", "1", "2", "3"}
    assert not one.owns() & two.owns()
    run.send(run.topics[0], story(100, 100, 20))
    run.finish(one, two)
    stop_in_order(two)
    run.finish(one)
    assert run.logged() == run.sent


def test_a_warm_standby_takes_over_without_reading_again(kafka_run: Run) -> None:
    """With a standby, a killed worker's shards go on from what the other already holds."""
    run = kafka_run
    run.create_topics()
    run.send(run.topics[0], story(100, 0, 60))
    one = run.start(standby=1, chunk=100)
    run.finish(one)
    logged = one.last()["stats"]["changelog_records"]
    two = run.start(standby=1, chunk=100)
    run.finish(one, two)
    until(lambda: two.last()["stats"]["recovered_records"] == logged, 40, two.told)
    one.child.kill()
    run.finish(two)
    assert two.last()["stats"]["recovered_records"] == logged
    run.send(run.topics[0], story(100, 60, 10))
    run.finish(two)
    assert run.logged() == run.sent


def test_a_claim_outlives_kafkas_memory_of_transactional_ids(kafka_run: Run) -> None:
    """Renewed before every write here: all is there, and a restart reads past the renewals."""
    run = kafka_run
    run.create_topics()
    run.send(run.topics[0], story(50, 0, 20))
    worker = run.start(renew=0, chunk=100)
    run.finish(worker)
    assert worker.last()["stats"]["flushes"] > 1
    worker.child.kill()
    worker = run.start(renew=0)
    run.finish(worker)
    assert worker.last()["stats"]["holes"] == 0
    assert run.logged() == run.sent
