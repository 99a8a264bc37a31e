"""`voronka kpis --as-of` reads the past from Kafka alone: no worker runs, and nothing is written."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.broker import producer, true_ends
from agents.settings import Settings
from agents.topics import ensure_topics, planned
from tests.brokers import EmbeddedBroker
from tests.stories.telling import deal, lead

pytestmark = pytest.mark.integration
RECORDS = [
    lead("1", "created", "2026-03-02 10:00", channel="inbound", source="web", owner="ann"),
    deal("7", "created", "2026-03-03 10:00", journey="lead/1", amount="100.00", owner="ann"),
    deal("7", "won", "2026-03-10 10:00", journey="lead/1"),
    deal("8", "created", "2026-03-04 10:00", channel="vip", amount="50.00", owner="bob"),
    deal("8", "won", "2026-03-20 10:00"),
    deal("8", "linked", "2026-03-05 10:00", lead="1"),
]


CARD = """
names = { en = "Card", ru = "Карта" }
groups = ["sales"]
[group.sales]
names = { en = "Sales", ru = "Продажи" }
kpis = ["won_deals"]
[kpi.won_deals]
min = 0
max = 4
"""


@pytest.fixture
def settings(embedded_broker: EmbeddedBroker, fresh_name: Callable[[str], str]) -> Settings:
    """A deployment whose topics hold the records."""
    name = fresh_name("past")
    settings = Settings(broker=embedded_broker.bootstrap, app_id=name, topic_prefix=f"{name}-")
    ensure_topics(settings)
    with producer(settings) as client:
        for record in RECORDS:
            topic = f"{settings.topic_prefix}{record.topic}"
            client.send(topic, key=record.key, value=record.value, timestamp_ms=record.timestamp_ms)
        client.flush()
    return settings


def asked(settings: Settings, *arguments: str, command: str = "kpis") -> subprocess.CompletedProcess[str]:
    """The command as a person runs it."""
    env = {
        **os.environ,
        "VORONKA_BROKER": settings.broker,
        "VORONKA_APP_ID": settings.app_id,
        "VORONKA_TOPIC_PREFIX": settings.topic_prefix,
    }
    argv = [sys.executable, "-m", "agents.cli", command, *arguments]
    return subprocess.run(argv, env=env, capture_output=True, text=True, check=False)


def test_the_same_events_give_the_past_as_it_was_then(settings: Settings) -> None:
    """On the 15th one deal of 100 was won; at the end of the month two; a linked deal counts in its lead."""
    ends = {plan.name: true_ends(settings, plan.name) for plan in planned(settings)}
    then = json.loads(asked(settings, "--as-of", "2026-03-15T12:00", "--window", "month", "--json").stdout)
    assert {name: then["kpis"][name]["value"] for name in ("revenue", "won_deals", "initial_enquiries")} == {
        "revenue": 100,
        "won_deals": 1,
        "initial_enquiries": 1,
    }
    assert (then["kpis"]["opportunity_count_open"]["value"], then["from_start"]) == (1, True)
    later = asked(settings, "--as-of", "2026-03-31", "--window", "month", "--lang", "ru")
    assert "Выручка\t150\tRUB\t2\t–\trevenue" in later.stdout.splitlines()
    assert {plan.name: true_ends(settings, plan.name) for plan in planned(settings)} == ends


def test_a_scorecard_is_scored_as_of_then(settings: Settings, tmp_path: Path) -> None:
    """Its one KPI has what the month had brought by the 15th, and by its end."""
    file = tmp_path / "card.toml"
    file.write_text(CARD, encoding="utf-8")
    for moment, won in (("2026-03-15", 1), ("2026-03-31", 2)):
        arguments = (str(file), "--as-of", moment, "--window", "month", "--json")
        told = json.loads(asked(settings, *arguments, command="scorecard").stdout)
        (sales,) = told["rows"]
        (row,) = sales["rows"]
        assert (told["as_of"], row["value"], row["performance_percent"]) == (moment, won, 25 * won)


def test_a_moment_that_is_none_is_told_before_anything_is_read(settings: Settings) -> None:
    """Exit code 2 and the fix."""
    done = asked(settings, "--as-of", "yesterday")
    assert (done.returncode, done.stdout) == (2, "")
    assert "write such as 2026-03-31" in done.stderr
