"""`voronka simulate` against the embedded broker and Apache Kafka."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from kafka.partitioner import murmur2

from agents.broker import read_to_end
from agents.child import Child
from agents.crm.command import calendar_of
from agents.crm.world import simulate
from agents.settings import Settings
from agents.topics import ensure_topics
from streams.decode import decode
from streams.zones import EPOCH_ORDINAL
from tests.brokers import Broker

pytestmark = pytest.mark.integration
START, DAYS = date(2026, 3, 2), 3


@pytest.fixture
def settings(broker: Broker, fresh_name: Callable[[str], str]) -> Settings:
    """A deployment of the test's own, without topics."""
    name = fresh_name("simulate")
    return Settings(broker=broker.bootstrap, app_id=name, topic_prefix=f"{name}-", partitions=3)


def environment(settings: Settings) -> dict[str, str]:
    return {
        **os.environ,
        "VORONKA_BROKER": settings.broker,
        "VORONKA_APP_ID": settings.app_id,
        "VORONKA_TOPIC_PREFIX": settings.topic_prefix,
        "VORONKA_PARTITIONS": str(settings.partitions),
    }


def arguments(*more: str) -> list[str]:
    return [sys.executable, "-m", "agents.cli", "simulate", "--start", START.isoformat(), *more]


def run(settings: Settings, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        arguments(*more), env=environment(settings), capture_output=True, text=True, timeout=90, check=False
    )


def test_what_is_simulated_is_published_exactly(settings: Settings) -> None:
    """Each record is its event, under its journey's key in that key's partition, at its time of receipt."""
    ensure_topics(settings)
    done = run(settings, "--days", str(DAYS), "--seed", "3")
    assert done.returncode == 0, done.stderr
    calendar = calendar_of(settings)
    first = START.toordinal() - EPOCH_ORDINAL
    start_ms, end_ms = calendar.day_start_ms(first), calendar.day_start_ms(first + DAYS)
    expected = list(simulate(3, start_ms, end_ms, calendar))
    topics = {"lead": settings.leads_topic, "deal": settings.deals_topic, "ledger": settings.ledger_topic}
    for entity, topic in topics.items():
        wanted = [timed for timed in expected if timed.event.entity == entity]
        assert f"published {len(wanted):,} events to {topic}" in done.stdout
        records = sorted(read_to_end(settings, topic), key=lambda r: (r.timestamp, r.value))
        found = [(decode(record.value), record.timestamp) for record in records]
        assert sorted(map(repr, found)) == sorted(map(repr, map(tuple, wanted)))
        for record in records:
            key = record.key.decode()
            assert decode(record.value).journey == key  # type: ignore[union-attr]
            assert record.partition == (murmur2(record.key) & 0x7FFFFFFF) % settings.partitions


def test_without_topics_it_says_how_to_make_them(settings: Settings) -> None:
    """Nothing is published into the void: the missing topics are named with the command that makes them."""
    done = run(settings, "--days", "1")
    assert done.returncode == 2
    assert f"{settings.leads_topic}: is missing; create it with: voronka topics" in done.stderr


def test_it_stays_below_the_rate_and_ends_in_order_when_told_to(settings: Settings, tmp_path: Path) -> None:
    """SIGTERM ends it after the event at hand: what it says it has published is there."""
    ensure_topics(settings)
    child = Child(arguments("--rate", "50"), tmp_path / "log", environment(settings)).start()
    child.await_ready(lambda: len(list(read_to_end(settings, settings.leads_topic))) > 20, 60)
    child.send(signal.SIGTERM)
    assert child.wait(30) == 0
    said = child.log_tail()
    for topic in (settings.leads_topic, settings.ledger_topic):
        assert f"published {len(list(read_to_end(settings, topic))):,} events to {topic}" in said


@pytest.mark.parametrize("wrong", [("--start", "2026-02-30"), ("--start", "1950-01-01"), ("--rate", "-1")])
def test_a_wrong_option_is_refused(settings: Settings, wrong: tuple[str, str]) -> None:
    """The option is named, and nothing is published."""
    ensure_topics(settings)
    done = run(settings, "--days", "1", *wrong)
    assert done.returncode == 2
    assert wrong[0] in done.stderr
    assert list(read_to_end(settings, settings.leads_topic)) == []
