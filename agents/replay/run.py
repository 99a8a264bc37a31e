"""A whole replay on topics and with a worker of its own; nothing of it is left behind."""

from __future__ import annotations

import contextlib
import secrets
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
from kafka.errors import KafkaError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from agents.broker import admin_client
from agents.child import Child, free_port
from agents.embedded import EmbeddedBroker
from agents.errors import BrokerError
from agents.interrupt import Resources, interruptible
from agents.quarantine import read_quarantine
from agents.replay.compiler import make_plan
from agents.replay.events import Lookups
from agents.replay.follow import Balance, ReplayWorker, count
from agents.replay.mapping import find_mapping
from agents.replay.plan import Plan
from agents.replay.publish import publish
from agents.replay.tables import Source, check_sources, load_lookups, open_source, rows
from agents.settings import Settings, load_settings
from agents.topics import ensure_topics, planned

STOP_SECONDS = 15.0


class Input(msgspec.Struct, frozen=True):
    """Files and mapping, checked: from here on nothing in them can stop the replay."""

    plan: Plan
    sources: tuple[Source, ...]
    lookups: Lookups
    rows: int


class Outcome(msgspec.Struct, frozen=True):
    """The worker's answer of `/api/kpis` for all time, and what became of the events."""

    kpis: Mapping[str, Any]
    balance: Balance


def read_input(paths: Sequence[str], mapping: str, env: Mapping[str, str]) -> Input:
    """Check everything that can be wrong with files and mapping as a whole; nothing is published yet."""
    plan = make_plan(find_mapping(mapping), load_settings(env).funnels)
    sources = tuple(open_source(path, plan) for path in paths)
    total = check_sources(sources, plan)
    return Input(plan, sources, load_lookups(sources, plan), total)


def replay(given: Input, broker: str | None, env: Mapping[str, str], console: Console) -> Outcome:
    """Run it on `broker`, or on an embedded one; progress goes to `console` where that is a terminal."""
    resources = Resources()
    return interruptible(lambda: _replay(given, broker, env, console, resources), resources)


def _replay(
    given: Input, broker: str | None, env: Mapping[str, str], console: Console, resources: Resources
) -> Outcome:
    folder = Path(resources.enter(tempfile.TemporaryDirectory(prefix="voronka-replay-")))
    bar = resources.enter(_progress(console))
    told = bar.add_task("starting", total=given.rows)
    if broker is None:
        # Settings that guard a real broker would only keep us from the embedded one.
        env = {name: text for name, text in env.items() if not name.startswith("VORONKA_KAFKA_")}
        address = resources.enter(EmbeddedBroker()).bootstrap
    else:
        address = broker
    env = own_environment(env, given.plan, address, folder)
    settings = load_settings(env)
    if broker is not None:
        resources.enter(_forgotten(settings))
    ensure_topics(settings)
    child = resources.enter(_worker(folder, env, patient=broker is not None))
    worker = ReplayWorker(child, settings)
    bar.update(told, description="publishing")
    all_rows = chain.from_iterable(rows(source) for source in given.sources)
    sent = publish(settings, given.plan, all_rows, given.lookups, lambda: bar.advance(told))
    bar.update(told, description="applying", total=sent.records, completed=0)
    worker.follow(settings, sent, lambda done: bar.update(told, completed=done))
    applied = worker.ask("/api/progress")["applied"]
    balance = count(read_quarantine(settings), given.plan, sent, applied)
    return Outcome(worker.ask("/api/kpis?window=all"), balance)


def own_environment(env: Mapping[str, str], plan: Plan, broker: str, folder: Path) -> dict[str, str]:
    """The caller's settings with topics, address and clock of the replay's own."""
    name = f"replay-{secrets.token_hex(5)}"
    return {
        **env,
        "VORONKA_BROKER": broker,
        "VORONKA_APP_ID": name,
        "VORONKA_TOPIC_PREFIX": f"{name}-",
        "VORONKA_HTTP_HOST": "127.0.0.1",
        "VORONKA_HTTP_PORT": str(free_port()),
        "VORONKA_CLOCK": "event",
        "VORONKA_ZONE": plan.zone.key,
        "VORONKA_CURRENCY": plan.currency,
        "VORONKA_REJECT_LIMIT": "0",
        "VORONKA_DATA_DIR": str(folder),
        **dict.fromkeys(("VORONKA_REDIS", "VORONKA_REDIS_FILE"), ""),
    }


@contextlib.contextmanager
def _progress(console: Console) -> Iterator[Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield bar


@contextlib.contextmanager
def _worker(folder: Path, env: Mapping[str, str], *, patient: bool) -> Iterator[Child]:
    """A worker process; where the broker stays, it gets the time to leave its group."""
    child = Child([sys.executable, "-m", "agents.cli", "worker"], folder / "worker.log", env).start()
    try:
        yield child
    finally:
        if patient:
            child.stop(STOP_SECONDS)
        else:
            child.kill()


@contextlib.contextmanager
def _forgotten(settings: Settings) -> Iterator[None]:
    """At the end, remove the replay's topics and group from a broker that stays."""
    try:
        yield
    finally:
        with contextlib.suppress(BrokerError, KafkaError), admin_client(settings) as client:
            client.delete_topics([plan.name for plan in planned(settings)], raise_errors=False)
            client.delete_groups([settings.app_id])
