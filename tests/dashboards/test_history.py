"""A past period from Kafka in a real Prometheus."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from agents.backfill.command import instants
from agents.backfill.past import Past, in_order
from tests.brokers import EmbeddedBroker
from tests.dashboards import prometheus
from tests.dashboards.prometheus import Labels
from tests.integration.worker import deployed
from tests.simulator import START_MS, World
from tests.stories.telling import MOSCOW
from tests.unit.test_as_of import stored

pytestmark = pytest.mark.integration
NAMES = {"VORONKA_REPS": "ann,bob,cid", "VORONKA_SOURCES": "web,ads"}
STEP, DAYS = "12h", 25
ASKED = ("sales_clock_seconds", "sales_stage_entered", "sales_revenue", "sales_rep_revenue", "sales_waiting")
Samples = dict[tuple[str, Labels], dict[float, float]]


def day(ms: int) -> str:
    """A day as the command takes it."""
    return datetime.fromtimestamp(ms / 1000, MOSCOW).date().isoformat()


def test_a_range_query_over_the_past_equals_what_python_folds(
    embedded_broker: EmbeddedBroker, fresh_name: Callable[[str], str], tmp_path: Path
) -> None:
    """The command's blocks, loaded by Prometheus: each sample of every asked series at each instant."""
    prometheus.program("prometheus")
    first, last = day(START_MS), day(START_MS + DAYS * 86_400_000)
    with deployed(embedded_broker.bootstrap, fresh_name("history"), tmp_path, NAMES) as deployment:
        deployment.publish(
            record
            for record in World(31, 250).deliveries
            if record.topic in ("crm.leads", "crm.deals", "crm.ledger")
        )
        out = tmp_path / "out"
        told = deployment.voronka(
            "backfill", "--from", first, "--to", last, "--step", STEP, "--out", str(out)
        )
        assert told.wait(100) == 0, told.log_tail()
        settings, records = deployment.settings, deployment.records
    period = instants(settings, first, last, STEP)
    sources = [
        (f"{settings.topic_prefix}{topic}", stored(records, topic))
        for topic in ("crm.leads", "crm.deals", "crm.ledger")
    ]
    past = Past(settings, in_order(settings, sources, period[-1]), period[0])
    wanted: Samples = {}
    for at_ms in period:
        for sample in (sample for family in past.at(at_ms) for sample in family.samples):
            if sample.name in ASKED:
                series = wanted.setdefault((sample.name, frozenset(sample.labels.items())), {})
                series[at_ms / 1000] = sample.value
    found = loaded(out / "blocks", tmp_path, period)
    assert found == wanted
    assert {name for name, _ in wanted} == set(ASKED)
    assert sum(before != after for series in wanted.values() for before, after in pairwise(series.values()))


def loaded(blocks: Path, folder: Path, period: range) -> Samples:
    """What a Prometheus that has these blocks answers to range queries over the period."""
    (folder / "data").mkdir()
    for block in blocks.iterdir():
        block.rename(folder / "data" / block.name)
    server = prometheus.launch(folder, {}, "--storage.tsdb.retention.time=100y")
    found: Samples = {}
    try:
        for name in ASKED:
            answer = server.ask(
                "query_range",
                query=name,
                start=str(period[0] / 1000),
                end=str(period[-1] / 1000),
                step=str(period.step / 1000),
            )
            for each in answer["result"]:
                labels = {label: text for label, text in each["metric"].items() if label != "__name__"}
                assert (labels.pop("job"), labels.pop("instance")) == ("voronka", "backfill")
                found[name, frozenset(labels.items())] = {at: float(value) for at, value in each["values"]}
    finally:
        server.child.stop()
    return found
