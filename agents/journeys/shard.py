"""One partition's journeys and their totals; journeys rest as bytes, totals follow when they are read."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from itertools import count, islice

from agents.journeys.audit import Audit
from agents.journeys.checkpoint import Checkpoint, checkpoint_of
from agents.journeys.clock import WorkerClock
from agents.journeys.recall import Recall
from agents.journeys.refold import PIECE, Refold
from agents.journeys.stats import ShardStats
from agents.journeys.touched import NOT_DECODED, Touched, journey_of, restated
from agents.lane import HEAD_KEY, LaneRecord
from streams.book import Facts
from streams.customers import NOTHING, ever_bought, part_for_customers
from streams.facts import difference
from streams.folding import SOLD, counted
from streams.journeys import Journey, merge, to_bytes
from streams.packing import packed, thawed
from streams.rules import Rules
from streams.stories import Story, story
from streams.totals import Totals

RECENT = 4_096
"""Journeys of a shard that stay decoded: those that were touched last are touched next."""
UNFOLDED = 16_384
"""Journeys of a shard that its totals may not hold yet: many events are one fold."""
RAW = 8_192
"""Journeys of a shard that rest as they are logged; those that were touched before them are packed."""
PACKED_AT_ONCE = 1_000
"""Or an eighth of those that are due, where that is more."""


class JourneyShard:
    """State of one partition: satisfies the lane's `Shard` and what the exporters read."""

    def __init__(
        self,
        partition: int,
        rules: Rules,
        clock: WorkerClock,
        *,
        recent: int = RECENT,
        unfolded: int = UNFOLDED,
        raw: int = RAW,
        turn: Callable[[], int] | None = None,
        resumes: bool = True,
    ) -> None:
        self.partition, self._raw_limit = partition, raw
        self._recent_limit, self._unfolded_limit = recent, unfolded
        self.rules, self._clock = rules, clock
        self.journeys: dict[str, bytes] = {}
        self._totals = Totals(rules.calendar, rules.rows)
        self.stats = ShardStats()
        self._waiting: dict[str, int] = {}
        self._raw: dict[str, None] = {}
        self._resumes, self._was_put = resumes, False
        """Whether there may be more here than in the changelog."""
        self._recall, self.changes, self.checkpoint_ms = Recall(rules), 0, 0
        """Changes of journeys since the last whole checkpoint, about, and when that was logged."""
        self._recent: dict[str, Touched] = {}
        self._unfolded: dict[str, Touched] = {}
        """Those that the totals do not hold as they are, from the one that has waited longest."""
        self._audit: Audit | None = None
        self._turn, self._folded_in = turn or count(1).__next__, 0
        """Totals follow once a turn: without a pace from outside every time that they are asked to."""

    @property
    def totals(self) -> Totals:
        """The totals of all journeys as they are now: what was put since the last reading is folded first."""
        self._fold_all()
        return self._totals

    @property
    def folded(self) -> Totals:
        """The totals as they were folded last; whoever has just let `fold` run is not kept waiting."""
        return self._totals

    @property
    def waiting(self) -> Mapping[str, int]:
        """Journeys whose lead waits for its first answer, and since when (ms), as they were folded last."""
        return self._waiting

    def restore(self, records: Sequence[LaneRecord]) -> None:
        """Take journeys from the changelog; what was put here already stays joined with it.

        No record of a journey holds less than one before it (former owners are fenced off, or compaction
        would lose), so a later one replaces what an earlier one has brought.
        """
        self._recent.clear()
        self._unfolded.clear()
        self._audit = None
        for record in records:
            if record.key is not None and record.key.startswith(HEAD_KEY):
                self._recall.take(record, len(self.journeys))
                continue
            if record.key is None or record.value is None:
                continue
            key = record.key.decode()
            known = self.journeys.get(key)
            if self._recall.follows:
                self._recall.note(key, known)
            value = record.value
            if known is not None and self._was_put and (known := thawed(known)) != value:
                journey = journey_of(known)
                merge(journey, journey_of(value))
                value = to_bytes(journey)
            self.journeys[key] = value
            self._raw[key] = None

    def recovered(self) -> Iterator[None]:
        """Bring the totals to all journeys: from a checkpoint that can be believed, or by folding all."""
        refold = Refold(self.partition, self.journeys, self.rules, self._clock)
        yield from refold.run(self._recall.newest() if self._resumes and not self._was_put else None)
        self._totals, self._waiting = refold.totals, refold.waiting
        self.changes, self.checkpoint_ms = refold.folded, refold.resumed_ms

    def fold(self) -> Iterator[None]:
        """Bring the totals up to date in pieces, once a turn; what comes meanwhile is for the next time."""
        turn = self._turn()
        if turn != self._folded_in:
            yield from self.settle()
            self._folded_in = turn

    def settle(self) -> Iterator[None]:
        """Bring the totals up to date in pieces."""
        for number, key in enumerate(list(self._unfolded)):
            if number % PIECE == 0:
                yield
            touched = self._unfolded.get(key)
            if touched is not None:  # nobody has read the totals meanwhile
                self._fold(key, touched)

    def checkpoint(self) -> Checkpoint:
        """All that the totals hold now, for a start to go on from."""
        self._fold_all()
        clock_ms = self._clock.now_ms()
        return checkpoint_of(len(self.journeys), self._totals, self._waiting, self.rules, clock_ms)

    def audit(self) -> Generator[None, None, None]:
        """Fold all journeys beside the totals, in pieces; `stats` tells how many sums differ: none must."""
        audit = self._audit = Audit(Totals(self.rules.calendar, self.rules.rows))
        try:
            audit.totals.advance(self._totals.now_ms)
            for number, key in enumerate(list(self.journeys)):
                if number % PIECE == 0:
                    yield
                    if self._audit is not audit:
                        return
                if key in self._unfolded:
                    self._fold(key, self._unfolded[key])
                audit.visit(key, counted(key, journey_of(self.journeys[key]), self.rules)[0])
            drift = 0
            for differing in audit.drift(self._totals):
                drift += differing
                yield
                if self._audit is not audit:
                    return
            self.stats.audits, self.stats.audit_drift = self.stats.audits + 1, drift
        finally:
            if self._audit is audit:
                self._audit = None

    def let_pass(self, now_ms: int) -> None:
        """Windows move on, and what was not touched for long is packed."""
        self._recall.forget()
        self._totals.advance(now_ms)
        excess = max(0, len(self._raw) - self._raw_limit)
        for key in list(islice(self._raw, min(excess, max(PACKED_AT_ONCE, excess // 8)))):
            del self._raw[key]
            self.journeys[key] = packed(self.journeys[key])

    def take(self, key: str) -> Touched:
        """Take a journey to change it; `put` keeps what changed."""
        touched = self._recent.get(key) or self._unfolded.get(key)
        if touched is not None and touched.journey is not NOT_DECODED:
            return touched
        raw = self.journeys.get(key)
        if raw is None:
            return Touched(Journey(), b"")
        journey = journey_of(raw)
        sold = ever_bought(journey)
        told = part_for_customers(key, journey) if sold else NOTHING
        if touched is None:
            return Touched(journey, raw, told, sold=sold)
        touched.journey, touched.told, touched.sold = journey, told, sold
        self._recent[key] = touched
        return touched

    def _fold(self, key: str, touched: Touched) -> None:
        """Bring the totals to what the journey says now; what late events changed is a restatement."""
        del self._unfolded[key]
        raw, journey, before = self.journeys[key], touched.journey, touched.facts
        if journey is NOT_DECODED:
            journey = journey_of(raw)
        if before is None:
            before = self._facts(key, touched.base)
        now, channel, waiting_since = counted(key, journey, self.rules)
        self._totals.exchange(now, before)
        if touched.on_time is not None:
            in_time = before
            if touched.heard or touched.on_time != touched.base:
                in_time = counted(key, touched.without_late(key), self.rules)[0]
            self.stats.restatements.update(restated(difference(now, in_time), self.rules.rows))
            touched.on_time, touched.heard = None, []
        if self._audit is not None:
            self._audit.follow(key, now, before)
        if waiting_since is not None:
            self._waiting[key] = waiting_since
        else:
            self._waiting.pop(key, None)
        if touched.lags:
            self.stats.observe_lags(channel, touched.lags)
            touched.lags = []
        touched.base = raw
        touched.facts = now if touched.journey is journey else None

    def _facts(self, key: str, raw: bytes) -> Facts:
        return counted(key, journey_of(raw), self.rules)[0] if raw else {}

    def _fold_all(self) -> None:
        for key, touched in list(self._unfolded.items()):
            self._fold(key, touched)

    def told(self, key: str) -> Story | None:
        """What counts at a lead's or deal's journey now, decoded for whoever asks."""
        raw = self.journeys.get(key)
        return None if raw is None or not key.startswith(SOLD) else story(key, journey_of(raw))

    def put(self, key: str, touched: Touched) -> bytes:
        """Keep a changed journey, to be folded; returns what the changelog must hold."""
        raw = self.journeys[key] = to_bytes(touched.journey)
        self._was_put = True
        self.changes += 1
        self._raw.pop(key, None)
        self._raw[key] = None
        touched.changed = False
        self._recent.pop(key, None)
        self._recent[key] = self._unfolded[key] = touched
        return raw

    def trim(self) -> None:
        """A chunk is done: of the journeys that were taken out, those touched long ago rest again."""
        recent, unfolded = self._recent, self._unfolded
        for key in list(islice(unfolded, max(0, len(unfolded) - self._unfolded_limit))):
            self._fold(key, unfolded[key])
        for key in list(islice(recent, max(0, len(recent) - self._recent_limit))):
            recent.pop(key).rest()
