"""A thousand seeded worlds of faults: crashes, repeats, disorder, lateness, skew, wrong keys, moves.

Each goes through the real job on shards that crash at random points of their effects, and must end in the
batch truth on every key. A failing seed stands in the message; keep it in `KEPT` when its fault is mended.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from agents.journeys.records import OURS
from agents.settings import Settings
from streams.windows import WINDOWS
from tests.cluster import Cluster, rates_of
from tests.oracle import Config, Facts, oracle_facts, read
from tests.simulator import World

SEEDS = 1_000
CHECKED = 200
BATCH = 50
EVENTS = 60
KEPT: tuple[int, ...] = ()
FIRST_RATE = date(2025, 10, 12)
CONVERTING = Config(
    campaigns=frozenset(("web", "ads", "сарафан")),
    rates={
        "USD": {FIRST_RATE + timedelta(days=days): f"9{days % 10}.{days:02}25" for days in (0, 3, 4, 21, 50)},
        "EUR": {FIRST_RATE: "104.0001"},
        "JPY": {FIRST_RATE + timedelta(days=days): "0.6155" for days in range(0, 80, 9)},
        "KWD": {FIRST_RATE + timedelta(days=40): "301.7"},
    },
)
"""Rates with gaps: what falls into one is not converted; and campaigns, of which two are not listed."""


Refused = set[tuple[int, str]]
"""(number of the delivery, reason)."""


def _lived(
    world: World, *, crash: float, seed: int, config: Config | None = None, checkpoints: float = 0.0
) -> tuple[Cluster, Refused]:
    config = config or Config()
    campaigns, rates = tuple(sorted(config.campaigns)), rates_of(config)
    cluster = Cluster(Settings(clock="event", reject_limit=0, rates=rates, campaigns=campaigns), seed=seed)
    places = {
        cluster.produce(sent.topic, sent.key, sent.value, sent.headers, sent.timestamp_ms): number
        for number, sent in enumerate(world.deliveries)
    }
    cluster.run(chunk=20, crash=crash, checkpoints=checkpoints)
    refused = set()
    for record in cluster.quarantined():
        told = {name: value.decode() for name, value in record.headers if name.startswith(OURS)}
        place = (told["voronka-topic"], int(told["voronka-partition"]), int(told["voronka-offset"]))
        refused.add((places[place], told["voronka-reason"]))
    return cluster, refused


def _differences(cluster: Cluster, truth: Facts) -> list[str]:
    wrong = []
    now_ms = cluster.clock.now_ms()
    if now_ms != truth.greatest_time_ms:
        wrong.append(f"the event clock stands at {now_ms}, not at {truth.greatest_time_ms}")
    for later_ms in (0, 30 * 60_000, 3 * 86_400_000):
        cluster.advance(now_ms + later_ms)
        reading = read(truth, now_ms + later_ms)
        for window in ("all", *WINDOWS):
            found, expected = cluster.sums(window), reading[window]
            keys = [key for key in found.keys() | expected if found.get(key) != expected.get(key)]
            wrong += [f"{window} {key}: {found.get(key)}, not {expected.get(key)}" for key in keys[:3]]
        if cluster.waiting_since() != reading.waiting_since:
            wrong.append(f"waiting since {cluster.waiting_since()}, not {reading.waiting_since}")
    return wrong


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
def test_every_world_ends_in_the_batch_truth(first: int) -> None:
    """Whatever a world does to the stream, its totals equal the oracle's, series by series."""
    crashes = 0
    for seed in (*range(first, first + BATCH), *(KEPT if first == 0 else ())):
        world = World(seed, EVENTS)
        config = CONVERTING if seed % 2 else Config()
        cluster, refused = _lived(world, crash=0.15, seed=seed, config=config)
        crashes += cluster.crashes
        truth = oracle_facts(world.deliveries, config)
        wrong = _differences(cluster, truth)
        wrong += [str(one) for one in refused ^ {(one.index, one.reason) for one in truth.quarantined}]
        assert not wrong, f"seed {seed}: {wrong[:5]}"
    assert crashes > BATCH / 2, "too few crashes to prove anything"


@pytest.mark.parametrize("first", range(0, CHECKED, BATCH))
def test_every_world_ends_in_the_batch_truth_with_checkpoints(first: int) -> None:
    """Shards log them, die amid them, go on from them, also where compaction has run meanwhile."""
    crashes = resumed = 0
    for seed in range(first, first + BATCH):
        world, config = World(seed, EVENTS), CONVERTING if seed % 2 else Config()
        cluster, _ = _lived(world, crash=0.2, seed=seed, config=config, checkpoints=0.6)
        crashes, resumed = crashes + cluster.crashes, resumed + cluster.resumed
        wrong = _differences(cluster, oracle_facts(world.deliveries, config))
        assert not wrong, f"seed {seed}: {wrong[:5]}"
    assert crashes - BATCH > resumed > BATCH, "too few of either to prove anything"


def test_a_world_that_overflows_every_limit_ends_in_the_batch_truth() -> None:
    """A lead with more of everything than is kept: the same events are left out whenever they come."""
    world = World(7, 600, busy=True)
    cluster, refused = _lived(world, crash=0.05, seed=7)
    assert not _differences(cluster, oracle_facts(world.deliveries))
    assert "over_limit" in {reason for _, reason in refused}
