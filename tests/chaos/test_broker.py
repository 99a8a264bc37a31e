"""T2 and T3: the broker restarts, dies and stays away while producers and workers go on."""

from __future__ import annotations

import time

import pytest

from tests.brokers import KafkaBroker
from tests.chaos.conftest import Campaigns
from tests.chaos.faults import Faults
from tests.chaos.harness import NO_BROKER, Campaign
from tests.chaos.plan import FULL, Row, size, times
from tests.chaos.workload import records
from tests.integration.worker import Worker, until

pytestmark = [pytest.mark.integration, pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(1200)]
OUTAGE_SECONDS = 70.0 if FULL else 8.0
PACED = Faults(pace=0.1, chunk=250)


def pieces(campaign: Campaign, events: int, count: int) -> list[list]:  # type: ignore[type-arg]
    """The workload in equal parts."""
    known = list(records(campaign.row.random, events))
    step = len(known) // count + 1
    return [known[start : start + step] for start in range(0, len(known), step)]


def stay_away(worker: Worker) -> None:
    """Let the outage last; the worker must live through it."""
    over_at = time.monotonic() + OUTAGE_SECONDS

    def over() -> bool:
        assert worker.child.running, worker.told()
        return time.monotonic() > over_at

    until(over, worker.told, OUTAGE_SECONDS + 5)


@pytest.mark.full
def test_broker_restarts_lose_nothing(campaigns: Campaigns, mortal_broker: KafkaBroker, row: Row) -> None:
    """Restarted in order and by kills in turn, amid producing and applying: all acknowledged ones count."""
    restarts = times(2, 10)
    with campaigns(mortal_broker, VORONKA_SESSION_TIMEOUT_SECONDS="10") as campaign:
        campaign.allowed += (NO_BROKER,)
        worker = campaign.start_recovered(PACED)
        for number, piece in enumerate(pieces(campaign, size(20_000, 500_000), restarts)):
            before = campaign.done([worker])
            with campaign.publishing(piece):
                until(lambda before=before: campaign.done([worker]) > before, worker.told)  # type: ignore[misc]
                campaign.landed()
                mortal_broker.restart(kill=number % 2 == 1)
                back = time.monotonic()
            now = campaign.done([worker])
            campaign.reach(1.0, [worker])
            row.recovery_seconds.append(time.monotonic() - back)
            assert worker.child.running, (now, worker.told())
        found = campaign.judge(worker)
        assert row.faults == restarts
        assert found.exact, str(found)


def test_an_outage_is_waited_out(campaigns: Campaigns, mortal_broker: KafkaBroker, row: Row) -> None:
    """A worker that was there before its broker, and whose broker dies in its midst, goes on alone."""
    with campaigns(mortal_broker, VORONKA_SESSION_TIMEOUT_SECONDS="6") as campaign:
        campaign.allowed += (NO_BROKER,)
        first, second = pieces(campaign, size(6_000, 500_000), 2)
        campaign.publish(first)
        mortal_broker.stop()
        worker = campaign.start(PACED)
        until(lambda: "waiting for Kafka" in worker.log(), worker.told)
        mortal_broker.start()
        campaign.reach(0.2, [worker])
        campaign.landed()
        mortal_broker.kill()
        stay_away(worker)
        mortal_broker.start()
        back = time.monotonic()
        campaign.publish(second)
        campaign.reach(1.0, [worker])
        row.recovery_seconds.append(time.monotonic() - back)
        found = campaign.judge(worker)
        assert found.exact, str(found)


@pytest.mark.full
def test_control_an_outage_loses_what_was_committed_first(
    campaigns: Campaigns, mortal_broker: KafkaBroker, row: Row
) -> None:
    """The control: with commits before acknowledgements, what an outage kept from the log is lost."""
    with campaigns(mortal_broker) as campaign:
        campaign.allowed += (NO_BROKER,)
        campaign.publish(records(row.random, 5_000))
        worker = campaign.start(Faults(pace=3.0, chunk=100, off="order"))
        until(lambda: campaign.done([worker], "committed_offset") > 0, worker.told)
        campaign.landed()
        mortal_broker.kill()
        worker.child.kill()
        mortal_broker.start()
        found = campaign.judge(campaign.start_recovered())
        assert found.lost
