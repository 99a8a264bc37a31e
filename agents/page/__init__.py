"""The live page at `/` and what it is made of: served from memory, nothing comes from elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, cast

import faust
import msgspec
from aiohttp.web import Request, Response, StreamResponse
from faust.types.web import ViewHandlerFun
from faust.web import View
from faust.web.drivers.aiohttp import Web

from agents.live import MOST_VIEWERS, Live
from agents.pages import window_of
from agents.readings import WorkerState
from agents.waiting import waiting_of

ASSETS = {
    "page.html": "text/html",
    "page.css": "text/css",
    "page.js": "text/javascript",
    "card.js": "text/javascript",
    "dom.js": "text/javascript",
    "funnel.js": "text/javascript",
    "panels.js": "text/javascript",
    "plan.js": "text/javascript",
    "words.js": "text/javascript",
    "texts.json": "application/json",
    "icon.svg": "image/svg+xml",
}
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
Page = Callable[[View, Request], Awaitable[StreamResponse]]


@dataclass(frozen=True)
class Asset:
    """A file of the page in memory; the tag names its content."""

    body: bytes
    content_type: str
    tag: str


def read_asset(name: str) -> Asset:
    """Read one of `ASSETS` from the package."""
    body = files(__name__).joinpath(name).read_bytes()
    return Asset(body, ASSETS[name], f'"{hashlib.sha256(body).hexdigest()[:16]}"')


def register_live_page(app: faust.App, state: WorkerState) -> None:
    """Serve the page, its parts and its data; every answer of the worker gets the security headers."""
    live = Live(state)
    web = cast("Web", app.web).web_app
    web.on_shutdown.append(live.close)
    web.on_response_prepare.append(_secure)
    pages = {_path_of(name): _asset_page(read_asset(name)) for name in ASSETS}
    pages |= _data_pages(state, live)
    for path, page in pages.items():
        app.page(path, name=f"voronka-page:{path}")(cast("ViewHandlerFun", page))


def _path_of(asset: str) -> str:
    return "/" if asset == "page.html" else f"/page/{asset}"


async def _secure(_request: Request, response: StreamResponse) -> None:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)


def _asset_page(asset: Asset) -> Page:
    async def asset_page(_page: View, request: Request) -> Response:
        """A part of the live page."""
        headers = {"ETag": asset.tag, "Cache-Control": "no-cache"}
        if request.headers.get("If-None-Match") == asset.tag:
            return Response(status=304, headers=headers)
        return Response(body=asset.body, content_type=asset.content_type, charset="utf-8", headers=headers)

    return asset_page


def _data_pages(state: WorkerState, live: Live) -> dict[str, Page]:
    async def waiting(_page: View, _request: Request) -> Response:
        """The leads that have waited longest."""
        return _json(await waiting_of(state))

    async def stream(_page: View, request: Request) -> StreamResponse:
        """The page's numbers, pushed when they change."""
        window, problem = window_of(request.query)
        if problem:
            return _json({"error": problem}, 400)
        if live.full:
            return _json(
                {"error": f"{MOST_VIEWERS} viewers watch already: close some or ask again later"}, 503
            )
        return await live.stream(request, window)

    return {"/api/waiting": waiting, "/api/live": stream}


def _json(value: Any, status: int = 200) -> Response:
    body = msgspec.json.encode(value)
    return Response(
        body=body, content_type="application/json", status=status, headers={"Cache-Control": "no-store"}
    )
