"""From a rep who does not answer to a message and its end: a worker, Prometheus, Alertmanager as shipped."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboards.alerting import Links
from dashboards.files import generated
from tests.brokers import KafkaBroker
from tests.conftest import ROOT
from tests.dashboards import alertmanager, prometheus
from tests.dashboards.alertmanager import Alertmanager
from tests.integration.worker import Deployment, deployed, until
from tests.oracle import Record
from tests.stories.telling import MOSCOW, lead

pytestmark = [pytest.mark.integration, pytest.mark.kafka, pytest.mark.slow]
LINKS = Links("https://grafana.example.com", "https://handbook.example.com/runbook.md")
HOUR_SECONDS = 3600.0
SILENCE_SECONDS = 12
SLA = "LeadWaitingPastSla"


def hurried(rules: str) -> str:
    """The generated rules with seconds for patience, nothing else of them changed.

    What must hold for minutes must for two seconds; a feed is silent after twelve instead of two hours.
    """
    rules = re.sub(r'\bfor: "\d+[smhd]"', 'for: "2s"', rules)
    rules = re.sub(r'\bkeep_firing_for: "\d+[smhd]"', 'keep_firing_for: "1s"', rules)
    return rules.replace("_applied_total[2h]", f"_applied_total[{SILENCE_SECONDS}s]")


def configured(folder: Path, worker: int, manager: int) -> dict[str, Any]:
    """The shipped configuration with addresses of this machine, and every second instead of every fifteen."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "prometheus.yml").read_text("utf-8"))
    found["global"] = dict.fromkeys(found["global"], "1s")
    texts = generated(links=LINKS)
    assert texts["alerts.yml"].count("_applied_total[2h]") == 1
    (folder / "rules").mkdir()
    for path in found["rule_files"]:
        (folder / path).write_text(hurried(texts[Path(path).name]), "utf-8")
    (job,) = found["scrape_configs"]
    del job["dns_sd_configs"]
    job["static_configs"] = [{"targets": [f"127.0.0.1:{worker}"]}]
    (managers,) = found["alerting"]["alertmanagers"]
    managers["static_configs"] = [{"targets": [f"127.0.0.1:{manager}"]}]
    return found


@dataclass
class Feed:
    """A CRM that tells something every second, until it is cut."""

    deployment: Deployment
    cut: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Score the same lead again and again."""
        number = 0
        while not self.cut.wait(1.0):
            number += 1
            self.deployment.publish([told(f"alive-{number}", "scored", time.time(), score=3)])

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Beside what happens inside, and no longer."""
        thread = threading.Thread(target=self.run)
        thread.start()
        try:
            yield
        finally:
            self.cut.set()
            thread.join()


def told(name: str, verb: str, at_seconds: float, **data: str | int) -> Record:
    """Something about a lead at this Unix time."""
    at = datetime.fromtimestamp(at_seconds, MOSCOW).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return lead(name, verb, at, **data)


def asked(name: str, hours_ago: float, **data: str | int) -> Record:
    """A lead that came so long ago and belongs to a slow rep."""
    return told(name, "created", time.time() - hours_ago * HOUR_SECONDS, owner="r01", **data)


def sla_messages(manager: Alertmanager, status: str) -> list[dict[str, Any]]:
    """What team leads were told of waiting leads."""
    return [
        message
        for message in manager.delivered.messages
        if message["receiver"] == "team-leads"
        and message["status"] == status
        and message["groupLabels"]["alertname"] == SLA
    ]


@pytest.fixture
def stack(
    kafka_broker: KafkaBroker, fresh_name: Callable[[str], str], tmp_path: Path
) -> Iterator[tuple[Deployment, Alertmanager]]:
    """A worker by the wall's clock on Kafka, scraped by Prometheus, which tells Alertmanager."""
    env = {"VORONKA_CLOCK": "wall", "VORONKA_REPS": "r01", "VORONKA_SESSION_TIMEOUT_SECONDS": "6"}
    shipped = generated(links=LINKS)["alertmanager.yml"]
    with (
        deployed(kafka_broker.bootstrap, fresh_name("alerts"), tmp_path, env) as deployment,
        alertmanager.running(tmp_path, shipped) as manager,
    ):
        worker = deployment.start_ready()
        server = prometheus.launch(tmp_path, configured(tmp_path, worker.port, manager.port))
        try:
            yield deployment, manager
        finally:
            server.child.stop()


def test_a_slow_rep_is_told_of_once_with_all_that_helps_and_a_dead_feed_instead_of_what_it_hides(
    stack: tuple[Deployment, Alertmanager],
) -> None:
    """One message for two channels with value, runbook and board; its end; then silence about the frozen."""
    deployment, manager = stack
    feed = Feed(deployment)
    with feed.beside():
        deployment.publish(
            [asked("a", 2.5, channel="inbound"), asked("b", 1.25, channel="inbound"), asked("c", 4.0)]
        )
        until(lambda: bool(sla_messages(manager, "firing")), lambda: str(manager.delivered), 30)
        answer_and_expect_the_end(deployment, manager)
        (message, *again) = sla_messages(manager, "firing")
        assert not again, "told once"
        check(message)
        due_in_seconds = SILENCE_SECONDS + 6
        deployment.publish([asked("d", 1 - due_in_seconds / HOUR_SECONDS, channel="inbound")])
    until(lambda: bool(manager.delivered.told("platform")), lambda: str(manager.delivered), 40)
    assert ["FeedSilent"] in manager.delivered.told("platform")
    until(lambda: SLA in manager.inhibited(), lambda: str(manager.ask("GET", "alerts")), 30)
    assert len(sla_messages(manager, "firing")) == 1, "frozen numbers are not told of"


def answer_and_expect_the_end(deployment: Deployment, manager: Alertmanager) -> None:
    """The rep wakes up; team leads hear that it is over."""
    deployment.publish([told(name, "first_touch", time.time()) for name in ("a", "b", "c")])
    until(lambda: bool(sla_messages(manager, "resolved")), lambda: str(manager.delivered), 30)


def check(message: dict[str, Any]) -> None:
    """Both channels in one message, each with its value and where to go."""
    assert message["groupLabels"] == {"alertname": SLA, "team": "team-leads"}
    alerts = {alert["labels"]["channel"]: alert["annotations"] for alert in message["alerts"]}
    assert set(alerts) == {"inbound", "unknown"}
    assert "the oldest lead has waited 2.5 h" in alerts["inbound"]["description"]
    assert "самый давний лид ждёт 4.0 ч" in alerts["unknown"]["description_ru"]
    for channel, told_there in alerts.items():
        assert told_there["next_step"] == "Open the board: how many wait, and with whom."
        assert told_there["runbook_url"] == f"{LINKS.runbook}#{SLA.lower()}"
        assert told_there["dashboard_url"] == f"{LINKS.grafana}/d/voronka-response?var-channel={channel}"
        assert told_there["runbook_url_ru"] == f"{LINKS.runbook_ru}#{SLA.lower()}"
        russian = f"{LINKS.grafana}/d/voronka-response-ru?var-channel={channel}"
        assert told_there["dashboard_url_ru"] == russian
