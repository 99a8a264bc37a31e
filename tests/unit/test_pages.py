"""The worker's pages: what a monitor, a load balancer, a replay and a person ask for."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import faust
import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request
from faust.types import TP

from agents.app import VoronkaWorker
from agents.journeys.stats import ShardStats
from agents.lane import LanePosition
from agents.pages import register_pages
from agents.settings import Settings
from streams.catalogue import SHIPPED
from streams.kpis import PERIODS
from streams.rows import Key
from tests.fixed_worker import NOW_MS, FixedShard, FixedTotals, FixedWorker

Client = TestClient[Request, Application]
LEADS, DEALS = TP("crm.leads", 0), TP("crm.deals", 0)


@pytest.fixture
def state() -> FixedWorker:
    """A worker that is ready, with one deal won."""
    won: dict[Key, int] = {("channel", "won_deals", "vip", ""): 1}
    stats = ShardStats(applied=5, duplicates=1, forwarded=2)
    stats.quarantined.update({"not_json": 2, "future": 1})
    shard = FixedShard(0, FixedTotals({"7d": won, "30d": won, "all": won}), stats)
    positions = {LEADS: LanePosition(10, 9, 8, 12), DEALS: LanePosition(4, 4, 4, 4)}
    return FixedWorker([shard], Settings(partitions=1), positions=positions)


async def serve(app: faust.App) -> Client:
    """The app's own web server, behind a client."""
    client = TestClient(TestServer(await app.web.wsgi()))
    await client.start_server()
    return client


@pytest.fixture
async def client(state: FixedWorker, tmp_path: Path) -> AsyncIterator[Client]:
    """A client of a Faust app with our pages on it."""
    app = faust.App("pages", broker="kafka://127.0.0.1:1", store="memory://", datadir=str(tmp_path))
    register_pages(app, state)
    found = await serve(app)
    yield found
    await found.close()


async def get(client: Client, path: str) -> tuple[int, Any]:
    """Status and JSON of a page."""
    async with client.get(path) as response:
        assert response.content_type == "application/json"
        return response.status, await response.json()


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "text/plain; version=0.0.4; charset=utf-8"),
        (
            "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5",
            "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores",
        ),
    ],
)
async def test_metrics_come_in_the_format_that_prometheus_asks_for(
    client: Client, accept: str, content_type: str
) -> None:
    """With the content type that says so."""
    async with client.get("/metrics", headers={"Accept": accept}) as response:
        text = await response.text()
        assert (response.status, response.headers["Content-Type"]) == (200, content_type)
    assert 'sales_won_deals{channel="vip",window="30d"} 1.0' in text
    assert text.endswith("# EOF\n") == accept.startswith("application")


async def test_a_beating_worker_is_healthy_and_a_stopped_one_is_not(
    client: Client, state: FixedWorker
) -> None:
    """Whatever its data: health is about the loop alone."""
    state.is_recovered = False
    assert await get(client, "/healthz") == (200, {"alive": True, "beat_age_seconds": 0.1})
    state.beat_age = 11.0
    assert await get(client, "/healthz") == (503, {"alive": False, "beat_age_seconds": 11.0})


async def test_a_worker_is_ready_when_its_numbers_are_complete_and_live(
    client: Client, state: FixedWorker
) -> None:
    """Not while it recovers, not with much left to read, not before the broker has said how much there is."""
    assert await get(client, "/readyz") == (200, {"ready": True, "reasons": []})
    state.positions[LEADS] = LanePosition(10, 9, 8, 10_011)
    status, answer = await get(client, "/readyz")
    assert (status, answer) == (503, {"ready": False, "reasons": ["crm.leads[0]: 10001 records are waiting"]})
    state.positions[LEADS] = LanePosition(10, 9, 8, 10_010)
    assert (await get(client, "/readyz"))[0] == 200
    state.positions[LEADS] = LanePosition(10, 9, 8, None)
    status, answer = await get(client, "/readyz")
    assert (status, answer["reasons"]) == (503, ["crm.leads[0]: the broker has not told how much is waiting"])
    state.is_recovered = False
    status, answer = await get(client, "/readyz")
    assert (status, answer["reasons"]) == (503, ["shards are being recovered or moved"])


