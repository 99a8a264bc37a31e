"""The live page in a real Chromium, on a worker that has read a simulated department."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import ClientSession, ClientTimeout, TCPConnector
from selenium.webdriver.common.keys import Keys

from agents.broker import producer, true_ends
from agents.crm.command import calendar_of
from agents.crm.publish import Publisher, publish
from agents.crm.world import simulate
from tests.brokers import EmbeddedBroker
from tests.integration.browser import PHONE, Browser, chromium
from tests.integration.worker import Deployment, Worker, deployed, split, until
from tests.stories.telling import MOSCOW, lead, ms

pytestmark = [pytest.mark.integration, pytest.mark.slow]
START_MS, END_MS = ms("2026-03-02 00:00"), ms("2026-03-16 12:00")
VIEWERS, BURST, TURNS = 50, 4_000, 3
TRIES = 3
"""How often it is told how long the first paint takes, and an event to the page."""
APPLIED = re.compile(rb'"applied":(\d+)')
HOSTILE = "<img src=x onerror=alert(1)>&\"'"


@dataclass
class House:
    """A deployment, its first worker, and the page in a browser."""

    deployment: Deployment
    worker: Worker
    browser: Browser

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.worker.port}"

    def open(self, query: str = "language=en&theme=light&window=30d", **size: Any) -> None:
        """Load the page with choices in its address."""
        self.browser.open(f"{self.address}/?{query}", **size)

    def kpis(self, window: str) -> dict[str, Any]:
        """`/api/kpis` of a window."""
        found: dict[str, Any] = json.loads(self.worker.get(f"/api/kpis?window={window}")[1])["kpis"]
        return found

    def shown(self, key: str) -> str:
        """The text that the page shows under a key."""
        found: str = self.browser.ask(
            "return document.querySelector(`[data-key='${arguments[0]}']`).textContent", key
        )
        return found


def published(deployment: Deployment) -> None:
    """Two weeks of a department, as the demo simulates them."""
    settings = deployment.settings
    events = simulate(7, START_MS, END_MS, calendar_of(settings))
    with producer(settings) as client:
        publish(Publisher(settings, client), events, lambda _: 0.0, threading.Event())
    for topic in (settings.leads_topic, settings.deals_topic):
        deployment.ends |= {(topic, number): end for number, end in true_ends(settings, topic).items()}


@pytest.fixture(scope="module")
def house(
    embedded_broker: EmbeddedBroker,
    fresh_name: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    """One for all tests here: they may add leads, and come in the order of this file."""
    folder, env = tmp_path_factory.mktemp("page"), {"VORONKA_SESSION_TIMEOUT_SECONDS": "3"}
    with (
        chromium(folder / "profile") as browser,
        deployed(embedded_broker.bootstrap, fresh_name("page"), folder, env) as deployment,
    ):
        worker = deployment.start()
        published(deployment)
        worker.child.await_ready(worker.ready, 60)
        deployment.settle(worker)
        yield House(deployment, worker, browser)


def test_the_page_shows_what_the_kpi_api_tells(house: House) -> None:
    """Tiles and funnels, unrounded; first paints are reported."""
    paints = [first_paint(house) for _ in range(TRIES)]
    print(f"first contentful paint after {paints} ms")
    kpis = house.kpis("30d")
    tiles = house.browser.ask(
        "return [...document.querySelectorAll('[data-kpi]')].map((e) => [e.dataset.kpi, e.dataset.value])"
    )
    assert len(tiles) == 8
    assert {kpi: float(value) for kpi, value in tiles} == {kpi: kpis[kpi]["value"] for kpi, _ in tiles}
    assert kpis["won_deals"]["value"] > 5
    assert house.shown("won_deals") == str(kpis["won_deals"]["value"])
    stages = {
        f"{channel}.{stage}.entered": value["value"]
        for channel, by_stage in kpis["stage_entries"]["by_stage"].items()
        for stage, value in by_stage.items()
    }
    assert len(stages) > 30
    drawn = house.browser.ask(
        "return [...document.querySelectorAll('.funnel [data-key$=entered]')]"
        ".map((e) => [e.dataset.key, Number(e.dataset.value)])"
    )
    assert {key: value for key, value in drawn if value} == stages
    assert house.browser.ask("return document.querySelectorAll('.funnel svg rect').length") == len(drawn)


def first_paint(house: House) -> float:
    """Milliseconds from the request to the first content, of a page that is loaded anew."""
    house.open()
    found: float = house.browser.ask(
        "return performance.getEntriesByName('first-contentful-paint')[0].startTime"
    )
    return found


def test_an_event_reaches_the_page_at_once(house: House) -> None:
    """A new enquiry is counted and stands in the list of those who wait; how quickly is reported."""
    house.open()
    settled, before = "#waiting tbody tr", house.kpis("30d")["leads_waiting"]["value"]
    assert house.browser.ask("return document.querySelectorAll(arguments[0]).length", settled) == before
    names = ["late-enquiry", *(f"later-{number}" for number in range(1, TRIES))]
    took = [waits(house, name, before + number) for number, name in enumerate(names, start=1)]
    print(f"event to page in {took} s")
    rows = house.browser.ask(
        "return [...document.querySelectorAll('#waiting tbody tr')]"
        ".map((row) => [...row.cells].map((cell) => cell.textContent))"
    )
    assert next(row for row in rows if row[0] == "late-enquiry")[2:4] == [HOSTILE, "Inbound sales"]
    links = house.browser.ask(
        "return [...document.querySelectorAll('#waiting a')].map((e) => e.getAttribute('href'))"
    )
    assert len(links) == len(rows)
    told = [json.loads(house.worker.get(link)[1])["key"] for link in links]
    assert told == [f"lead/{row[0]}" for row in rows]
    assert house.browser.ask("return document.images.length") == 0


def waits(house: House, name: str, count: int) -> float:
    """Seconds from the sending of an enquiry to the page that counts it."""
    began = time.monotonic()
    house.deployment.publish([lead(name, "created", "2026-03-16 11:59", channel="inbound", owner=HOSTILE)])
    house.browser.until(
        "return document.querySelector('[data-kpi=leads_waiting]').dataset.value === arguments[0]", str(count)
    )
    return time.monotonic() - began


def words(browser: Browser) -> set[str]:
    """Everything the page says that is neither a number nor a name from the data."""
    texts = browser.ask(
        "return [...document.querySelectorAll("
        "'h1, h2, h3, p, dt, label, legend, caption, thead th, .funnel th')]"
        ".map((e) => e.textContent.trim())"
    )
    return {text for text in texts if any(letter.isalpha() for letter in text) and "/api/" not in text}


def test_language_period_and_colours_switch_and_stay(house: House) -> None:
    """All texts change, the numbers are those of the period, and a reload keeps the choice."""
    house.open()
    browser, ground = house.browser, "return getComputedStyle(document.body).backgroundColor"
    english, light = words(browser), browser.ask(ground)
    for group, value in (("language", "ru"), ("theme", "dark"), ("window", "7d")):
        browser.ask(
            "document.querySelector(`[name=${arguments[0]}][value='${arguments[1]}']`).click()", group, value
        )
    browser.until("return document.body.dataset.shown === '7d ru'")
    assert browser.ask("return document.documentElement.lang") == "ru"
    assert browser.ask(ground) != light
    russian = words(browser)
    assert "Активные продажи" in russian
    assert english & russian == {"EN", "RU", "Voronka"}
    revenue = browser.ask("return document.querySelector('[data-kpi=revenue]').dataset.value")
    assert float(revenue) == house.kpis("7d")["revenue"]["value"]
    browser.open(f"{house.address}/")
    assert browser.ask("return [document.body.dataset.shown, document.documentElement.dataset.theme]") == [
        "7d ru",
        "dark",
    ]
    browser.ask("localStorage.clear()")


def test_it_follows_the_colours_of_the_machine_unless_told_otherwise(house: House) -> None:
    """Dark where the machine is dark."""
    seen = []
    for scheme in ("light", "dark"):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        house.browser.command("Emulation.setEmulatedMedia", features=features)
        house.open("theme=auto&language=en")
        seen.append(house.browser.ask("return getComputedStyle(document.body).backgroundColor"))
    house.browser.command("Emulation.setEmulatedMedia", features=[])
    assert len(set(seen)) == 2


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize(
    "size", [PHONE, (320, 568), (1440, 900), (1920, 1080), (2560, 1440)], ids=lambda size: str(size[0])
)
def test_nothing_sticks_out_at_any_width(house: House, language: str, size: tuple[int, int]) -> None:
    """From a small phone to a wall: nobody scrolls sideways, no number and no column is cut."""
    house.open(f"language={language}&theme=dark&window=month", size=size)
    assert house.browser.ask("return document.documentElement.scrollWidth") <= size[0]
    for places in (".tile .value", "#waiting, #channels, #reps, #plan-channels")[: 1 + (size[0] > 1000)]:
        assert (
            house.browser.ask(
                "return [...document.querySelectorAll(arguments[0])]"
                ".filter((e) => e.scrollWidth > e.clientWidth)"
                ".map((e) => e.id || e.textContent)",
                places,
            )
            == []
        )


def test_the_keyboard_reaches_everything_and_switches(house: House) -> None:
    """Skip link, period, language, colours, then each list that scrolls with its links; arrows choose."""
    house.open()
    browser, reached = house.browser, []
    leads = json.loads(house.worker.get("/api/waiting")[1])["leads"]
    for _ in range(11 + len(leads)):
        browser.press(Keys.TAB)
        reached.append(browser.ask("const e = document.activeElement; return e.name || e.id || e.className"))
    assert reached == [
        "skip", "window", "language", "theme", "plan", "plan-channels", "waiting",
        *[""] * len(leads), "channels", "reps", "restatements", reached[-1],
    ]  # fmt: skip
    browser.ask("document.activeElement.blur()")
    browser.ask("document.querySelector('[name=language]:checked').focus()")
    browser.press(Keys.ARROW_RIGHT)
    browser.until("return document.documentElement.lang === 'ru'")
    assert browser.ask("return getComputedStyle(document.activeElement.nextSibling).outlineStyle") == "solid"


def test_screen_readers_find_their_way(house: House) -> None:
    """Landmarks, one first heading, names for all that is reached, tables with headings, polite news."""
    house.open()
    tree = house.browser.command("Accessibility.getFullAXTree")["nodes"]
    nodes = [
        (node["role"]["value"], node.get("name", {}).get("value", "")) for node in tree if not node["ignored"]
    ]
    roles = [role for role, _ in nodes]
    assert {role: roles.count(role) for role in ("banner", "main", "contentinfo")} == {
        "banner": 1,
        "main": 1,
        "contentinfo": 1,
    }
    nameless = [
        role for role, name in nodes if role in ("region", "radio", "group", "table", "link") and not name
    ]
    assert nameless == []
    assert roles.count("table") >= 5 + 5
    assert roles.count("rowheader") > 50
    assert house.browser.ask("return document.querySelectorAll('h1').length") == 1
    assert house.browser.ask("return document.querySelector('#news').ariaLive") == "polite"
    assert house.browser.ask("return document.querySelector('#news').textContent").endswith("leads waiting.")


def test_fifty_viewers_see_the_final_state_and_do_not_slow_the_stream(house: House) -> None:
    """In turns with and without them, on the same stream; all see the last number. The ratio is reported."""
    alone, watched = list[float](), list[float]()
    for turn in range(TURNS):
        alone.append(burst(house, f"alone-{turn}"))
        seen, took = asyncio.run(watched_burst(house, f"watched-{turn}"))
        watched.append(took)
        assert seen == [house.worker.progress()["applied"]] * VIEWERS
    one, other = (BURST / median(seconds) for seconds in (alone, watched))
    print(f"{one:.0f} events/s alone, {other:.0f} with {VIEWERS} viewers: {other / one:.2f} of it")
    assert other > one / 3, (alone, watched)


def burst(house: House, stem: str) -> float:
    """Publish some thousand enquiries; seconds until all are applied."""
    at = datetime.fromtimestamp(END_MS / 1000, MOSCOW).replace(tzinfo=None).isoformat()
    leads = [lead(f"{stem}-{n}", "created", at, channel="inbound") for n in range(BURST)]
    began = time.monotonic()
    house.deployment.publish(leads)
    house.deployment.settle(house.worker)
    return time.monotonic() - began


async def watched_burst(house: House, stem: str) -> tuple[list[int], float]:
    """What each of the viewers saw last, and how long the events took."""
    watching, goal = asyncio.Semaphore(0), asyncio.get_running_loop().create_future()

    async def watch(session: ClientSession) -> int:
        """Until what was seen is what was applied in the end."""
        async with session.get(f"{house.address}/api/live?window=30d") as response:
            assert response.status == 200
            watching.release()
            seen = -1
            while not (goal.done() and seen == goal.result()):
                block = await response.content.readuntil(b"\n\n", max_size=1_000_000)
                if told := APPLIED.search(block):
                    seen = int(told[1])
            return seen

    async with ClientSession(timeout=ClientTimeout(total=60), connector=TCPConnector(limit=0)) as session:
        viewers = [asyncio.ensure_future(watch(session)) for _ in range(VIEWERS)]
        for _ in viewers:
            await watching.acquire()
        took = await asyncio.to_thread(burst, house, stem)
        goal.set_result((await asyncio.to_thread(house.worker.progress))["applied"])
        return list(await asyncio.gather(*viewers)), took


def test_the_scorecard_and_the_plan_stand_on_the_page_as_the_api_tells_them(house: House) -> None:
    """Every goal and KPI, the whole card above; what was planned for the month, by channel too."""
    house.open("language=en&theme=light&window=month")
    browser = house.browser
    card = json.loads(house.worker.get("/api/scorecard?window=month")[1])["card"]
    assert browser.ask("return document.querySelectorAll('#scorecard article').length") == 4
    shown = float(
        browser.ask("return document.querySelector(\"[data-key='score.card.card']\").dataset.value")
    )
    assert shown == card["performance_percent"]
    told = {f"performance.{row['kind']}.{row['id']}" for row in rows_of(card) if row["kind"] == "kpi"}
    drawn = browser.ask(
        "return [...document.querySelectorAll('#scorecard [data-key^=performance]')]"
        ".map((e) => [e.dataset.key, e.dataset.value])"
    )
    assert told <= {key for key, _ in drawn}
    plan = json.loads(house.worker.get("/api/plan")[1])
    month = plan["periods"]["month"]
    assert month["plan"] > 0
    key = "return document.querySelector(`[data-key='plan.month.${arguments[0]}']`).dataset.value"
    assert {part: float(browser.ask(key, part)) for part in month if part != "elapsed"} == {
        part: value for part, value in month.items() if part != "elapsed"
    }
    assert browser.ask("return document.querySelectorAll('#plan-channels tbody tr').length") == len(
        [each for each in plan["by_channel"].values() if each["plan"] is not None]
    )


def rows_of(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every row of a scorecard below this one."""
    for below in row.get("rows", ()):
        yield below
        yield from rows_of(below)


