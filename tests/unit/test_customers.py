"""Customers from end to end: who is told what, what it costs, what the KPIs say, and what they do not say."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from agents.journeys import records as written
from agents.journeys.home import partition_of
from agents.pages import kpis_of
from agents.settings import Settings, SettingsError, load_settings
from streams.customers import MOST_KEPT, hear, is_collective
from streams.fragments import Fragment, Item
from streams.journeys import Journey, to_bytes
from streams.windows import WINDOWS
from tests.cluster import Cluster, Stored
from tests.fixed_worker import FixedWorker
from tests.oracle import Record
from tests.stories import STORIES
from tests.stories.customers import said
from tests.stories.telling import deal, lead, ms

SETTINGS = Settings(clock="event", reject_limit=0)
NOW = ms("2026-04-20 12:00")
SOLD = (
    deal("1", "created", "2026-03-01 10:00", channel="vip", customer="c1", amount="100.00"),
    deal("1", "won", "2026-03-05 10:00"),
)


def told(*records: Record, crash: float = 0.0, seed: int = 0, settings: Settings = SETTINGS) -> Cluster:
    """The shards after these records."""
    cluster = Cluster(settings, seed=seed)
    tell(cluster, *records, crash=crash)
    return cluster


def tell(cluster: Cluster, *records: Record, crash: float = 0.0) -> None:
    """Let the shards read these records."""
    for record in records:
        cluster.produce(record.topic, record.key, record.value, record.headers, record.timestamp_ms)
    cluster.run(chunk=1, crash=crash)
    cluster.advance(NOW)


def parts(cluster: Cluster) -> list[Stored]:
    """Every part that was sent to a customer."""
    logs = [log for tp, log in cluster.logs.items() if tp.topic == SETTINGS.moves_topic]
    sent = [
        record for log in logs for record in log.records if (written.KIND, written.PART) in record.headers
    ]
    return [record for record in sent if (record.key or b"").startswith(b"customer/")]


def sums(cluster: Cluster) -> dict[str, dict[tuple[str, str, str, str], int]]:
    """All totals in all windows."""
    return {window: cluster.sums(window) for window in (*WINDOWS, "all")}


def test_who_has_no_customer_or_has_won_nothing_costs_no_record() -> None:
    """The hot path stays free: no part for anonymous deals, leads, open and lost deals."""
    cluster = told(
        deal("1", "created", "2026-03-01 10:00", channel="vip", amount="100.00"),
        deal("1", "won", "2026-03-05 10:00"),
        lead("2", "created", "2026-03-01 10:00", channel="inbound", customer="c1"),
        deal("2", "created", "2026-03-02 10:00", journey="lead/2", customer="c1"),
        deal("2", "lost", "2026-03-09 10:00", journey="lead/2"),
    )
    assert parts(cluster) == []


def test_a_part_goes_out_once_for_each_change_that_a_customer_counts() -> None:
    """Won, a line, a new amount: three parts; offers, payments, owners and repeats are none."""
    changes = (
        *SOLD,
        SOLD[1],
        deal("1", "offer_sent", "2026-03-06 10:00"),
        deal("1", "payment_received", "2026-03-07 10:00", payment="1", amount="100.00"),
        deal("1", "assigned", "2026-03-08 10:00", owner="ann"),
        deal("1", "line_sold", "2026-03-09 10:00", line="1", amount="60.00", cost="40.00"),
        deal("1", "amount_changed", "2026-03-10 10:00", amount="90.00"),
    )
    assert len(parts(told(*changes))) == 3


def test_a_corrected_customer_and_the_one_before_both_hear_of_it() -> None:
    """Whom a deal left has to know: otherwise it would count at both."""
    corrected = deal("1", "updated", "2026-03-15 10:00", customer="c2")
    cluster = told(*SOLD, corrected)
    assert [record.key for record in parts(cluster)].count(b"customer/c2") == 1
    assert [record.key for record in parts(cluster)].count(b"customer/c1") == 2
    assert cluster.sums("all")["channel", "customers", "vip", ""] == 1


def test_a_part_that_was_sent_before_a_crash_is_sent_again_and_counts_once() -> None:
    """Between a part and its acknowledgement, and after that, nothing doubles and nothing is lost."""
    story = next(story for story in STORIES if story.name.startswith("a merged lead and a linked deal"))
    calm = sums(told(*story.records, *SOLD, said("c1", "churned", "2026-04-01 10:00")))
    again = 0
    for seed in range(25):
        cluster = told(*story.records, *SOLD, said("c1", "churned", "2026-04-01 10:00"), crash=0.4, seed=seed)
        assert sums(cluster) == calm, seed
        again += len(parts(cluster)) > len({record.value for record in parts(cluster)})
    assert again > 5, "too few parts were sent twice to prove anything"


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(("more", "kept"), [(0, True), (1, False)])
def test_lines_count_towards_a_collective_entry_in_any_order(order: int, more: int, kept: bool) -> None:
    """Few journeys with thousands of lines are as large; one line decides, whichever part comes last."""
    lines = (MOST_KEPT - 4) // 2
    parts = []
    for number, count in enumerate((lines, lines + more)):
        items: dict[str, Item] = {
            f"line\x1f/crm\x1f{line}": (1, 1, "/crm", f"{line}", "x") for line in range(count)
        }
        parts.append(Journey({}, {f"deal/{number}": {f"deal/{number}": Fragment(items=items)}}))
    parts += [Journey({}, {f"deal/{number}": {"lead/1": Fragment()}}) for number in (2, 3)]
    journey = Journey()
    for part in parts[::order]:
        hear("customer/c1", journey, part)
    assert is_collective("customer/c1", journey) != kept
    assert bool(journey.parts) == kept


def test_a_collective_entry_is_no_customer_and_stays_small() -> None:
    """An id that thousands of journeys name would outgrow every message; one more changes nothing."""
    key = b"customer/c1"
    cluster = told(*SOLD)
    names = [f"deal/other {number}" for number in range(MOST_KEPT)]
    for some in (names[::2], names[1::2], names[::2]):
        part = to_bytes(Journey({}, {name: {"lead/1": Fragment()} for name in some}))
        home = partition_of(key.decode(), SETTINGS.partitions)
        cluster.produce(SETTINGS.moves_topic, key, part, [(written.KIND, written.PART)], 0, home)
        cluster.run()
    assert not [total for total in cluster.sums("all") if "customers" in total[1]]
    assert len(cluster.shards[home].journeys[key.decode()]) < 100
    cluster.restart(home)
    assert not [total for total in cluster.sums("all") if "customers" in total[1]]


async def answer(cluster: Cluster, window: str) -> dict[str, Any]:
    """The KPIs of a window as the API tells them."""
    worker = FixedWorker((), SETTINGS, clock_ms=NOW)
    worker.shards = list(cluster.shards.values())  # type: ignore[arg-type] # real ones
    kpis: dict[str, Any] = (await kpis_of(worker, window))["kpis"]
    return kpis


def test_what_was_told_before_campaigns_were_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A changelog of then says nothing of them: its customers came by an unknown one, until there is news."""
    with monkeypatch.context() as then:
        then.setattr("streams.customers._TOLD", ("channel", "source", "customer", "moved_to", "amount"))
        settings = msgspec.structs.replace(SETTINGS, campaigns=("spring",))
        created = deal(*("1", "created", "2026-03-01 10:00"), channel="vip", customer="c1", campaign="spring")
        cluster = told(created, SOLD[1], settings=settings)
    for shard in range(settings.partitions):
        cluster.restart(shard)
    cluster.advance(NOW)
    assert cluster.sums("all")["channel", "new_customers", "vip", ""] == 1
    assert cluster.sums("all")["campaign", "new_customers", "unknown", ""] == 1
    tell(cluster, deal("1", "amount_changed", "2026-03-10 10:00", amount="90.00"))
    found = {key: n for key, n in cluster.sums("all").items() if key[:2] == ("campaign", "new_customers")}
    assert found == {("campaign", "new_customers", "spring", ""): 1}


