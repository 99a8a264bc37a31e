"""Whatever lies in the topics: it is applied, or quarantined with its reason; nothing else is disturbed."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaProducer

from agents.quarantine import Quarantined
from tests.brokers import Broker, EmbeddedBroker, KafkaBroker
from tests.integration.series import compare, samples, series
from tests.integration.worker import Deployment, Worker, deployed
from tests.oracle import Record, oracle_facts
from tests.oracle.wire import parse
from tests.simulator import World
from tests.stories.telling import deal, lead, ms

pytestmark = pytest.mark.integration
NOW = "2025-12-10 12:00"
CANARY = "anna.canary@example.org"


def raw(value: bytes | None, key: str = "deal/p") -> Record:
    """A record that is no event at all."""
    return Record("crm.deals", key.encode(), value, (), ms(NOW))


def changed(record: Record, **attributes: Any) -> Record:
    """The event with other attributes; None takes one away."""
    event = json.loads(record.value or b"") | attributes
    value = json.dumps({name: content for name, content in event.items() if content is not None})
    return dataclasses.replace(record, value=value.encode())


def told(verb: str, **data: Any) -> Record:
    """An event of a deal that carries somebody's address, as real ones would in their texts."""
    return deal(f"{verb} {CANARY}", verb, NOW, campaign=CANARY, **data)


POISON: Mapping[str, tuple[str, Record]] = {
    "unknown stage": ("unknown_stage", told("stage_changed", stage="bluebird")),
    "unknown channel": ("unknown_channel", told("updated", channel="telepathy")),
    "impossible date": ("bad_time", changed(told("reopened"), time="2026-02-30T10:00:00Z")),
    "date without a zone": ("bad_time", changed(told("lost"), time="2025-12-10T10:00:00")),
    "no date": ("no_date", changed(told("offer_sent"), time=None)),
    "far-future time": ("future", changed(told("won"), time="2031-01-01T00:00:00Z")),
    "negative amount": ("negative_amount", told("amount_changed", amount="-1.00")),
    "half a kopeck": ("bad_value", told("amount_changed", amount="10.005")),
    "invalid currency code": ("unknown_currency", told("amount_changed", amount="1", currency="RUR1")),
    "missing field": ("missing_field", told("payment_reversed")),
    "no source": ("missing_field", changed(told("contract_agreed"), source=None)),
    "wrong type": ("wrong_type", changed(told("meeting_set"), id=7)),
    "type of nobody": ("unknown_type", changed(told("meeting_held"), type="crm.deal.danced")),
    "thin event": ("needs_enrichment", changed(told("first_touch"), type="crm.deal.touched")),
    "subject of nothing": ("bad_subject", changed(told("updated"), subject=f"company/{CANARY}")),
    "key of another deal": ("bad_partitionkey", changed(told("scored"), partitionkey="deal/another")),
    "1 MB value": ("too_large", raw(b'{"id": "' + CANARY.encode() + b"x" * 1_000_000 + b'"}')),
    "100,000-deep JSON": ("too_large", raw(b"[" * 100_000 + b"]" * 100_000)),
    "30,000-deep JSON": ("too_deep", raw(b"[" * 30_000 + b"]" * 30_000)),
    "deep data": ("too_deep", raw(b'{"data":' * 5_000 + b"1" + b"}" * 5_000)),
    "invalid UTF-8": ("not_utf8", raw(b'{"id": "\xff\xfe' + CANARY.encode() + b'"}')),
    "tombstone": ("tombstone", raw(None, f"deal/{CANARY}")),
    "nothing": ("not_json", raw(b"")),
    "half of an event": ("not_json", raw((told("won").value or b"")[:-9])),
    "something else": ("not_an_event", raw(b'{"hello": "' + CANARY.encode() + b'"}')),
    "a list": ("not_an_event", raw(b"[1, 2]")),
}


@pytest.fixture
def deployment(broker: Broker, fresh_name: Callable[[str], str], tmp_path: Path) -> Iterator[Deployment]:
    """A deployment with no worker yet."""
    env = {"VORONKA_SESSION_TIMEOUT_SECONDS": "2" if isinstance(broker, EmbeddedBroker) else "6"}
    env |= {"VORONKA_REPS": "ann,bob,cid,dora,евгений", "VORONKA_SOURCES": "web,ads,fair,referral,сарафан"}
    with deployed(broker.bootstrap, fresh_name("bad-input"), tmp_path, env) as found:
        yield found


def good(count: int) -> list[Record]:
    """Leads that came and were answered."""
    verbs = ("created", "first_touch")
    facts: dict[str, dict[str, str]] = {"created": {"channel": "inbound", "source": "web", "owner": "ann"}}
    return [lead(f"g{n}", verb, NOW, **facts.get(verb, {})) for n in range(count) for verb in verbs]


def assert_true(deployment: Deployment, worker: Worker) -> None:
    """Every series is the oracle's."""
    assert not compare(deployment.records, [worker.get("/metrics")[1]]).wrong


def test_every_poison_is_quarantined_with_its_reason_and_disturbs_nothing(deployment: Deployment) -> None:
    """Good events around them are applied, the clock stays, no address leaks into metrics or log."""
    worker, events = deployment.start_ready(VORONKA_LOG_LEVEL="DEBUG"), good(len(POISON))
    for number, (_, poison) in enumerate(POISON.values()):
        deployment.publish([events[2 * number], poison, events[2 * number + 1]])
    deployment.settle(worker)
    found = Counter((each.value, each.reason) for each in deployment.quarantined())
    assert found == Counter((poison.value, reason) for reason, poison in POISON.values())
    progress = worker.progress()
    assert progress["applied"] == len(events)
    assert progress["quarantined_by_reason"] == Counter(reason for reason, _ in POISON.values())
    assert progress["now_ms"] == ms(NOW), "a far-future time must not push the clock"
    assert_true(deployment, worker)
    assert CANARY not in worker.get("/metrics")[1]
    deployment.publish([lead("c", "created", NOW, channel="inbound", owner=CANARY, source=CANARY)])
    deployment.settle(worker)
    exposition = worker.get("/metrics")[1]
    assert CANARY not in exposition
    assert series("voronka_labels_folded", label="rep") in samples(exposition)
    assert CANARY not in worker.log()


