"""The rates table is checked line by line, converts exactly, and has a version of its own."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.settings import Settings, SettingsError, load_settings
from streams.calendar import BusinessCalendar
from streams.funnels import DEFAULT
from streams.rates import Rates, RatesError, load_rates
from streams.rules import Rules
from tests.cluster import Cluster
from tests.stories.telling import deal, ms

TABLE = """day,currency,RUB
2026-03-02,USD,90.5
2026-03-04,USD,91
2026-03-02,JPY,0.605
"""
MARCH_2 = 20_514


def test_the_latest_rate_on_or_before_the_day_counts() -> None:
    """From its own day on, until the next one comes; a stock takes the table's latest."""
    rates = load_rates(TABLE, "RUB")
    days = {day: rates.convert(100, "USD", MARCH_2 + day) for day in (-1, 0, 1, 2, 16, 17)}
    assert days == {-1: None, 0: 9050, 1: 9050, 2: 9100, 16: 9100, 17: None}
    assert rates.convert(100, "USD", None) == 9100
    assert rates.convert(100, "EUR", MARCH_2) is None
    assert Rates().convert(100, "USD", MARCH_2) is None


def test_the_reporting_currency_needs_no_rate() -> None:
    """It is what it is, whatever table there is; another one goes by its business day in the zone."""
    calendar = BusinessCalendar("Europe/Moscow", {0: ((540, 1080),)})
    rules = Rules(DEFAULT, calendar, "RUB", rates=load_rates(TABLE, "RUB"))
    assert rules.convert(2**53 - 1, "RUB", 0) == 2**53 - 1
    midnight_ms = 1_772_398_800_000  # 2026-03-02 00:00 in Moscow
    assert rules.convert(100, "USD", midnight_ms - 1) is None
    assert rules.convert(100, "USD", midnight_ms) == 9050


@given(st.integers(0, 2**36), st.decimals("0.000001", "9999", places=6))
def test_conversion_is_exact_and_rounds_half_to_even_once(amount_minor: int, rate: Decimal) -> None:
    """As the fraction says, from two decimals to three."""
    rates = load_rates(f"day,currency,KWD\n2026-03-02,USD,{rate}", "KWD")
    assert rates.convert(amount_minor, "USD", None) == round(amount_minor * Fraction(rate) * 10)


def test_what_is_too_large_for_any_amount_is_not_converted() -> None:
    """Sums stay within what JSON can hold exactly."""
    rates = load_rates("day,currency,RUB\n2026-03-02,USD,1000", "RUB")
    assert rates.convert(2**52, "USD", MARCH_2) is None


def test_an_old_table_is_the_table_of_that_day() -> None:
    """What was learnt later is left out."""
    rates = load_rates(TABLE, "RUB").until(MARCH_2 + 1)
    assert rates.convert(100, "USD", None) == 9050
    assert load_rates(TABLE, "RUB").until(MARCH_2 - 1).series == {}


def test_the_version_follows_the_rates_and_not_how_they_are_written() -> None:
    """Another rate is another version; order, blanks, semicolons and decimal commas are none."""
    version = load_rates(TABLE, "RUB").version
    assert load_rates(TABLE.replace("91", "91.1"), "RUB").version != version
    head, *lines = TABLE.strip().splitlines()
    other = "\ufeff" + "\n\n".join([head, *sorted(lines)]).replace(",", " ; ").replace(".", ",") + "\n"
    assert load_rates(other, "RUB").version == version


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "line 1: the head is ''"),
        ("day,currency,USD\n", "line 1: .* write day,currency,RUB"),
        ("day,currency,RUB\n", "has no rates"),
        ("day,currency,RUB\n2026-03-02,USD", "line 2: has 2 cells"),
        ("day,currency,RUB\n02.03.2026,USD,90", "line 2: day: '02.03.2026'"),
        ("day,currency,RUB\n2026-02-30,USD,90", "line 2: day: '2026-02-30'"),
        ("day,currency,RUB\n20260302,USD,90", "line 2: day"),
        ("day,currency,RUB\n2026-03-02,usd,90", "line 2: currency: 'usd'"),
        ("day,currency,RUB\n2026-03-02,RUB,1", "line 2: currency: RUB is the reporting currency"),
        ("day,currency,RUB\n2026-03-02,USD,0", "line 2: rate: '0'"),
        ("day,currency,RUB\n2026-03-02,USD,-90", "line 2: rate: '-90'"),
        ("day,currency,RUB\n2026-03-02,USD,9e1", "line 2: rate: '9e1'"),
        ("day,currency,RUB\n2026-03-02,USD,1\n2026-03-02,USD,2", "line 3: USD has a rate of 2026-03-02"),
    ],
)
def test_a_wrong_line_is_named_with_what_to_write(text: str, complaint: str) -> None:
    """Nobody searches a table of a thousand days."""
    with pytest.raises(RatesError, match=complaint):
        load_rates(text, "RUB")


def test_the_setting_names_the_file_and_what_is_wrong_in_it(tmp_path: Path) -> None:
    """A table in another currency than the reports' is refused at the start."""
    file = tmp_path / "rates.csv"
    file.write_text(TABLE, encoding="utf-8")
    variables = {"VORONKA_RATES": str(file)}
    assert load_settings(variables).rates == load_rates(TABLE, "RUB")
    with pytest.raises(SettingsError, match=r"VORONKA_RATES: .*rates\.csv: line 1: .*; correct the file"):
        load_settings({**variables, "VORONKA_CURRENCY": "EUR"})


def test_another_table_restates_at_the_next_start() -> None:
    """Journeys keep what the CRM said, so a refold with new rates gives the new sums, closed months too."""
    told = [
        deal("1", "created", "2026-03-02 10:00", channel="vip", amount="2.00", currency="USD"),
        deal("1", "won", "2026-03-03 10:00"),
    ]
    before = Cluster(Settings(clock="event", rates=load_rates(TABLE, "RUB")))
    for record in told:
        before.produce(record.topic, record.key, record.value, record.headers, record.timestamp_ms)
    before.run()
    after = Cluster(Settings(clock="event", rates=load_rates(TABLE.replace("90.5", "80"), "RUB")))
    after.changelogs = before.changelogs
    for partition in after.shards:
        after.restart(partition)
    revenue = ("channel", "revenue_minor", "vip", "")
    for cluster, amount_minor in ((before, 181_00), (after, 160_00)):
        cluster.advance(ms("2026-04-20 12:00"))
        assert cluster.sums("prev_month")[revenue] == amount_minor
