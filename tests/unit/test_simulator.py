"""The simulated world: the same by the same seed, and with every trouble that it promises."""

from __future__ import annotations

import json
import time
from collections import Counter
from functools import cache
from itertools import pairwise

from kafka.partitioner.default import murmur2

from tests.oracle import FAMILIES, WINDOWS, Config, Facts, Record, oracle_facts, read
from tests.oracle.ledger_wire import RANKS as LEDGER_RANKS
from tests.oracle.wire import DEAL_ONLY, LEAD_ONLY, RANKS, Event, parse
from tests.simulator import REASONS, START_MS, World, partition_of
from tests.simulator.delivery import LONGEST_DELAY_MS

SEEDS = range(4)
EVENTS = 2_000
DAY_MS = 86_400_000


@cache
def _world(seed: int) -> World:
    return World(seed, EVENTS, busy=seed == 0)


@cache
def _facts(seed: int) -> Facts:
    return oracle_facts(_world(seed).deliveries)


@cache
def _accepted() -> tuple[tuple[Record, Event], ...]:
    """(record, event) of everything delivered in the worlds that is an event."""
    refused = [{q.index for q in _facts(seed).quarantined if q.reason != "over_limit"} for seed in SEEDS]
    return tuple(
        (record, parse(record))
        for seed in SEEDS
        for index, record in enumerate(_world(seed).deliveries)
        if index not in refused[seed]
    )


def test_the_same_seed_is_the_same_world_to_the_byte() -> None:
    """A failure seen once is seen again; another seed is another world."""
    again = World(1, 500)
    assert World(1, 500).deliveries == again.deliveries
    assert World(1, 500).replayed(4) == again.replayed(4)
    assert World(2, 500).deliveries != again.deliveries


def test_every_faulty_record_is_refused_for_its_reason_and_nothing_else_is() -> None:
    """All twenty reasons of a record alone occur; the far future is one of them."""
    for seed in SEEDS:
        deliveries = _world(seed).deliveries
        expected = {(id(fault.record), fault.reason) for fault in _world(seed).faulty}
        refused = [q for q in _facts(seed).quarantined if q.reason != "over_limit"]
        assert {(id(deliveries[q.index]), q.reason) for q in refused} == expected
        assert {reason for _, reason in expected} == {*REASONS, "future"}
    assert len(REASONS) + 1 == 20


def test_every_verb_of_leads_and_deals_and_the_ledger_is_told() -> None:
    """Nothing that a CRM can say is missing from the worlds."""
    told = {(event.entity, event.verb) for _, event in _accepted()}
    assert told == {
        *(("lead", verb) for verb in RANKS if verb not in DEAL_ONLY),
        *(("deal", verb) for verb in RANKS if verb not in LEAD_ONLY),
        *(("ledger", verb) for verb in LEDGER_RANKS),
    }


def test_records_come_twice_late_and_out_of_order() -> None:
    """Repeats of the same bytes, lateness of days and now and then of years, clocks ten minutes off."""
    for seed in SEEDS:
        world = _world(seed)
        assert 0.02 < 1 - len(world.distinct) / len(world.deliveries) < 0.15
    times = [event.time_ms for _, event in _accepted()]
    assert sum(later < sooner for sooner, later in pairwise(times)) > len(times) / 10
    lags = [record.timestamp_ms - event.time_ms for record, event in _accepted()]
    assert min(lags) < -9 * 60_000
    assert sum(2 * DAY_MS < lag < LONGEST_DELAY_MS for lag in lags) > len(lags) / 200
    assert max(lags) > 800 * DAY_MS, "older than the day panes"


def test_names_come_again_with_other_content() -> None:
    """A repeated (source, id) is not always the same event."""
    by_name = Counter((event.source, event.id) for seed in SEEDS for event in _facts(seed).events)
    assert any(count > 1 for count in by_name.values())
    by_order = Counter(event.order for seed in SEEDS for event in _facts(seed).events)
    assert any(count > 1 for count in by_order.values()), "the same place in the order, other content"


def test_date_only_times_tie() -> None:
    """Events of one entity at the very same instant, with the outcome among them."""
    for verbs in ({"won", "lost"}, {"lost", "reopened"}):
        ties = Counter(
            (event.entity_id, event.time_ms)
            for event in _facts(0).events | _facts(1).events
            if event.verb in verbs
        )
        assert any(count > 1 for count in ties.values()), verbs


def test_some_records_lie_under_a_key_that_is_not_their_journeys() -> None:
    """None at all, the entity's, its bare id, one for everything; but most are right."""
    keys = Counter(record.key == event.journey.encode() for record, event in _accepted())
    assert 0.01 < keys[False] / keys.total() < 0.15
    assert any(record.key is None for record, _ in _accepted())


def test_all_three_forms_are_written() -> None:
    """Structured by content type, binary by headers, and bare JSON."""
    forms = Counter(record.headers[0][0] if record.headers else "bare" for record, _ in _accepted())
    assert min(forms["content-type"], forms["ce_specversion"], forms["bare"]) > 100


