"""The ledger in a worker: events find their journey whatever keys them; the API tells what was told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agents.journeys.home import partition_of
from agents.pages import kpis_of
from agents.settings import Settings
from streams.decode import decode
from streams.events import Event
from streams.ledger_keys import home_key
from tests.cluster import Cluster
from tests.fixed_worker import FixedWorker
from tests.oracle import Record
from tests.stories.customers import said
from tests.stories.ledger import book, plan, spend
from tests.stories.telling import deal, lead, ms

NOW = "2026-04-15 12:00"
KEYS = {
    "ledger/plan/revenue": plan("department", "revenue", amount="1.00"),
    "ledger/plan/deals": plan("channel/vip", "deals", quantity=1),
    "ledger/plan/deals/rep/r1": plan("rep/r1", "deals", quantity=1),
    "ledger/plan/revenue/team/north": plan("team/north", "revenue", amount="1.00"),
    "ledger/target/revenue": book(
        "target_set", "department", "2026-04-01 10:00", kpi="revenue", first_day="2026-04-01", target=1
    ),
    "ledger/spend/web/spring": spend("2026-04-13 10:00", "1.00", source="web", campaign="spring"),
    "ledger/spend//": spend("2026-04-13 10:00", "1.00"),
    "ledger/expense/rent": book(
        *("expense_reported", "rent", "2026-04-01 10:00"),
        amount="1.00",
        first_day="2026-04-01",
        last_day="2026-04-01",
    ),
    "ledger/nps//books/n1": book("nps_answered", "c1", "2026-04-01 10:00", name="n1", score=9),
    "ledger/care//books/k1": book("care_contacted", "c1", "2026-04-01 10:00", name="k1", occasion="birthday"),
    "customer/c1": said("c1", "churned", "2026-04-01 10:00"),
    "lead/1": lead("1", "created", "2026-04-01 10:00"),
}


def told(records: list[Record], *, settings: Settings | None = None) -> Cluster:
    """A worker that has read these records."""
    cluster = Cluster(settings)
    for record in records:
        cluster.produce(record.topic, record.key, record.value, record.headers, record.timestamp_ms)
    cluster.run(chunk=3)
    cluster.advance(ms(NOW))
    return cluster


async def kpi(cluster: Cluster, name: str, window: str = "month") -> dict[str, Any]:
    """What the API says of one KPI."""
    worker = FixedWorker((), cluster.settings, clock_ms=ms(NOW))
    worker.shards = list(cluster.shards.values())  # type: ignore[arg-type] # real ones
    found: dict[str, Any] = (await kpis_of(worker, window))["kpis"][name]
    return found


@pytest.mark.parametrize(("key", "record"), KEYS.items(), ids=KEYS)
def test_an_event_of_the_ledger_joins_what_it_is_about(key: str, record: Record) -> None:
    """The key is made of the event itself; what the CRM keyed the record by does not matter."""
    event = decode(record.value)
    assert isinstance(event, Event)
    assert home_key(event) == key
    cluster = told([replace(record, key=b"anything")])
    home = partition_of(key, cluster.settings.partitions)
    assert {p for p, shard in cluster.shards.items() if key in shard.journeys} == {home}


def test_the_ledger_survives_a_restart_of_every_shard() -> None:
    """Its journeys are in the changelog like any: totals are refolded to the same."""
    cluster = told([record for key, record in KEYS.items() if key.startswith("ledger/")])
    before = {window: cluster.sums(window) for window in ("month", "year", "all")}
    assert {total for _, total, _, _ in before["all"]} >= {
        "plan_minor",
        "spend_minor",
        "target",
        "care_contacts",
    }
    for partition in cluster.shards:
        cluster.restart(partition)
    cluster.run()
    cluster.advance(ms(NOW))
    assert {window: cluster.sums(window) for window in before} == before


async def test_a_kpi_names_what_nobody_told_and_has_a_value_once_it_is_told() -> None:
    """1,100 won of the 1,100 that were planned up to mid-April; in March there was no plan."""
    sold = [
        deal("1", "created", "2026-04-02 10:00", channel="vip", owner="r1"),
        deal("1", "won", "2026-04-10 10:00", amount="1100.00"),
    ]
    silent = await kpi(told(sold), "plan_attainment")
    assert (silent["value"], silent["not_reported"]) == (None, ["ledger: plan_minor"])
    cluster = told([*sold, plan("channel/vip", "revenue", amount="2200.00")])
    found = await kpi(cluster, "plan_attainment")
    assert (found["value"], found["by_channel"]["vip"]["value"]) == (1, 1)
    assert "not_reported" not in found
    assert found["by_rep"]["r1"]["value"] is None
    assert (await kpi(cluster, "plan_attainment", "prev_month"))["not_reported"] == ["ledger: plan_minor"]


async def test_no_window_of_hours_and_not_all_time_has_a_kpi_of_days() -> None:
    """A day's plan says nothing of an hour, and what is planned for later nothing of until now."""
    cluster = told([plan("department", "revenue", amount="2200.00")])
    for window in ("1h", "24h", "prev_24h", "all"):
        with pytest.raises(KeyError):
            await kpi(cluster, "plan_attainment", window)
    assert (await kpi(cluster, "plan_attainment", "today"))["value"] == 0


