"""What an amount in any currency is worth in the reporting one: looked up day by day, in decimals."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

from tests.oracle.calendar import Config
from tests.oracle.units import PLACES

OLDEST_DAYS: Final = 14
MOST_MINOR: Final = 2**53 - 1
_EXACT: Final = Context(prec=60)


def worth(amount: tuple[int, str], at_ms: int | None, config: Config) -> int | None:
    """Minor units at the rate of the business day of `at_ms`, of a stock (None) at the latest, if any."""
    amount_minor, currency = amount
    if currency == config.currency:
        return amount_minor
    rates = config.rates.get(currency, {})
    if at_ms is None:
        rate = rates[max(rates)] if rates else None
    else:
        day = config.calendar.day_of(at_ms)
        near = [day - timedelta(days=days) for days in range(OLDEST_DAYS + 1)]
        rate = next((rates[each] for each in near if each in rates), None)
    if rate is None:
        return None
    units = _EXACT.multiply(Decimal(amount_minor).scaleb(-PLACES[currency], _EXACT), Decimal(rate))
    minor = units.scaleb(PLACES[config.currency], _EXACT).to_integral_value(ROUND_HALF_EVEN, _EXACT)
    return int(minor) if minor <= MOST_MINOR else None
