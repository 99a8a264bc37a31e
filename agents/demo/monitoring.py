"""The demo's Prometheus and Alertmanager, where they are installed: rules, alerts, two months of history."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPConnection, HTTPException
from importlib.resources import files
from pathlib import Path

import msgspec

from agents.child import Child
from agents.programs import HOW_TO_GET_PROMETHEUS, UNPACKED, found
from agents.settings import Settings

READY_SECONDS = 30.0
HISTORY_STEP = "1d"
"""Between the instants of the past; Prometheus is told to show each until the next one."""
TEMPLATES = Path("/usr/share/prometheus/alertmanager/default.tmpl")
"""Debian's Alertmanager does not start without them."""


class Monitoring:
    """Whatever of Prometheus and Alertmanager is installed, on free loopback ports."""

    def __init__(self, settings: Settings, folder: Path, say: Callable[[str], None]) -> None:
        self._settings, self._folder, self._say = settings, folder, say
        self._generated = Path(str(files("dashboards"))) / "generated"

    @contextlib.contextmanager
    def running(self, choose_port: Callable[[int], int]) -> Iterator[Path | None]:
        """While the block lasts; gives the folder of Prometheus' blocks, None where there is none."""
        program = found("prometheus")
        if program is None:
            self._say(f"no Prometheus here, so no rules and alerts either: {HOW_TO_GET_PROMETHEUS}")
            yield None
            return
        with contextlib.ExitStack() as parts:
            port, manager = choose_port(9090), self._alertmanager(parts, choose_port)
            (self._folder / "prometheus.yml").write_bytes(msgspec.json.encode(self._configuration(manager)))
            self._start(
                parts,
                "prometheus",
                [
                    program,
                    f"--config.file={self._folder / 'prometheus.yml'}",
                    f"--storage.tsdb.path={self._folder / 'prometheus'}",
                    "--storage.tsdb.retention.time=1y",
                    f"--query.lookback-delta={HISTORY_STEP}",
                    f"--web.listen-address=127.0.0.1:{port}",
                ],
                port,
            )
            self._say(f"Prometheus with the generated rules: http://127.0.0.1:{port}/graph")
            yield self._folder / "prometheus"

    def _alertmanager(self, parts: contextlib.ExitStack, choose_port: Callable[[int], int]) -> int | None:
        """Shows alerts, grouped and inhibited; as shipped it writes to nobody."""
        program = found("prometheus-alertmanager", "alertmanager")
        if program is None or (program.startswith(str(UNPACKED)) and not TEMPLATES.exists()):
            return None
        port = choose_port(9093)
        self._start(
            parts,
            "alertmanager",
            [
                program,
                f"--config.file={self._generated / 'alertmanager.yml'}",
                f"--storage.path={self._folder / 'alertmanager'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--cluster.listen-address=",
            ],
            port,
        )
        self._say(f"Alertmanager: http://127.0.0.1:{port}")
        return port

    def _configuration(self, alertmanager: int | None) -> Mapping[str, object]:
        """As shipped, with the addresses of this machine; JSON is YAML too."""
        worker = f"{self._settings.http_host}:{self._settings.http_port}"
        managers = (
            [] if alertmanager is None else [{"static_configs": [_target(f"127.0.0.1:{alertmanager}")]}]
        )
        return {
            "global": {"scrape_interval": "15s", "evaluation_interval": "15s"},
            "rule_files": [str(self._generated / name) for name in ("rules.yml", "alerts.yml")],
            "alerting": {"alertmanagers": managers},
            "scrape_configs": [{"job_name": "voronka", "static_configs": [_target(worker)]}],
        }

    def _start(self, parts: contextlib.ExitStack, name: str, argv: list[str], port: int) -> None:
        child = Child(argv, self._folder / f"{name}.log")
        parts.callback(child.stop)
        child.start().await_ready(lambda: _ready(port), READY_SECONDS)


def _target(address: str) -> Mapping[str, list[str]]:
    return {"targets": [address]}


def _ready(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/-/ready")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


class History:
    """Writes a past period into a Prometheus that runs, beside everything else."""

    def __init__(
        self, env: Mapping[str, str], folder: Path, period: tuple[str, str], say: Callable[[str], None]
    ) -> None:
        self._env, self._folder, self._period, self._say = env, folder, period, say
        self._end = threading.Event()

    @contextlib.contextmanager
    def beside(self, blocks: Path) -> Iterator[None]:
        """While the block lasts; Prometheus looks for new blocks once a minute."""
        thread = threading.Thread(target=self._write, args=(blocks,), name="history")
        thread.start()
        try:
            yield
        finally:
            self._end.set()
            thread.join()

    def _write(self, blocks: Path) -> None:
        out, (first, last) = self._folder / "history", self._period
        argv = [sys.executable, "-m", "agents.cli", "backfill", "--step", HISTORY_STEP]
        argv += ["--from", first, "--to", last, "--out", str(out)]
        child = Child(argv, self._folder / "history.log", self._env).start()
        while child.running:
            if self._end.wait(0.2):
                child.kill()
        if child.exit_code == 0:
            for block in (out / "blocks").iterdir():
                block.rename(blocks / block.name)
        elif not self._end.is_set():
            self._say(f"the history could not be written for Prometheus:\n{child.log_tail()}")


@contextlib.contextmanager
def monitored(
    settings: Settings,
    env: Mapping[str, str],
    folder: Path,
    period: tuple[str, str],
    choose_port: Callable[[int], int],
    say: Callable[[str], None],
) -> Iterator[None]:
    """Monitoring with the history of a period, while the block lasts; what is not installed is said."""
    with Monitoring(settings, folder, say).running(choose_port) as blocks, contextlib.ExitStack() as parts:
        if blocks is not None:
            parts.enter_context(History(env, folder, period, say).beside(blocks))
            say("the two months appear there as job voronka, instance backfill, within some minutes")
        yield
