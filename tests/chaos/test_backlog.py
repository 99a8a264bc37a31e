"""T15: a worker comes back to a large backlog, then serves a live stream."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import pytest

from agents.broker import producer
from tests.brokers import KafkaBroker
from tests.chaos.conftest import Campaigns
from tests.chaos.harness import Campaign
from tests.chaos.plan import Row, size
from tests.chaos.workload import START_MS, records
from tests.integration.worker import Place, Worker, until
from tests.oracle import Record

pytestmark = [
    pytest.mark.integration,
    pytest.mark.kafka,
    pytest.mark.slow,
    pytest.mark.full,
    pytest.mark.timeout(1800),
]
PROBES = 300
PATIENT_MS = 5_000.0


def peak_mib(worker: Worker) -> float:
    """The most memory that the process ever held."""
    lines = Path(f"/proc/{worker.child.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def probe(number: int) -> Record:
    """A live event; its number makes it new."""
    key = f"lead/{number % 50}"
    value = (
        f'{{"id":"probe {number}","source":"/probe","type":"crm.lead.contact_attempted","subject":"{key}",'
        f'"time":"2025-10-10T10:00:00Z","data":{{}}}}'
    )
    return Record("crm.leads", key.encode(), value.encode(), (), START_MS + 90_000_000)


def delays_ms(campaign: Campaign, worker: Worker) -> list[float]:
    """From the sending of an event to the moment when the worker's numbers hold it, in order of size."""
    found, deployment = [], campaign.deployment
    with producer(deployment.settings) as client:
        for number in range(PROBES):
            record = probe(number)
            sent_at = time.monotonic()
            sent = client.send(
                deployment.settings.leads_topic,
                record.value,
                key=record.key,
                timestamp_ms=record.timestamp_ms,
            )
            client.flush()
            told = sent.get(30)
            place = (told.topic, told.partition)
            until(partial(holds, worker, place, told.offset), worker.told)
            found.append((time.monotonic() - sent_at) * 1000)
            deployment.ends[place] = told.offset + 1
            campaign.records.append(record)
    return sorted(found)


def holds(worker: Worker, place: Place, offset: int) -> bool:
    """Whether the worker's numbers hold a record."""
    return (worker.positions("next_offset").get(place) or 0) > offset


def test_a_backlog_is_drained_exactly(campaigns: Campaigns, eager_broker: KafkaBroker, row: Row) -> None:
    """All that came while the worker was off is applied, with bounded memory; then it is live again."""
    with campaigns(eager_broker) as campaign:
        campaign.publish(records(row.random, size(20_000, 1_000_000)))
        row.faults = 1
        started = time.monotonic()
        worker = campaign.start_recovered()
        ready = time.monotonic()
        campaign.deployment.settle(worker, seconds=900)
        drained = time.monotonic()
        row.figures |= {
            "events_per_second": round(len(campaign.records) / (drained - ready)),
            "seconds_with_start": round(drained - started, 1),
            "peak_mib": round(peak_mib(worker)),
        }
        delays = delays_ms(campaign, worker)
        row.figures |= {
            "delay_p50_ms": round(delays[len(delays) // 2]),
            "delay_p99_ms": round(delays[len(delays) * 99 // 100]),
        }
        found = campaign.judge(worker, seconds=900)
        assert found.exact, str(found)
        assert delays[len(delays) * 99 // 100] < PATIENT_MS


def test_control_a_missing_event_is_seen(campaigns: Campaigns, eager_broker: KafkaBroker, row: Row) -> None:
    """The control: the audit names one event that was acknowledged and never reached the log."""
    with campaigns(eager_broker) as campaign:
        campaign.publish(records(row.random, 3_000))
        worker = campaign.start_recovered()
        campaign.deployment.settle(worker)
        campaign.records.append(probe(1))
        found = campaign.judge(worker)
        assert found.lost == ["/probe probe 1"]
        assert len(found.wrong_keys) == 1
