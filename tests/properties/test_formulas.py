"""What holds for every formula and every data."""

from hypothesis import given
from hypothesis import strategies as st

from streams.base_totals import Unit
from streams.formulas import FormulaError, parse

NAMES = ("alpha", "beta", "gamma")
UNITS: dict[str, Unit] = dict.fromkeys(NAMES, "count")

DATA = st.fixed_dictionaries({name: st.none() | st.integers(0, 10**9) for name in NAMES})
TEXTS = st.recursive(
    st.sampled_from(NAMES) | st.integers(0, 1000).map(str),
    lambda parts: st.tuples(parts, st.sampled_from("+-*/"), parts).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
    max_leaves=8,
)


def by_python(text: str, data: dict[str, int | None]) -> float | None:
    """The same text run as Python; None where it has no value."""
    code = compile(text, "formula", "eval")
    if any(data[name] is None for name in code.co_names):
        return None
    try:
        value: float = eval(code, {"__builtins__": {}}, data)  # noqa: S307 - our own generated arithmetic
    except ZeroDivisionError:
        return None
    return value


@given(TEXTS, DATA)
def test_a_formula_means_what_its_text_means(text: str, data: dict[str, int | None]) -> None:
    """Bit for bit, and with a value exactly where there is one."""
    assert parse(text, UNITS).evaluate(lambda total, _: data[total]) == by_python(text, data)


@given(st.text(max_size=60) | st.text("albet+-*/()0123456789. _", max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    """Nothing but a formula or its own error comes out."""
    try:
        formula = parse(text, UNITS)
    except FormulaError:
        return
    assert {total.id for total in formula.totals} <= set(NAMES)


@given(TEXTS, DATA, DATA)
def test_only_the_totals_it_names_matter(
    text: str, data: dict[str, int | None], other: dict[str, int | None]
) -> None:
    """Changing any other total changes nothing."""
    formula = parse(text, UNITS)
    read = {total.id for total in formula.totals}
    mixed = {name: data[name] if name in read else other[name] for name in NAMES}
    assert formula.evaluate(lambda total, _: data[total]) == formula.evaluate(lambda total, _: mixed[total])
