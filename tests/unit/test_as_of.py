"""KPIs as of a past moment are those of the events up to then, as the batch truth has them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pytest

from agents.as_of import AsOfError, Past, moment_ms
from agents.readings import Readings
from agents.settings import Settings
from agents.view import View
from streams.catalogue import SHIPPED
from streams.reported_totals import TOTALS
from streams.scorecard_file import shipped_scorecard
from streams.scoring import score
from tests.cluster import rates_of
from tests.oracle import FAMILIES, Config, Record, oracle_facts, read
from tests.oracle.units import Refused
from tests.oracle.wire import parse
from tests.properties.test_worlds import CONVERTING
from tests.simulator import START_MS, World

DAY_MS = 86_400_000
WINDOWS = ("24h", "7d", "30d", "month", "prev_30d", "prev_month", "all")


@dataclass(frozen=True)
class Stored:
    """A record as a Kafka client reads it."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    timestamp: int


def stored(records: Iterable[Record], topic: str, first: int = 0) -> Iterator[Stored]:
    """The records of a topic, in three partitions that start at an offset."""
    offsets = [first, first, first]
    for number, record in enumerate(each for each in records if each.topic == topic):
        partition = number % 3
        offset, offsets[partition] = offsets[partition], offsets[partition] + 1
        yield Stored(partition, offset, record.key, record.value, record.headers, record.timestamp_ms)


def until(records: Iterable[Record], as_of_ms: int) -> Iterator[Record]:
    """What was told of the time up to a moment."""
    for record in records:
        try:
            if parse(record).time_ms <= as_of_ms:
                yield record
        except Refused:
            continue


def past(records: Sequence[Record], as_of_ms: int, config: Config) -> Past:
    """A fold of all records, as of a moment."""
    made = Past(Settings(rates=rates_of(config)), as_of_ms)
    for topic in ("crm.leads", "crm.deals", "crm.ledger"):
        made.read(topic, stored(records, topic))
    return made


@pytest.mark.parametrize("seed", range(4))
def test_the_past_is_what_the_oracle_says_of_the_events_up_to_then(seed: int) -> None:
    """Every KPI, by every dimension, at two moments of a world of faults and moves."""
    records = [
        Record(each.topic, each.key, each.value, tuple(each.headers), each.timestamp_ms)
        for each in World(seed, 120).deliveries
    ]
    judged = {
        kpi for kpi in SHIPPED.kpis.values() if _truth_known(kpi.totals) and kpi.period != "since_start"
    }
    valued = 0
    for days in (3.4, 21):
        as_of_ms = START_MS + int(days * DAY_MS)
        made = past(records, as_of_ms, CONVERTING)
        truth = read(oracle_facts(until(records, as_of_ms), _as_known(as_of_ms)), as_of_ms)
        for window in WINDOWS:
            before = f"prev_{window}"
            sums = {name: truth.sums.get(name, {}) for name in (window, before, "all")}
            expected = View(Readings(as_of_ms, (), sums, truth.waiting_since), window, Settings(partitions=1))
            found = made.kpis(window)["kpis"]
            for kpi_id, wanted in expected.kpis():
                if SHIPPED.kpis[kpi_id] in judged:
                    assert {name: found[kpi_id][name] for name in wanted} == wanted, (window, days)
                    valued += wanted["value"] is not None
    assert valued > 300, "too few values to prove anything"


def _truth_known(totals: Iterable[str]) -> bool:
    return all(total in FAMILIES or TOTALS[total].kind == "derived" for total in totals)


def _as_known(as_of_ms: int) -> Config:
    """The rates of that day."""
    day = CONVERTING.calendar.day_of(as_of_ms)
    rates = {
        currency: {each: rate for each, rate in known.items() if each <= day}
        for currency, known in CONVERTING.rates.items()
    }
    return Config(rates=rates)


def test_a_scorecard_has_the_values_of_then() -> None:
    """Every KPI that the card does not state itself; two moments score differently."""
    records = [
        Record(each.topic, each.key, each.value, tuple(each.headers), each.timestamp_ms)
        for each in World(2, 200).deliveries
    ]
    card, roots = shipped_scorecard(), []
    for days in (3.4, 21):
        made = past(records, START_MS + int(days * DAY_MS), CONVERTING)
        kpis = made.kpis("30d")["kpis"]
        measured = made.card(card, "30d")
        for kpi_id, measure in card.measures.items():
            past_kpi = kpis.get(SHIPPED.by_alias[kpi_id].id)  # those of the stream itself have no past
            assert measured.measures[kpi_id].value == (past_kpi and past_kpi["value"]), kpi_id
            assert measure.value is None
        roots.append(score(measured, "correct"))
    assert roots[0] != roots[1]


def test_a_topic_that_lost_its_first_records_is_noticed() -> None:
    """Then the past is incomplete, and whoever asks is told."""
    records = World(1, 60).deliveries
    made = Past(Settings(), START_MS + 20 * DAY_MS)
    made.read("crm.leads", stored(records, "crm.leads"))
    assert made.from_start
    made.read("crm.deals", stored(records, "crm.deals", first=5))
    assert not made.from_start


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2026-03-31T18:00", 1_774_969_200_000),
        ("2026-03-31T18:00+00:00", 1_774_980_000_000),
        ("2026-03-31 18:00:00.250", 1_774_969_200_250),
        ("2026-03-31", 1_774_990_799_999),
    ],
)
def test_a_moment_is_told_on_the_wall_or_with_its_offset(text: str, ms: int) -> None:
    """A day is meant up to its end."""
    assert moment_ms(text, "Europe/Moscow") == ms


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-02-30", "2026-3-1", "0001-01-01", "9999-12-31T23:00Z"]
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    """With what to write instead."""
    with pytest.raises(AsOfError, match=r"--as-of: .*(write such as|name a year)"):
        moment_ms(text, "Europe/Moscow")
