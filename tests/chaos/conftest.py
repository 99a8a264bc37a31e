"""Fixtures of the fault tests: eager brokers, campaigns, and the report of all rows."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from agents.child import ProgramMissingError
from tests.brokers import KafkaBroker
from tests.chaos.harness import Campaign
from tests.chaos.plan import FULL, Row
from tests.chaos.workload import LABELS
from tests.conftest import unavailable
from tests.integration.worker import deployed

SESSION_SECONDS = "6" if FULL else "3"
EAGER = {"group.min.session.timeout.ms": "1000"}
HERE = Path(__file__).parent
ROWS = pytest.StashKey[list[Mapping[str, Any]]]()
PASSED = pytest.StashKey[bool]()

Campaigns = Callable[..., AbstractContextManager[Campaign]]


def pytest_configure(config: pytest.Config) -> None:
    """Where rows are gathered."""
    config.stash[ROWS] = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that only `make chaos` runs are left out of other runs."""
    if FULL:
        return
    left_out = [item for item in items if HERE in item.path.parents and item.get_closest_marker("full")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Note whether the test itself passed, for its row."""
    report = yield
    if report.when == "call":
        item.stash[PASSED] = report.passed
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the rows where `make chaos` wants them."""
    if target := os.environ.get("CHAOS_REPORT"):
        Path(target).write_text(json.dumps(session.config.stash[ROWS], indent=1))


@pytest.fixture
def row(request: pytest.FixtureRequest) -> Iterator[Row]:
    """This test's row of the report."""
    found = Row(request.node.name.removeprefix("test_"))
    print(f"seed {found.seed}")
    yield found
    request.config.stash[ROWS].append(found.told(request.node.stash.get(PASSED, False)))


def eager_kafka(overrides: Mapping[str, str] | None = None) -> KafkaBroker:
    """A Kafka that lets sessions be short."""
    try:
        return KafkaBroker({**EAGER, **(overrides or {})})
    except ProgramMissingError as reason:
        unavailable(str(reason))


@pytest.fixture(scope="package")
def eager_broker() -> Iterator[KafkaBroker]:
    """One for all tests that leave the broker alone."""
    with eager_kafka() as broker:
        yield broker


@pytest.fixture
def mortal_broker() -> Iterator[KafkaBroker]:
    """One to kill."""
    with eager_kafka() as broker:
        yield broker


@pytest.fixture
def campaigns(fresh_name: Callable[[str], str], tmp_path: Path, row: Row) -> Campaigns:
    """campaigns(broker, VORONKA_...=...) is a deployment of its own whose work is judged."""

    @contextmanager
    def campaign(broker: KafkaBroker, **env: str) -> Iterator[Campaign]:
        settings = {**LABELS, "VORONKA_SESSION_TIMEOUT_SECONDS": SESSION_SECONDS, **env}
        name = fresh_name("chaos")
        folder = tmp_path / name
        folder.mkdir()
        with deployed(broker.bootstrap, name, folder, settings) as deployment:
            deployment.client.close()  # it would go on knocking, and leak sockets, while a broker is away
            yield Campaign(deployment, row)

    return campaign
