"""A simulated department: two months of a CRM's records, on real workers and in one process."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec

from agents.crm.cast import CAMPAIGN_NAMES, ROSTER, SOURCE_NAMES
from agents.crm.world import simulate
from agents.readings import Readings, read
from agents.settings import Settings, load_settings
from streams.calendar import BusinessCalendar
from streams.encode import encode
from streams.windows import WINDOWS
from tests.cluster import Cluster
from tests.dashboards.prometheus import Prometheus
from tests.fixed_worker import FixedWorker
from tests.integration.worker import Deployment, Worker, beats
from tests.oracle import Record
from tests.stories.customers import said
from tests.stories.ledger import plan
from tests.stories.telling import deal, ms

FIRST_MS, NOW_MS = ms("2024-11-25 00:00"), ms("2025-01-24 15:20:31.123")
LEADS_PER_DAY = 12.0
TOPICS = {"lead": "crm.leads", "deal": "crm.deals", "ledger": "crm.ledger"}
CHOSEN = {
    "VORONKA_REPS": ",".join(ROSTER),
    "VORONKA_SOURCES": ",".join(SOURCE_NAMES),
    "VORONKA_CAMPAIGNS": ",".join(CAMPAIGN_NAMES),
    "VORONKA_TEAMS": f"north:{','.join(list(ROSTER)[::2])};south:{','.join(list(ROSTER)[1::2])}",
    "VORONKA_REGIONS": "msk,spb,ekb",
    "VORONKA_INDUSTRIES": "retail,it",
}
JANUARY = {"first_day": "2025-01-01", "last_day": "2025-01-31"}


MORE = (
    deal("e1", "created", "2025-01-08 10:00", channel="vip", source="own_base", amount="800", currency="EUR"),
    deal("e1", "won", "2025-01-20 12:00"),
    deal("e4", "created", "2024-12-02 10:00", channel="vip", amount="500", currency="EUR"),
    deal("e4", "won", "2024-12-17 12:00"),
    deal("e3", "created", "2024-12-02 10:00", channel="vip", customer="k3", amount="90000", currency="RUB"),
    deal("e3", "won", "2024-12-10 12:00"),
    deal("e5", "created", "2024-12-12 10:00", channel="vip", customer="k3", amount="70000", currency="RUB"),
    deal("e5", "won", "2024-12-20 12:00"),
    said("k3", "churned", "2025-01-15 10:00"),
    deal("e2", "created", "2025-01-21 10:00", channel="vip", owner="r01"),
    deal("e2", "scored", "2025-01-21 11:00", score=4),
    plan("team/north", "revenue", "2025-01-02 10:00", **JANUARY, amount="20000000"),
    Record("crm.leads", b"lead/x", b"no json", (), NOW_MS),
)
"""What the simulated department need not do: sell in euros, lose a buyer, plan for a team, send garbage."""


def history() -> list[Record]:
    """All records of the two months, and one that tells each shard what time it is."""
    calendar = BusinessCalendar("Europe/Moscow", dict.fromkeys(range(5), ((540, 1080),)), "RU")
    told = [
        Record(TOPICS[event.entity], event.journey.encode(), encode(event), (), kafka_ms)
        for event, kafka_ms in simulate(11, FIRST_MS, NOW_MS, calendar, leads_per_day=LEADS_PER_DAY)
    ]
    return [*told, *beats(NOW_MS)]


@dataclass
class Department:
    """What was published, the workers that hold it, and the Prometheus that scrapes them."""

    deployment: Deployment
    workers: list[Worker]
    prometheus: Prometheus
    folder: Path

    @cached_property
    def readings(self) -> Readings:
        """The same records folded in this process."""
        cluster = Cluster(self.settings)
        for record in self.deployment.records:
            cluster.produce(record.topic, record.key, record.value, record.headers, record.timestamp_ms)
        cluster.run(chunk=500)
        cluster.advance(NOW_MS)
        worker = FixedWorker((), self.settings, clock_ms=NOW_MS)
        worker.shards = list(cluster.shards.values())  # type: ignore[arg-type] # real ones
        return asyncio.run(read(worker, WINDOWS))

    @property
    def settings(self) -> Settings:
        """Without the prefix of the topics, which only the broker's deployments need."""
        return msgspec.structs.replace(load_settings(CHOSEN), clock="event", reject_limit=0, partitions=4)