OF_CUSTOMERS = ("repeat_customer_share", "churn_rate", "retention_rate", "arpu", "ltv_profit", "cac")


async def test_without_customer_ids_customers_have_no_value_rather_than_0() -> None:
    """The deals are there and their revenue is; who bought is not known, so nothing is said of them."""
    cluster = told(
        deal("1", "created", "2026-04-01 10:00", channel="vip", amount="100.00"),
        deal("1", "won", "2026-04-05 10:00"),
    )
    kpis = await answer(cluster, "30d")
    assert kpis["revenue"]["value"] == 100
    for kpi in OF_CUSTOMERS:
        assert (kpis[kpi]["value"], kpis[kpi]["by_channel"]) == (None, {}), kpi
        assert "customers" not in str(kpis[kpi].get("not_reported", "")), kpi


async def test_the_kpis_of_a_month_are_those_that_a_person_works_out() -> None:
    """c1 bought in March and April, c2 in April for the first time, c3 left: by hand from the definitions."""
    cluster = told(
        *SOLD,
        deal("2", "created", "2026-04-01 10:00", channel="vip", customer="c1"),
        deal("2", "won", "2026-04-10 10:00", amount="60.00"),
        deal("2", "line_sold", "2026-04-10 10:00", line="1", amount="60.00", cost="45.00"),
        deal("3", "created", "2026-04-01 10:00", channel="vip", customer="c2"),
        deal("3", "won", "2026-04-11 10:00", amount="20.00"),
        deal("4", "created", "2026-03-01 10:00", channel="vip", customer="c3"),
        deal("4", "won", "2026-03-11 10:00", amount="30.00"),
        said("c3", "churned", "2026-04-12 10:00"),
        deal("5", "created", "2026-04-01 10:00", channel="vip", amount="7.00"),
        deal("5", "won", "2026-04-12 10:00"),
    )
    month, rolling = await answer(cluster, "month"), await answer(cluster, "30d")
    assert month["repeat_customer_share"]["value"] == 1 / 2
    assert (month["churn_rate"]["value"], month["churn_rate"]["n"]) == (1 / 2, 2)
    assert month["retention_rate"]["value"] == 1 / 2
    assert rolling["revenue"]["value"] == 87
    assert rolling["arpu"]["value"] == (60 + 20) / 2, "the anonymous deal is nobody's"
    assert rolling["avg_deal_value"]["value"] == 87 / 3
    assert rolling["ltv_profit"]["value"] == 15, "of the one customer whose costs are told"
    earlier = await answer(cluster, "prev_month")
    assert earlier["repeat_customer_share"]["value"] == 0
    assert earlier["churn_rate"]["value"] is None, "nobody was a customer when March began"
    before = await answer(cluster, "prev_30d")
    assert (before["repeat_customer_share"]["value"], before["repeat_customer_share"]["n"]) == (0, 2)
    assert before["arpu"]["value"] == (100 + 30) / 2
    assert rolling["arpu"]["previous"] == {"window": "prev_30d", "value": 65, "n": 2}
    assert "repeat_customer_share" not in await answer(cluster, "prev_24h"), "nobody asks by the hour"


async def test_where_nobody_ever_told_of_leaving_there_is_no_churn_to_speak_of() -> None:
    """A CRM that sends no churn has not kept every customer."""
    cluster = told(*SOLD)
    assert (await answer(cluster, "month"))["churn_rate"]["value"] is None
    renewed = told(*SOLD, said("c1", "renewed", "2026-04-10 10:00"))
    assert (await answer(renewed, "month"))["churn_rate"]["value"] == 0


def test_silence_is_no_leaving_unless_somebody_says_how_long() -> None:
    """0 and nothing are off; a wrong number stops the start and names the variable."""
    assert load_settings({}).customer_silence_ms is None
    assert load_settings({"VORONKA_CUSTOMER_SILENCE_DAYS": "0"}).customer_silence_ms is None
    assert load_settings({"VORONKA_CUSTOMER_SILENCE_DAYS": "90"}).customer_silence_ms == 90 * 86_400_000
    with pytest.raises(SettingsError, match="VORONKA_CUSTOMER_SILENCE_DAYS: '-1' is not possible"):
        load_settings({"VORONKA_CUSTOMER_SILENCE_DAYS": "-1"})
