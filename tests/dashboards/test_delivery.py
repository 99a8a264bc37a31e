"""A real Alertmanager with the shipped routes and inhibitions: what is delivered, and to whom."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from agents.child import Child, free_port
from dashboards.alerts import alerts
from dashboards.files import GENERATED
from tests.conftest import unavailable
from tests.dashboards.prometheus import UNPACKED, program
from tests.integration.worker import until

TEMPLATES = Path("/usr/share/prometheus/alertmanager/default.tmpl")
pytestmark = pytest.mark.integration
ALERTS = {alert.name: alert for alert in alerts()}


@dataclass
class Delivered:
    """What the receivers were told: (receiver, status, alert names of one message)."""

    messages: list[dict[str, Any]] = field(default_factory=list)

    def told(self, receiver: str, status: str = "firing") -> list[list[str]]:
        """Names of the alerts in each message to a receiver."""
        return [
            sorted(alert["labels"]["alertname"] for alert in message["alerts"])
            for message in self.messages
            if (message["receiver"], message["status"]) == (receiver, status)
        ]


@dataclass
class Alertmanager:
    """A server on loopback."""

    port: int
    delivered: Delivered

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The API's answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(
                method, f"/api/v2/{path}", json.dumps(body), {"Content-Type": "application/json"}
            )
            response = connection.getresponse()
            text = response.read()
            assert response.status == 200, text
            return json.loads(text) if text else None
        finally:
            connection.close()

    def post(self, *names: str, ended: bool = False, **labels: str) -> None:
        """What Prometheus posts when alerts fire, or have ended."""
        told = [
            {
                "labels": {
                    "alertname": name,
                    "severity": ALERTS[name].severity,
                    "team": ALERTS[name].team,
                    "kind": ALERTS[name].kind,
                    **labels,
                },
                "annotations": {"summary": ALERTS[name].summary.en},
                **({"endsAt": "2020-01-01T00:00:00Z"} if ended else {}),
            }
            for name in names
        ]
        self.ask("POST", "alerts", told)

    def inhibited(self) -> set[str]:
        """Alerts that are silenced by others."""
        return {
            each["labels"]["alertname"] for each in self.ask("GET", "alerts") if each["status"]["inhibitedBy"]
        }


@pytest.fixture
def receiver() -> Iterator[tuple[int, Delivered]]:
    """A web server that notes what is posted to it."""
    delivered = Delivered()

    class Note(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            delivered.messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Note)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1], delivered
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def alertmanager(tmp_path: Path, receiver: tuple[int, Delivered]) -> Iterator[Alertmanager]:
    """The shipped configuration at any hour and without patience, every receiver a webhook."""
    port, delivered = receiver
    text = (GENERATED / "alertmanager.yml").read_text("utf-8")
    head, _, rest = text.partition("receivers:\n")
    names = re.findall(r"^  - name: (.+)$", rest, re.MULTILINE)
    head = re.sub(r"\n +active_time_intervals:\n +- \S+", "", head)
    head = re.sub(r"group_wait: \S+", 'group_wait: "200ms"', head)
    head = re.sub(r"group_interval: \S+", 'group_interval: "200ms"', head)
    head = re.sub(r"\n  (smtp_|slack_)\S+: \S+", "", head)
    hooks = "".join(
        f"  - name: {name}\n    webhook_configs:\n      - url: http://127.0.0.1:{port}/\n" for name in names
    )
    (tmp_path / "alertmanager.yml").write_text(f"{head}receivers:\n{hooks}", "utf-8")
    own = free_port()
    path = program("prometheus-alertmanager")
    if path.startswith(str(UNPACKED)) and not TEMPLATES.exists():
        unavailable(f"{path} needs {TEMPLATES}: run `make components` as root")
    argv = [
        path,
        f"--config.file={tmp_path / 'alertmanager.yml'}",
        f"--storage.path={tmp_path / 'data'}",
        f"--web.listen-address=127.0.0.1:{own}",
        "--cluster.listen-address=",
    ]
    server, child = Alertmanager(own, delivered), Child(argv, tmp_path / "alertmanager.log").start()

    def ready() -> bool:
        try:
            server.ask("GET", "status")
        except OSError:
            return False
        return True

    try:
        child.await_ready(ready, 20)
        yield server
    finally:
        child.stop()


def test_a_team_gets_one_message_with_all_that_fires_and_hears_the_end(alertmanager: Alertmanager) -> None:
    """Two channels in which leads wait are one message to the team leads; when it is over, they are told."""
    alertmanager.ask("GET", "status")
    told = alertmanager.delivered.told
    alertmanager.post("LeadWaitingPastSla", channel="inbound")
    alertmanager.post("LeadWaitingPastSla", channel="unknown")
    until(lambda: ["LeadWaitingPastSla"] * 2 in told("team-leads"), lambda: str(alertmanager.delivered), 20)
    alertmanager.post("LeadWaitingPastSla", channel="inbound", ended=True)
    alertmanager.post("LeadWaitingPastSla", channel="unknown", ended=True)
    until(lambda: bool(told("team-leads", "resolved")), lambda: str(alertmanager.delivered), 20)
    assert {message["receiver"] for message in alertmanager.delivered.messages} == {"team-leads"}


def test_a_silent_feed_is_told_instead_of_falling_numbers(alertmanager: Alertmanager) -> None:
    """While numbers stand still every alert that judges them is inhibited, and platform hears of the feed."""
    judging = [name for name, alert in ALERTS.items() if alert.kind == "kpi"]
    alertmanager.post("FeedSilent")
    until(lambda: bool(alertmanager.delivered.told("platform")), lambda: str(alertmanager.delivered), 20)
    alertmanager.post(*judging, channel="inbound")
    alertmanager.post("QuarantineRateHigh")
    until(lambda: alertmanager.inhibited() == set(judging), lambda: str(alertmanager.inhibited()), 20)
    until(
        lambda: ["QuarantineRateHigh"] in alertmanager.delivered.told("platform"),
        lambda: str(alertmanager.delivered),
        20,
    )
    assert {message["receiver"] for message in alertmanager.delivered.messages} == {"platform"}


def test_the_louder_alert_of_a_channel_silences_the_softer_one_there(alertmanager: Alertmanager) -> None:
    """A forgotten lead is one message, not two; in another channel the softer alert is still told."""
    alertmanager.post("OldestLeadForgotten", "LeadWaitingPastSla", channel="inbound")
    until(
        lambda: alertmanager.inhibited() == {"LeadWaitingPastSla"}, lambda: str(alertmanager.inhibited()), 20
    )
    alertmanager.post("LeadWaitingPastSla", channel="vip")
    told = alertmanager.delivered.told
    until(lambda: bool(told("sales-ops-urgent")), lambda: str(alertmanager.delivered), 20)
    until(lambda: bool(told("team-leads")), lambda: str(alertmanager.delivered), 20)
    (channels,) = {
        tuple(alert["labels"]["channel"] for alert in message["alerts"])
        for message in alertmanager.delivered.messages
        if message["receiver"] == "team-leads"
    }
    assert channels == ("vip",)
