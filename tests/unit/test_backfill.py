"""History is what a worker would have exported then, as known now."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from click.testing import CliRunner
from prometheus_client import metrics_core
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from agents.backfill.command import BackfillError, command, instants
from agents.backfill.past import KEPT, Past, in_order
from agents.backfill.text import PLACE, Sheet
from agents.settings import Settings
from streams import metrics
from tests.integration.series import differences, expected, series, summed
from tests.oracle import Record, oracle_facts, read
from tests.simulator import START_MS, World
from tests.unit.test_as_of import stored, until

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
SETTINGS = Settings(
    reps=("ann", "bob", "cid", "dora", "евгений"), sources=("web", "ads", "fair", "referral", "сарафан")
)
TOPICS = ("crm.leads", "crm.deals", "crm.ledger")


def world(seed: int, events: int) -> list[Record]:
    """What came to the topics, faults and all."""
    return [
        Record(each.topic, each.key, each.value, tuple(each.headers), each.timestamp_ms)
        for each in World(seed, events).deliveries
    ]


@pytest.mark.parametrize("seed", range(3))
def test_each_instant_has_the_series_of_the_events_up_to_then(seed: int) -> None:
    """Every exported series equals the oracle at instants between a minute and three weeks apart."""
    records = world(seed, 150)
    moments = [START_MS + int(days * DAY_MS) for days in (0.2, 0.2007, 3.4, 10, 31)]
    told = in_order(SETTINGS, ((topic, stored(records, topic)) for topic in TOPICS), moments[-1])
    past, compared = Past(SETTINGS, told, moments[0]), 0
    for now_ms in moments:
        exported = {
            series(sample.name, **sample.labels): sample.value
            for family in past.at(now_ms)
            for sample in family.samples
        }
        wanted = expected(read(oracle_facts(until(records, now_ms)), now_ms))
        assert not differences(summed([exported]), wanted)
        assert exported[series(metrics.CLOCK.name)] == now_ms / 1000
        compared += len(wanted)
    assert compared > 500, "too few series to prove anything"


def test_only_what_follows_from_events_is_told_of_the_past() -> None:
    """No worker ran then: nothing is told of one but that every shard was there, and what rules ask for."""
    told = in_order(SETTINGS, ((topic, stored(world(5, 80), topic)) for topic in TOPICS), START_MS + DAY_MS)
    families = list(Past(SETTINGS, told, START_MS + DAY_MS).at(START_MS + DAY_MS))
    names = {sample.name for family in families for sample in family.samples}
    assert {metrics.SHARDS.name, metrics.SHARD_READY.name, "sales_currency_info"} <= names
    assert {metrics.WORKDAYS.name, metrics.PASSED.name} <= names
    assert {family.name for family in families} <= KEPT | {name.removesuffix("_info") for name in KEPT}
    assert not names & {metrics.APPLIED.name, metrics.LAG.name, metrics.RESTATEMENTS.name}


def test_the_text_is_openmetrics_with_every_sample_at_its_time() -> None:
    """The official parser reads it back: families and series in one piece, values to the last digit."""
    sheet, told = (
        Sheet(),
        [(1_767_225_600_000, 1.0), (1_767_225_660_500, 0.1 + 0.2), (1_767_225_720_000, 3e9)],
    )
    for at_ms, value in told:
        gauge = metrics_core.GaugeMetricFamily("sales_x", 'A "gauge".', labels=["rep"])
        gauge.add_metric(['евг"ений\\'], value)
        if value > 1:
            gauge.add_metric(["later"], 1)
        sheet.add(at_ms, [gauge, metrics_core.InfoMetricFamily("sales_y", "Info.", {"of": "RUB"})])
    text = io.StringIO()
    sheet.write(text)
    first, second = text_string_to_metric_families(text.getvalue())  # type: ignore[no-untyped-call]
    found = [
        (sample.labels["rep"], sample.value, sample.timestamp)
        for sample in first.samples
        if sample.labels["rep"] != "later"
    ]
    assert [(rep, value, float(at)) for rep, value, at in found] == [
        ('евг"ений\\', value, at_ms / 1000) for at_ms, value in told
    ]
    assert {sample.name for sample in second.samples} == {"sales_y_info"}
    assert all(sample.labels.items() >= PLACE.items() for sample in (*first.samples, *second.samples))


def test_a_period_of_days_begins_and_ends_on_the_business_wall() -> None:
    """From midnight in Moscow up to the next one after the last day, which is not in it."""
    period = instants(Settings(), "2026-01-01", "2026-01-02", "6h")
    assert len(period) == 8
    assert period[0] == 1_767_214_800_000
    exact = instants(Settings(zone="UTC"), "2026-01-01T10:00", "2026-01-01T10:01+00:00", "1m")
    assert list(exact) == [1_767_261_600_000]


@pytest.mark.parametrize(
    ("first", "last", "step", "words"),
    [
        ("2026-01-02", "2026-01-01", "1h", "--to: 2026-01-01 is not after"),
        ("yesterday", "2026-01-01", "1h", "--from: 'yesterday' is no moment; write such as"),
        ("2026-01-01", "9999-12-31", "1h", "--to: '9999-12-31' is no moment|out of reach"),
        ("2026-01-01", "2026-01-02", "0h", "--step: '0h' is no step; write such as 15m"),
        ("2000-01-01", "2026-01-02", "1m", "--step: .* instants are too many; take a longer step than 1m"),
    ],
)
def test_a_period_that_cannot_be_is_refused(first: str, last: str, step: str, words: str) -> None:
    """With the option that is wrong and what to write."""
    with pytest.raises(BackfillError, match=words):
        instants(Settings(), first, last, step)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    """Blocks of two periods in one folder would be hard to tell apart."""
    (tmp_path / "mine").write_text("")
    argv = ["--from", "2026-01-01", "--to", "2026-01-02", "--out", str(tmp_path)]
    done = CliRunner().invoke(command, argv)
    assert isinstance(done.exception, BackfillError)
    assert "is not an empty folder" in str(done.exception)
