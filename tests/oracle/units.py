"""Money and time as events write them, read by the standard library alone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final


class Refused(Exception):  # noqa: N818 - a refusal is an answer here, not an error
    """The record is no event; the argument is the reason of definitions section 8."""


def words(text: str) -> tuple[str, ...]:
    """The words of a text."""
    return tuple(text.split())


PLACES: Final = {
    code: places
    for places, codes in {
        0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
        2: "AED AMD AUD AZN BGN BRL BYN CAD CHF CNY CZK DKK EUR GBP GEL HKD HUF IDR ILS INR KGS KZT MDL MXN "
        "MYR NOK NZD PHP PLN RON RSD RUB SAR SEK SGD THB TJS TMT TRY UAH USD UZS ZAR",
        3: "BHD IQD JOD KWD LYD OMR TND",
    }.items()
    for code in words(codes)
}
"""Digits after the point of the currencies that the tests use (not of all of ISO 4217)."""

_AMOUNT: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_MOST_MINOR: Final = 2**53 - 1
_TIME: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def money(amount: Any, currency: str) -> tuple[int, str]:
    """An amount is a decimal text in major units or an integer in minor ones: (minor units, currency)."""
    if currency not in PLACES:
        raise Refused("unknown_currency")
    if isinstance(amount, bool) or not isinstance(amount, str | int):
        raise Refused("wrong_type")
    if isinstance(amount, str) and not _AMOUNT.fullmatch(amount):
        raise Refused("bad_value")
    minor = Decimal(amount).scaleb(PLACES[currency]) if isinstance(amount, str) else Decimal(amount)
    if minor < 0:
        raise Refused("negative_amount")
    if minor != int(minor) or minor > _MOST_MINOR:
        raise Refused("bad_value")
    return int(minor), currency


def time_ms(text: Any) -> int:
    """RFC 3339 with an offset, in the years 1970 to 2100; digits beyond the millisecond are cut off."""
    if text is None or text == "":
        raise Refused("no_date")
    if not isinstance(text, str):
        raise Refused("wrong_type")
    match = _TIME.fullmatch(text)
    if match is None:
        raise Refused("bad_time")
    year, month, day, hour, minute, second, fraction, sign, offset_hours, offset_minutes = match.groups()
    try:
        local = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError:
        raise Refused("bad_time") from None
    offset = timedelta(hours=int(offset_hours or 0), minutes=int(offset_minutes or 0))
    utc = local + offset if sign == "-" else local - offset
    if not 1970 <= utc.year <= 2100:
        raise Refused("bad_time")
    return (utc - _EPOCH) // timedelta(milliseconds=1) + int(((fraction or "") + "000")[:3])
