"""`voronka quarantine` against the embedded broker and Apache Kafka, on records as the worker writes them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from agents.broker import producer, read_to_end
from agents.quarantine import read_quarantine
from agents.settings import Settings
from agents.topics import ensure_topics
from tests.brokers import Broker

pytestmark = pytest.mark.integration
CANARY = "anna@example.org"
SENT_MS = 1_488_326_400_000


@pytest.fixture
def settings(broker: Broker, fresh_name: Callable[[str], str]) -> Settings:
    """A deployment of the test's own, with its topics."""
    name = fresh_name("quarantine")
    settings = Settings(broker=broker.bootstrap, app_id=name, topic_prefix=f"{name}-")
    ensure_topics(settings)
    return settings


def why(settings: Settings, number: int, reason: str = "no_date") -> list[tuple[str, bytes]]:
    """The headers of a quarantined record, the CRM's own one first."""
    texts = {
        "reason": reason,
        "field": "time",
        "fix": "say when",
        "topic": settings.deals_topic,
        "partition": "2",
        "offset": str(number),
        "timestamp": str(SENT_MS + number),
    }
    return [("ce_x", b"kept"), *((f"voronka-{name}", text.encode()) for name, text in texts.items())]


@pytest.fixture
def filled(settings: Settings) -> Settings:
    """Three hundred records without a date, one of them twice, one bad time and one that was pushed out."""
    records = [(f"deal/{n}", json.dumps({"id": str(n), "who": CANARY}), why(settings, n)) for n in range(300)]
    records.append(records[0])
    records.append(("deal/x", "not json", why(settings, 300, "bad_time")))
    name = json.dumps({"source": "/crm", "id": "7"})
    records.append(("deal/y", name, why(settings, 301, "over_limit")))
    with producer(settings) as client:
        for key, value, headers in records:
            client.send(settings.quarantine_topic, key=key.encode(), value=value.encode(), headers=headers)
        client.flush()
    return settings


def quarantine(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The real command with these settings."""
    env = {
        **os.environ,
        "VORONKA_BROKER": settings.broker,
        "VORONKA_APP_ID": settings.app_id,
        "VORONKA_TOPIC_PREFIX": settings.topic_prefix,
    }
    argv = [sys.executable, "-m", "agents.cli", "quarantine", *arguments]
    return subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60, check=True)


def sent(settings: Settings) -> Iterator[tuple[bytes, bytes, int, tuple[tuple[str, bytes], ...]]]:
    """What lies in the deals' topic now."""
    for record in read_to_end(settings, settings.deals_topic):
        yield record.key, record.value, record.timestamp, tuple(record.headers)


def test_everything_is_listed_with_reason_fix_and_origin(filled: Settings) -> None:
    """The list reads from the start to the true end, and counts what it does not show."""
    listed = quarantine(filled, "list", "--limit", "2")
    assert listed.stdout.count("no_date  time: say when") == 2
    assert f"{filled.deals_topic}[2] offset " in listed.stdout
    assert "303 records: 301 no_date, 1 bad_time, 1 over_limit; 2 shown" in listed.stdout


def test_values_are_shown_only_on_request(filled: Settings) -> None:
    """A value may hold personal data: nobody sees it by accident."""
    assert CANARY not in quarantine(filled, "list").stdout
    assert CANARY in quarantine(filled, "list", "--show-values").stdout


def test_json_is_one_object_a_line(filled: Settings) -> None:
    """For programs: the same facts, filtered by reason."""
    listed = quarantine(filled, "list", "--json", "--reason", "bad_time")
    (record,) = [json.loads(line) for line in listed.stdout.splitlines()]
    assert record == {
        "time": "2017-03-01T00:00:00.300Z",
        "reason": "bad_time",
        "field": "time",
        "fix": "say when",
        "topic": filled.deals_topic,
        "partition": 2,
        "offset": 300,
    }


def test_a_replay_sends_each_record_as_it_came(filled: Settings) -> None:
    """Key, value, the CRM's headers and the original time; a repeat once; names alone stay."""
    dry = quarantine(filled, "replay", "--dry-run")
    assert "301 records would be sent again" in dry.stdout
    assert list(sent(filled)) == []
    real = quarantine(filled, "replay")
    assert "301 records were sent again" in real.stdout
    assert "1 are repeats" in real.stdout
    assert "1 were over a limit" in real.stdout
    records = sorted(sent(filled), key=lambda record: record[2])
    assert len(records) == 301
    assert records[0] == (
        b"deal/0",
        json.dumps({"id": "0", "who": CANARY}).encode(),
        SENT_MS,
        (("ce_x", b"kept"),),
    )


def test_a_replay_can_be_limited_to_a_reason(filled: Settings) -> None:
    """After a fix only what it mends has to be sent."""
    assert "1 records were sent again" in quarantine(filled, "replay", "--reason", "bad_time").stdout
    assert [value for _, value, _, _ in sent(filled)] == [b"not json"]


def test_an_empty_quarantine_is_no_error(settings: Settings) -> None:
    """A clean deployment has nothing to show."""
    assert list(read_quarantine(settings)) == []
    assert quarantine(settings, "list").stdout == "0 records\n"
    assert quarantine(settings, "replay").stdout == "0 records were sent again\n"
