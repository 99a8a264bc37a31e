"""T10: random actions of producers, workers and readers; whenever somebody looks, totals are the truth."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from tests.brokers import KafkaBroker
from tests.chaos.conftest import Campaigns
from tests.chaos.faults import Faults
from tests.chaos.harness import Campaign
from tests.chaos.plan import SEED, Row, times
from tests.chaos.test_poison import spoilt
from tests.chaos.test_time import NAMES
from tests.integration.worker import Worker
from tests.oracle import Record
from tests.simulator import World

pytestmark = [
    pytest.mark.integration,
    pytest.mark.kafka,
    pytest.mark.slow,
    pytest.mark.full,
    pytest.mark.timeout(3600),
]
MOSCOW = {**NAMES, "VORONKA_ZONE": "Europe/Moscow", "VORONKA_HOLIDAYS": "RU"}
PIECE = 100


class Department(RuleBasedStateMachine):
    """What may happen to one deployment, in any order."""

    def __init__(self, campaigns: Campaigns, broker: KafkaBroker, row: Row, faults: Faults | None) -> None:
        super().__init__()
        self.row, self.faults = row, faults
        self.stack = ExitStack()
        self.campaign: Campaign = self.stack.enter_context(campaigns(broker, **MOSCOW))
        self.random = row.random
        self.world = list(World(self.random.randrange(1 << 30), 3_000).deliveries)
        self.held_back: list[Record] = []
        self.worker: Worker | None = None

    @rule(late=st.booleans())
    def produce(self, late: bool) -> None:
        """The next records but a tenth, or with all that was held back so far."""
        self.held_back += self.world[: PIECE // 10]
        some, self.world = self.world[PIECE // 10 : PIECE], self.world[PIECE:]
        if late:
            some, self.held_back = some + self.held_back, []
        self.campaign.publish(some)

    @precondition(lambda self: self.campaign.records)
    @rule()
    def duplicate(self) -> None:
        """A producer that did not hear its acknowledgements."""
        self.campaign.publish(self.random.sample(self.campaign.records, min(50, len(self.campaign.records))))

    @precondition(lambda self: self.campaign.records)
    @rule()
    def poison(self) -> None:
        """Records that nobody can read."""
        good = [record for record in self.campaign.records if record.value]
        self.campaign.publish(spoilt(self.random, self.random.choice(good), n)[0] for n in range(20))

    @rule()
    def restart(self) -> None:
        """A worker is started; one that runs is stopped in order before."""
        if self.worker is not None:
            self.worker.child.stop(30.0)
        self.worker = self.campaign.start(self.faults)

    @precondition(lambda self: self.worker is not None)
    @rule()
    def kill(self) -> None:
        """kill -9, at whatever it was doing."""
        assert self.worker is not None
        self.worker.child.kill()
        self.row.faults += 1
        self.worker = None

    @precondition(lambda self: self.campaign.records)
    @rule()
    def scrape(self) -> None:
        """Somebody looks when all is applied: every series and every key of the log are the truth."""
        if self.worker is None or not self.worker.child.running:
            self.worker = self.campaign.start(self.faults)
        found = self.campaign.judge(self.worker)
        assert found.exact, str(found)

    def teardown(self) -> None:
        """Look once more, then end everything."""
        try:
            if self.campaign.records:
                self.scrape()
        finally:
            self.stack.close()


def act(campaigns: Campaigns, broker: KafkaBroker, row: Row, faults: Faults | None, **options: Any) -> None:
    """Let hypothesis choose actions; a failure is told as it happened, runs are too dear to be shortened."""
    machine: Any = seed(SEED)(lambda: Department(campaigns, broker, row, faults))
    run_state_machine_as_test(
        machine,
        settings=settings(
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            **options,
        ),
    )


def test_random_actions_always_end_in_the_truth(
    campaigns: Campaigns, eager_broker: KafkaBroker, row: Row
) -> None:
    """Produce, repeat, be late, poison, kill, restart, scrape: in any order."""
    act(campaigns, eager_broker, row, None, max_examples=times(2, 10), stateful_step_count=times(12, 30))


def test_control_random_actions_find_a_worker_that_lets_the_future_in(
    campaigns: Campaigns, eager_broker: KafkaBroker, row: Row
) -> None:
    """The control: the same actions tell a worker without that protection from the truth."""
    careless = Faults(off="future")
    with pytest.raises(AssertionError):
        act(campaigns, eager_broker, row, careless, max_examples=3, stateful_step_count=times(12, 30))
