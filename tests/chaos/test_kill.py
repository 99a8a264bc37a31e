"""T1: a worker killed again and again at random progress; and what its protections are for."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest

from tests.brokers import KafkaBroker
from tests.chaos.audit import newest
from tests.chaos.conftest import Campaigns
from tests.chaos.faults import DIES, Death, Faults
from tests.chaos.harness import kill_rounds
from tests.chaos.plan import FULL, Row, size, times
from tests.chaos.workload import records
from tests.integration.worker import Worker, until

pytestmark = [pytest.mark.integration, pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(3600)]
PACED = Faults(pace=0.1, chunk=250)
SLOW_LOG = 2.0


def test_kills_lose_and_double_nothing(campaigns: Campaigns, eager_broker: KafkaBroker, row: Row) -> None:
    """Every key of the log and every series equals the acknowledged records, wherever it was killed.

    By chance, and between two acknowledgements: what was forwarded but not logged, logged but not committed.
    """
    random, kills = row.random, times(1, 48)
    with campaigns(eager_broker) as campaign:
        campaign.publish(records(random, size(20_000, 1_000_000)))
        for place in ("outputs", "changelog"):
            worker = campaign.start(replace(PACED, die_at=place))
            assert worker.child.wait(60) == -9, worker.told()
            assert f"{DIES} {place}" in worker.log()
            campaign.landed()
        # A small backlog would be done before the kills: the small version's workers are held back.
        last = kill_rounds(campaign, random, kills, None if FULL else PACED)
        found = campaign.judge(last, seconds=600)
        assert row.faults == kills + 2
        assert found.exact, str(found)


def test_kills_amid_checkpoints_lose_and_double_nothing(
    campaigns: Campaigns, eager_broker: KafkaBroker, row: Row
) -> None:
    """Nor where a head was logged without its pieces, or some of them, or all and more came after it."""
    random, rounds = row.random, times(5, 40)
    told = list(records(random, size(12_000, 400_000)))
    first = len(told) * 2 // 3
    starts = range(first, len(told), -(-(len(told) - first) // (rounds + 1)))
    with campaigns(eager_broker) as campaign:
        campaign.publish(told[:first])
        for start, upto in pairwise(starts):
            place: Death = random.choice(("piece", "head", "changelog"))
            after = random.randint(1, 12)
            worker = campaign.start(Faults(chunk=20, checkpoints=True, die_at=place, after=after))
            campaign.publish(told[start:upto])
            assert worker.child.wait(120) == -9, worker.told()
            assert f"{DIES} {place}" in worker.log()
            row.faults += 1
        campaign.publish(told[starts[-1] :])
        found = campaign.judge(campaign.start_recovered(), seconds=600)
        assert row.faults == rounds
        assert found.exact, str(found)
        row.figures["resumed"] = sum(map(resumptions, campaign.deployment.workers))
        assert row.figures["resumed"], "no shard went on from a checkpoint"


def test_control_what_came_after_a_checkpoint_must_be_noted(
    campaigns: Campaigns, eager_broker: KafkaBroker, row: Row
) -> None:
    """The control: the same journeys, but totals of the checkpoint alone."""
    told = list(records(row.random, 5_000))
    with campaigns(eager_broker) as campaign:
        campaign.publish(told[:-200])
        first = campaign.start_recovered(Faults(checkpoints=True))
        campaign.deployment.settle(first)
        logged = checkpoints(first)
        # Each shard logs one in its turn: after two rounds all have one of what is there now.
        until(lambda: checkpoints(first) >= logged + 2 * len(first.shards()), first.told)
        first.child.kill()
        campaign.publish(told[-200:])
        second = campaign.start_recovered()
        campaign.deployment.settle(second)
        second.child.kill()
        row.faults += 2
        last = campaign.start_recovered(Faults(off="recall"))
        found = campaign.judge(last)
        assert resumptions(last)
        assert found.wrong_series
        assert not found.lost + found.doubled + found.wrong_keys


def checkpoints(worker: Worker) -> float:
    """How many this worker has logged."""
    [count] = re.findall(r"^voronka_lane_checkpoints_total (\S+)$", worker.get("/metrics")[1], re.MULTILINE)
    return float(count)


def resumptions(worker: Worker) -> int:
    """How many shards this worker has taken over from a checkpoint."""
    return worker.log().count("folded what came after a checkpoint")


def test_control_counters_are_wrong_after_a_kill(
    campaigns: Campaigns, eager_broker: KafkaBroker, row: Row
) -> None:
    """The control: `table[key] += 1` counts again what was logged and not yet committed."""
    with campaigns(eager_broker) as campaign:
        campaign.publish(records(row.random, 5_000))
        worker = campaign.start(Faults(pace=0.1, chunk=100, off="counter", die_at="changelog"))
        assert worker.child.wait(60) == -9, worker.told()
        campaign.landed()
        campaign.deployment.settle(campaign.start_recovered(Faults(off="counter")))
        counted = sum(int(value) for value in newest(campaign.deployment.settings).values())
        row.doubled = counted - len(campaign.records)
        assert row.doubled > 0


def test_control_commits_before_acknowledgements_lose(
    campaigns: Campaigns, eager_broker: KafkaBroker, row: Row
) -> None:
    """The control: where offsets are committed before the log holds their effects, a kill loses them."""
    with campaigns(eager_broker) as campaign:
        campaign.publish(records(row.random, 5_000))
        worker = campaign.start(Faults(pace=SLOW_LOG, chunk=100, off="order"))
        until(lambda: campaign.done([worker], "committed_offset") > 0, worker.told)
        campaign.kill(worker)
        found = campaign.judge(campaign.start_recovered())
        assert found.lost
        assert not found.doubled