def test_two_workers_show_one_department_and_say_when_one_is_lost(house: House) -> None:
    """With split shards the page is complete; a killed worker's shards are missing until taken over."""
    house.open()
    browser, shards = house.browser, "return document.getElementById('shards').textContent"
    hidden = "return document.getElementById('partial').hidden"
    assert (browser.ask(shards), browser.ask(hidden)) == ("shards 0–3 of 4", True)
    before = house.kpis("30d")
    second = house.deployment.start()
    until(lambda: split([house.worker, second]), lambda: str([house.worker.told(), second.told()]))
    workers = [house.worker, second]
    until(lambda: complete(workers), lambda: str([worker.get("/api/waiting") for worker in workers]))
    for window in ("30d", "today", "year", "all"):
        one, two = (json.loads(worker.get(f"/api/kpis?window={window}")[1]) for worker in workers)
        assert one == two, window
    assert without_stream(house.kpis("30d")) == without_stream(before)
    for key in [f"lead/{each['lead']}" for each in json.loads(second.get("/api/waiting")[1])["leads"]]:
        one, two = (worker.get(f"/api/journey?key={quote(key)}") for worker in workers)
        assert one == two
        assert (one[0], json.loads(one[1])["key"]) == (200, key)
    browser.until("return document.getElementById('partial').hidden")
    second.child.kill()
    browser.until("return !document.getElementById('partial').hidden")
    told = browser.ask("return document.getElementById('partial').innerText")
    assert told.startswith("Partial: some shards are missing. ")
    browser.until("return document.getElementById('partial').hidden")
    assert browser.ask(shards) == "shards 0–3 of 4"


