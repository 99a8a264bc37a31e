"""One partition's journeys and their totals; journeys rest as bytes, totals follow when they are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from agents.journeys.audit import Audit
from agents.journeys.clock import WorkerClock
from agents.journeys.stats import ShardStats
from agents.lane import LaneRecord
from streams.customers import NOTHING, part_for_customers
from streams.events import Event
from streams.facts import Fact, Facts, difference
from streams.folding import SOLD, counted
from streams.journeys import Journey, from_bytes, latest_ms, merge, to_bytes
from streams.packing import packed, thawed
from streams.passage import STOCK
from streams.rules import Rules
from streams.stories import Story, story
from streams.totals import MINIMUM, Totals

RECENT = 4_096
"""Journeys of a shard that stay decoded: those that were touched last are touched next."""
RAW = 16_384
"""Journeys of a shard that rest as they are logged; those that were touched before them are packed."""
PACKED_AT_ONCE = 1_000
PIECE = 32
"""Journeys that are folded before others get their turn."""


class Touched:
    """A journey taken out for a chunk, with the facts that its totals hold at the moment."""

    __slots__ = ("changed", "facts", "journey", "lags", "late", "restates", "told")

    def __init__(self, journey: Journey, facts: Facts, told: bytes = NOTHING) -> None:
        self.journey, self.facts = journey, facts
        self.told = told
        """What its customers know of it."""
        self.changed = False
        self.restates = False
        """Whether late events alone have changed it since it was folded."""
        self.late: list[tuple[Event, int, LaneRecord]] = []
        self.lags: list[tuple[int, str]] = []


class JourneyShard:
    """State of one partition: satisfies the lane's `Shard` and what the exporters read."""

    def __init__(
        self, partition: int, rules: Rules, clock: WorkerClock, *, recent: int = RECENT, raw: int = RAW
    ) -> None:
        self.partition, self._recent_limit, self._raw_limit = partition, recent, raw
        self.rules, self._clock = rules, clock
        self.journeys: dict[str, bytes] = {}
        self._totals = Totals(rules.calendar, rules.rows)
        self.stats = ShardStats()
        self._waiting: dict[str, int] = {}
        self._raw: dict[str, None] = {}
        self._recent: dict[str, Touched] = {}
        self._unfolded: dict[str, Touched] = {}
        """Those of the recent ones that the totals do not hold as they are: many events, one fold."""
        self._audit: Audit | None = None

    @property
    def totals(self) -> Totals:
        """The totals of all journeys as they are now: what was put since the last reading is folded first."""
        self._fold_all()
        return self._totals

    @property
    def waiting(self) -> Mapping[str, int]:
        """Journeys whose lead waits for its first answer, and since when (ms)."""
        self._fold_all()
        return self._waiting

    def restore(self, records: Sequence[LaneRecord]) -> None:
        """Merge journeys from the changelog; what is here already stays joined with it."""
        self._recent.clear()
        self._unfolded.clear()
        self._audit = None
        for record in records:
            if record.key is None or record.value is None:
                continue
            key = record.key.decode()
            known = self.journeys.get(key)
            value = record.value
            if known is not None and (known := thawed(known)) != value:
                journey = from_bytes(known)
                merge(journey, from_bytes(value))
                value = to_bytes(journey)
            self.journeys[key] = value
            self._raw[key] = None

    def recovered(self) -> Iterator[None]:
        """Refold the totals of all journeys."""
        totals, waiting = Totals(self.rules.calendar, self.rules.rows), dict[str, int]()
        totals.advance(self._clock.now_ms())
        for number, key in enumerate(list(self.journeys)):
            if number % PIECE == 0:
                yield
            journey = from_bytes(thawed(self.journeys[key]))
            self._clock.observe(latest_ms(journey))
            changes = counted(key, journey, self.rules)[0].items()
            totals.apply(changes)
            self._follow_waiting(waiting, key, changes)
        totals.advance(self._clock.now_ms())
        self._totals, self._waiting = totals, waiting

    def fold(self) -> Iterator[None]:
        """Bring the totals up to date in pieces; what comes meanwhile is folded when they are read."""
        for number in range(len(self._unfolded)):
            if number % PIECE == 0:
                yield
            if not self._unfolded:  # somebody has read the totals meanwhile
                return
            self._fold(*next(iter(self._unfolded.items())))

    def audit(self) -> Iterator[None]:
        """Fold all journeys beside the totals, in pieces; `stats` tells how many sums differ: none must."""
        audit = self._audit = Audit(Totals(self.rules.calendar, self.rules.rows))
        audit.totals.advance(self._totals.now_ms)
        for number, key in enumerate(list(self.journeys)):
            if number % PIECE == 0:
                yield
                if self._audit is not audit:
                    return
            if key in self._unfolded:
                self._fold(key, self._unfolded[key])
            audit.visit(key, counted(key, from_bytes(thawed(self.journeys[key])), self.rules)[0])
        drift = 0
        for differing in audit.drift(self._totals):
            drift += differing
            yield
            if self._audit is not audit:
                return
        self._audit = None
        self.stats.audits, self.stats.audit_drift = self.stats.audits + 1, drift

    def let_pass(self, now_ms: int) -> None:
        """Windows move on, and what was not touched for long is packed."""
        self._totals.advance(now_ms)
        for key in list(islice(self._raw, max(0, min(len(self._raw) - self._raw_limit, PACKED_AT_ONCE)))):
            del self._raw[key]
            self.journeys[key] = packed(self.journeys[key])

    def take(self, key: str) -> Touched:
        """Take a journey to change it; `put` keeps what changed."""
        if (recent := self._recent.get(key)) is not None:
            return recent
        raw = self.journeys.get(key)
        if raw is None:
            return Touched(Journey(), {})
        journey = from_bytes(thawed(raw))
        return Touched(journey, counted(key, journey, self.rules)[0], part_for_customers(key, journey))

    def settle(self, key: str, touched: Touched) -> None:
        """Fold a journey that was taken, unless its totals are as it says."""
        if touched.changed or key in self._unfolded:
            self._fold(key, touched)
        touched.restates = False

    def _fold(self, key: str, touched: Touched) -> None:
        """Bring the totals to what the journey says now; what late events changed is a restatement."""
        self._unfolded.pop(key, None)
        facts, channel = counted(key, touched.journey, self.rules)
        changes = difference(facts, touched.facts)
        if touched.restates:
            self._restated(changes)
        self._totals.apply(changes)
        if self._audit is not None:
            self._audit.follow(key, touched.facts, changes)
        self._follow_waiting(self._waiting, key, changes)
        touched.facts, touched.restates = facts, False
        if touched.lags:
            self.stats.observe_lags(channel, touched.lags)
            touched.lags = []

    def _fold_all(self) -> None:
        while self._unfolded:
            self._fold(*next(iter(self._unfolded.items())))

    def _follow_waiting(self, waiting: dict[str, int], key: str, changes: Iterable[tuple[Fact, int]]) -> None:
        """A lead that the minimum of waiting times holds is known by its name too."""
        rows = self.rules.rows.keys
        moved = [(amount, at_ms) for (row, at_ms, _), amount in changes if rows[row][0] == MINIMUM]
        for amount, at_ms in sorted(moved):  # what goes before what comes
            if amount > 0:
                waiting[key] = at_ms
            else:
                waiting.pop(key, None)

    def told(self, key: str) -> Story | None:
        """What counts at a lead's or deal's journey now, decoded for whoever asks."""
        raw = self.journeys.get(key)
        return None if raw is None or not key.startswith(SOLD) else story(key, from_bytes(thawed(raw)))

    def _restated(self, changes: list[tuple[Fact, int]]) -> None:
        """Count each total that changed, once for each time it is dated by."""
        rows = self.rules.rows
        net: Counter[tuple[int, int]] = Counter()
        for (number, at_ms, _), amounts in changes:
            for row in rows.parts[number] if at_ms != STOCK else ():
                if rows.keys[row][0] in ("channel", "stage"):
                    net[row, at_ms] += amounts
        for (row, _), amounts in net.items():
            self.stats.restatements.update(key[1] for key, _ in rows.totals(row, amounts))

    def put(self, key: str, touched: Touched) -> bytes:
        """Keep a changed journey, to be folded; returns what the changelog must hold."""
        raw = self.journeys[key] = to_bytes(touched.journey)
        self._raw.pop(key, None)
        self._raw[key] = None
        recent = self._recent
        recent.pop(key, None)
        recent[key] = self._unfolded[key] = touched
        touched.changed = False
        if len(recent) > self._recent_limit:
            oldest = next(iter(recent))
            if oldest in self._unfolded:
                self._fold(oldest, recent[oldest])
            del recent[oldest]
        return raw
