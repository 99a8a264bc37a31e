"""Running Prometheus and its tools: found on the machine, or where `make components` unpacked them."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from agents.child import Child, free_port
from dashboards.yaml import Value, dump
from tests.conftest import ROOT, unavailable

UNPACKED = ROOT / ".cache" / "prometheus" / "usr" / "bin"
EVERY_SECONDS = 6
Labels = frozenset[tuple[str, str]]


def program(name: str) -> str:
    """The path of a program; the test is skipped, or fails in CI, where there is none."""
    found = shutil.which(name) or shutil.which(name, path=UNPACKED)
    if found is None:
        unavailable(f"{name} is missing: run `make components`")
    return found


def run(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a tool to its end."""
    argv = [program(name), *map(str, arguments)]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=100)


@dataclass(frozen=True)
class Prometheus:
    """A server on loopback that scrapes some ports every few seconds."""

    child: Child
    port: int

    def ask(self, path: str, **parameters: str) -> Any:
        """The data of an API's answer; an AssertionError with its text when that is an error."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", f"/api/v1/{path}?{urlencode(parameters)}")
            answer = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        assert answer["status"] == "success", f"{parameters}: {answer}"
        return answer["data"]

    def query(self, expression: str) -> dict[Labels, float]:
        """An instant query's values by their labels, without the name."""
        found: dict[Labels, float] = {}
        for each in self.ask("query", query=expression)["result"]:
            labels = frozenset((name, text) for name, text in each["metric"].items() if name != "__name__")
            assert labels not in found, f"{expression}: {labels} twice"
            found[labels] = float(each["value"][1])
        return found

    def ready(self) -> bool:
        """Whether it answers."""
        try:
            self.ask("status/buildinfo")
        except (OSError, HTTPException, ValueError):
            return False
        return True

    def await_rules(self, ports: int, seconds: float = 60.0) -> None:
        """Return once every rule was evaluated on scrapes that came after now."""
        self._until(lambda: len(self.query("up == 1")) == ports, "no scrape succeeds", seconds)
        scraped = max(self.query("timestamp(up)").values())

        def evaluated() -> bool:
            groups = self.ask("rules")["groups"]
            return all(_unix_seconds(group["lastEvaluation"]) > scraped + EVERY_SECONDS for group in groups)

        self._until(evaluated, "the rules are not evaluated", seconds)
        broken = [
            (rule["name"], rule["lastError"])
            for group in self.ask("rules")["groups"]
            for rule in group["rules"]
            if rule["health"] != "ok"
        ]
        assert not broken, broken

    def _until(self, condition: Callable[[], bool], what: str, seconds: float) -> None:
        give_up_at = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < give_up_at, f"{what}:\n{self.child.log_tail()}"
            time.sleep(0.05)


def start(folder: Path, ports: Iterable[int], rule_files: Iterable[Path]) -> Prometheus:
    """A Prometheus that answers; its data live in the folder."""
    scrape: Value = {
        "job_name": "voronka",
        "static_configs": [{"targets": [f"127.0.0.1:{port}" for port in ports]}],
    }
    return launch(
        folder,
        {
            "global": {
                "scrape_interval": "5s",
                "scrape_timeout": "5s",
                "evaluation_interval": f"{EVERY_SECONDS}s",
            },
            "rule_files": [str(path) for path in rule_files],
            "scrape_configs": [scrape],
        },
    )


def launch(folder: Path, configuration: Value, *options: str) -> Prometheus:
    """A Prometheus with this configuration that answers."""
    (folder / "prometheus.yml").write_text(dump(configuration))
    port = free_port()
    argv = [
        program("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        *options,
    ]
    server = Prometheus(Child(argv, folder / "prometheus.log").start(), port)
    server.child.await_ready(server.ready, 30)
    return server


def _unix_seconds(text: str) -> float:
    """Of a time as Prometheus writes it, with up to nine digits of a second."""
    from datetime import datetime

    head, _, rest = text.partition(".")
    digits = "".join(ch for ch in rest[:9] if ch.isdigit())[:6] if rest else ""
    zone = "+00:00" if text.endswith("Z") else text[-6:]
    stem = head if rest else text.removesuffix("Z").removesuffix(zone)
    return datetime.fromisoformat(f"{stem}.{digits or '0':0<6}{zone}").timestamp()
