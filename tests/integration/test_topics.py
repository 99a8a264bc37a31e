"""`voronka topics` against the embedded broker and Apache Kafka."""

import os
import subprocess
import sys
from collections.abc import Callable

import msgspec
import pytest
from kafka import KafkaAdminClient

from agents.errors import BrokerError
from agents.settings import Settings
from agents.topics import check_topics, ensure_topics, planned
from tests.brokers import Broker

pytestmark = pytest.mark.integration


@pytest.fixture
def settings(broker: Broker, fresh_name: Callable[[str], str]) -> Settings:
    """A deployment of the test's own."""
    name = fresh_name("topics")
    return Settings(broker=broker.bootstrap, app_id=name, topic_prefix=f"{name}-")


def voronka(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The real command with these settings."""
    env = {
        **os.environ,
        "VORONKA_BROKER": settings.broker,
        "VORONKA_APP_ID": settings.app_id,
        "VORONKA_TOPIC_PREFIX": settings.topic_prefix,
    }
    argv = [sys.executable, "-m", "agents.cli", *arguments]
    return subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_all_topics_are_created_once_and_then_right(settings: Settings) -> None:
    """The first run creates everything, the second finds nothing to do, the check agrees."""
    names = {plan.name for plan in planned(settings)}
    assert {each.topic for each in check_topics(settings)} == names
    first = ensure_topics(settings)
    assert set(first.created) == names
    assert first.differences == ()
    second = ensure_topics(settings)
    assert second.created == ()
    assert second.differences == ()
    assert check_topics(settings) == ()


def test_a_missing_topic_joins_the_count_of_the_others(settings: Settings) -> None:
    """A deployment that has grown to six partitions is not spoilt by the default of four."""
    client = KafkaAdminClient(bootstrap_servers=settings.broker)
    try:
        client.create_topics({settings.leads_topic: {"num_partitions": 6, "replication_factor": 1}})
        client.wait_for_topics([settings.leads_topic])
    finally:
        client.close()
    report = ensure_topics(settings)
    assert any("VORONKA_PARTITIONS=6" in each.fix for each in report.differences)
    six = msgspec.structs.replace(settings, partitions=6)
    assert not [each for each in check_topics(six) if "partitions" in each.what]


def test_the_command_creates_checks_and_tells_differences(settings: Settings) -> None:
    """Exit code 0 where all is right, 1 with the fix on stderr where not."""
    missing = voronka(settings, "topics", "--check")
    assert missing.returncode == 1
    assert f"{settings.leads_topic}: is missing; create it with: voronka topics" in missing.stderr
    created = voronka(settings, "topics")
    assert created.returncode == 0, created.stderr
    assert f"created {settings.changelog_topic}" in created.stdout
    assert voronka(settings, "topics", "--check").returncode == 0
    other = voronka(settings, "topics", "--check", "--partitions", "8")
    assert other.returncode == 1
    assert "has 4 partitions, not 8; set VORONKA_PARTITIONS=4" in other.stderr


@pytest.mark.kafka
def test_kafka_tells_a_config_that_is_wrong(kafka_broker: Broker, fresh_name: Callable[[str], str]) -> None:
    """A real broker tells every config: a source that expires is found."""
    name = fresh_name("expiring")
    settings = Settings(broker=kafka_broker.bootstrap, app_id=name, topic_prefix=f"{name}-")
    client = KafkaAdminClient(bootstrap_servers=settings.broker)
    try:
        client.create_topics({settings.deals_topic: {"num_partitions": 4, "replication_factor": 1}})
        client.wait_for_topics([settings.deals_topic])
    finally:
        client.close()
    told = [str(each) for each in ensure_topics(settings).differences]
    assert any(
        line.startswith(settings.deals_topic) and "--add-config retention.ms=-1" in line for line in told
    )
    assert all(line.startswith(settings.deals_topic) for line in told)


def test_a_broker_that_is_not_there_is_told_without_a_traceback() -> None:
    """The message names the address and the settings to look at."""
    settings = Settings(broker="127.0.0.1:1")
    with pytest.raises(BrokerError, match=r"127\.0\.0\.1:1 .*\n.*VORONKA_BROKER"):
        check_topics(settings)
    done = voronka(settings, "topics")
    assert done.returncode == 2
    assert "VORONKA_BROKER" in done.stderr
    assert "Traceback" not in done.stderr
