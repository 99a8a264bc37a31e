"""The rates table: other currencies' amounts in the reporting currency, exactly and rounded once.

A fact is converted at the latest rate on or before its own business day, if that is not too old.
"""

from __future__ import annotations

import csv
import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from streams.money import EXPONENTS, MOST_MINOR
from streams.zones import EPOCH_ORDINAL

OLDEST_DAYS = 14
"""A rate holds for so many days after its own: the longest holidays of a central bank are shorter."""

_DECIMAL = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,12})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOST_ROWS = 1_000_000


class RatesError(ValueError):
    """The table is wrong; the message names the line and the fix."""


@dataclass(frozen=True, slots=True)
class _Series:
    """One currency's days (ascending, as day indices) and what a minor unit is worth on each."""

    days: tuple[int, ...]
    factors: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Rates:
    """A checked table; without rows no other currency is converted. `version` changes with any row."""

    series: Mapping[str, _Series] = field(default_factory=dict)
    version: str = ""

    def convert(self, amount_minor: int, currency: str, day: int | None) -> int | None:
        """The amount at that business day's rate (None: at the latest of the table), half to even.

        Nothing where the table has no rate of the day or of the `OLDEST_DAYS` before it, or it is no amount.
        """
        series = self.series.get(currency)
        if series is None:
            return None
        at = len(series.days) if day is None else bisect_right(series.days, day)
        if not at or (day is not None and day - series.days[at - 1] > OLDEST_DAYS):
            return None
        numerator, denominator = series.factors[at - 1]
        whole, rest = divmod(amount_minor * numerator, denominator)
        whole += 2 * rest > denominator or (2 * rest == denominator and whole & 1)
        return whole if whole <= MOST_MINOR else None

    def until(self, day: int) -> Rates:
        """The table as it was on that day: what came later is left out."""
        series = {
            currency: _Series(each.days[:at], each.factors[:at])
            for currency, each in self.series.items()
            if (at := bisect_right(each.days, day))
        }
        return Rates(series, self.version)


def load_rates(text: str, reporting: str) -> Rates:
    """The table that a CSV text describes, or a `RatesError`.

    Its head is `day,currency,<reporting>`; each line says what one unit of a currency is worth from a day on.
    """
    rows: dict[str, dict[int, Fraction]] = {}
    for line, cells in _lines(text, reporting):
        day, currency, rate = _row(line, cells, reporting)
        known = rows.setdefault(currency, {})
        if day in known:
            raise RatesError(f"line {line}: {currency} has a rate of {cells[0]} already, keep one")
        known[day] = rate
    if not rows:
        raise RatesError(f"has no rates: write lines such as 2026-03-02,USD,91.25 (in {reporting})")
    series = {currency: _series(known, currency, reporting) for currency, known in sorted(rows.items())}
    told = repr((reporting, [(currency, each.days, each.factors) for currency, each in series.items()]))
    return Rates(series, hashlib.sha256(told.encode()).hexdigest()[:12])


def _lines(text: str, reporting: str) -> Iterator[tuple[int, Sequence[str]]]:
    lines = text.removeprefix("\ufeff").splitlines()
    delimiter = ";" if lines and ";" in lines[0] else ","
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        head = [cell.strip() for cell in next(reader, [])]
        if head != ["day", "currency", reporting]:
            raise RatesError(
                f"line 1: the head is {delimiter.join(head)!r}: write day,currency,{reporting}, whose last"
                " name is the reporting currency that rates are in"
            )
        for cells in reader:
            if reader.line_num > _MOST_ROWS:
                raise RatesError(f"has more than {_MOST_ROWS} lines, drop years that nobody asks about")
            if any(cell.strip() for cell in cells):
                told = [cell.strip() for cell in cells]
                yield reader.line_num, [cell.replace(",", ".") for cell in told] if delimiter == ";" else told
    except csv.Error as error:
        raise RatesError(f"line {reader.line_num}: {error}, write plain cells") from error


def _row(line: int, cells: Sequence[str], reporting: str) -> tuple[int, str, Fraction]:
    if len(cells) != 3:
        raise RatesError(f"line {line}: has {len(cells)} cells, write three: day, currency, rate")
    day, currency, rate = cells
    if currency not in EXPONENTS:
        raise RatesError(f"line {line}: currency: {currency!r} is no ISO 4217 code in capitals such as USD")
    if currency == reporting:
        raise RatesError(f"line {line}: currency: {currency} is the reporting currency, remove the line")
    if not _DECIMAL.fullmatch(rate) or not Fraction(rate):
        raise RatesError(f"line {line}: rate: {rate!r}, write a decimal above 0 such as 91.25")
    return _day(line, day), currency, Fraction(rate)


def _day(line: int, text: str) -> int:
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        raise RatesError(f"line {line}: day: {text!r} is no day, write such as 2026-03-02")
    return day.toordinal() - EPOCH_ORDINAL


def _series(known: Mapping[int, Fraction], currency: str, reporting: str) -> _Series:
    """Rates of units become rates of minor units, exactly."""
    scale = Fraction(10) ** (EXPONENTS[reporting] - EXPONENTS[currency])
    factors = {day: rate * scale for day, rate in sorted(known.items())}
    return _Series(tuple(factors), tuple((f.numerator, f.denominator) for f in factors.values()))