def test_money_comes_in_several_currencies_as_text_and_as_minor_units() -> None:
    """Two, three and no decimals; amounts of zero; whole numbers."""
    amounts = [event.get("amount") for _, event in _accepted() if event.get("amount")]
    assert {currency for _, currency in amounts} >= {"RUB", "USD", "JPY", "KWD"}
    assert any(minor == 0 for minor, _ in amounts)
    raw = [
        json.loads(r.value or b"").get("data", {}).get("amount") for r, _ in _accepted() if len(r.headers) < 2
    ]
    assert {type(amount) for amount in raw} == {str, int, type(None)}


def test_leads_and_deals_move_in_every_way() -> None:
    """Merges, chains of them, cycles, re-merges, links, relinks, deals under several keys, deletions."""
    merges = {(event.entity_id, event.get("into")) for event in _facts(3).events if event.verb == "merged"}
    targets = dict(merges)
    assert any(into in targets and into != name for name, into in merges), "a chain"
    assert any(_returns(name, targets) for name in targets), "a cycle"
    assert len(targets) < len(merges), "merged again into another lead"
    links = Counter(event.entity_id for event in _facts(3).events if event.verb == "linked")
    assert max(links.values()) > 1, "a relink"
    keys = {(event.entity_id, event.journey) for event in _facts(3).events if event.entity == "deal"}
    assert max(Counter(name for name, _ in keys).values()) > 2, "a deal under three keys"
    assert {event.entity for _, event in _accepted() if event.verb == "deleted"} == {"lead", "deal"}


def _returns(name: str, targets: dict[str, str]) -> bool:
    at, seen = targets[name], set()
    while at in targets and at not in seen:
        seen.add(at)
        at = targets[at]
    return name in seen or at == name


def test_a_busy_world_goes_over_the_limits() -> None:
    """More than 256 owners, marks and activities of one lead: the latest fall out."""
    fallen = [q for q in _facts(0).quarantined if q.reason == "over_limit"]
    assert len({q.event for q in fallen}) > 100
    assert not [q for q in _facts(1).quarantined if q.reason == "over_limit"]


def test_every_base_total_is_somewhere_more_than_zero() -> None:
    """In every family that it declares; and so is every window."""
    found: Counter[tuple[str, str]] = Counter()
    windows: set[str] = set()
    for seed in SEEDS:
        told = _facts(seed)
        for now_ms in (*(START_MS + day * DAY_MS for day in (20, 55, 90)), told.greatest_time_ms):
            reading = read(told, now_ms)
            windows |= {window for window in WINDOWS if reading[window]}
            found += Counter((family, total) for family, total, _, _ in reading["all"])
            assert reading.waiting_since
    assert windows == set(WINDOWS)
    declared = {(family, total) for total, families in FAMILIES.items() for family in families}
    assert declared - set(found) == {("channel", "waiting_since")}


def test_the_zone_and_the_hours_of_a_world_are_free() -> None:
    """The same records give other days and other working times in another department."""
    elsewhere = Config("America/New_York", {6: ((600, 720),)}, None, "USD")
    assert read(oracle_facts(_world(1).deliveries, elsewhere), START_MS) != read(_facts(1), START_MS)


def test_partitions_hold_every_record_once_and_in_order() -> None:
    """A record lies where the Java client's murmur2 puts its key."""
    world = _world(1)
    logs = world.partitions(4)
    assert sum(map(len, logs.values())) == len(world.deliveries)
    for (topic, number), log in logs.items():
        assert log
        assert [record.timestamp_ms for record in log] == sorted(record.timestamp_ms for record in log)
        for record in log:
            assert record.topic == topic
            assert record.key is None or (murmur2(record.key) & 0x7FFFFFFF) % 4 == number
    assert partition_of("сарафан".encode(), 1009) == (murmur2("сарафан".encode()) & 0x7FFFFFFF) % 1009


def test_chunks_are_the_partitions_and_crashes_only_repeat_them() -> None:
    """Each chunk starts where the last of its partition ended; a replay has every chunk and some twice."""
    world = _world(2)
    ends: Counter[tuple[str, int]] = Counter()
    chunks = world.chunks(3)
    for chunk in chunks:
        assert chunk.first_offset == ends[chunk.topic, chunk.partition]
        ends[chunk.topic, chunk.partition] += len(chunk.records)
    assert ends.total() == len(world.deliveries)
    assert any(len(_world(seed).replayed(3)) > len(_world(seed).chunks(3)) for seed in SEEDS)
    assert set(world.replayed(3)) == set(chunks)
    assert all(0 <= crash <= len(chunks) for crash in world.crashes(chunks))


def test_a_world_is_made_fast() -> None:
    """Thousands of seeds must fit into a test run: over 10,000 events a second, whatever else runs."""
    started = time.process_time()
    assert len(World(3, 20_000).deliveries) / (time.process_time() - started) > 10_000
