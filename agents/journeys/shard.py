"""One partition's journeys and their totals; journeys rest as bytes, totals follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agents.journeys.clock import WorkerClock
from agents.journeys.stats import EntryLag, ShardStats
from agents.lane import LaneRecord
from streams.events import Event
from streams.facts import Fact, Facts, Rules, difference
from streams.folding import SOLD, counted
from streams.journeys import Journey, from_bytes, latest_ms, merge, to_bytes
from streams.passage import STOCK
from streams.stories import Story, story
from streams.totals import MINIMUM, Totals

RECENT = 2_048
"""Journeys of a shard that stay decoded: those that were touched last are touched next."""


class Touched:
    """A journey taken out for a chunk, with the facts that its totals hold at the moment."""

    __slots__ = ("changed", "channel", "facts", "journey", "lags", "late")

    def __init__(self, journey: Journey, facts: Facts) -> None:
        self.journey, self.facts = journey, facts
        self.changed = False
        self.late: list[tuple[Event, int, LaneRecord]] = []
        self.lags: list[int] = []
        self.channel = ""


class JourneyShard:
    """State of one partition: satisfies the lane's `Shard` and what the exporters read."""

    def __init__(self, partition: int, rules: Rules, clock: WorkerClock) -> None:
        self.partition = partition
        self.rules, self._clock = rules, clock
        self.journeys: dict[str, bytes] = {}
        self.totals = Totals(rules.calendar, rules.rows)
        self.stats = ShardStats()
        self.waiting: dict[str, int] = {}
        """Journeys whose lead waits for its first answer, and since when (ms)."""
        self._recent: dict[str, Touched] = {}

    def restore(self, records: Sequence[LaneRecord]) -> None:
        """Merge journeys from the changelog; what is here already stays joined with it."""
        self._recent.clear()
        for record in records:
            if record.key is None or record.value is None:
                continue
            key = record.key.decode()
            known = self.journeys.get(key)
            if known is None:
                self.journeys[key] = record.value
            elif known != record.value:
                journey = from_bytes(known)
                merge(journey, from_bytes(record.value))
                self.journeys[key] = to_bytes(journey)

    def recovered(self) -> None:
        """Refold the totals of all journeys."""
        totals = Totals(self.rules.calendar, self.rules.rows)
        totals.advance(self._clock.now_ms())
        self.waiting.clear()
        for key, raw in self.journeys.items():
            journey = from_bytes(raw)
            self._clock.observe(latest_ms(journey))
            changes = self._facts(key, journey)[0].items()
            totals.apply(changes)
            self._follow_waiting(key, changes)
        totals.advance(self._clock.now_ms())
        self.totals = totals

    def take(self, key: str) -> Touched:
        """Take a journey out to change it; `put` brings it back."""
        if (recent := self._recent.pop(key, None)) is not None:
            return recent
        raw = self.journeys.get(key)
        if raw is None:
            return Touched(Journey(), {})
        journey = from_bytes(raw)
        return Touched(journey, self._facts(key, journey)[0])

    def fold(self, key: str, touched: Touched, *, late: bool = False) -> None:
        """Bring the totals to what the journey says now; what late events changed is a restatement."""
        facts, touched.channel = self._facts(key, touched.journey)
        changes = difference(facts, touched.facts)
        if late:
            self._restated(changes)
        self.totals.apply(changes)
        self._follow_waiting(key, changes)
        touched.facts = facts

    def _follow_waiting(self, key: str, changes: Iterable[tuple[Fact, int]]) -> None:
        """A lead that the minimum of waiting times holds is known by its name too."""
        rows = self.rules.rows.keys
        moved = [(amount, at_ms) for (row, at_ms, _), amount in changes if rows[row][0] == MINIMUM]
        for amount, at_ms in sorted(moved):  # what goes before what comes
            if amount > 0:
                self.waiting[key] = at_ms
            else:
                self.waiting.pop(key, None)

    def told(self, key: str) -> Story | None:
        """What counts at a lead's or deal's journey now, decoded for whoever asks."""
        raw = self.journeys.get(key)
        return None if raw is None or not key.startswith(SOLD) else story(key, from_bytes(raw))

    def _restated(self, changes: list[tuple[Fact, int]]) -> None:
        """Count each total that changed, once for each time it is dated by."""
        rows = self.rules.rows
        for (row, at_ms, _), packed in changes:
            if at_ms != STOCK and rows.keys[row][0] in ("channel", "stage"):
                self.stats.restatements.update(key[1] for key, _ in rows.totals(row, packed))

    def put(self, key: str, touched: Touched, *, late: bool = False) -> bytes:
        """Keep a changed journey, its totals folded; returns what the changelog must hold."""
        self.fold(key, touched, late=late)
        for lag_ms in touched.lags:
            self.stats.entry_lag.setdefault(touched.channel, EntryLag()).observe(lag_ms)
        raw = self.journeys[key] = to_bytes(touched.journey)
        self._keep(key, touched)
        return raw

    def _keep(self, key: str, touched: Touched) -> None:
        touched.changed, touched.late, touched.lags = False, [], []
        self._recent[key] = touched
        if len(self._recent) > RECENT:
            del self._recent[next(iter(self._recent))]

    def _facts(self, key: str, journey: Journey) -> tuple[Facts, str]:
        return counted(key, journey, self.rules)
