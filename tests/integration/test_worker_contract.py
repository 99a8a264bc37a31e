"""What a worker promises on every broker: nothing lost or doubled by keys, moves, kills or rebalances."""

from __future__ import annotations

import dataclasses
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from random import Random

import pytest

from agents.journeys.job import EXIT_REJECTS
from tests.brokers import Broker, EmbeddedBroker
from tests.integration.series import compare, samples, series
from tests.integration.worker import (
    Deployment,
    Worker,
    beats,
    deployed,
    name_in,
    split,
    until,
)
from tests.oracle import Record
from tests.simulator import World, partition_of
from tests.stories.telling import deal, lead, ms

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(240)]
LISTS = {"VORONKA_REPS": "ann,bob,cid,dora,евгений", "VORONKA_SOURCES": "web,ads,fair,referral,сарафан"}
Deploy = Callable[..., AbstractContextManager[Deployment]]
NOW = "2025-12-10 12:00"


@pytest.fixture(scope="module")
def deploy(
    broker: Broker, fresh_name: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Deploy:
    """Makes deployments whose sessions are as short as the broker allows."""
    session = "2" if isinstance(broker, EmbeddedBroker) else "6"

    def make(**env: str) -> AbstractContextManager[Deployment]:
        known = {"VORONKA_SESSION_TIMEOUT_SECONDS": session, **LISTS, **env}
        return deployed(broker.bootstrap, fresh_name("worker"), tmp_path_factory.mktemp("worker"), known)

    return make


@pytest.fixture(scope="module")
def running(deploy: Deploy) -> Iterator[tuple[Deployment, Worker]]:
    """A deployment with one worker that several tests share: each has journeys of its own."""
    with deploy() as deployment:
        yield deployment, deployment.start_ready()


def wrong(deployment: Deployment, *workers: Worker) -> list[str]:
    """What the workers export together and is not true."""
    deployment.settle(*workers)
    return list(compare(deployment.records, [worker.get("/metrics")[1] for worker in workers]).wrong)


def exported_shards(worker: Worker) -> set[str]:
    """The shards that its metrics claim; none while it does not answer."""
    found = samples(worker.get("/metrics")[1])
    return {dict(labels)["shard"] for name, labels in found if name == "voronka_shard_ready"}


def test_an_event_in_a_foreign_partition_is_forwarded_once(running: tuple[Deployment, Worker]) -> None:
    """Under a strange key or by another client's partitioner: it is applied where its journey lives."""
    deployment, worker = running
    name = name_in(1, "foreign-")
    key = f"lead/{name}".encode()
    told = [lead(name, "created", NOW, channel="inbound", owner="ann"), lead(name, "first_touch", NOW)]
    strange = next(key for key in (b"a", b"b", b"c") if partition_of(key, 4) != 1)
    crm_header = ("x-crm", b"kept")
    before = worker.progress()
    places = deployment.publish([dataclasses.replace(told[0], key=strange, headers=(crm_header,))])
    places += deployment.publish(told[1:], partition=3)
    assert not wrong(deployment, worker)
    after = worker.progress()
    assert after["forwarded"] - before["forwarded"] == 2
    assert after["applied"] - before["applied"] == 2
    moved = [record for record in deployment.read(deployment.settings.moves_topic) if record.key == key]
    moved.sort(key=lambda record: [each.value for each in told].index(record.value))
    assert [record.value for record in moved] == [record.value for record in told]
    assert [record.timestamp for record in moved] == [record.timestamp_ms for record in told]
    assert {record.partition for record in moved} == {1}
    assert crm_header in moved[0].headers
    for record, (topic, partition) in zip(moved, places, strict=True):
        headers = dict(record.headers)
        assert headers["voronka-kind"] == b"event"
        assert (headers["voronka-topic"], headers["voronka-partition"]) == (
            topic.encode(),
            str(partition).encode(),
        )


def test_a_quarantined_record_carries_all_that_it_takes_to_send_it_again(
    running: tuple[Deployment, Worker],
) -> None:
    """The raw value, key, headers and time as they came, with reason, field, fix and origin."""
    deployment, worker = running
    copied = tuple((f"voronka-{name}", b"9") for name in ("topic", "partition", "offset", "timestamp"))
    sent = [
        Record("crm.deals", b"deal/q1", b'{"caf\xe9', (("x-crm", b"\x00raw"),), ms(NOW)),
        dataclasses.replace(lead("q2", "scored", NOW, score=9), key=None),
        dataclasses.replace(lead("q3", "scored", NOW, score=9), headers=copied),
    ]
    places = deployment.publish(sent)
    assert not wrong(deployment, worker)
    by_value = {each.value: each for each in deployment.quarantined()}
    found = [by_value[record.value] for record in sent]
    assert [(each.reason, each.field) for each in found] == [
        ("not_utf8", "value"),
        ("bad_value", "data.score"),
        ("bad_value", "data.score"),
    ]
    for each, record, place in zip(found, sent, places, strict=True):
        crms = () if record.headers == copied else record.headers
        assert (each.key, each.value, each.headers) == (record.key, record.value, crms)
        assert (each.topic, each.partition, each.timestamp_ms) == (*place, record.timestamp_ms)
        assert each.fix
        (original,) = [
            there
            for there in deployment.read(each.topic)
            if (there.partition, there.offset) == (each.partition, each.offset)
        ]
        assert original.value == record.value


def test_three_kills_in_the_middle_of_work_change_no_number(deploy: Deploy) -> None:
    """kill -9 at seeded moments, with work committed and work in flight: the series stay the oracle's."""
    random, records = Random("kills"), World(11, 1500).deliveries
    kills = sorted(random.sample(range(300, len(records) - 100, 150), 3))
    with deploy() as deployment:
        worker, done = deployment.start_ready(), 0
        for kill in kills:
            deployment.publish(records[done : kill - 100])
            until(lambda worker=worker: committed(deployment, worker), worker.told)  # type: ignore[misc]
            deployment.publish(records[kill - 100 : kill])
            worker.child.kill()
            done = kill
            worker = deployment.start_ready()
            deployment.settle(worker)
            assert 0 < worker.progress()["applied"] < 200, "what was in flight is read again, not all"
        deployment.publish(records[done:])
        assert not wrong(deployment, worker)


def committed(deployment: Deployment, worker: Worker) -> bool:
    """Whether the group's offsets stand behind all that was published."""
    found = worker.positions("committed_offset")
    return all((found.get(place) or 0) >= end for place, end in deployment.ends.items())


def test_a_restart_reads_nothing_twice_and_forgets_nothing(deploy: Deploy) -> None:
    """SIGTERM ends a worker in order; its successor is unready until it is complete, then exact at once."""
    records = World(12, 800).deliveries
    with deploy() as deployment:
        first = deployment.start_ready()
        deployment.publish(records[:600])
        assert not wrong(deployment, first)
        first.child.send(signal.SIGTERM)
        assert first.child.wait(30) == 0, first.child.log_tail()
        second = deployment.start()
        answers: list[tuple[int, int]] = []

        def ready() -> bool:
            answers.append((second.get("/healthz")[0], second.get("/readyz")[0]))
            return answers[-1][1] == 200

        second.child.await_ready(ready, 60)
        assert (200, 503) in answers, "alive and not yet ready"
        assert second.progress()["applied"] == 0
        assert not wrong(deployment, second)
        deployment.publish(records[600:])
        assert not wrong(deployment, second)


def test_moves_and_rebalances_take_facts_along_and_double_nothing(deploy: Deploy) -> None:
    """A link and a merge move facts between two workers; when one leaves, no shard is exported twice."""
    with deploy() as deployment:
        one = deployment.start_ready()
        two = deployment.start_ready()
        until(lambda: split([one, two]), lambda: one.told() + two.told())
        here, there = name_in(min(one.shards()), "here-"), name_in(min(two.shards()), "there-")

        def enquiries_and_revenue(worker: Worker) -> tuple[float, float]:
            found = samples(worker.get("/metrics")[1])
            names = (
                series(f"sales_{total}", channel="inbound", window="7d") for total in ("enquiries", "revenue")
            )
            enquiries, revenue = (found.get(name, 0) for name in names)
            return enquiries, revenue

        def after(*records: Record) -> list[tuple[float, float]]:
            deployment.publish([*records, *beats(ms(NOW))])
            assert not wrong(deployment, one, two)
            return [enquiries_and_revenue(one), enquiries_and_revenue(two)]

        at = "2025-12-09 10:00"
        key = f"lead/{here}"
        assert after(
            lead(here, "created", at, channel="inbound"),
            deal("m1", "created", at, journey=key, amount="150.50"),
            deal("m1", "won", at, journey=key),
        ) == [(1, 150.5), (0, 0)]
        assert after(lead(there, "created", at, channel="inbound")) == [(1, 150.5), (1, 0)]
        assert after(deal("m1", "linked", at, journey=key, lead=there)) == [(1, 0), (1, 150.5)]
        assert after(lead(here, "merged", at, into=there)) == [(0, 0), (1, 150.5)]
        deployment.publish([*World(13, 600).deliveries, *beats(ms("2026-01-20 12:00"))])
        assert not wrong(deployment, one, two)
        two.child.send(signal.SIGTERM)

        def taken_over() -> bool:
            taken = exported_shards(one)
            assert not taken & exported_shards(two), "a shard is exported by two workers"
            return len(taken) == 4 and one.ready()

        until(taken_over, one.told)
        assert two.child.wait(30) == 0
        assert not wrong(deployment, one)


def test_too_many_rejects_in_a_row_stop_the_process_with_a_clear_message(deploy: Deploy) -> None:
    """A bad deployment ends with exit code 65; with the limit lifted the worker goes on where it stood."""
    good = [lead(f"good-{n}", "created", NOW, channel="inbound") for n in range(20)]
    bad = [lead(f"bad-{n}", "stage_changed", NOW, stage="bluebird") for n in range(8)]
    with deploy(VORONKA_REJECT_LIMIT="8") as deployment:
        worker = deployment.start_ready()
        deployment.publish([*bad[:7], good[0]], partition=0)
        assert not wrong(deployment, worker), "seven in a row are bad data, not a bad deployment"
        deployment.publish([*bad, *good], partition=0)
        assert worker.child.wait(30) == EXIT_REJECTS == 65
        log = worker.log()
        assert "8 records in a row were rejected, the last one (unknown_stage, field data.stage)" in log
        assert f"at {deployment.settings.leads_topic}[0] offset 15" in log
        assert "VORONKA_REJECT_LIMIT" in log
        again = deployment.start_ready(VORONKA_REJECT_LIMIT="0")
        assert not wrong(deployment, again)
        assert len({(each.partition, each.offset) for each in deployment.quarantined()}) == 15
