"""Two simulated months through workers and a real Kafka: every exported series is the oracle's, 20 times."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from random import Random
from typing import Any

import msgspec
import pytest

from agents.crm.cast import CAMPAIGN_NAMES, ROSTER, SOURCE_NAMES
from agents.crm.world import simulate
from agents.pages import kpis_of
from streams import metrics
from streams.calendar import BusinessCalendar
from streams.catalogue import SHIPPED
from streams.encode import encode
from streams.events import Event
from streams.funnels import DEFAULT as FUNNELS
from streams.windows import WINDOWS
from tests.brokers import KafkaBroker
from tests.fixed_worker import FixedShard, FixedTotals, FixedWorker
from tests.integration.series import PARTS, Series, compare, official_samples, samples
from tests.integration.worker import Deployment, Worker, beats, deployed, split, until
from tests.oracle import Config, Record, oracle_facts, read
from tests.simulator import REASONS
from tests.simulator.faults import faulty
from tests.stories.customers import said
from tests.stories.ledger import plan, spend
from tests.stories.telling import deal, ms

pytestmark = [pytest.mark.integration, pytest.mark.kafka, pytest.mark.slow]

FIRST_MS, LAST_MS = ms("2024-11-25 00:00"), ms("2025-01-25 00:00")
"""Two months over New Year: a year, a quarter, holidays and a working Saturday (28 December) lie within."""
SLICES = 20
SECOND_WORKER_AT = 7
LEADS_PER_DAY = 10.0
PARTITIONS = 4

NEVER_NON_ZERO: frozenset[str] = frozenset()
NEVER_WINDOWS: frozenset[str] = frozenset()
"""What the two months leave untested; it has to be nothing, or to be said here."""

LISTS = {
    "VORONKA_TEAMS": f"north:{','.join(list(ROSTER)[:3])}",
    "VORONKA_REGIONS": "msk,spb,ekb",
    "VORONKA_INDUSTRIES": "retail,it",
    "VORONKA_CAMPAIGNS": ",".join(CAMPAIGN_NAMES[1:]),
}
TRUTH = Config(
    regions=frozenset(("msk", "spb", "ekb")),
    industries=frozenset(("retail", "it")),
    campaigns=frozenset(CAMPAIGN_NAMES[1:]),
)
DECEMBER = {"first_day": "2024-12-01", "last_day": "2024-12-31"}
REMEMBERED = (
    deal("e1", "created", "2024-08-20 11:00", channel="partner", owner="r12", amount="9000", currency="EUR"),
    deal("e1", "won", "2024-09-02 15:30"),
    deal("e2", "created", "2024-11-28 10:00", channel="vip", source="own_base", amount="800", currency="EUR"),
    deal("e2", "invoice_issued", "2024-12-01 12:00", invoice="1", amount="800", currency="EUR"),
    deal("e2", "won", "2024-12-02 12:00"),
    deal("e2", "payment_received", "2024-12-03 12:00", payment="1", amount="800", currency="EUR"),
    deal("e3", "created", "2024-12-03 16:00", channel="vip", source="own_base", owner="r11"),
    deal("e3", "scored", "2024-12-03 16:05", score=4),
    spend("2024-12-04 10:00", "50", currency="EUR", first_day="2024-11-25", last_day="2024-12-01"),
    deal("e4", "created", "2024-08-20 11:00", channel="partner", customer="k4", amount="9000"),
    deal("e4", "won", "2024-09-03 15:30"),
    deal("e5", "created", "2024-12-01 11:00", channel="vip", customer="k4", amount="9000"),
    deal("e5", "won", "2024-12-02 15:30"),
    said("k4", "churned", "2024-12-03 15:30"),
    deal("e6", "created", "2024-11-27 11:00", channel="vip", customer="k6", amount="7000"),
    deal("e6", "won", "2024-11-28 15:30"),
    said("k6", "churned", "2024-12-01 15:30"),
    said("k6", "renewed", "2024-12-03 15:30"),
    plan("team/north", "revenue", "2024-11-27 10:00", **DECEMBER, amount="2100000"),
)
"""What the simulated department need not do in two months: sell in euros, score deals, recall the summer,
lose customers that it knew, plan for a team."""


def instants(random: Random) -> list[int]:
    """Twenty of them, at no round times, the last at the end of the two months."""
    step = (LAST_MS - FIRST_MS) // SLICES
    return [FIRST_MS + number * step - random.randrange(step // 2) for number in range(1, SLICES)] + [LAST_MS]


def topic_of(event: Event) -> str:
    """Where the CRM publishes it."""
    return "crm.ledger" if event.entity == "ledger" else f"crm.{event.entity}s"


def disturbed(random: Random, ends: list[int]) -> list[list[Record]]:
    """The CRM's records by slice: out of order, some late, twice or under a strange key, and some faulty."""
    calendar = BusinessCalendar("Europe/Moscow", dict.fromkeys(range(5), ((540, 1080),)), "RU")
    slices: list[list[Record]] = [[] for _ in ends]
    for event, kafka_ms in simulate(7, FIRST_MS, LAST_MS, calendar, leads_per_day=LEADS_PER_DAY):
        due = next(number for number, end in enumerate(ends) if kafka_ms <= end)
        copies = 2 if random.random() < 0.04 else 1
        for _ in range(copies):
            late = random.choice((0, 0, 0, 1, 3)) if copies == 2 or random.random() < 0.05 else 0
            place = min(due + late, len(ends) - 1)
            key = (
                event.journey if random.random() > 0.05 else random.choice(("always the same", "lead/1", ""))
            )
            at = kafka_ms if place == due else ends[place]
            slices[place].append(Record(topic_of(event), key.encode() or None, encode(event), (), at))
    told_ms = ends[3]
    slices[3] += [dataclasses.replace(record, timestamp_ms=told_ms) for record in REMEMBERED]
    for number, records in enumerate(slices):
        reason = REASONS[number % len(REASONS)]
        records.append(faulty(random, reason, ends[number], number))
        random.shuffle(records)
    return slices