def test_a_valid_currency_without_a_rate_is_applied_and_counted_apart(deployment: Deployment) -> None:
    """Its deal is won and counted as unconverted; its money is in no sum."""
    worker = deployment.start_ready()
    deployment.publish(
        [
            deal("r", "won", NOW, amount="100.00", channel="vip"),
            deal("t", "created", NOW, amount="700.00", currency="THB", channel="regular"),
            deal("t", "won", NOW),
            deal("z", "created", NOW, amount="5", currency="JPY", channel="regular"),
        ]
    )
    deployment.settle(worker)
    assert worker.progress()["quarantined"] == 0
    assert_true(deployment, worker)
    found = samples(worker.get("/metrics")[1])
    regular = {"channel": "regular"}
    assert found[series("sales_won_deals_unconverted", window="7d", **regular)] == 1
    assert found[series("sales_won_deals", window="7d", **regular)] == 1
    assert found[series("sales_open_deals_unconverted", **regular)] == 1
    assert series("sales_revenue", window="7d", **regular) not in found
    assert series("sales_pipeline", **regular) not in found


def test_what_is_over_a_limit_is_named_in_quarantine(deployment: Deployment) -> None:
    """A lead with 900 activities keeps the 256 least of each set, in whatever order they came."""
    worker, world = deployment.start_ready(), World(21, 400, busy=True)
    deployment.publish(world.deliveries)
    deployment.settle(worker)
    assert_true(deployment, worker)
    truth = oracle_facts(world.deliveries).quarantined
    fallen = {each.event for each in truth if each.event is not None}
    assert {name(each) for each in deployment.quarantined() if each.reason == "over_limit"} == fallen
    assert len(fallen) > 100
    rest = Counter(each.reason for each in deployment.quarantined() if each.reason != "over_limit")
    assert rest == Counter(each.reason for each in truth if each.reason != "over_limit")


def test_a_deal_that_is_larger_than_a_batch_is_logged_and_read_back(deployment: Deployment) -> None:
    """Nine thousand lines are more than a megabyte: one message, and after a kill the same journey."""
    line: dict[str, str | int] = {"amount": "10.00", "cost": "4.00", "currency": "EUR"}
    line |= {"kind": "upsell", "recurring": True}
    sold = [deal("huge", "line_sold", NOW, id=f"line {n}", line=f"line {n}", **line) for n in range(9_000)]
    bought: dict[str, str | int] = {"amount": "90000.00", "currency": "EUR", "channel": "regular"}
    deployment.publish([*sold, deal("huge", "created", NOW, **bought), deal("huge", "won", NOW)])
    worker = deployment.start_ready()
    deployment.settle(worker)
    assert_true(deployment, worker)
    worker.child.kill()
    again = deployment.start_ready()
    deployment.settle(again)
    assert_true(deployment, again)
    assert again.progress()["quarantined"] == 0


def name(each: Quarantined) -> tuple[str, str]:
    """Which event a record over the limit is or names, in whichever form the event came."""
    if each.pushed_out and each.event:
        return each.event.source, each.event.id
    event = parse(Record(each.topic, each.key, each.value, each.headers, each.timestamp_ms))
    return event.source, event.id


@pytest.mark.kafka
@pytest.mark.slow
def test_two_thousand_monsters_leave_memory_flat(
    kafka_broker: KafkaBroker, fresh_name: Callable[[str], str], tmp_path: Path
) -> None:
    """A backlog of 530 MB in records compressed to a thousandth, then as much again while the worker runs."""
    monsters = [raw(b'{"id": "' + b"x" * 1_000_000 + b'"}', f"deal/{n}") for n in range(500)]
    monsters += [raw(b"[" * 30_000 + b"]" * 30_000, f"deal/{n}") for n in range(500)]
    env = {"VORONKA_SESSION_TIMEOUT_SECONDS": "6", "VORONKA_REPS": "ann", "VORONKA_SOURCES": "web"}
    with deployed(kafka_broker.bootstrap, fresh_name("monsters"), tmp_path, env) as deployment:
        plain = deployment.client
        deployment.client = KafkaProducer(
            bootstrap_servers=kafka_broker.bootstrap, compression_type="gzip", max_request_size=2_000_000
        )
        deployment.publish(monsters)
        worker = deployment.start_ready()
        deployment.settle(worker)
        peak_kib, resident_kib = worker.memory_kib("VmHWM"), worker.memory_kib("VmRSS")
        assert peak_kib < 350_000, f"{peak_kib} KiB for 530 MB of values"
        deployment.publish(monsters)
        deployment.client.close()
        deployment.client = plain
        deployment.publish(good(50))
        deployment.settle(worker)
        assert worker.memory_kib("VmRSS") < resident_kib + 40_000
        progress = worker.progress()
        assert progress["quarantined_by_reason"] == {"too_deep": 1000, "too_large": 1000}
        assert progress["applied"] == 100
        assert_true(deployment, worker)
        print(f"{resident_kib} KiB resident, {peak_kib} KiB at most")
