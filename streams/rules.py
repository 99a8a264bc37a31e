"""What the numbers depend on besides the events: funnels, calendar, money, and what is told apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from streams.calendar import BusinessCalendar
from streams.funnels import UNKNOWN, Funnels
from streams.money import EXPONENTS
from streams.monthly_facts import SMALL_DEAL_MAJOR
from streams.rates import Rates
from streams.rows import Rows

OTHER = "other"
"""The label of all names that are not told apart."""


@dataclass(frozen=True)
class Rules:
    """One deployment's; `rows` numbers the label combinations met so far."""

    funnels: Funnels
    calendar: BusinessCalendar
    currency: str
    rows: Rows = field(default_factory=Rows)
    rates: Rates = field(default_factory=Rates)
    cuts: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By further family (`streams.rows.CUTS`) the names that are told apart."""
    silence_ms: int | None = None  # a customer who neither buys nor renews for so long has left

    def cut(self, family: str, name: str) -> str:
        """The label of a name: what is not told apart is `other`."""
        return name if name in self.cuts[family] or name == UNKNOWN else OTHER

    def convert(self, amount_minor: int, currency: str, at_ms: int | None) -> int | None:
        """The amount in the reporting currency at the rate of its business day; None where there is none.

        Without a time (a stock) it is worth what the latest rate says.
        """
        if currency == self.currency:
            return amount_minor
        day = None if at_ms is None else self.calendar.day_index(at_ms)
        return self.rates.convert(amount_minor, currency, day)

    @cached_property
    def small_deal_minor(self) -> int:
        """Below this amount a deal is a small one."""
        return SMALL_DEAL_MAJOR * int(10 ** EXPONENTS[self.currency])
