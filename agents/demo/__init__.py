"""`voronka demo`: a whole installation on this machine, with a simulated CRM, while somebody watches."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.live import Live

from agents.child import Child, free_port
from agents.crm.cast import CAMPAIGN_NAMES, ROSTER, SOURCE_NAMES
from agents.demo.department import SPEED, Department
from agents.demo.monitoring import monitored
from agents.demo.table import heading, plain, tables
from agents.demo.watch import Stopped, Watch
from agents.embedded import EmbeddedBroker
from agents.settings import Settings, load_settings
from agents.topics import ensure_topics

REFRESH_SECONDS = 1.0
PLAIN_SECONDS = 10.0
# The embedded broker lets a group wait for half of this before it forms.
SESSION_SECONDS = "3"
PAGES = ("/", "/metrics", "/api/kpis?window=30d", "/api/progress", "/healthz", "/readyz")


def demo_env(bootstrap: str, port: int, folder: Path) -> dict[str, str]:
    """The environment of the demo's worker: nothing of the caller's own VORONKA_* gets into it."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("VORONKA_")}
    return own | {
        "VORONKA_BROKER": bootstrap,
        "VORONKA_HTTP_PORT": str(port),
        "VORONKA_CLOCK": "event",
        "VORONKA_REPS": ",".join(ROSTER),
        "VORONKA_SOURCES": ",".join(SOURCE_NAMES),
        "VORONKA_CAMPAIGNS": ",".join(CAMPAIGN_NAMES),
        "VORONKA_SESSION_TIMEOUT_SECONDS": SESSION_SECONDS,
        "VORONKA_DATA_DIR": str(folder),
        "VORONKA_LOG_LEVEL": "WARNING",
    }


def choose_port(wanted: int, say: Callable[[str], None]) -> int:
    """The wanted port, or another one where somebody listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            port = free_port()
            say(f"port {wanted} is busy: the demo takes {port} instead (choose one with --port)")
            return port
    return wanted


def show(watch: Watch, settings: Settings, out: Console, ends_at: float) -> None:
    """Show the KPIs again and again until it is time to end."""
    note = f"{SPEED:.0f} times as fast as real time; Ctrl-C ends"
    if not out.is_terminal:
        while time.monotonic() < ends_at:
            month = watch.kpis("30d")
            out.out(
                plain(month, watch.kpis("today"), heading(month, settings.zone, note), settings.kpis),
                highlight=False,
            )
            watch.pause(min(PLAIN_SECONDS, max(0.0, ends_at - time.monotonic())))
        return
    with Live(console=out, auto_refresh=False, vertical_overflow="crop") as live:
        while time.monotonic() < ends_at:
            month = watch.kpis("30d")
            title = heading(month, settings.zone, note)
            live.update(
                tables(month, watch.kpis("today"), settings.funnels, title, settings.kpis), refresh=True
            )
            watch.pause(min(REFRESH_SECONDS, max(0.0, ends_at - time.monotonic())))


def run(
    *, duration: float | None, as_json: bool, port: int, seed: int, prometheus: bool, stop: threading.Event
) -> None:
    """Start everything, show it, leave nothing behind; raises `Stopped` when told to end before its time."""

    def say(text: str) -> None:
        click.echo(text, err=True)

    with contextlib.ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="voronka-demo-")))
        say("starting the embedded broker and a worker")
        broker = parts.enter_context(EmbeddedBroker())
        env = demo_env(broker.bootstrap, choose_port(port, say), folder)
        settings = load_settings(env)
        ensure_topics(settings)
        worker = Child([sys.executable, "-m", "agents.cli", "worker"], folder / "worker.log", env)
        parts.callback(worker.stop)
        worker.start()
        watch = Watch(settings, worker, stop)
        department = Department(settings, seed, stop)
        department.publish_history()
        watch.check()
        count = sum(department.published.values())
        say(f"published two simulated months: {count:,} events; the worker reads them")
        watch.until_applied(department.published)
        address = f"http://{settings.http_host}:{settings.http_port}"
        say(f"open {address}{PAGES[0]}")
        say("also " + "  ".join(f"{address}{page}" for page in PAGES[1:]))
        if prometheus:
            ports = functools.partial(choose_port, say=say)
            parts.enter_context(monitored(settings, env, folder, department.history, ports, say))
        parts.enter_context(department.live())
        ends_at = time.monotonic() + (duration if duration is not None else 0 if as_json else float("inf"))
        if as_json:
            watch.pause(max(0.0, ends_at - time.monotonic()))
            click.echo(msgspec.json.encode(document(watch)).decode())
        else:
            show(watch, settings, Console(), ends_at)
        if department.failure is not None:
            raise department.failure


def document(watch: Watch) -> dict[str, Any]:
    """The KPIs of the last 30 days and of today, and what the worker did with the events."""
    progress = watch.ask("/api/progress") or {}
    counts = ("applied", "duplicates", "forwarded", "quarantined")
    return {
        **watch.kpis("30d"),
        "today": watch.kpis("today")["kpis"],
        "events": {name: progress.get(name) for name in counts},
    }


@click.command("demo")
@click.option("--duration", type=click.FloatRange(0), help="End after so many seconds of live business.")
@click.option("--json", "as_json", is_flag=True, help="Print the KPIs as one JSON document at the end.")
@click.option("--port", type=click.IntRange(1, 65535), default=6066, show_default=True, help="Of the worker.")
@click.option(
    "--prometheus/--no-prometheus",
    default=None,
    help="Start Prometheus and Alertmanager too where they are installed; with --json only if asked.",
)
@click.option("--seed", default=7, show_default=True, help="Another seed, another department.")
def command(duration: float | None, as_json: bool, port: int, prometheus: bool | None, seed: int) -> None:
    """Watch a sales department live: an embedded broker, a worker, and a simulated CRM.

    Two months of history come first; then leads come in, get answered, move through the funnels of five
    channels and become revenue, faster than in life. Nothing is left behind at the end.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        beside = not as_json if prometheus is None else prometheus
        run(duration=duration, as_json=as_json, port=port, seed=seed, prometheus=beside, stop=stop)
    except Stopped:
        click.echo("the demo has ended", err=True)
        if as_json:
            raise SystemExit(130) from None
