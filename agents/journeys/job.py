"""What the worker does with a chunk of records: join, quarantine or forward, then fold and log."""

from __future__ import annotations

from collections.abc import Sequence

from faust.types import TP

from agents.journeys import records
from agents.journeys.clock import WorkerClock
from agents.journeys.home import partition_of
from agents.journeys.shard import JourneyShard
from agents.journeys.touched import Touched, journey_of
from agents.lane import Effects, LaneRecord, Output, StopWorker
from agents.settings import Settings
from streams.customers import NOTHING, hear, part_for_customers, told_customers
from streams.decode import check_future, decode
from streams.events import Event, Rejected, Won
from streams.fragments import SET_LIMIT
from streams.journeys import advance, to_bytes
from streams.ledger_keys import LEDGER, home_key
from streams.moves import part_for, targets
from streams.owners import owner_then
from streams.zones import MINUTE_MS

LATE_MS = 5 * MINUTE_MS
EXIT_REJECTS = 65


class JourneyJob:
    """The lane's job for every source topic. Rejects in a row are counted over all of them."""

    def __init__(self, settings: Settings, clock: WorkerClock) -> None:
        self._settings, self._clock = settings, clock
        self._rejects_in_row = 0

    def __call__(self, shard: JourneyShard, tp: TP, chunk: Sequence[LaneRecord]) -> Effects:
        ours = tp.topic == self._settings.moves_topic
        work = _Chunk(shard, tp, self._settings, ours=ours)
        for record in chunk:
            if ours and records.header(record, records.KIND) == records.PART:
                work.part(record)
                continue
            event = self._read(record)
            if isinstance(event, Rejected):
                work.reject(event, record)
                self._count_reject(event, tp, record)
                continue
            self._rejects_in_row = 0
            if work.event(event, record):
                self._clock.observe(event.time_ms)
        return work.effects()

    def _read(self, record: LaneRecord) -> Event | Rejected:
        event = decode(record.value, record.headers, funnels=self._settings.funnels)
        if isinstance(event, Rejected):
            return event
        return check_future(event, record.timestamp) or event

    def _count_reject(self, rejected: Rejected, tp: TP, record: LaneRecord) -> None:
        self._rejects_in_row += 1
        limit = self._settings.reject_limit
        if limit and self._rejects_in_row >= limit:
            raise StopWorker(
                f"{limit} records in a row were rejected, the last one ({rejected.reason}, field"
                f" {rejected.field}) at {tp.topic}[{tp.partition}] offset {record.offset}: a bad deployment"
                f" rather than bad data. {rejected.fix}. Mend the sender or the settings and start again, or"
                " raise VORONKA_REJECT_LIMIT (0 never stops)",
                EXIT_REJECTS,
            )


class _Chunk:
    """One chunk's work on a shard: journeys are taken out once, folded and logged once."""

    def __init__(self, shard: JourneyShard, tp: TP, settings: Settings, *, ours: bool) -> None:
        self._shard, self._tp, self._settings, self._ours = shard, tp, settings, ours
        self._touched: dict[str, Touched] = {}
        self._outputs: list[Output] = []

    def event(self, event: Event, record: LaneRecord) -> bool:
        """Join the event to its journey here, or forward it to where its journey lives."""
        key, stats = home_key(event), self._shard.stats
        touched = self._touched.get(key)
        if touched is None:
            home = self._home(key)
            if home != self._tp.partition:
                moves = self._settings.moves_topic
                self._outputs.append(records.forwarded(moves, key, home, self._tp, record))
                stats.forwarded += 1
                return False
            touched = self._touched[key] = self._shard.take(key)
        stats.applied += 1
        received_ms = record.timestamp if event.received_ms is None else event.received_ms
        if received_ms > event.time_ms - event.time_ms % MINUTE_MS + MINUTE_MS + LATE_MS:
            touched.late.append((event, received_ms, record))
            return True
        self._join(touched, event, received_ms, record)
        if touched.on_time is not None:
            touched.heard.append(event)
        return True

    def _join(self, touched: Touched, event: Event, received_ms: int, record: LaneRecord) -> None:
        advanced = advance(touched.journey, event)
        if event.data.rank == Won.rank or advanced.evicted:
            touched.sold = True
        if advanced.changed:
            touched.changed = True
            if event.entity != LEDGER:
                touched.lags.append((received_ms - event.time_ms, owner_then(touched.journey, event)))
        else:
            self._shard.stats.duplicates += 1
        for source, event_id in advanced.evicted:
            self._over_limit(event, source, event_id, record)

    def part(self, record: LaneRecord) -> None:
        """Join what another journey sent here."""
        key = (record.key or b"").decode()
        touched = self._touched.get(key)
        if touched is None:
            touched = self._touched[key] = self._shard.take(key)
        self._shard.stats.parts += 1
        told = journey_of(record.value or b"")
        if hear(key, touched.journey, told):
            touched.changed = touched.sold = True
        if touched.on_time is not None:
            touched.heard.append(told)

    def reject(self, rejected: Rejected, record: LaneRecord) -> None:
        """Nothing is lost: the record goes to quarantine with its reason and origin."""
        topic = self._settings.quarantine_topic
        self._outputs.append(records.quarantined(topic, rejected, self._tp, record))
        self._shard.stats.quarantined[rejected.reason] += 1

    def effects(self) -> Effects:
        """Fold and keep what changed; tell the journeys to which something was moved, and customers."""
        changelog: list[tuple[bytes, bytes | None]] = []
        for key, touched in self._touched.items():
            if touched.late:
                self._join_late(key, touched)
            if not touched.changed:
                continue
            changelog.append((key.encode(), self._shard.put(key, touched)))
            for target in targets(key, touched.journey):
                self._tell(target, to_bytes(part_for(target, key, touched.journey)))
            told = part_for_customers(key, touched.journey) if touched.sold else NOTHING
            if told != touched.told:
                touched.told = told
                for customer in told_customers(key, touched.journey):
                    self._tell(customer, told)
        self._shard.trim()
        return Effects(self._outputs, changelog)

    def _tell(self, target: str, part: bytes) -> None:
        home = partition_of(target, self._settings.partitions)
        self._outputs.append(records.part(self._settings.moves_topic, target, home, part))

    def _home(self, key: str) -> int:
        if self._ours or key in self._shard.journeys:
            return self._tp.partition
        return partition_of(key, self._settings.partitions)

    def _join_late(self, key: str, touched: Touched) -> None:
        """What late events change is a restatement, so they come last: any order gives the same journey."""
        changed, touched.changed = touched.changed, False
        before = to_bytes(touched.journey) if changed else self._shard.journeys.get(key, b"")
        for event, received_ms, record in touched.late:
            self._join(touched, event, received_ms, record)
        touched.late = []
        if touched.changed and touched.on_time is None:
            touched.on_time = before
        touched.changed = touched.changed or changed

    def _over_limit(self, event: Event, source: str, event_id: str, record: LaneRecord) -> None:
        entity = f"{event.entity}/{event.entity_id}"
        rejected = Rejected(
            reason="over_limit", field="id", fix=f"{entity} has more than the {SET_LIMIT} that are kept"
        )
        if (source, event_id) == (event.source, event.id):
            self._shard.stats.applied -= 1
            self.reject(rejected, record)
            return
        topic = self._settings.quarantine_topic
        self._outputs.append(records.evicted(topic, rejected, source, event_id, self._tp, record))
        self._shard.stats.quarantined[rejected.reason] += 1
