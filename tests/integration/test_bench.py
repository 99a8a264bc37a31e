"""The benchmarks keep working: a few thousand events through the lane, proved as in a full measure."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import measures, reference
from benchmarks.engines.catalogue import ENGINES
from benchmarks.machine import Placement
from benchmarks.runs import BenchError, measure
from tests.brokers import KafkaBroker

pytestmark = [pytest.mark.integration, pytest.mark.kafka, pytest.mark.slow]

EVENTS = 4_000


def test_the_lane_and_a_limit_do_the_reference_job_and_a_wrong_counter_is_seen(
    kafka_broker: KafkaBroker,
    fresh_name: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both come to what plain Python comes to; with one counter too many no figure comes out."""
    anywhere = Placement("apart", (), ((),))
    bench = measures.Bench(kafka_broker, tmp_path, {"apart": anywhere}, None, itertools.count())
    monkeypatch.setattr(bench, "name", fresh_name)
    stream = measures.ReferenceStream(bench)
    lane = measures.throughput(bench, stream, ENGINES["lane"], "apart", EVENTS)
    limit = measures.throughput(bench, stream, ENGINES["aiokafka_loop"], "apart", EVENTS)
    for figures in (lane, limit):
        assert figures.events == EVENTS
        assert figures.seconds > 0
        assert figures.cpu_seconds > 0
        assert figures.peak_kib > 10_000
    source, truth = stream.first(EVENTS)
    wrong = reference.Counters(truth.leads, truth.funnel + truth.funnel, truth.responses)
    monkeypatch.setattr("benchmarks.runs.PROOF_SECONDS", 0.0)
    with pytest.raises(BenchError, match="its figure does not count"):
        measure(ENGINES["aiokafka_loop"], source, wrong, anywhere, fresh_name("wrong"), tmp_path)
