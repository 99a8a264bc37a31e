"""Money is read exactly or not at all."""

import pytest

from streams.events import Rejected
from streams.money import EXPONENTS, MOST_MINOR, minor_units, parse_amount


@pytest.mark.parametrize(
    ("currency", "exponent"),
    [("RUB", 2), ("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("XXX", None), ("XAU", None), ("rub", None)],
)
def test_decimals_are_those_of_iso_4217(currency: str, exponent: int | None) -> None:
    """Test codes, metals and small letters are no currencies."""
    assert minor_units(currency) == exponent


def test_every_active_currency_is_known() -> None:
    """The list of 2026 has 165 codes with minor units, each of three capitals."""
    assert len(EXPONENTS) == 165
    assert all(len(code) == 3 and code.isupper() for code in EXPONENTS)
    assert not {"ANG", "BGN", "HRK", "ZWL"} & EXPONENTS.keys()
    assert {"XCG", "ZWG", "SLE", "VED"} <= EXPONENTS.keys()


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("1234.50", "RUB", 123_450),
        ("1234.5", "RUB", 123_450),
        ("1234", "RUB", 123_400),
        ("0", "RUB", 0),
        ("007.10", "EUR", 710),
        ("1234", "JPY", 1234),
        ("0.001", "KWD", 1),
        (1234, "KWD", 1234),
        ("90071992547409.91", "RUB", MOST_MINOR),
    ],
)
def test_an_amount_is_minor_units(amount: str | int, currency: str, minor: int) -> None:
    """Text is in major units, an integer is in minor units already."""
    assert parse_amount(amount, currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency", "reason"),
    [
        ("1.000", "RUB", "bad_value"),
        ("1.0", "JPY", "bad_value"),
        ("", "RUB", "bad_value"),
        ("1,234.50", "RUB", "bad_value"),
        ("1 234", "RUB", "bad_value"),
        ("1e3", "RUB", "bad_value"),
        (".5", "RUB", "bad_value"),
        ("5.", "RUB", "bad_value"),
        ("+5", "RUB", "bad_value"),
        ("١٢", "RUB", "bad_value"),
        ("12\n", "RUB", "bad_value"),
        ("NaN", "RUB", "bad_value"),
        ("90071992547409.92", "RUB", "bad_value"),
        (MOST_MINOR + 1, "RUB", "bad_value"),
        ("-1", "RUB", "negative_amount"),
        (-1, "RUB", "negative_amount"),
        ("1", "XTS", "unknown_currency"),
    ],
)
def test_what_is_no_exact_amount_is_refused(amount: str | int, currency: str, reason: str) -> None:
    """Nothing is rounded or guessed, and the fix says what to send."""
    found = parse_amount(amount, currency)
    assert isinstance(found, Rejected)
    assert found.reason == reason
    assert found.fix


def test_a_rejection_names_the_field_it_is_about() -> None:
    """Also for a cost, and for the currency beside it."""
    bad, unknown = parse_amount("x", "RUB", field="data.cost"), parse_amount("1", "?", field="data.cost")
    assert isinstance(bad, Rejected)
    assert isinstance(unknown, Rejected)
    assert (bad.field, unknown.field) == ("data.cost", "data.currency")
