"""A worker that cannot start right does not start: one message with the fix, no traceback, exit code 2."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient

from agents.child import free_port
from agents.cli import EXIT_USER_ERROR
from tests.brokers import Broker
from tests.integration.worker import Deployment, deployed, until

pytestmark = pytest.mark.integration


@pytest.fixture
def deployment(broker: Broker, fresh_name: Callable[[str], str], tmp_path: Path) -> Iterator[Deployment]:
    """A deployment with its topics and no worker."""
    with deployed(broker.bootstrap, fresh_name("settings"), tmp_path) as found:
        yield found


def refused(deployment: Deployment, **env: str) -> str:
    """What a worker with these variables says before it ends."""
    worker = deployment.start(**env)
    assert worker.child.wait(30) == EXIT_USER_ERROR == 2, worker.told()
    assert worker.log().startswith("voronka: ")
    assert "Traceback" not in worker.log()
    return worker.log()


def delete(deployment: Deployment, topic: str) -> None:
    """Remove a topic as an operator might."""
    client = KafkaAdminClient(bootstrap_servers=deployment.settings.broker)
    try:
        client.delete_topics([topic])
    finally:
        client.close()


def test_every_wrong_variable_is_named_with_its_fix(deployment: Deployment) -> None:
    """All of them in one message, so that nobody starts a worker ten times; also those that are misspelt."""
    said = refused(
        deployment, VORONKA_CLOCK="sundial", VORONKA_PARTITIONS="0", VORONKA_ZONE="Moscow", VORONKA_RUBLE="1"
    )
    assert "VORONKA_CLOCK: 'sundial' is not known; write one of wall, event" in said
    assert "VORONKA_PARTITIONS: '0' is not possible; write a whole number from 1 to 1024" in said
    assert "VORONKA_ZONE: 'Moscow' is no time zone; write an IANA name" in said
    assert "did you mean VORONKA_BROKER?" in refused(deployment, VORONKA_BROKERS="127.0.0.1:1")


def test_another_number_of_partitions_is_refused(deployment: Deployment) -> None:
    """A key would hash elsewhere and its journey be split: the count changes by a replay only."""
    said = refused(deployment, VORONKA_PARTITIONS="8")
    assert f"{deployment.settings.deals_topic}: has 4 partitions, not 8; set VORONKA_PARTITIONS=4" in said


@pytest.mark.parametrize("topic", ["leads_topic", "quarantine_topic"])
def test_a_missing_topic_is_refused_and_not_made_in_passing(deployment: Deployment, topic: str) -> None:
    """Brokers create what is asked for with whatever settings they like; ours would be wrong ones."""
    missing: str = getattr(deployment.settings, topic)
    delete(deployment, missing)
    for _ in range(2):
        said = refused(deployment)
        assert f"{missing}: is missing; create it with: voronka topics" in said
        assert said.count("is missing") == 1


def test_a_worker_without_its_broker_waits_and_says_for_whom(deployment: Deployment) -> None:
    """Machines start in any order; the message names the address, the variable and nothing else."""
    nowhere = f"127.0.0.1:{free_port()}"
    worker = deployment.start(VORONKA_BROKER=nowhere)
    until(lambda: f"waiting for Kafka at {nowhere}" in worker.log(), worker.told)
    assert "correct VORONKA_BROKER" in worker.log()
    assert "Traceback" not in worker.log()
    assert worker.child.running
    worker.child.stop(5.0)
    assert worker.child.exit_code == -signal.SIGTERM


def test_a_port_that_is_taken_is_named(deployment: Deployment) -> None:
    """The second worker of a machine needs a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused(deployment, VORONKA_HTTP_PORT=str(port))
    assert f"cannot serve at 127.0.0.1:{port}" in said
    assert "VORONKA_HTTP_PORT" in said