async def test_a_team_has_its_own_plan_else_those_of_its_reps() -> None:
    """North's plan stands though its rep has one; south's is what its rep has."""
    settings = Settings(
        clock="event", reject_limit=0, reps=("r1", "r2"), teams={"north": ("r1",), "south": ("r2",)}
    )
    records = [
        plan("team/north", "revenue", amount="4400.00"),
        plan("rep/r1", "revenue", amount="2200.00"),
        plan("rep/r2", "revenue", amount="1100.00"),
        deal("1", "created", "2026-04-02 10:00", channel="vip", owner="r1"),
        deal("1", "won", "2026-04-10 10:00", amount="1100.00"),
        deal("2", "created", "2026-04-02 10:00", channel="vip", owner="r2"),
        deal("2", "won", "2026-04-10 10:00", amount="1100.00"),
    ]
    found = await kpi(told(records, settings=settings), "plan_attainment")
    assert {rep: each["value"] for rep, each in found["by_rep"].items()} == {"r1": 1, "r2": 2}
    assert {team: each["value"] for team, each in found["by_team"].items()} == {"north": 0.5, "south": 2}


async def test_an_aim_that_was_told_stands_before_the_catalogues() -> None:
    """From its day on; until then, and for what was not told, the catalogue's."""

    def aim(first_day: str, **told: float) -> Record:
        record: dict[str, Any] = {"kpi": "lead_response_time", "first_day": first_day, **told}
        return book("target_set", "department", "2026-04-01 10:00", name=first_day, **record)

    usual = await kpi(told([lead("1", "created", "2026-04-01 10:00")]), "lead_response_time")
    assert (usual["baseline"], usual["target"]) == (None, 1)
    changed = await kpi(told([aim("2026-04-15", target=0.25, baseline=0)]), "lead_response_time")
    assert (changed["baseline"], changed["target"]) == (0, 0.25)
    ahead = await kpi(told([aim("2026-04-16", target=0.25)]), "lead_response_time")
    assert (ahead["baseline"], ahead["target"]) == (None, 1)


async def test_what_the_plan_takes_is_reckoned_from_unrounded_numbers() -> None:
    """11 deals at one of two leads are 22 leads, half of them by now; 2 h each, a rep has 44 of 88 h.

    The leads of this month have yet to be won, and what others plan takes no enquiries: neither counts.
    """
    leads = [lead(str(n), "created", "2026-03-02 10:00", channel="inbound") for n in range(4)]
    leads += [lead(f"young{n}", "created", "2026-04-02 10:00", channel="inbound") for n in range(40)]
    won = [
        record
        for n in range(2)
        for record in (
            deal(str(n), "created", "2026-03-03 10:00", journey=f"lead/{n}"),
            deal(str(n), "won", "2026-04-04 10:00", journey=f"lead/{n}"),
        )
    ]
    plans = [
        plan("channel/inbound", "deals", quantity=11),
        plan("channel/vip", "deals", quantity=500),
        plan("department", "handling_hours", quantity=2),
        plan("department", "capacity_hours", quantity=88),
    ]
    cluster = told([*leads, *won, *plans])
    assert (await kpi(cluster, "required_enquiries"))["value"] == 11
    reps = await kpi(cluster, "required_reps")
    assert (reps["value"], reps["by_channel"]["inbound"]["value"]) == (0.5, 0.5)
