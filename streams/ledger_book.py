"""What every part of the ledger writes its facts with: rows, channels, and amounts of days by currency."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from streams.book import Facts
from streams.fragments import Fragment
from streams.ledger_days import Entry, day_number, standing
from streams.ledger_growth import parts
from streams.rows import CHANNEL_MONTHLY, UNITS, RowKey
from streams.rules import Rules


class LedgerBook:
    """The facts of one journey of the ledger, as they are written down."""

    def __init__(self, rules: Rules) -> None:
        self.rules, self.calendar = rules, rules.calendar
        self.facts: Facts = {}

    def add(self, row: RowKey, at_ms: int, packed: int, due_ms: int = 0) -> None:
        """One more amount; `due_ms` is the instant from which it exists."""
        fact = (self.rules.rows.number(*row), at_ms, due_ms)
        self.facts[fact] = self.facts.get(fact, 0) + packed

    def add_day(self, row: RowKey, day: int, packed: int) -> None:
        """A fact of a whole day is dated at its start."""
        self.add(row, self.calendar.day_start_ms(day), packed)

    def days(
        self, entries: Iterable[Entry], channel: str, *, spread: bool = True
    ) -> Iterator[tuple[int, int]]:
        """What stands on each day, in the reporting currency; a day without a rate is only counted."""
        for day, (amount, currency) in standing(entries, self.calendar, spread=spread).items():
            worth: int | None = amount
            if currency:
                worth = self.rules.convert(amount, currency, self.calendar.day_start_ms(day))
            if worth is None:
                self.add_day((CHANNEL_MONTHLY, channel, ""), day, UNITS["ledger_unconverted"])
            else:
                yield day, worth


def entries_by_subject(fragment: Fragment) -> dict[tuple[str, ...], list[Entry]]:
    """The entries of a fragment by what they are about besides their days."""
    grouped: defaultdict[tuple[str, ...], list[Entry]] = defaultdict(list)
    for name, (at_ms, rank, source, event_id, value) in fragment.items.items():
        *about, first, last = parts(name)
        match value:
            case int(amount):
                currency = ""
            case (int(amount), str(currency)):
                pass
            case _:
                continue
        order = (at_ms, rank, source, event_id)
        grouped[tuple(about)].append(Entry(day_number(first), day_number(last), amount, currency, order))
    return grouped
