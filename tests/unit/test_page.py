"""The live page, its parts and its data: bounded, guarded, in two languages, shared by all who watch."""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import re
import socket
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import faust
import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from agents.live import MOST_VIEWERS, Live, message
from agents.page import ASSETS, SECURITY_HEADERS, read_asset, register_live_page
from agents.pages import register_pages
from agents.pulse import MOST_REPS, WINDOWS_SHOWN, about, pulse_of
from agents.settings import Settings
from agents.waiting import MOST_LEADS, read_waiting
from streams.base_totals import BASE_TOTALS
from streams.catalogue import SHIPPED
from streams.events import Reason
from streams.funnels import DEFAULT
from streams.kpis import ALL_TIME, PERIODS, Unit
from streams.rows import Key
from streams.stories import Story
from streams.windows import WINDOWS
from tests.cluster import Cluster
from tests.fixed_worker import NOW_MS, FixedShard, FixedTotals, FixedWorker, full_worker
from tests.stories import STORIES
from tests.stories import Story as Told

Client = TestClient[Request, Application]
OPEN = Story(None, (), "open", None, None, None, None, "inbound")
SCRIPTS = [name for name in ASSETS if name.endswith(".js")]


def text_of(name: str) -> str:
    """A part of the page as it is served."""
    return read_asset(name).body.decode()


def texts() -> dict[str, dict[str, str]]:
    """All texts of the page by language."""
    found: dict[str, dict[str, str]] = json.loads(text_of("texts.json"))
    return found


@pytest.fixture
def state() -> FixedWorker:
    """A worker that has one of its two shards, with one deal won and a lead that waits."""
    won: dict[Key, int] = {("channel", "won_deals", "vip", ""): 1}
    totals = FixedTotals(dict.fromkeys((*WINDOWS, ALL_TIME), won))
    shard = FixedShard(1, totals, waiting={"lead/7": NOW_MS - 1}, stories={"lead/7": OPEN})
    return FixedWorker([shard], Settings(partitions=2))


@pytest.fixture
async def client(state: FixedWorker, tmp_path: Path) -> AsyncIterator[Client]:
    """A client of a Faust app with all pages on it."""
    app = faust.App("page", broker="kafka://127.0.0.1:1", store="memory://", datadir=str(tmp_path))
    register_pages(app, state)
    register_live_page(app, state)
    found = TestClient(TestServer(await app.web.wsgi()))
    await found.start_server()
    yield found
    await found.close()


async def events(response: ClientResponse) -> AsyncIterator[tuple[str, Any]]:
    """The events of a stream, decoded, as they come."""
    while True:
        block = await response.content.readuntil(b"\n\n", max_size=10_000_000)
        name, data = block.decode().strip().split("\n")
        yield name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


async def until(condition: Callable[[], bool]) -> None:
    """Return once the condition holds."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what others count has no event
            await asyncio.sleep(0.005)


async def test_the_page_and_its_parts_are_served_from_memory(client: Client) -> None:
    """With their types; who has a part already is told so."""
    for name, content_type in ASSETS.items():
        path = "/" if name == "page.html" else f"/page/{name}"
        async with client.get(path) as response:
            assert (response.status, response.content_type) == (200, content_type), path
            assert await response.read() == read_asset(name).body
            tag = response.headers["ETag"]
        async with client.get(path, headers={"If-None-Match": tag}) as response:
            assert (response.status, await response.read()) == (304, b"")
        async with client.head(path) as response:
            assert response.status == 200


@pytest.mark.parametrize(
    "path", ["/page/", "/page/none.js", "/page/../live.py", "/page/%2e%2e/app.py", "/index.html", "/api/none"]
)
async def test_there_is_nothing_else(client: Client, path: str) -> None:
    """No listing, no way out of the page's own parts."""
    async with client.get(path) as response:
        assert response.status == 404
        assert "Traceback" not in await response.text()


async def test_every_answer_carries_the_security_headers(client: Client) -> None:
    """Errors and data too: the page runs what comes from here and nothing else, in nobody's frame."""
    for path in (
        "/",
        "/page/page.js",
        "/api/kpis",
        "/api/waiting",
        "/api/live?window=5y",
        "/metrics",
        "/none",
    ):
        async with client.get(path) as response:
            found = {name: response.headers.get(name) for name in SECURITY_HEADERS}
            assert found == SECURITY_HEADERS, path
    assert SECURITY_HEADERS["Content-Security-Policy"].startswith("default-src 'self';")


async def test_pages_only_answer_questions(client: Client) -> None:
    """Nothing can be changed through them."""
    for path in ("/", "/page/page.js", "/api/waiting", "/api/live"):
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            async with client.request(method, path) as response:
                assert response.status == 405


