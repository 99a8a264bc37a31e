"""Formulas say what a KPI is: only arithmetic over known totals, and no value where there is no data."""

from collections.abc import Mapping

import pytest

from streams.base_totals import Unit
from streams.formulas import FormulaError, Lookup, before, parse, ripe, told_of

UNITS: dict[str, Unit] = {
    "won": "count",
    "lost": "count",
    "cycle_ms": "ms",
    "revenue_minor": "minor",
    "entered": "count",
}


def of(totals: Mapping[str, int | None], following: Mapping[str, int | None] | None = None) -> Lookup:
    """Look totals up in a mapping, and those of the next stage in the other."""
    return lambda total, next_stage: ((following or {}) if next_stage else totals).get(total)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("won", 6),
        ("won / (won + lost)", 0.75),
        ("won - lost - 1", 3),
        ("won - (lost - 1)", 5),
        ("won / lost / 2", 1.5),
        ("2 * won + lost", 14),
        ("2 * (won + lost)", 16),
        ("cycle_ms / won", 1000.5),
        ("0.5 * won", 3.0),
    ],
)
def test_arithmetic_binds_as_everybody_expects(text: str, value: float) -> None:
    """Precedence and order are those of school."""
    assert parse(text, UNITS).evaluate(of({"won": 6, "lost": 2, "cycle_ms": 6003})) == value


def test_whole_numbers_stay_exact() -> None:
    """Sums of minor units beyond the precision of a float are not touched."""
    assert (
        parse("revenue_minor + revenue_minor", UNITS).evaluate(of({"revenue_minor": 2**60 + 1})) == 2**61 + 2
    )


@pytest.mark.parametrize(
    "totals",
    [
        {"won": None, "lost": 2},
        {"won": 3, "lost": None},
        {"won": 0, "lost": 0},
    ],
)
def test_no_data_gives_no_value(totals: dict[str, int | None]) -> None:
    """An unknown part and a division by zero are no 0."""
    assert parse("won / (won + lost)", UNITS).evaluate(of(totals)) is None


def test_a_numerator_of_nothing_is_zero() -> None:
    """Nothing won of four closed is 0, and that is data."""
    assert parse("won / (won + lost)", UNITS).evaluate(of({"won": 0, "lost": 4})) == 0


def test_the_next_stage_is_looked_up_there() -> None:
    """A period conversion reads the same total one stage further."""
    formula = parse("next_stage(entered) / entered", UNITS)
    assert formula.evaluate(of({"entered": 8}, {"entered": 2})) == 0.25
    assert formula.evaluate(of({"entered": 8}, {})) is None


def test_what_grows_beyond_all_numbers_has_no_value() -> None:
    """No overflow gets out."""
    text = " * ".join(["won"] * 40)
    assert parse(text, UNITS).evaluate(of({"won": 10**15})) is None
    assert parse("won / 1e-15 * won * won", UNITS).evaluate(of({"won": 10**150})) is None


@pytest.mark.parametrize(
    ("text", "dimension"),
    [
        ("won / lost", (0, 0)),
        ("cycle_ms / won", (1, 0)),
        ("revenue_minor", (0, 1)),
        ("revenue_minor / cycle_ms", (-1, 1)),
        ("cycle_ms * won - cycle_ms", (1, 0)),
    ],
)
def test_the_unit_follows_from_the_formula(text: str, dimension: tuple[int, int]) -> None:
    """Powers of time and of money, for the catalogue to compare with the unit it names."""
    assert parse(text, UNITS).dimension == dimension


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no expression"),
        ("won +", "no expression"),
        ("won lost", "no expression"),
        ("won = 1", "no expression"),
        ("unheard", "'unheard' is no total"),
        ("won ** 2", "not allowed"),
        ("won % 2", "not allowed"),
        ("-won", "not allowed"),
        ("won if lost else 1", "not allowed"),
        ("won > lost", "not allowed"),
        ("max(won, lost)", "not allowed"),
        ("next_stage(won + lost)", "not allowed"),
        ("next_stage(won, lost)", "not allowed"),
        ("next_stage(total=won)", "not allowed"),
        ("next_stage(unheard)", "'unheard' is no total"),
        ("__import__('os')", "not allowed"),
        ("won.real", "not allowed"),
        ("won[0]", "not allowed"),
        ("'won'", "not allowed"),
        ("True", "not allowed"),
        ("1j", "not allowed"),
        ("1e999", "not allowed"),
        ("9" * 100, "not allowed"),
        ("(lambda: won)()", "not allowed"),
        ("cycle_ms + won", "match the units"),
        ("revenue_minor - cycle_ms", "match the units"),
        ("won + " * 100 + "won", "at most 400"),
        ("(" * 190 + "won" + ")" * 189, "no expression"),
        ("won\0", "no expression"),
    ],
)
def test_anything_else_is_refused_with_a_reason(text: str, complaint: str) -> None:
    """No name, call or operator beyond the language gets through, and the message says what is wrong."""
    with pytest.raises(FormulaError, match=complaint):
        parse(text, UNITS)


def test_a_ratio_knows_its_sample() -> None:
    """What a ratio divides by is what it rests on; a sum of ratios has no single one."""
    assert parse("won / (won + lost)", UNITS).denominator == parse("won + lost", UNITS).root
    assert parse("won / lost + won / lost", UNITS).denominator is None


def test_the_period_before_is_another_total() -> None:
    """Lookups are asked for it under a name of its own, in the unit of the total."""
    formula = parse("(won - previous(won)) / previous(won)", {"won": "count"})
    counts = {"won": 6, before("won"): 4}
    assert formula.evaluate(lambda total, _: counts[total]) == 0.5
    assert formula.dimension == (0, 0)


def test_a_ripe_total_is_another_one_and_knows_no_window() -> None:
    """Those who came in the last closed 30 days are looked up apart from those of the window."""
    formula = parse("won / ripe(came) * came", {"won": "count", "came": "count"})
    counts = {"won": 6, ripe("came"): 4, "came": 10}
    assert formula.evaluate(lambda total, _: counts[total]) == 15
    assert [told_of(name) for name in (ripe("came"), before("came"), "came")] == ["came"] * 3
