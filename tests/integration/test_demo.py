"""`voronka demo` as a person runs it: figures at the end, nothing left behind."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agents.child import Child
from tests.dashboards.prometheus import Prometheus, program

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(240)]
COMMAND = [sys.executable, "-m", "agents.cli", "demo"]


def descendants(pid: int) -> set[int]:
    """Processes below this one, at any depth."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents[int(entry.name)] = int(stat[1])
    found: set[int] = set()
    more = {pid}
    while more:
        more = {child for child, parent in parents.items() if parent in more} - found
        found |= more
    return found


def running(pids: set[int]) -> set[int]:
    """Those of the processes that run; zombies do not."""
    alive = set()
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state != "Z":
            alive.add(pid)
    return alive


def wait_for(holds: Callable[[], bool], seconds: float, told: Callable[[], str] = str) -> None:
    """Return once it holds; fail with what is told instead."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"it took too long: {told()}"
        time.sleep(0.02)


class Running:
    """A demo that runs, what it has written so far, and the folder for its temporary files."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.temporary, self._output = folder / "temporary", folder / "output"
        self.temporary.mkdir()
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [*COMMAND, "--port", "16066", *options],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "TMPDIR": str(self.temporary)},
            )

    @property
    def text(self) -> str:
        return self._output.read_text()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Running]:
    """A demo that goes on until it is told to end."""
    found = Running(tmp_path, "--no-prometheus")
    yield found
    found.end()


def test_it_ends_by_itself_with_the_kpis_as_json_even_if_its_port_is_busy(tmp_path: Path) -> None:
    """One JSON document alone on stdout, plausible figures, every event accounted for, nothing left."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        busy = server.getsockname()[1]
        done = subprocess.run(
            [*COMMAND, "--duration", "3", "--json", "--port", str(busy)],
            capture_output=True,
            text=True,
            env={**os.environ, "TMPDIR": str(tmp_path)},
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert f"port {busy} is busy: the demo takes " in done.stderr
    found = json.loads(done.stdout)
    assert found["partial"] is False
    assert found["window"] == "30d"
    kpis = {name: kpi["value"] for name, kpi in found["kpis"].items()}
    assert kpis["funnel_imbalance"] == 0
    assert kpis["initial_enquiries"] > 300
    assert 0.5 < kpis["response_within_1h_share"] < 0.75
    assert 0.15 < kpis["win_rate_closed"] < 0.45
    assert kpis["revenue"] > 1_000_000
    channels = set(found["kpis"]["won_deals"]["by_channel"])
    # A deal whose creation arrives late is nobody's until then, and there is one at some instants.
    assert channels - {"unknown"} == {"active", "inbound", "regular", "vip", "partner"}
    # Both windows are read one after the other, and leads come and are answered meanwhile.
    assert abs(found["today"]["leads_waiting"]["value"] - kpis["leads_waiting"]) <= 5
    assert found["events"]["quarantined"] == 0
    assert found["events"]["applied"] > 15_000
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "moment"),
    [(signal.SIGINT, "Deals won"), (signal.SIGTERM, "published two"), (signal.SIGTERM, "starting")],
    ids=["Ctrl-C while live", "SIGTERM while history is read", "SIGTERM at the start"],
)
def test_told_to_end_it_leaves_nothing_behind(demo: Running, number: signal.Signals, moment: str) -> None:
    """Whenever it is told to, it ends in order: no process, no file."""
    wait_for(lambda: moment in demo.text, 120, lambda: demo.text)
    children = descendants(demo.process.pid)
    demo.process.send_signal(number)
    assert demo.process.wait(60) == 0, demo.text
    assert running(children) == set()
    assert "the demo has ended" in demo.text
    assert list(demo.temporary.iterdir()) == []


def test_killed_it_takes_broker_and_worker_along(demo: Running) -> None:
    """Even kill -9 leaves no process behind."""
    wait_for(lambda: "published two" in demo.text, 120, lambda: demo.text)
    children = descendants(demo.process.pid)
    assert len(children) >= 2
    demo.process.kill()
    wait_for(lambda: not running(children), 20)


def graphed(server: Prometheus, query: str) -> bool:
    """Whether Prometheus' own graph of sixty days shows a line at most of its steps."""
    end, days = time.time(), 60
    period = {"start": str(end - days * 86_400), "end": str(end), "step": str(days * 86_400 / 250)}
    found = server.ask("query_range", query=query, **period)["result"]
    return sum(len(each["values"]) for each in found) > 200


@pytest.mark.timeout(480)
def test_prometheus_beside_it_has_rules_an_alertmanager_and_the_history(tmp_path: Path) -> None:
    """Scraped, judged, the two months in its graphs; all of it ends with the demo."""
    for name in ("prometheus", "prometheus-alertmanager", "promtool"):
        program(name)
    demo = Running(tmp_path, "--prometheus")
    try:
        wait_for(lambda: "instance backfill" in demo.text, 120)
        (address,) = re.findall(r"Prometheus with the generated rules: http://127\.0\.0\.1:(\d+)/", demo.text)
        server = Prometheus(Child([], tmp_path / "no.log"), int(address))
        wait_for(lambda: list(server.query('up{job="voronka"}').values()) == [1], 60)
        assert len(server.ask("rules")["groups"]) > 10
        wait_for(lambda: bool(server.ask("alertmanagers")["activeAlertmanagers"]), 60)
        wait_for(lambda: graphed(server, "sum(sales_revenue{window='30d'})"), 240, lambda: demo.text)
        children = descendants(demo.process.pid)
        demo.process.send_signal(signal.SIGTERM)
        assert demo.process.wait(60) == 0, demo.text
        assert running(children) == set()
        assert list(demo.temporary.iterdir()) == []
    finally:
        demo.end()
        print(demo.text)
