"""A real Alertmanager with the shipped routes and inhibitions; every receiver is a web server of ours."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from agents.child import Child, free_port
from dashboards.alerts import alerts
from tests.conftest import unavailable
from tests.dashboards.prometheus import UNPACKED, program

TEMPLATES = Path("/usr/share/prometheus/alertmanager/default.tmpl")
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

    def ready(self) -> bool:
        """Whether it answers."""
        try:
            self.ask("GET", "status")
        except OSError:
            return False
        return True

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


@contextmanager
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
    try:
        yield server.server_address[1], delivered
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def impatient(text: str, port: int) -> str:
    """A shipped configuration at any hour and without patience, every receiver a webhook on this port."""
    head, _, rest = text.partition("receivers:\n")
    names = re.findall(r"^  - name: (.+)$", rest, re.MULTILINE)
    head = re.sub(r"\n +active_time_intervals:\n +- \S+", "", head)
    head = re.sub(r"group_wait: \S+", 'group_wait: "200ms"', head)
    head = re.sub(r"group_interval: \S+", 'group_interval: "200ms"', head)
    head = re.sub(r"\n  (smtp_|slack_)\S+: \S+", "", head)
    hooks = "".join(
        f"  - name: {name}\n    webhook_configs:\n      - url: http://127.0.0.1:{port}/\n" for name in names
    )
    return f"{head}receivers:\n{hooks}"


@contextmanager
def running(folder: Path, text: str) -> Iterator[Alertmanager]:
    """An Alertmanager that answers, with this configuration of ours."""
    path = program("prometheus-alertmanager")
    if path.startswith(str(UNPACKED)) and not TEMPLATES.exists():
        unavailable(f"{path} needs {TEMPLATES}: run `make components` as root")
    with receiver() as (port, delivered):
        (folder / "alertmanager.yml").write_text(impatient(text, port), "utf-8")
        own = free_port()
        argv = [
            path,
            f"--config.file={folder / 'alertmanager.yml'}",
            f"--storage.path={folder / 'alertmanager'}",
            f"--web.listen-address=127.0.0.1:{own}",
            "--cluster.listen-address=",
        ]
        server, child = Alertmanager(own, delivered), Child(argv, folder / "alertmanager.log").start()
        try:
            child.await_ready(server.ready, 20)
            yield server
        finally:
            child.stop()