@dataclass
class Months:
    """What was published so far, and what has been seen of it."""

    deployment: Deployment
    published: int = 0
    compared: int = 0
    non_zero: set[Series] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def slice(self, records: list[Record], now_ms: int, workers: list[Worker]) -> None:
        """Publish, wait until all is applied, compare every series at this instant."""
        self.published += len(self.deployment.publish([*records, *beats(now_ms)]))
        self.deployment.settle(*workers)
        found = compare(
            self.deployment.records, [worker.get("/metrics")[1] for worker in workers], TRUTH, ("north",)
        )
        assert found.now_ms == now_ms
        self.wrong += found.wrong
        self.compared += len(found.exported.keys() | found.wanted.keys())
        self.non_zero |= found.wanted.keys()

    @cached_property
    def _possible(self) -> frozenset[str]:
        """Every sample name of the sums that the catalogue promises."""
        names = ((metric.name, PARTS if metric.sum_total else ("",)) for metric in metrics.SALES)
        return frozenset(name + part for name, parts in names for part in parts)

    def never_non_zero(self) -> frozenset[str]:
        """Names that were zero or absent at all instants."""
        return self._possible - {name for name, _ in self.non_zero}

    def labels(self, *names: str) -> set[tuple[str, ...]]:
        """Values of these labels among what was ever non-zero."""
        found = (dict(labels) for _, labels in self.non_zero)
        return {tuple(labels[name] for name in names) for labels in found if labels.keys() >= set(names)}


