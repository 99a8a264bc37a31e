"""T7: the disk under the broker is full, then free again."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.brokers import KafkaBroker
from tests.chaos.conftest import Campaigns, eager_kafka
from tests.chaos.faults import Faults
from tests.chaos.harness import NO_BROKER, Campaign
from tests.chaos.plan import Row
from tests.chaos.workload import records
from tests.integration.worker import until

pytestmark = [
    pytest.mark.integration,
    pytest.mark.kafka,
    pytest.mark.slow,
    pytest.mark.full,
    pytest.mark.timeout(900),
]
DISK_MIB = 64
SMALL = {
    "log.index.size.max.bytes": "65536",
    "offsets.topic.segment.bytes": "1048576",
    "log.segment.bytes": "4194304",
}
DISK_FULL = (
    r"No space left|[Ss]torage|worker stops: unexpected failure while writing the changelog|^Traceback"
)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own that is soon full."""
    if os.geteuid():
        pytest.skip("mounting a small file system needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    argv = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(disk)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.fixture
def cramped_broker(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KafkaBroker]:
    """A Kafka whose data lie on the small disk."""
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk))
    broker = eager_kafka(SMALL)
    monkeypatch.setattr(tempfile, "tempdir", None)
    with broker:
        yield broker


def fill(disk: Path) -> Path:
    """Take all that is left."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        piece = bytes(4096)
        while True:
            try:
                file.write(piece)
            except OSError:
                return ballast


def broker_is_gone(broker: KafkaBroker) -> bool:
    """Whether the broker has ended: its only log directory has failed."""
    return (
        not Path(f"/proc/{broker.pid}/stat").exists() or " Z " in Path(f"/proc/{broker.pid}/stat").read_text()
    )


def fill_until_the_broker_ends(campaign: Campaign, disk: Path, broker: KafkaBroker) -> Path:
    """The fault: a full disk amid the work; the broker refuses loudly, it ends."""
    campaign.landed()
    ballast = fill(disk)
    until(lambda: broker_is_gone(broker), lambda: broker.log.read_text()[-2000:], 120)
    return ballast


def test_a_full_disk_stops_loudly_and_nothing_is_wrong_afterwards(
    campaigns: Campaigns, cramped_broker: KafkaBroker, small_disk: Path, row: Row
) -> None:
    """The broker ends, the worker goes on knocking or ends with a reason; with room again all is exact."""
    with campaigns(cramped_broker) as campaign:
        campaign.allowed += (NO_BROKER, DISK_FULL)
        campaign.publish(records(row.random, 20_000))
        worker = campaign.start(Faults(pace=0.5, chunk=100))
        campaign.reach(0.1, [worker])
        ballast = fill_until_the_broker_ends(campaign, small_disk, cramped_broker)
        ballast.unlink()
        cramped_broker.restart(kill=True)
        back = time.monotonic()
        campaign.reach(1.0, [worker])  # or until it has ended itself, for a write was refused
        row.figures["worker_lived"] = worker.child.running
        if not worker.child.running:
            worker = campaign.start_recovered()
        found = campaign.judge(worker)
        row.recovery_seconds.append(time.monotonic() - back)
        assert found.exact, str(found)


def test_control_a_full_disk_loses_what_was_committed_first(
    campaigns: Campaigns, cramped_broker: KafkaBroker, small_disk: Path, row: Row
) -> None:
    """The control: with commits before acknowledgements, what the full disk refused is lost."""
    with campaigns(cramped_broker) as campaign:
        campaign.allowed += (NO_BROKER, DISK_FULL)
        campaign.publish(records(row.random, 5_000))
        worker = campaign.start(Faults(pace=5.0, chunk=100, off="order"))
        until(lambda: campaign.done([worker], "committed_offset") > 0, worker.told)
        ballast = fill_until_the_broker_ends(campaign, small_disk, cramped_broker)
        worker.child.kill()
        ballast.unlink()
        cramped_broker.restart(kill=True)
        found = campaign.judge(campaign.start_recovered())
        assert found.lost
