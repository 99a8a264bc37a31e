"""The mirror in a real Redis: what other programs read, and that nobody waits for it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from redis import Redis

from streams import metrics
from tests.brokers import EmbeddedBroker
from tests.integration.series import samples, series
from tests.integration.worker import Deployment, Worker, beats, deployed, until
from tests.redis_server import RedisServer, SlowWay, slow_redis
from tests.stories.telling import deal, ms

pytestmark = pytest.mark.integration
AT, NOW = "2025-12-09 10:00", "2025-12-10 12:00"
UP = series(metrics.REDIS_UP.name)


@dataclass
class House:
    """A worker whose mirror is behind a way that can be made slow."""

    deployment: Deployment
    worker: Worker
    server: RedisServer
    way: SlowWay

    def sell(self, name: str) -> None:
        """One more deal won."""
        told = [deal(name, verb, AT, **more) for verb, more in (("created", {"channel": "vip"}), ("won", {}))]
        self.deployment.publish(told)
        self.deployment.settle(self.worker)

    def mirrored(self, name: str) -> Any:
        """What stands under a key; nothing where there is none."""
        with Redis(port=self.server.port) as client:
            raw = client.get(f"sales:v1:{self.deployment.settings.app_id}:{name}")
        return None if raw is None else json.loads(raw)

    def won(self) -> int | None:
        """Deals won as the mirror has them."""
        found = self.mirrored("kpis:30d")
        return None if found is None else found["kpis"]["won_deals"]["value"]

    def up(self) -> float | None:
        """Whether metrics say that it is written."""
        return samples(self.worker.get("/metrics")[1]).get(UP)


@pytest.fixture(scope="module")
def house(
    embedded_broker: EmbeddedBroker,
    fresh_name: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    """The tests come in the order of this file."""
    folder = tmp_path_factory.mktemp("redis")
    with slow_redis(folder) as (server, way):
        env = {
            "VORONKA_SESSION_TIMEOUT_SECONDS": "2",
            "VORONKA_REDIS": f"redis://127.0.0.1:{way.port}/0",
        }
        with deployed(embedded_broker.bootstrap, fresh_name("mirror"), folder, env) as deployment:
            worker = deployment.start_ready()
            deployment.publish(beats(ms(NOW)))
            yield House(deployment, worker, server, way)


def test_other_programs_read_what_the_api_tells(house: House) -> None:
    """KPIs of four windows, scorecard and who waits, each under one versioned key that expires."""
    house.sell("one")
    until(lambda: house.won() == 1, lambda: str(house.mirrored("kpis:30d")))
    for name, page in (
        ("kpis:month", "/api/kpis?window=month"),
        ("scorecard", "/api/scorecard?window=30d"),
        ("waiting", "/api/waiting"),
    ):
        assert house.mirrored(name) == json.loads(house.worker.get(page)[1]), name
    with Redis(port=house.server.port) as client:
        keys = sorted(client.scan_iter("*"))
        assert len(keys) == 6
        assert all(0 < client.ttl(key) <= 60 for key in keys)
    until(lambda: house.up() == 1, lambda: str(house.up()))
    assert house.worker.progress()["redis"] is True


def test_a_slow_redis_delays_nothing_else(house: House) -> None:
    """With two seconds more a call, all pages are as quick as ever; health says what is missing."""
    house.way.delay_seconds = 2.0
    until(lambda: house.up() == 0, lambda: str(house.up()))
    assert nothing_waits(house, "two") < 2.0
    assert house.worker.progress()["redis"] is False


def test_without_redis_everything_else_goes_on_and_it_is_filled_again(house: House) -> None:
    """Down, then back and empty: the mirror is whole again by itself."""
    house.server.stop()
    house.way.delay_seconds = 0.0
    assert nothing_waits(house, "three") < 2.0
    assert house.up() == 0
    house.server.start()
    until(lambda: house.won() == 3 and house.up() == 1, lambda: str(house.mirrored("kpis:30d")))
    log = house.worker.log()
    assert "Redis takes nothing now" in log
    assert "Redis is written again" in log
    assert "Traceback" not in log


def nothing_waits(house: House, name: str) -> float:
    """Seconds that the slowest answer took, while a deal is won and shown."""
    house.sell(name)
    slowest = 0.0
    for page in ("/metrics", "/api/kpis", "/api/waiting", "/readyz"):
        began = time.monotonic()
        assert house.worker.get(page)[0] == 200
        slowest = max(slowest, time.monotonic() - began)
    return slowest