async def test_kpis_are_answered_for_every_window(client: Client) -> None:
    """Thirty days where none is named."""
    for path in ("/api/kpis", *(f"/api/kpis?window={period}" for period in PERIODS)):
        status, answer = await get(client, path)
        assert status == 200
        assert (answer["now_ms"], answer["partial"]) == (NOW_MS, False)
        assert answer["window"] == (path.partition("=")[2] or "30d")
        assert set(answer["kpis"]) == {
            kpi_id for kpi_id, kpi in SHIPPED.kpis.items() if answer["window"] in (kpi.windows or PERIODS)
        }
    _, answer = await get(client, "/api/kpis?window=all")
    assert answer["kpis"]["won_deals"] == {
        "value": 1,
        "n": 1,
        "unit": "count",
        "period": "all",
        "min_sample": 1,
        "baseline": None,
        "target": None,
        "by_channel": {"vip": {"value": 1, "n": 1}},
        "by_source": {},
        "by_rep": {},
        "previous": None,
        "change": None,
    }


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("window=5y", "window: '5y' is unknown, use one of 1h, 24h, "),
        ("window=", "window: '' is unknown"),
        ("window=30d%00", "window: '30d\\x00' is unknown"),
        ("window=30D", "window: '30D' is unknown"),
        ("windows=30d", "windows: there is no such parameter, use window"),
        ("window=30d&channel=vip", "channel: there is no such parameter"),
    ],
)
async def test_a_wrong_question_is_answered_with_what_to_ask(
    client: Client, query: str, complaint: str
) -> None:
    """Status 400 and the field, not an empty answer."""
    status, answer = await get(client, f"/api/kpis?{query}")
    assert status == 400
    assert answer["error"].startswith(complaint)


async def test_progress_says_how_far_and_what_became_of_it(client: Client) -> None:
    """By topic and partition, and the counts of applied, quarantined and forwarded records."""
    assert await get(client, "/api/progress") == (
        200,
        {
            "now_ms": NOW_MS,
            "recovered": True,
            "shards": [0],
            "topics": {
                "crm.deals": {
                    "0": {
                        "next_offset": 4,
                        "durable_offset": 4,
                        "committed_offset": 4,
                        "highwater": 4,
                        "lag": 0,
                    }
                },
                "crm.leads": {
                    "0": {
                        "next_offset": 10,
                        "durable_offset": 9,
                        "committed_offset": 8,
                        "highwater": 12,
                        "lag": 2,
                    }
                },
            },
            "applied": 5,
            "duplicates": 1,
            "forwarded": 2,
            "quarantined": 3,
            "quarantined_by_reason": {"future": 1, "not_json": 2},
            "redis": True,
        },
    )


async def test_pages_only_answer_questions(client: Client) -> None:
    """Nothing can be changed through them."""
    for path in ("/metrics", "/healthz", "/readyz", "/api/kpis", "/api/progress"):
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            async with client.request(method, path) as response:
                assert response.status == 405


async def test_a_worker_serves_our_pages_and_none_of_fausts(tmp_path: Path) -> None:
    """Tables and topology stay inside; everything binds to loopback unless configured."""
    worker = VoronkaWorker(Settings(data_dir=tmp_path))
    conf = worker.app.conf
    assert (conf.web_bind, conf.web_host, conf.web_port) == ("127.0.0.1", "127.0.0.1", 6066)
    client = await serve(worker.app)
    try:
        for path in ("/table", "/table/", "/table/journeys/x", "/router/", "/graph", "/graph/", "/stats"):
            async with client.get(path) as response:
                assert response.status == 404, path
        async with client.get("/healthz") as response:
            assert response.status == 200
    finally:
        await client.close()


async def test_a_journey_that_is_asked_for_wrongly_or_unknown_is_an_error(client: Client) -> None:
    """400 says how to ask, 404 that nobody told of it."""
    for query in ("", "?key=7", "?key=lead/1&window=7d"):
        status, answer = await get(client, f"/api/journey{query}")
        assert (status, "lead/1 or deal/7" in answer["error"]) == (400, True)
    status, answer = await get(client, "/api/journey?key=lead/1")
    assert (status, answer["error"]) == (404, "nothing was told of lead/1")
