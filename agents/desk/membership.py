"""Gives a worker its desk: the worker as a member of its group, and the desk's tasks on its loop."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth

from agents.desk.desk import Desk
from agents.desk.lead import Lead, Post
from agents.desk.topic import KafkaTotals
from agents.journeys.clock import WorkerClock
from agents.lane import LaneApp
from agents.readings import ShardView, lags_of
from agents.settings import Settings

_ANYWHERE = "0.0.0.0"  # noqa: S104 - compared, not bound


class Worker(Post, Protocol):
    """The worker as far as its desk needs it."""

    @property
    def app(self) -> LaneApp: ...
    @property
    def clock(self) -> WorkerClock: ...


class Membership:
    """What the desk asks of the group that the worker is a member of."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    @property
    def settings(self) -> Settings:
        return self._worker.settings

    @property
    def generation(self) -> int:
        """The group's count of rebalances."""
        return int(self._worker.app.consumer_generation_id)

    def ready_shards(self) -> Sequence[ShardView]:
        return self._worker.ready_shards()

    def now_ms(self) -> int:
        return self._worker.now_ms()

    def observe(self, event_ms: int) -> None:
        """Some worker has applied an event of that time."""
        self._worker.clock.observe(event_ms)

    def lags(self) -> Mapping[str, int | None]:
        """What this worker has to read, by topic."""
        return lags_of(self._worker.lane_positions())

    def behind(self) -> bool:
        return self._worker.behind()

    @property
    def address(self) -> str:
        """As it is set, else the host that it serves at, else this machine's name."""
        settings = self.settings
        host = socket.gethostname() if settings.http_host == _ANYWHERE else settings.http_host
        return settings.http_advertised or f"{host}:{settings.http_port}"

    def leads(self) -> bool:
        """Whether this is the owner of shard 0."""
        return self._worker.leads()

    async def still_member(self) -> bool:
        """Whether our shards are still ours."""
        return await self._worker.app.still_member()


def desk_of(worker: Worker) -> Desk:
    """The worker's desk, at work from the start of its app to the end."""
    app = worker.app
    lead = Lead(worker)
    desk = Desk(Membership(worker), partial(_topic, worker), lead)
    for task in (desk.hear, desk.tell, lead.score, lead.keep_mirror):
        app.task(task)
    return desk


def _topic(worker: Worker) -> KafkaTotals:
    settings, conf = worker.settings, worker.app.conf
    options: dict[str, Any] = {
        "bootstrap_servers": settings.brokers,
        "client_id": f"{settings.app_id}-desk",
        **credentials_to_aiokafka_auth(conf.broker_credentials, conf.ssl_context),
    }
    return KafkaTotals(settings.totals_topic, options)
