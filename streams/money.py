"""Money of the ISO 4217 currencies: from what a CRM writes to integer minor units, exactly, and back."""

from __future__ import annotations

import re

from streams.events import Rejected

_CODES_BY_EXPONENT = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF"
    " CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD"
    " GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL"
    " MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR"
    " PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP"
    " TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
EXPONENTS = {code: digits for digits, codes in _CODES_BY_EXPONENT.items() for code in codes.split()}
"""Decimals of every active code of ISO 4217 (2026-01-01) with minor units, so neither gold nor test codes."""

MOST_MINOR = 2**53 - 1
"""The largest amount; beyond it not every program that reads our JSON can hold it exactly."""

_DECIMAL = re.compile(r"(-?)([0-9]{1,16})(?:\.([0-9]{1,16}))?")
_FORM = "decimal text in major units such as 1234.50, or a whole number of minor units"


def minor_units(currency: str) -> int | None:
    """How many decimals the currency has, or None for a code that ISO 4217 does not list as active."""
    return EXPONENTS.get(currency)


def parse_amount(amount: str | int, currency: str, *, field: str = "data.amount") -> int | Rejected:
    """The amount in minor units: text is major units ("12.50"), an integer is minor units already.

    Nothing is rounded: more decimals than the currency has are rejected, as is what is negative or too large.
    """
    exponent = EXPONENTS.get(currency)
    if exponent is None:
        return unknown_currency(field.rpartition(".")[0])
    if isinstance(amount, int):
        minor = amount
        negative = amount < 0
    else:
        written = _DECIMAL.fullmatch(amount)
        if written is None:
            return Rejected(reason="bad_value", field=field, fix=f"send {_FORM}")
        sign, whole, decimals = written[1], written[2], written[3] or ""
        if len(decimals) > exponent:
            return Rejected(
                reason="bad_value", field=field, fix=f"{currency} has {exponent} decimals: send no more"
            )
        minor = int(whole + decimals.ljust(exponent, "0"))
        negative = sign == "-"
    if negative:
        fix = "send 0 or more; what is taken back is an event of its own, such as crm.deal.payment_reversed"
        return Rejected(reason="negative_amount", field=field, fix=fix)
    if minor > MOST_MINOR:
        return Rejected(reason="bad_value", field=field, fix=f"send at most {MOST_MINOR} minor units")
    return minor


def unknown_currency(parent: str) -> Rejected:
    """The rejection of a currency code in the object `parent`."""
    fix = "send an active ISO 4217 code in capitals, such as EUR or RUB"
    return Rejected(reason="unknown_currency", field=f"{parent}.currency", fix=fix)
