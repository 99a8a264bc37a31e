"""How `decode` reads amounts and currencies."""

import pytest

from streams.events import Created, Event, InvoiceIssued, Money
from tests.unit.test_decode import DEAL, Json, read, refused


def test_money_is_read_in_major_or_minor_units() -> None:
    """Text is major units, an integer minor units; every amount of an event has its currency."""
    invoice = {"invoice": "2026-1", "currency": "JPY"}
    for amount in ("1234", 1234):
        found = read(DEAL, type="crm.deal.invoice_issued", data={**invoice, "amount": amount})
        assert isinstance(found, Event)
        assert found.data == InvoiceIssued(invoice="2026-1", amount=Money(1234, "JPY"))
    created = read(DEAL, data={"amount": "1234.5", "currency": "RUB"})
    assert isinstance(created, Event)
    assert created.data == Created(amount=Money(123_450, "RUB"))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"amount": "1"}, ("missing_field", "data.currency")),
        ({"amount": "1", "currency": "XXX"}, ("unknown_currency", "data.currency")),
        ({"amount": "1", "currency": "rub"}, ("unknown_currency", "data.currency")),
        ({"currency": "XXX"}, ("unknown_currency", "data.currency")),
        ({"amount": "-1", "currency": "RUB"}, ("negative_amount", "data.amount")),
        ({"amount": "1.005", "currency": "RUB"}, ("bad_value", "data.amount")),
        ({"amount": 12.5, "currency": "RUB"}, ("wrong_type", "data.amount")),
        ({"amount": 2**53, "currency": "RUB"}, ("bad_value", "data.amount")),
        ({"amount": 10**400, "currency": "RUB"}, ("bad_value", "data.amount")),
        ({"amount": "9" * 5000, "currency": "RUB"}, ("bad_value", "data.amount")),
    ],
)
def test_a_fault_in_money_is_named(data: Json, expected: tuple[str, str]) -> None:
    """Nothing is rounded, guessed or cut."""
    assert refused(read(DEAL, data=data)) == expected
