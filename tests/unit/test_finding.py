"""A journey is found from any worker: the one that is asked asks the one that holds it, once."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import faust
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from agents.app import VoronkaWorker
from agents.desk import parts
from agents.desk.book import Book, Heard
from agents.desk.membership import Membership
from agents.desk.parts import Beat, ShardKey, Stand, WorkerKey
from agents.finding import RELAYED
from agents.journeys.home import partition_of
from agents.pages import register_pages
from agents.settings import Settings, SettingsError, load_settings
from streams.stories import Story
from tests.fixed_worker import FixedShard, FixedWorker

KEY = "lead/7"
SHARD = partition_of(KEY, 2)
TOLD = Story(None, (), "open", None, None, None, None, "inbound")
Start = Callable[[FixedWorker], Awaitable[TestClient[Any, Any]]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Starts web servers with our pages, each for a worker."""
    clients: list[TestClient[Any, Any]] = []

    async def started(state: FixedWorker) -> TestClient[Any, Any]:
        app = faust.App(f"finding-{len(clients)}", broker="kafka://127.0.0.1:1", datadir=str(tmp_path))
        register_pages(app, state)
        clients.append(TestClient(TestServer(await app.web.wsgi())))
        await clients[-1].start_server()
        return clients[-1]

    yield started
    for client in clients:
        await client.close()


def worker(shard: int, **told: str) -> FixedWorker:
    """One that holds a shard of two; `elsewhere` is the address of the other's worker."""
    stories = {KEY: TOLD} if shard == SHARD else {}
    addresses = {1 - shard: told["elsewhere"]} if told else {}
    return FixedWorker([FixedShard(shard, stories=stories)], Settings(partitions=2), addresses=addresses)


async def asked(client: TestClient[Any, Any], key: str = KEY, **headers: str) -> tuple[int, Any]:
    """Status and JSON."""
    async with client.get("/api/journey", params={"key": key}, headers=headers) as response:
        return response.status, await response.json()


async def test_every_worker_answers_for_every_journey(start: Start) -> None:
    """What the holder says is said by the others too, that it knows nothing as well."""
    holder = await start(worker(SHARD))
    other = await start(worker(1 - SHARD, elsewhere=f"127.0.0.1:{holder.port}"))
    assert await asked(other) == await asked(holder)
    status, answer = await asked(other)
    assert (status, answer["key"]) == (200, KEY)
    unknown = next(key for n in range(99) if partition_of(key := f"lead/x&{n}", 2) == SHARD)
    assert await asked(other, unknown) == (404, {"error": f"nothing was told of {unknown}"})


async def test_a_question_is_passed_on_once_and_never_in_a_circle(start: Start) -> None:
    """A worker that is asked by another one and does not hold it either says so."""
    other = worker(1 - SHARD, elsewhere="")
    client = await start(other)
    other.addresses[SHARD] = f"127.0.0.1:{client.port}"
    status, answer = await asked(client)
    assert (status, answer["shard"]) == (503, SHARD)
    assert "no worker answers for now" in answer["error"]
    assert (await asked(client, **{RELAYED: "1"}))[0] == 503


async def leads_elsewhere(_request: web.Request) -> web.Response:
    """An answer that sends the asker to another address."""
    raise web.HTTPFound("/secret")


async def no_answer(_request: web.Request) -> web.Response:
    """Nothing within the patience of the asker."""
    await asyncio.sleep(5)
    return web.json_response({})


async def no_json(_request: web.Request) -> web.Response:
    """Something that is no journey."""
    return web.Response(text="hello")


async def without_end(_request: web.Request) -> web.Response:
    """More than a journey can be."""
    return web.Response(text='{"a": "' + "x" * 5_000_000 + '"}')


@pytest.mark.parametrize("behaviour", [leads_elsewhere, no_answer, no_json, without_end])
async def test_a_worker_that_does_not_answer_as_one_is_named(
    start: Start, monkeypatch: pytest.MonkeyPatch, behaviour: Callable[[web.Request], Awaitable[web.Response]]
) -> None:
    """Redirects are not followed, slow and foreign answers not waited for: 503 with the address."""
    monkeypatch.setattr("agents.finding.PATIENCE_SECONDS", 0.5)
    app = web.Application()
    app.router.add_get("/api/journey", behaviour)
    async with TestServer(app) as server:
        client = await start(worker(1 - SHARD, elsewhere=f"127.0.0.1:{server.port}"))
        status, answer = await asked(client)
        assert status == 503
        assert f"whose worker at 127.0.0.1:{server.port} does not answer" in answer["error"]


@pytest.mark.parametrize(
    ("address", "found"),
    [("w-1:6066", "w-1:6066"), ("[::1]:80", "[::1]:80"), ("a@b:1", ""), ("h:1/x?", ""), ("", "")],
)
def test_only_the_present_owner_of_a_shard_is_asked_at_an_address_that_is_one(
    address: str, found: str
) -> None:
    """At the address of its beat on the totals' topic; what is no address is never asked."""
    book, now = Book(2, "wall"), Heard(0, 0.0)
    for name, told in ((parts.ABOUT, parts.About()), (parts.MANIFEST, [parts.ABOUT])):
        book.put(bytes(ShardKey(1, 5, name)), parts.write(told), now)
    for owner, epoch, at in (("old", 4, "old:1"), ("new", 5, address)):
        book.put(bytes(WorkerKey(owner)), parts.write(Beat(0, {1: Stand(epoch, 0)}, address=at)), now)
    assert book.address(1, 1.0) == found
    assert book.address(0, 1.0) == ""
    assert book.address(1, 60.0) == "", "silent for a minute"


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        (Settings(), "127.0.0.1:6066"),
        (Settings(http_host="sales-1", http_port=80), "sales-1:80"),
        (Settings(http_host="0.0.0.0"), f"{socket.gethostname()}:6066"),  # noqa: S104 - not bound
        (Settings(http_advertised="sales-1.example.com:443"), "sales-1.example.com:443"),
    ],
)
def test_a_worker_tells_where_others_reach_it(settings: Settings, address: str) -> None:
    """What is set, else where it serves; by the machine's name where it serves at every address."""
    worker = VoronkaWorker(settings)
    assert Membership(worker).address == address


@pytest.mark.parametrize("text", ["somewhere", "a:1,b:2", "http://a:1", "a b:1"])
def test_an_advertised_address_is_one_of_one_machine(text: str) -> None:
    """Anything else is named at start."""
    with pytest.raises(SettingsError, match=r"VORONKA_HTTP_ADVERTISED: .* is no address"):
        load_settings({"VORONKA_HTTP_ADVERTISED": text})