@pytest.fixture(scope="module")
def deployment(
    kafka_broker: KafkaBroker, fresh_name: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """A deployment whose labels are all wanted ones."""
    folder = tmp_path_factory.mktemp("months")
    lists = {"VORONKA_REPS": ",".join(ROSTER), "VORONKA_SOURCES": ",".join(SOURCE_NAMES)}
    lists |= LISTS
    lists["VORONKA_SESSION_TIMEOUT_SECONDS"] = "6"
    with deployed(kafka_broker.bootstrap, fresh_name("months"), folder, lists) as found:
        yield found


@pytest.mark.timeout(300)
def test_two_months_equal_the_oracle_on_every_series(
    deployment: Deployment, record_property: Callable[[str, object], None]
) -> None:
    """At 20 instants, by one worker and then by two with split shards; nothing more or less is exported."""
    random, months = Random("two months"), Months(deployment)
    ends = instants(random)
    slices = disturbed(random, ends)
    workers = [deployment.start_ready()]
    for number, records in enumerate(slices):
        if number == SECOND_WORKER_AT:
            assert accounted(workers) == months.published
            workers.append(deployment.start_ready())
            until(lambda: split(workers), lambda: str([worker.told() for worker in workers]))
            months.published = accounted(workers)
        months.slice(records, ends[number], workers)
    assert not months.wrong, f"{len(months.wrong)} series differ:\n" + "\n".join(months.wrong[:40])
    assert accounted(workers) == months.published
    assert sorted(each.reason for each in deployment.quarantined()) == sorted(faults())
    assert months.never_non_zero() == NEVER_NON_ZERO
    assert set(WINDOWS) - {window for (window,) in months.labels("window")} == NEVER_WINDOWS
    assert months.labels("channel", "stage") == {
        (channel, stage.id) for channel in FUNNELS.channels for stage in FUNNELS.funnel(channel)
    }
    assert {rep for (rep,) in months.labels("rep")} == {*ROSTER, "unassigned"}
    assert {source for (source,) in months.labels("source")} == {*SOURCE_NAMES, "unknown"}
    text = workers[0].get("/metrics")[1]
    assert official_samples(text) == samples(text)
    record_property("series compared", months.compared)
    print(f"{months.compared} series compared, {len(months.non_zero)} of them ever non-zero")


SHOWN = ("1h", "today", "30d", "prev_30d", "prev_month", "year", "all")


@pytest.mark.timeout(120)
async def test_every_worker_shows_the_whole_department_also_when_one_is_killed(
    deployment: Deployment,
) -> None:
    """Both pages tell the oracle's KPIs; killed shards are missing until another worker has them."""
    workers = [worker for worker in deployment.workers if worker.child.running]
    assert len(workers) == 2
    now_ms = workers[0].progress()["now_ms"]
    until(lambda: all(whole(worker, now_ms) for worker in workers), lambda: told(workers))
    true = await department(deployment, now_ms)
    assert [differing(worker, true) for worker in workers] == [{}, {}]
    killed = workers[1].shards()
    workers[1].child.kill()
    until(lambda: {each["shard"] for each in waiting(workers[0])["missing"]} >= killed, lambda: told(workers))
    until(lambda: whole(workers[0], now_ms), lambda: told(workers))
    assert differing(workers[0], true) == {}


def waiting(worker: Worker) -> dict[str, Any]:
    """`/api/waiting`; nothing is missing while it does not answer."""
    status, text = worker.get("/api/waiting")
    found: dict[str, Any] = json.loads(text) if status == 200 else {"missing": [], "partial": True}
    return found


def whole(worker: Worker, now_ms: int) -> bool:
    """Whether it shows every shard, at the time of all."""
    found = waiting(worker)
    return not found["partial"] and found["now_ms"] == now_ms


def told(workers: list[Worker]) -> str:
    """For failure messages."""
    return str([{**waiting(worker), "leads": ...} for worker in workers if worker.child.running])


def differing(worker: Worker, true: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What a worker shows and what it should, by window and KPI where these are not the same."""
    found = {}
    for window, kpis in true.items():
        here = shown(worker, window)
        for kpi in here.keys() | kpis.keys():
            if here.get(kpi) != kpis.get(kpi):
                found[f"{window} {kpi}"] = here.get(kpi), kpis.get(kpi)
    return found


def shown(worker: Worker, window: str) -> dict[str, Any]:
    """What a worker's API says of a window."""
    return values(json.loads(worker.get(f"/api/kpis?window={window}")[1])["kpis"])


def values(kpis: Mapping[str, Any]) -> dict[str, Any]:
    """KPIs by all their dimensions; not those of the stream itself, which begin anew with each owner."""
    stream = {kpi.id for kpi in SHIPPED.kpis.values() if kpi.period == "since_start"}
    return {kpi: json.loads(json.dumps(each)) for kpi, each in kpis.items() if kpi not in stream}


async def department(deployment: Deployment, now_ms: int) -> dict[str, dict[str, Any]]:
    """The KPIs of some windows by the oracle's sums."""
    reading = read(oracle_facts(deployment.records, TRUTH), now_ms)
    by_window = {
        window: {_key(*key): amount for key, amount in reading[window].items()}
        for window in (*WINDOWS, "all")
    }
    totals = FixedTotals(by_window, reading.waiting_since)
    settings = msgspec.structs.replace(deployment.settings, partitions=1)
    state = FixedWorker([FixedShard(0, totals)], settings, clock_ms=now_ms)
    return {window: values((await kpis_of(state, window))["kpis"]) for window in SHOWN}


def _key(family: str, total: str, *labels: str) -> tuple[str, str, str, str]:
    first, second = (*labels, "", "")[:2]
    return family, total, first, second


def accounted(workers: list[Worker]) -> int:
    """Records that became something in the shards that are here, since they came."""
    told = [worker.progress() for worker in workers]
    return sum(each["applied"] + each["quarantined"] for each in told)


def faults() -> list[str]:
    """The reasons of the faulty records, one a slice."""
    return [REASONS[number % len(REASONS)] for number in range(SLICES)]