def test_no_part_asks_for_anything_from_elsewhere_or_turns_data_into_markup() -> None:
    """No address of another origin, no inline script or style, no way for a name to become an element."""
    for name in ASSETS:
        found = text_of(name).replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|//cdn|@import|url\(", found), name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", found), name
    page = text_of("page.html")
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)


def test_both_languages_have_every_text() -> None:
    """The same keys with the same blanks to fill; whatever the page names is there."""
    english, russian = texts()["en"], texts()["ru"]
    assert english.keys() == russian.keys()
    for key, said in english.items():
        assert said.strip()
        assert re.search("[а-яА-Я]", russian[key]) or key == "reason_not_utf8", key
        assert set(re.findall(r"\{\w+\}", said)) == set(re.findall(r"\{\w+\}", russian[key])), key
    named = set(re.findall(r'data-text="(\w+)"', text_of("page.html")))
    for script in SCRIPTS:
        named |= set(re.findall(r'say\("(\w+)"', text_of(script)))
    assert named - english.keys() == set()
    assert {f"window_{window}" for window in WINDOWS_SHOWN} <= english.keys()
    assert {f"reason_{reason}" for reason in get_args(Reason)} <= english.keys()


def test_every_total_that_can_be_restated_has_a_name() -> None:
    """In the page's own words, else in those of the catalogue."""
    flows = {total.id for total in BASE_TOTALS.values() if total.kind == "flow"}
    assert about(Settings())["totals"].keys() == flows
    own = {key.removeprefix("total_") for key in texts()["en"] if key.startswith("total_")}
    assert {"stage_entered", "won_deals", "revenue_minor"} <= own


def test_the_page_offers_periods_that_the_worker_has() -> None:
    """In the page's script as in its data."""
    listed = re.search(r"FIRST_WINDOWS = (\[.*?\])", text_of("page.js"))
    assert listed is not None
    assert tuple(json.loads(listed[1])) == WINDOWS_SHOWN
    assert set(WINDOWS_SHOWN) <= set(PERIODS)


def palettes() -> list[dict[str, str]]:
    """The colours by name: light, dark when chosen, dark as the machine is."""
    blocks = re.findall(r":root[^{]*\{([^}]*--ground[^}]*)\}", text_of("page.css"))
    return [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in blocks]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_words_stand_out_from_what_is_behind_them() -> None:
    """At least 4.5 to 1 for text and 3 to 1 for drawings (WCAG AA), in light and dark."""
    light, dark, by_machine = palettes()
    assert dark == by_machine
    on = [(name, ground, 4.5) for name in ("ink", "muted", "accent") for ground in ("panel", "ground")]
    on += [(name, "panel", 4.5) for name in ("good", "bad")] + [("ink", "mark", 4.5)]
    on += [("on-chosen", "chosen", 4.5), ("on-partial", "partial", 4.5), ("ink", "line", 4.5)]
    on += [(name, "panel", 3.0) for name in (*(f"s{n}" for n in range(8)), "won", "fast", "slow", "chosen")]
    for colours in (light, dark):
        for name, ground, least in on:
            bright, dim = sorted((luminance(colours[name]), luminance(colours[ground])), reverse=True)
            assert (bright + 0.05) / (dim + 0.05) >= least, (name, ground, colours["panel"])


ONLY_IN_THE_API = ("by_rep", "by_source", "previous", "change")


def test_the_page_has_a_way_to_write_every_unit() -> None:
    """A unit that it did not know would be shown as a bare count."""
    words = text_of("words.js")
    assert {unit for unit in get_args(Unit) if f'case "{unit}"' not in words} == {"count"}


def test_all_texts_that_the_scripts_name_are_there() -> None:
    """A missing one would stop the page in the middle of drawing."""
    named = {key for name in SCRIPTS for key in re.findall(r'say\("(\w+)"', text_of(name))}
    assert len(named) > 40
    assert named - texts()["en"].keys() == set()


async def test_the_page_shows_the_numbers_of_the_kpi_api(client: Client) -> None:
    """The same values, samples and units, for the department, by channel and by stage; none that it lacks."""
    for window in PERIODS:
        async with client.get(f"/api/kpis?window={window}") as response:
            answer = await response.json()
        async with client.get(f"/api/live?window={window}") as response:
            stream = events(response)
            assert (await anext(stream))[0] == "about"
            name, pulse = await anext(stream)
        assert (name, pulse["window"], pulse["partial"]) == ("pulse", window, True)
        assert (pulse["shards"], pulse["partitions"]) == ([1], 2)
        for kpi, value in pulse["kpis"].items():
            told = answer["kpis"].get(kpi)
            if told is None:  # it has no such period
                assert window not in SHIPPED.kpis[kpi].windows
                assert value["value"] is None
                continue
            assert value == {part: told[part] for part in told if not part.startswith(ONLY_IN_THE_API)}


