"""What the numbers depend on besides the events: funnels, calendar, money, and what is told apart."""

from __future__ import annotations

from collections.abc import Mapping

from streams.calendar import BusinessCalendar
from streams.funnels import UNKNOWN, Funnels
from streams.money import EXPONENTS
from streams.rates import Rates
from streams.rows import Rows

OTHER = "other"
"""The label of all names that are not told apart."""
SMALL_DEAL_MAJOR = 100_000
"""A deal below this amount, in major units of the reporting currency, is a small one."""


class Rules:
    """One deployment's; `rows` numbers the label combinations met so far.

    `cuts` has by further family (`streams.rows.CUTS`) the names that are told apart; a customer who neither
    buys nor renews for `silence_ms` has left.
    """

    def __init__(
        self,
        funnels: Funnels,
        calendar: BusinessCalendar,
        currency: str,
        *,
        rates: Rates | None = None,
        cuts: Mapping[str, frozenset[str]] | None = None,
        silence_ms: int | None = None,
    ) -> None:
        self.funnels, self.calendar, self.currency, self.silence_ms = funnels, calendar, currency, silence_ms
        self.rows = Rows()
        self.rates = Rates() if rates is None else rates
        self.cuts = dict(cuts or {})
        self.small_deal_minor = SMALL_DEAL_MAJOR * int(10 ** EXPONENTS[currency])
        """Below this amount a deal is a small one."""
        self._channels, self._with_enquiries = frozenset(funnels.by_channel), funnels.with_enquiries

    def channel(self, told: str) -> str:
        """The channel as it is configured."""
        return told if told in self._channels else UNKNOWN

    def waits(self, channel: str) -> bool:
        """Whether leads of this channel wait for an answer."""
        return channel in self._with_enquiries

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
