"""T4: three workers for six partitions, one replaced after the other, while records come in."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass

import pytest

from tests.brokers import KafkaBroker
from tests.chaos.conftest import Campaigns
from tests.chaos.faults import Faults
from tests.chaos.harness import Campaign
from tests.chaos.plan import Row, size, times
from tests.chaos.workload import SPAN_MS, START_MS, beats, records
from tests.integration.worker import Worker, split, until
from tests.oracle import Record

pytestmark = [
    pytest.mark.integration,
    pytest.mark.kafka,
    pytest.mark.slow,
    pytest.mark.full,
    pytest.mark.timeout(1800),
]
PARTITIONS = 6
SETTINGS = {"VORONKA_PARTITIONS": str(PARTITIONS), "VORONKA_SESSION_TIMEOUT_SECONDS": "6"}
END_MS = START_MS + SPAN_MS + 90 * 86_400_000
PACED = Faults(pace=0.1, chunk=250)


class Ownership:
    """Who exported which shard, asked in turns: who had it before and after another had it shares it."""

    def __init__(self) -> None:
        self._seen: list[tuple[int, set[int]]] = []
        self.twice: list[str] = []
        self.samples = 0

    def ask(self, workers: list[Worker]) -> None:
        """Ask the first worker once more at the end: two owners at one time are seen between its answers."""
        running = [worker for worker in workers if worker.child.running]
        round_ = [(worker.port, worker.shards()) for worker in (*running, *running)]
        self.samples += 1
        for start in range(len(running)):
            port, before = round_[start]
            after = round_[start + len(running)][1]
            for other, owned in round_[start + 1 : start + len(running)]:
                if both := before & after & owned:
                    self.twice.append(f"{both} by {port} and {other}")


@dataclass
class Crew:
    """The workers of the moment."""

    campaign: Campaign
    workers: list[Worker]
    ownership: Ownership

    def told(self) -> str:
        """For failure messages."""
        return str([worker.told() for worker in self.workers])

    def replace_oldest(self, *, kill: bool) -> None:
        """One more worker, and the oldest one gone."""
        self.workers = [*self.workers, self.campaign.start(PACED)]
        oldest = self.workers.pop(0)
        self.campaign.landed()
        if kill:
            oldest.child.kill()
        else:
            oldest.child.stop(30.0)

    def settle(self, not_before: float) -> None:
        """Return once every shard has its one owner, at the earliest at that time; who owns is watched."""

        def settled() -> bool:
            self.ownership.ask(self.workers)
            return split(self.workers, PARTITIONS) and time.monotonic() > not_before

        until(settled, self.told, 90)

    def go_on(self, known: list[Record], *, kill: bool, round_seconds: float) -> float:
        """One round amid new records; how long until every shard was exported again."""
        started, before = time.monotonic(), self.campaign.done(self.workers)
        with self.campaign.publishing(known):
            until(lambda: self.campaign.done(self.workers) > before, self.told)
            self.replace_oldest(kill=kill)
            gone = time.monotonic()
            self.settle(0.0)
            stalled_seconds = time.monotonic() - gone
            self.settle(started + round_seconds)
        return stalled_seconds


def test_replacing_workers_keeps_totals_and_owners(
    campaigns: Campaigns, eager_broker: KafkaBroker, row: Row
) -> None:
    """Totals are the oracle's, no shard is exported by two at once, and the stall is known."""
    rounds, ownership = times(2, 40), Ownership()
    with campaigns(eager_broker, **SETTINGS) as campaign:
        known = list(records(row.random, size(12_000, 400_000)))
        step = len(known) // rounds + 1
        crew = Crew(campaign, [campaign.start(PACED) for _ in range(3)], ownership)
        crew.settle(0.0)
        for number in range(rounds):
            piece = known[number * step : (number + 1) * step]
            row.recovery_seconds.append(
                crew.go_on(piece, kill=number % 2 == 1, round_seconds=15.0 if rounds > 10 else 0.0)
            )
        # Each worker has an event clock of its own: let the last event reach all of them.
        campaign.publish(beats(END_MS, PARTITIONS))
        found = campaign.judge(*crew.workers)
        row.figures["ownership_samples"] = ownership.samples
        assert not ownership.twice, Counter(ownership.twice)
        assert found.exact, str(found)


def test_control_ownership_sees_two_owners() -> None:
    """The control: two workers that both go on exporting a shard are seen."""

    class Fixed:
        """A worker that always tells the same."""

        def __init__(self, port: int, owned: set[int]) -> None:
            self.port, self.owned = port, owned
            self.child = self
            self.running = True

        def shards(self) -> set[int]:
            return self.owned

    ownership = Ownership()
    ownership.ask([Fixed(1, {0, 1}), Fixed(2, {2, 3})])  # type: ignore[list-item]
    assert not ownership.twice
    ownership.ask([Fixed(1, {0, 1}), Fixed(2, {1, 2})])  # type: ignore[list-item]
    assert ownership.twice
