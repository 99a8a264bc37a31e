"""T6 amid work: workers that sleep through their session and wake with writes in hand."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.brokers import KafkaBroker
from tests.chaos.conftest import SESSION_SECONDS, Campaigns
from tests.chaos.faults import Faults
from tests.chaos.harness import Campaign
from tests.chaos.plan import Row, size, times
from tests.chaos.workload import records
from tests.integration.worker import Worker, until
from tests.oracle import Record

pytestmark = [pytest.mark.integration, pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(3600)]
PACED = Faults(pace=0.3, chunk=100)
IDLE = "Stream has not started processing"
"""Faust's word, minutes after its start, on a partition that has just come and has nothing to read yet."""


def test_sleeps_lose_and_double_nothing(campaigns: Campaigns, eager_broker: KafkaBroker, row: Row) -> None:
    """Alone, so that it gets back what it had, and beside another worker, who has taken it over meanwhile.

    Each has recovered from a log before: what it had read then must not pass for what it holds now.
    """
    random, sleeps = row.random, times(3, 24)
    told = list(records(random, size(9_000, 300_000)))
    first = len(told) // 3
    starts = range(first, len(told), -(-(len(told) - first) // sleeps))
    with campaigns(eager_broker) as campaign:
        campaign.allowed += (IDLE,)
        workers = [start_with_a_past(campaign, told[:first], PACED)]
        for start in starts:
            if row.faults == sleeps // 2:
                workers.append(campaign.start_recovered(PACED))
            campaign.publish(told[start : start + starts.step])
            sleep_through(campaign, random.choice(workers))
        found = campaign.judge(*workers, seconds=600)
        assert row.faults == len(starts)
        assert found.exact, str(found)
        row.figures["abandoned_chunks"] = sum(map(abandoned, workers))
        assert row.figures["abandoned_chunks"], "nobody woke with a write in hand"


@pytest.mark.full
def test_control_a_shard_must_be_read_from_its_beginning(
    campaigns: Campaigns, eager_broker: KafkaBroker, row: Row
) -> None:
    """The control: a shard that comes back goes on from where a former one had read to."""
    told = list(records(row.random, 6_000))
    with campaigns(eager_broker) as campaign:
        sleeper = start_with_a_past(campaign, told[:3_000], replace(PACED, off="anew"))
        campaign.publish(told[3_000:])
        sleep_through(campaign, sleeper)
        found = campaign.judge(sleeper)
        assert found.lost
        assert not found.doubled


def start_with_a_past(campaign: Campaign, told: Sequence[Record], faults: Faults) -> Worker:
    """A worker that has recovered what another one had logged."""
    campaign.publish(told)
    former = campaign.start_recovered()
    campaign.deployment.settle(former)
    former.child.kill()
    return campaign.start_recovered(faults)


def sleep_through(campaign: Campaign, worker: Worker) -> None:
    """Stop a worker for longer than its session, and wait until it has shards again."""
    until(lambda: campaign.done([worker]) > campaign.done([worker], "durable_offset"), worker.told)
    left = worker.log().count("Worker ready")
    campaign.landed()
    worker.child.send(signal.SIGSTOP)
    time.sleep(float(SESSION_SECONDS) * 2)
    worker.child.send(signal.SIGCONT)
    woke = time.monotonic()
    until(lambda: worker.log().count("Worker ready") > left and bool(worker.shards()), worker.told, 60)
    campaign.row.recovery_seconds.append(time.monotonic() - woke)


def abandoned(worker: Worker) -> float:
    """Chunks that this worker had applied and was not allowed to log."""
    [count] = re.findall(
        r"^voronka_lane_abandoned_chunks_total (\S+)$", worker.get("/metrics")[1], re.MULTILINE
    )
    return float(count)
