"""The book that a journey's facts are written into: amounts by row and time, for whoever owned it then."""

from __future__ import annotations

from typing import Final

from streams.fragments import Entry
from streams.rows import Places
from streams.rules import Rules
from streams.stories import UNASSIGNED, Deal, Story, owner_at

STOCK: Final = -1
"""Time of a fact that is true now, whenever that is."""

ALWAYS: Final = -1
"""The start of what has stood for as long as anybody can tell."""
Spell = tuple[int, int | None]
"""From when until when something stood; None: until now."""
Fact = tuple[int, int, int]
"""(row number, time in ms or `STOCK`, instant from which it exists or 0)."""
Facts = dict[Fact, int]
"""Packed amounts (see `streams.rows`) by row and time."""


class Book:
    """Writes down the facts of one journey: first of its lead, then of one deal after the other."""

    __slots__ = (
        *("channel", "facts", "rules", "told", "waiting_since"),
        *("_owners", "_places", "_seldom", "_sole_owner"),
    )

    def __init__(self, told: Story, rules: Rules) -> None:
        self.told, self.rules = told, rules
        self.channel = rules.channel(told.channel)
        self.facts: Facts = {}
        self.waiting_since: int | None = None
        """Since when the lead waits for its first answer."""
        self._owners: list[Entry] = []
        self._sole_owner = UNASSIGNED
        self._places, self._seldom = self._at(self.channel, told.told("source"), None)
        self._owned_by(told.owners())

    def turn_to(self, deal: Deal) -> None:
        """What follows is the deal's: where and to whom it is credited."""
        told, rules = self.told, self.rules
        channel, source = rules.channel(told.told("channel", deal)), told.told("source", deal)
        self._places, self._seldom = self._at(channel, source, deal)
        self._owned_by(told.owners(deal))

    def add(self, row: int, at_ms: int, packed: int, due_ms: int = 0) -> None:
        """An amount of a row by itself; it may exist from an instant on only."""
        fact = (row, at_ms, due_ms)
        self.facts[fact] = self.facts.get(fact, 0) + packed

    def credit(self, at_ms: int, packed: int, due_ms: int = 0) -> None:
        """Totals of one time, by channel and source, and by rep for whoever had the lead or deal then."""
        rep = self._sole_owner or owner_at(self._owners, at_ms)
        self.add(self._places[rep], at_ms, packed, due_ms)

    def credit_stock(self, packed: int) -> None:
        """The same for what stands now, and for its latest owner."""
        rep = self._sole_owner or self._owners[-1][4]
        self.add(self._places[rep], STOCK, packed)

    def credit_seldom(self, at_ms: int, packed: int) -> None:
        """Totals of one time that are kept for few windows."""
        rep = self._sole_owner or owner_at(self._owners, at_ms)
        self.add(self._seldom[rep], at_ms, packed)

    def credit_seldom_stock(self, packed: int) -> None:
        """The same for what stands now."""
        rep = self._sole_owner or self._owners[-1][4]
        self.add(self._seldom[rep], STOCK, packed)

    def stand(self, since_ms: int, until_ms: int | None, packed: int) -> None:
        """What stood for some time: who owned it when it came, whom it was handed to, whom it went from."""
        rep = self._sole_owner
        if not rep:
            self._hand_on(since_ms, until_ms, packed)
            return
        row = self._places[rep]
        if since_ms != ALWAYS:
            self.add(row, since_ms, packed)
        if until_ms is not None:
            self.add(row, until_ms, -packed)

    def _hand_on(self, since_ms: int, until_ms: int | None, packed: int) -> None:
        places, rep = self._places, owner_at(self._owners, since_ms)
        if since_ms != ALWAYS:
            self.add(places[rep], since_ms, packed)
        for at_ms, _, _, _, owner in self._owners:
            if since_ms < at_ms and (until_ms is None or at_ms < until_ms) and owner != rep:
                self.add(places[rep], at_ms, -packed)
                self.add(places[owner], at_ms, packed)
                rep = owner
        if until_ms is not None:
            self.add(places[rep], until_ms, -packed)

    def _at(self, channel: str, source: str, deal: Deal | None) -> tuple[Places, Places]:
        told, rules = self.told, self.rules
        if not rules.cuts:
            return rules.rows.places(channel, source)
        cuts = tuple([(cut, rules.cut(cut, told.told(cut, deal))) for cut in rules.cuts])
        return rules.rows.places(channel, source, cuts)

    def _owned_by(self, owners: list[Entry]) -> None:
        self._owners = owners
        self._sole_owner = UNASSIGNED if not owners else owners[0][4] if len(owners) == 1 else ""
