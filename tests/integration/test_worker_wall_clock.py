"""By the wall clock numbers change while no event comes: leads fall due, windows move on."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from tests.brokers import EmbeddedBroker
from tests.integration.series import Comparison, compare, series
from tests.integration.worker import deployed, until
from tests.oracle import Record
from tests.stories.telling import MOSCOW, lead

pytestmark = pytest.mark.integration
HOUR_SECONDS = 3600
DUE_IN_SECONDS = 8.0


def told(name: str, verb: str, at_seconds: float) -> Record:
    """Something about a lead of the inbound channel at this Unix time, to the millisecond."""
    at = datetime.fromtimestamp(at_seconds, MOSCOW).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return lead(name, verb, at, **({"channel": "inbound"} if verb == "created" else {}))


def test_a_waiting_lead_falls_due_when_its_hour_is_over(
    embedded_broker: EmbeddedBroker, fresh_name: Callable[[str], str], tmp_path: Path
) -> None:
    """At every moment, without any event between, each series is what the oracle says of that moment."""
    env = {"VORONKA_CLOCK": "wall", "VORONKA_SESSION_TIMEOUT_SECONDS": "2"}
    with deployed(embedded_broker.bootstrap, fresh_name("wall"), tmp_path, env) as deployment:
        worker = deployment.start_ready()
        created = time.time() - HOUR_SECONDS + DUE_IN_SECONDS
        deployment.publish([told("a", "created", created), told("b", "created", created - 60)])
        deployment.settle(worker)
        seen: list[int] = []

        def look() -> Comparison:
            found = compare(deployment.records, [worker.get("/metrics")[1]])
            assert not found.wrong
            seen.append(found.exported.get(series("sales_due_1h", channel="inbound", window="24h"), 0))
            return found

        until(lambda: look().now_ms > (created + 1) * 1000 + HOUR_SECONDS * 1000, lambda: str(seen))
        assert sorted(set(seen)) == [1, 2], "one was due at once, the other within the time of the test"
        assert look().exported[series("sales_waiting", channel="inbound")] == 2
        deployment.publish([told("a", "first_touch", time.time())])
        deployment.settle(worker)
        assert look().exported[series("sales_waiting", channel="inbound")] == 1