async def test_periods_before_and_reps_come_with_the_numbers() -> None:
    """What was before, where there is a before; reps in the nearest period that counts them."""
    worker = full_worker()
    seen = {window: await pulse_of(worker, window) for window in ("today", "30d", "year", ALL_TIME)}
    assert [(seen[w]["before"] or {}).get("window") for w in seen] == [
        "prev_today",
        "prev_30d",
        "prev_year",
        None,
    ]
    then = seen["today"]["before"]["kpis"]
    assert {"revenue", "opportunity_count_open", "pipeline_value_open", "leads_waiting"} <= then.keys()
    assert not {"oldest_waiting_hours", "stage_occupancy"} & then.keys()
    assert [seen[w]["reps"]["window"] for w in seen] == ["7d", "30d", "30d", ALL_TIME]
    reps = seen["30d"]["reps"]
    assert (len(reps["rows"]), reps["more"]) == (MOST_REPS, 2)
    assert reps["rows"][0]["kpis"]["won_deals"] == {"value": 4, "n": 4}
    assert seen["30d"]["response"]["wall"] == (8,) * 9  # four shards, two channels with enquiries


async def test_what_is_sent_is_bounded() -> None:
    """Everything that can be there, names as long as they get: one message stays small."""
    worker = full_worker()
    shard, name = worker.shards[0], "<" * 123
    shard.waiting = {f"lead/{name}{n}": n for n in range(1000)}
    shard.stories = dict.fromkeys(shard.waiting, OPEN)
    assert len(json.dumps(await pulse_of(worker, "30d"))) < 160_000
    assert len(message("about", about(worker.settings))) < 40_000


async def test_waiting_tells_the_longest_waiting_leads_of_the_shards_that_are_here(client: Client) -> None:
    """With channel and owner, and whose numbers these are."""
    async with client.get("/api/waiting") as response:
        assert response.headers["Cache-Control"] == "no-store"
        assert await response.json() == {
            "now_ms": NOW_MS,
            "partial": True,
            "shards": [1],
            "missing": [{"shard": 0, "since_ms": None, "counted": False}],
            "partitions": 2,
            "waiting": 1,
            "leads": [{"lead": "7", "since_ms": NOW_MS - 1, "channel": "inbound", "owner": "unassigned"}],
        }


async def test_at_most_fifty_leads_are_told_the_oldest_first_over_all_shards() -> None:
    """The others are counted; a journey that is gone meanwhile is left out."""
    shards = [
        FixedShard(number, waiting={f"lead/{n}": n for n in range(number, 200, 2)}) for number in (0, 1)
    ]
    for shard in shards:
        shard.stories = dict.fromkeys(shard.waiting, OPEN)
    found = await read_waiting(shards, DEFAULT)
    assert found.count == 200
    assert [lead["since_ms"] for lead in found.leads] == list(range(MOST_LEADS))
    del shards[0].stories["lead/0"]
    assert [lead["lead"] for lead in (await read_waiting(shards, DEFAULT)).leads][:2] == ["1", "2"]


async def test_many_waiting_leads_never_hold_the_loop_for_long() -> None:
    """While 200,000 are looked through, something else gets its turn every 50 ms."""
    waiting = {f"lead/{n}": (n * 7919) % 1_000_003 for n in range(200_000)}
    shard = FixedShard(0, waiting=waiting, stories=dict.fromkeys(waiting, OPEN))
    longest_seconds = math.inf
    for _ in range(3):
        reading = asyncio.ensure_future(read_waiting([shard], DEFAULT))
        turns = [time.process_time()]
        while not reading.done():
            await asyncio.sleep(0)
            turns.append(time.process_time())
        longest_seconds = min(longest_seconds, max(b - a for a, b in itertools.pairwise(turns)))
    assert longest_seconds < 0.05


@pytest.mark.parametrize("story", [pytest.param(story, id=story.name) for story in STORIES])
def test_shards_know_by_name_exactly_the_leads_that_are_counted_as_waiting(story: Told) -> None:
    """In every story told by hand: their number, the oldest by channel, and the same after a recovery."""
    config = story.config
    cluster = Cluster(
        Settings(
            clock="event",
            reject_limit=0,
            zone=config.zone,
            working_hours=config.hours,
            holidays=config.holidays,
            currency=config.currency,
        )
    )
    for record in story.records:
        cluster.produce(record.topic, record.key, record.value, record.headers, record.timestamp_ms)
    cluster.run(chunk=2)

    def counted() -> int:
        return sum(n for key, n in cluster.sums(ALL_TIME).items() if key[:2] == ("channel", "waiting"))

    for _ in range(2):
        since: dict[str, int] = {}
        for shard in cluster.shards.values():
            deque(shard.fold(), 0)
            for key, since_ms in shard.waiting.items():
                told = shard.told(key)
                assert told is not None
                channel = told.channel if told.channel in DEFAULT.by_channel else "unknown"
                since[channel] = min(since_ms, since.get(channel, since_ms))
        assert sum(len(shard.waiting) for shard in cluster.shards.values()) == counted()
        assert since == cluster.waiting_since()
        for partition in list(cluster.shards):
            cluster.restart(partition)
        cluster.run()


