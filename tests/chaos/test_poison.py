"""T8: fuzzed records among good ones, then nothing but bad ones, then the fix and the replay."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from agents.journeys.job import EXIT_REJECTS
from streams import funnels
from tests.brokers import KafkaBroker
from tests.chaos.conftest import Campaigns
from tests.chaos.faults import Faults
from tests.chaos.harness import Campaign
from tests.chaos.plan import Row, size
from tests.chaos.workload import records
from tests.oracle import Record
from tests.simulator import REASONS
from tests.simulator.faults import faulty
from tests.stories.telling import deal

pytestmark = [pytest.mark.integration, pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(900)]
LIMIT = 300
STOPPED = r"worker stops while running the job: \d+ records in a row were rejected"
Injected = list[tuple[str, int, int, str]]
"""Topic, partition, offset and reason of what must be refused."""


def spoilt(random: Random, record: Record, serial: int) -> tuple[Record, str]:
    """A bad record of a known reason: faulty by construction, cut off, or with a byte that is no text."""
    value = record.value or b""
    match random.randrange(3):
        case 0:
            return replace(record, value=value[: random.randrange(1, len(value))]), "not_json"
        case 1:
            at = random.randrange(len(value))
            return replace(record, value=value[:at] + b"\xff" + value[at:]), "not_utf8"
        case _:
            reason = random.choice(REASONS)
            return replace(faulty(random, reason, record.timestamp_ms, serial), key=record.key), reason


def poisoned(campaign: Campaign, events: int) -> Injected:
    """Publish good records with one bad among twenty; only good ones are what the audit expects."""
    random = campaign.row.random
    mixed: list[tuple[Record, str]] = []
    for serial, record in enumerate(records(random, events)):
        mixed.append((record, ""))
        if random.random() < 0.05:
            mixed.append(spoilt(random, record, serial))
    spots = campaign.publish(record for record, _ in mixed)
    injected = [(*spot, reason) for spot, (_, reason) in zip(spots, mixed, strict=True) if reason]
    campaign.row.faults += len(injected)
    return injected


def outdated(folder: Path) -> Path:
    """Funnels as a wrong deployment brings them: a stage that the CRM uses is not known."""
    text = Path(funnels.__file__).with_name("funnels.toml").read_text()
    path = folder / "outdated.toml"
    path.write_text(
        text.replace('"offer_reviewed", "contract', '"offer_read", "contract').replace(
            "[stage.offer_reviewed]", "[stage.offer_read]"
        )
    )
    return path


def refused(campaign: Campaign) -> Injected:
    """What lies in quarantine, by its origin."""
    return sorted(
        (each.topic, each.partition, each.offset, each.reason) for each in campaign.deployment.quarantined()
    )


def reviews(count: int) -> list[Record]:
    """Good events of the stage that the outdated funnels do not know."""
    return [
        deal(f"r{number}", "stage_changed", "2025-11-03 12:00", stage="offer_reviewed", id=f"review {number}")
        for number in range(count)
    ]


def test_poison_is_quarantined_then_stops_then_is_replayed(
    campaigns: Campaigns, eager_broker: KafkaBroker, tmp_path: Path
) -> None:
    """Refused is exactly what was injected; bad alone stops the worker; after the fix nothing is missing."""
    with campaigns(eager_broker, VORONKA_REJECT_LIMIT=str(LIMIT)) as campaign:
        injected = poisoned(campaign, size(4_000, 200_000))
        few = campaign.publish(reviews(50))
        injected += [(*spot, "unknown_stage") for spot in few]
        wrong = {"VORONKA_FUNNELS": str(outdated(tmp_path))}
        worker = campaign.start(Faults(), **wrong)
        campaign.deployment.settle(worker)
        assert refused(campaign) == sorted(injected)
        campaign.publish(reviews(4 * LIMIT)[50:])
        assert worker.child.wait(60) == EXIT_REJECTS
        assert re.search(STOPPED, worker.log())
        campaign.allowed += (STOPPED,)
        fixed = campaign.start_recovered()
        replay = campaign.deployment.voronka("quarantine", "replay", "--reason", "unknown_stage")
        assert replay.wait(60) == 0, replay.log_tail()
        campaign.find_ends()
        found = campaign.judge(fixed)
        assert found.exact, str(found)


@pytest.mark.full
def test_control_swallowed_rejects_are_missed(
    campaigns: Campaigns, eager_broker: KafkaBroker, row: Row
) -> None:
    """The control: a worker that drops what it cannot read leaves an empty quarantine."""
    with campaigns(eager_broker) as campaign:
        injected = poisoned(campaign, 3_000)
        worker = campaign.start_recovered(Faults(off="quarantine"))
        campaign.deployment.settle(worker)
        row.lost = len(set(injected) - set(refused(campaign)))
        assert row.lost == len(injected) > 0
