"""The worker's HTTP pages: metrics for Prometheus, health and readiness, KPIs and progress as JSON."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import faust
import msgspec
from faust.web import Request, Response, View

from agents import view
from agents.comparison import before_of, compared, earlier_of, share_passed
from agents.desk.card import scorecard_of
from agents.finding import RELAYED, find_journey
from agents.plan import plan_of
from agents.readings import WorkerState, read_all
from agents.scrape import Scrape
from agents.turns import Turns
from agents.waiting import shards_of
from streams.kpis import PERIODS

DEFAULT_WINDOW = "30d"
DEAD_AFTER_SECONDS = 10.0
READY_LAG_RECORDS = 10_000
"""More records than this waiting on the broker, and the numbers are too old to be served as live."""

Page = Callable[[View, Request], Awaitable[Response]]


def register_pages(app: faust.App, state: WorkerState) -> None:
    """Serve the pages on the app's own web server; nothing on them changes anything."""
    for path, page in _pages(state).items():
        app.page(path, name=f"voronka:{path.strip('/')}")(page)


def _pages(state: WorkerState) -> dict[str, Page]:
    scrape = Scrape(state)

    async def metrics(page: View, request: Request) -> Response:
        """All series of this worker's ready shards, as text or OpenMetrics."""
        body, content_type = await scrape.render(request.headers.get("Accept", ""))
        return page.bytes(body, headers={"Content-Type": content_type})

    async def healthz(page: View, _request: Request) -> Response:
        """Whether the event loop beats; a stopped one should be restarted."""
        age_seconds = state.beat_age_seconds()
        alive = age_seconds <= DEAD_AFTER_SECONDS
        return _json(page, {"alive": alive, "beat_age_seconds": round(age_seconds, 3)}, 200 if alive else 503)

    async def readyz(page: View, _request: Request) -> Response:
        """Whether the numbers are complete and live; until then ask another worker."""
        reasons = unready(state)
        return _json(page, {"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)

    async def kpis(page: View, request: Request) -> Response:
        """Every KPI of one window over all shards."""
        window, problem = window_of(request.query)
        if problem:
            return _json(page, {"error": problem}, 400)
        return _json(page, await kpis_of(state, window))

    async def scorecard(page: View, request: Request) -> Response:
        """The scorecard on the KPIs of one window."""
        window, problem = window_of(request.query)
        if problem:
            return _json(page, {"error": problem}, 400)
        return _json(page, await scorecard_of(state, window))

    async def plan(page: View, _request: Request) -> Response:
        """Sales of the month, quarter and year beside what was planned."""
        return _json(page, await plan_of(state))

    async def journey(page: View, request: Request) -> Response:
        """One lead or deal, with the reasons of its score, whichever worker holds it."""
        key = request.query.get("key", "")
        if not key.startswith(("lead/", "deal/")) or len(request.query) > 1:
            return _json(page, {"error": "key: name a journey such as lead/1 or deal/7, and no more"}, 400)
        answer, status = await find_journey(state, key, relay=RELAYED not in request.headers)
        return _json(page, answer, status)

    async def progress(page: View, _request: Request) -> Response:
        """How far every source partition is read, and what became of the records."""
        return _json(page, progress_of(state))

    return {
        "/metrics": metrics,
        "/healthz": healthz,
        "/readyz": readyz,
        "/api/kpis": kpis,
        "/api/scorecard": scorecard,
        "/api/plan": plan,
        "/api/journey": journey,
        "/api/progress": progress,
    }


def unready(state: WorkerState) -> list[str]:
    """Why the numbers are not complete and live; nothing if they are."""
    if not state.recovered():
        return ["shards are being recovered or moved"]
    reasons = []
    for tp, position in sorted(state.lane_positions().items()):
        if position.lag is None:
            reasons.append(f"{tp.topic}[{tp.partition}]: the broker has not told how much is waiting")
        elif position.lag > READY_LAG_RECORDS:
            reasons.append(f"{tp.topic}[{tp.partition}]: {position.lag} records are waiting")
    return reasons


async def kpis_of(state: WorkerState, window: str) -> dict[str, Any]:
    """The answer of `/api/kpis`."""
    before, settings = before_of(window), state.settings
    readings = await read_all(state, (window, before or window))
    values = view.View(readings, window, settings)
    kpis, turns = {}, Turns()
    await turns.give_way()
    earlier = earlier_of(readings, window, settings)
    share = share_passed(window, readings.now_ms, settings) if before else None
    for kpi_id, value in values.kpis():
        kpis[kpi_id] = value | compared(settings.kpis.kpis[kpi_id], value, earlier, share)
        await turns.give_way()
    return {**values.head(), **shards_of(state, readings.partitions, readings.missing), "kpis": kpis}


def progress_of(state: WorkerState) -> dict[str, Any]:
    """The answer of `/api/progress`; counts are those of the shards that are here, since they came."""
    topics: defaultdict[str, dict[str, dict[str, int | None]]] = defaultdict(dict)
    for tp, position in sorted(state.lane_positions().items()):
        topics[tp.topic][str(tp.partition)] = {
            "next_offset": position.next_offset,
            "durable_offset": position.durable_offset,
            "committed_offset": position.committed_offset,
            "highwater": position.highwater,
            "lag": position.lag,
        }
    shards = state.ready_shards()
    reasons: Counter[str] = Counter()
    for shard in shards:
        reasons.update(shard.stats.quarantined)
    return {
        "now_ms": state.now_ms(),
        "recovered": state.recovered(),
        "shards": [shard.partition for shard in shards],
        "topics": topics,
        "applied": sum(shard.stats.applied for shard in shards),
        "duplicates": sum(shard.stats.duplicates for shard in shards),
        "forwarded": sum(shard.stats.forwarded for shard in shards),
        "quarantined": reasons.total(),
        "quarantined_by_reason": dict(sorted(reasons.items())),
        "redis": state.desk.redis_up(),
    }


def window_of(query: Mapping[str, str]) -> tuple[str, str]:
    """The window that is asked for, and what is wrong with the query."""
    window = query.get("window", DEFAULT_WINDOW)
    for name in query:
        if name != "window":
            return window, f"{name}: there is no such parameter, use window"
    problem = "" if window in PERIODS else f"window: {window!r} is unknown, use one of {', '.join(PERIODS)}"
    return window, problem


def _json(page: View, value: object, status: int = 200) -> Response:
    return page.bytes(msgspec.json.encode(value), content_type="application/json", status=status)