@dataclass
class CountedTotals(FixedTotals):
    """Totals that count how often they are read."""

    reads: int = 0

    def advance(self, now_ms: int) -> None:
        self.reads += 1
        super().advance(now_ms)


async def test_news_is_pushed_when_something_changed_and_computed_once_for_all(
    client: Client, state: FixedWorker
) -> None:
    """Ten viewers, one computation a change; without a change nothing is sent but a beat now and then."""
    totals = CountedTotals(state.shards[0].totals.by_window)
    state.shards[0].totals = totals
    responses = [await client.get("/api/live?window=7d") for _ in range(10)]
    streams = [events(response) for response in responses]
    for stream in streams:
        assert [(await anext(stream))[0] for _ in range(2)] == ["about", "pulse"]
    assert totals.reads == 1
    state.shards[0].stats.applied += 1
    assert {(await anext(stream))[1]["health"]["applied"] for stream in streams} == {1}
    assert totals.reads == 2
    for response in responses:
        response.close()


async def test_changes_that_come_faster_than_news_are_told_together(
    client: Client, state: FixedWorker
) -> None:
    """A viewer sees the final state, not every step to it."""
    async with client.get("/api/live") as response:
        stream = events(response)
        await anext(stream)
        told = []
        for applied in range(1, 101):
            state.shards[0].stats.applied = applied
            await asyncio.sleep(0)
        async for _, pulse in stream:
            told.append(pulse["health"]["applied"])
            if told[-1] == 100:
                break
        assert len(told) <= 3


async def test_a_wrong_period_is_answered_with_those_that_are(client: Client) -> None:
    """Status 400, no stream."""
    async with client.get("/api/live?window=5y") as response:
        assert response.status == 400
        assert (await response.json())["error"].startswith("window: '5y' is unknown, use one of 1h, ")


@dataclass
class Served:
    """Live streams on a server of their own."""

    live: Live
    client: Client


@pytest.fixture
async def served(state: FixedWorker) -> AsyncIterator[Served]:
    """A hub that drops who takes nothing for half a second."""
    live = Live(state, drop_seconds=0.5)

    async def stream(request: Request) -> Any:
        return await live.stream(request, "30d")

    app = Application()
    app.router.add_get("/", stream)
    app.on_shutdown.append(live.close)
    client: Client = TestClient(TestServer(app))
    await client.start_server()
    yield Served(live, client)
    await client.close()


async def test_who_leaves_is_forgotten(served: Served) -> None:
    """Without viewers nothing is counted, kept or computed."""
    responses = [await served.client.get("/") for _ in range(3)]
    await until(lambda: served.live.watched == {"30d": 3})
    for response in responses:
        response.close()
    await until(lambda: not served.live.watched)
    async with served.client.head("/") as response:
        assert response.status == 200
    assert not served.live.watched


async def test_no_more_viewers_are_let_in_than_are_promised(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one is asked to come later; the others go on."""
    assert MOST_VIEWERS >= 50
    monkeypatch.setattr("agents.live.MOST_VIEWERS", 1)
    async with client.get("/api/live"), client.get("/api/live") as response:
        assert response.status == 503
        assert "later" in (await response.json())["error"]


async def test_a_viewer_that_takes_nothing_is_cut_off_and_the_others_go_on(
    served: Served, state: FixedWorker
) -> None:
    """What it may hold back is bounded; nobody waits for it."""
    shard = state.shards[0]
    shard.waiting = {f"lead/{'x' * 60_000}{n}": n for n in range(MOST_LEADS)}
    shard.stories = dict.fromkeys(shard.waiting, OPEN)
    host, port = served.client.host, served.client.port
    assert port is not None
    with socket.socket() as stuck:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(stuck, (host, port))
        await loop.sock_sendall(stuck, b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        await until(lambda: served.live.watched == {"30d": 1})
        async with served.client.get("/") as response:
            stream = events(response)
            seen: Mapping[str, Any] = {}
            while served.live.watched != {"30d": 1}:
                shard.stats.applied += 1
                _, seen = await anext(stream)
            shard.stats.applied += 1
            while seen.get("health", {}).get("applied") != shard.stats.applied:
                _, seen = await anext(stream)


async def test_streams_end_with_the_worker(served: Served) -> None:
    """A worker that stops does not wait for those who watch."""
    async with served.client.get("/") as response:
        await until(lambda: served.live.watched == {"30d": 1})
        await served.live.close()
        async with asyncio.timeout(5):
            await response.content.read()