def complete(workers: list[Worker]) -> bool:
    """Whether each shows every shard."""
    answers = [worker.get("/api/waiting") for worker in workers]
    return all(status == 200 and not json.loads(text)["partial"] for status, text in answers)


def without_stream(kpis: dict[str, Any]) -> dict[str, Any]:
    """KPIs of the department; those of the stream itself begin anew with each owner of a shard."""
    return {kpi: value for kpi, value in kpis.items() if value["period"] != "since_start"}


def test_nothing_was_complained_of_and_nobody_else_was_asked(house: House) -> None:
    """In all that was done above: a silent console, and every request went to the worker itself."""
    assert house.browser.complaints() == []
    asked = [url for url in house.browser.requests() if not url.startswith(("chrome:", "data:"))]
    assert len(asked) > 50
    assert [url for url in asked if not url.startswith(f"{house.address}/")] == []


def test_a_worker_that_is_told_to_end_does_not_wait_for_viewers(house: House) -> None:
    """It ends in order while somebody watches, and the page says that it hears nothing any more."""
    house.open()
    house.worker.child.send(signal.SIGTERM)
    assert house.worker.child.wait(20) == 0
    house.browser.until("return document.body.dataset.connection === 'lost'")
    assert "Connection lost" in house.browser.ask("return document.getElementById('connection').innerText")
