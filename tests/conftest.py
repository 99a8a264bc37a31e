"""Fixtures for every test: brokers, fresh names, the AsyncAPI parser, and no swallowed errors."""

import os
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from agents.child import ProgramMissingError
from tests.brokers import Broker, EmbeddedBroker, KafkaBroker
from tests.parallel import pytest_collection_modifyitems, pytest_xdist_make_scheduler
from tests.swallowed import no_swallowed_errors

__all__ = ["no_swallowed_errors", "pytest_collection_modifyitems", "pytest_xdist_make_scheduler"]

ROOT = Path(__file__).parents[1]


def unavailable(reason: str) -> NoReturn:
    """Skip for want of a component, saying how to get it; fail instead in CI, where all must be there."""
    if os.environ.get("CI"):
        pytest.fail(f"CI lacks a component: {reason}", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def embedded_broker() -> Iterator[EmbeddedBroker]:
    """One embedded broker for the whole run: use fresh names on it and do not stop it."""
    try:
        broker = EmbeddedBroker().start()
    except ProgramMissingError as reason:
        unavailable(str(reason))
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def kafka_broker() -> Iterator[KafkaBroker]:
    """One Apache Kafka for the whole run: use fresh names on it and do not stop, pause or kill it."""
    try:
        broker = KafkaBroker()
    except ProgramMissingError as reason:
        unavailable(str(reason))
    with broker:
        yield broker


@pytest.fixture
def own_kafka_broker() -> Iterator[KafkaBroker]:
    """An Apache Kafka of the test's own, to stop, pause, kill and restart; costs about four seconds."""
    try:
        broker = KafkaBroker()
    except ProgramMissingError as reason:
        unavailable(str(reason))
    with broker:
        yield broker


@pytest.fixture(scope="session", params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def broker(request: pytest.FixtureRequest) -> Broker:
    """The embedded broker, then Apache Kafka: what holds on one must hold on the other."""
    found: Broker = request.getfixturevalue(f"{request.param}_broker")
    return found


@pytest.fixture(scope="session")
def fresh_name() -> Callable[[str], str]:
    """Names that no other test uses: fresh_name("crm.leads") is "crm.leads-1f0a9c2e"."""
    return lambda stem: f"{stem}-{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="session")
def asyncapi_findings() -> Callable[[Path], list[str]]:
    """The official parser's errors and warnings about an AsyncAPI document, one a line; [] is a valid one."""
    modules, node = ROOT / ".cache" / "asyncapi" / "node_modules", shutil.which("node")
    if node is None or not modules.exists():
        unavailable("the AsyncAPI parser is missing: run `make components`")

    def findings(document: Path) -> list[str]:
        argv = [node, str(ROOT / ".ci" / "asyncapi" / "validate.js"), str(document)]
        env = {**os.environ, "NODE_PATH": str(modules)}
        done = subprocess.run(argv, capture_output=True, text=True, env=env, check=False)
        lines = done.stdout.splitlines()
        if done.returncode and not lines:
            raise RuntimeError(f"the AsyncAPI parser failed: {done.stderr}")
        return lines

    return findings
