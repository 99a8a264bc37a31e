"""What a worker's web server does not do: tell more than it must, to more than this machine."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator

import pytest

from tests.brokers import EmbeddedBroker
from tests.integration.worker import Worker, deployed

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def worker(
    embedded_broker: EmbeddedBroker,
    fresh_name: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Worker]:
    """A worker with the settings that it has by itself."""
    folder, env = tmp_path_factory.mktemp("web"), {"VORONKA_SESSION_TIMEOUT_SECONDS": "2"}
    with deployed(embedded_broker.bootstrap, fresh_name("web"), folder, env) as deployment:
        yield deployment.start_ready()


@pytest.mark.parametrize("page", ["table", "tables", "router", "graph", "stats", "stats/assignment"])
def test_fausts_own_pages_are_not_there(worker: Worker, page: str) -> None:
    """Tables and routers of Faust would show what is in the journeys, and who owns them."""
    assert {worker.get(f"/{page}{slash}")[0] for slash in ("", "/")} == {404}


def test_only_this_machine_reaches_the_pages(worker: Worker) -> None:
    """The server listens on 127.0.0.1 and on no other address, not even on another one of loopback."""
    with socket.create_connection(("127.0.0.1", worker.port), timeout=5):
        pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", worker.port), timeout=5)


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("window=5y", "window: '5y' is unknown, use one of"),
        ("window=", "window: '' is unknown"),
        ("period=30d", "period: there is no such parameter, use window"),
    ],
)
def test_a_wrong_question_is_answered_with_400_and_the_fix(worker: Worker, query: str, problem: str) -> None:
    """Never with the numbers of some other window."""
    status, text = worker.get(f"/api/kpis?{query}")
    assert status == 400
    assert json.loads(text)["error"].startswith(problem)


@pytest.mark.parametrize("window", ["1h", "prev_year", "all"])
def test_every_window_is_answered(worker: Worker, window: str) -> None:
    """With nothing published there are KPIs without values, not zeros."""
    status, text = worker.get(f"/api/kpis?window={window}")
    assert status == 200
    found = json.loads(text)
    assert found["window"] == window
    assert not found["partial"]
    assert found["kpis"]["win_rate_closed"]["value"] is None


def test_pages_change_nothing(worker: Worker) -> None:
    """There is no other method than to look."""
    for page in ("/metrics", "/healthz", "/readyz", "/api/kpis", "/api/progress"):
        assert worker.get(page)[0] == 200
        assert worker.get(page, method="POST")[0] in (404, 405)
