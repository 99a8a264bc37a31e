"""Chunks of several topics that change the same journeys: what is applied first must be logged first."""

from __future__ import annotations

import pytest

from tests.brokers import KafkaBroker
from tests.chaos.conftest import Campaigns
from tests.chaos.faults import Faults
from tests.chaos.plan import Row
from tests.chaos.workload import records

pytestmark = [pytest.mark.integration, pytest.mark.kafka, pytest.mark.slow]


def test_slow_outputs_let_no_older_journey_be_logged_last(
    campaigns: Campaigns, eager_broker: KafkaBroker, row: Row
) -> None:
    """While one topic's outputs wait, another's chunk does not overtake it on the way to the log."""
    with campaigns(eager_broker) as campaign:
        campaign.publish(records(row.random, 3_000))
        worker = campaign.start(Faults(chunk=100, slow_outputs=0.05))
        found = campaign.judge(worker)
        row.faults = 1
        assert found.exact, str(found)
