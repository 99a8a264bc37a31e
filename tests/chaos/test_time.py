"""T14: late and skewed events, an event of 2099, a day of 25 hours and midnights, around a kill."""

from __future__ import annotations

import json
from bisect import bisect_left
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from tests.brokers import KafkaBroker
from tests.chaos.conftest import Campaigns
from tests.chaos.faults import Faults
from tests.chaos.harness import Campaign
from tests.chaos.plan import Row, size
from tests.chaos.workload import beats
from tests.integration.worker import Worker
from tests.oracle import Config, Record
from tests.oracle.units import Refused
from tests.oracle.wire import parse
from tests.simulator import World

pytestmark = [pytest.mark.integration, pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(900)]
BERLIN = ZoneInfo("Europe/Berlin")
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
NAMES = {
    "VORONKA_ZONE": "Europe/Berlin",
    "VORONKA_HOLIDAYS": "DE",
    "VORONKA_REPS": "ann,bob,cid,dora,евгений",
    "VORONKA_SOURCES": "web,ads,fair,referral,сарафан",
}
CONFIG = Config(zone="Europe/Berlin", holidays="DE")
PARTITIONS = 4
INSTANTS = (
    "2025-10-26 01:30",
    "2025-10-26 03:10",  # the day of 25 hours: 02:00 to 03:00 comes twice
    "2025-10-26 23:59",
    "2025-10-27 00:00",
    "2025-11-01 00:00",
    "2025-12-14 12:00",
)
"""When series are compared, on Berlin's wall."""


def ms(wall: str) -> int:
    """UTC milliseconds of a time in Berlin."""
    return (datetime.fromisoformat(wall).replace(tzinfo=BERLIN) - EPOCH) // timedelta(milliseconds=1)


def said(event_id: str, subject: str, verb: str, at_ms: int, sent_ms: int, **data: object) -> Record:
    """One event of a lead at an exact instant."""
    time = (EPOCH + timedelta(milliseconds=at_ms)).isoformat()
    event = {"id": event_id, "source": "/crm/exact", "type": f"crm.lead.{verb}", "subject": subject}
    return Record(
        "crm.leads", subject.encode(), json.dumps({**event, "time": time, "data": data}).encode(), (), sent_ms
    )


def edges() -> list[Record]:
    """Leads a millisecond before, at and after each midnight and change of the clock."""
    found = []
    for number, wall in enumerate((*INSTANTS, "2025-10-26 02:59", "2025-10-26 03:00", "2025-11-02 00:00")):
        for shift in (-1, 0, 1):
            at, name = ms(wall) + shift, f"edge-{number}-{shift}"
            told = {"channel": "inbound", "source": "web", "owner": "ann"}
            found.append(said(f"{name} created", f"lead/{name}", "created", at, at + 5, **told))
    return found


def of_2099(now_ms: int) -> Record:
    """An event whose sender's clock is 74 years ahead."""
    return said("far", "lead/far", "created", ms("2099-01-01 00:00"), now_ms, channel="inbound")


def stages(random: Random, events: int) -> list[list[Record]]:
    """What is sent up to each instant: late and skewed producers, the edges, an impossible event."""
    ends = [ms(wall) for wall in INSTANTS]
    slices: list[list[Record]] = [[] for _ in ends]
    for record in (*World(random.randrange(1 << 30), events).deliveries, *edges()):
        told_ms = max(record.timestamp_ms, _dated_ms(record))
        if (number := bisect_left(ends, told_ms)) < len(ends):
            slices[number].append(record)
    for due, now_ms in zip(slices, ends, strict=True):
        due.sort(key=lambda record: record.timestamp_ms)
        due += [of_2099(now_ms), *beats(now_ms, PARTITIONS)]
    return slices


def _dated_ms(record: Record) -> int:
    """When it says that it happened, if it is an event at all; skewed clocks date after the sending."""
    try:
        event = parse(record)
    except Refused:
        return 0
    return event.time_ms


def follow(campaign: Campaign, slices: list[list[Record]], worker: Worker, *, kill: bool) -> list[str]:
    """Publish up to each instant and compare there; a kill amid the third slice. Returns what is wrong."""
    wrong: list[str] = []
    for number, due in enumerate(slices):
        campaign.publish(due)
        if kill and number == 2:
            campaign.kill(worker)
            worker = campaign.start_recovered()
        found = campaign.judge(worker, config=CONFIG)
        wrong += [f"at {INSTANTS[number]}: {found}"] if not found.exact else []
    return wrong


def test_time_of_every_kind_equals_the_oracle(
    campaigns: Campaigns, eager_broker: KafkaBroker, row: Row
) -> None:
    """At six instants every series is the truth; the event of 2099 never moves the clock."""
    with campaigns(eager_broker, **NAMES) as campaign:
        slices = stages(row.random, size(900, 12_000))
        wrong = follow(campaign, slices, campaign.start_recovered(), kill=True)
        assert not wrong, wrong[0]
        far = [each for each in campaign.deployment.quarantined() if each.reason == "future"]
        assert len({each.offset for each in far}) >= len(INSTANTS)


@pytest.mark.full
def test_control_without_the_door_2099_moves_the_clock(
    campaigns: Campaigns, eager_broker: KafkaBroker, row: Row
) -> None:
    """The control: a worker that lets the future in has another clock and other windows."""
    with campaigns(eager_broker, **NAMES) as campaign:
        slices = stages(row.random, 300)[:2]
        wrong = follow(campaign, slices, campaign.start_recovered(Faults(off="future")), kill=False)
        assert wrong
