"""What a worker would have exported at past instants, had every event been entered when it happened.

As known now: events that came late, and corrections, count at their own time.
"""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, TypeVar

from prometheus_client import metrics_core

from agents.desk.told import Elsewhere
from agents.fold import Fold
from agents.lane import LaneRecord, LaneStats
from agents.readings import DeskFigures, ShardView
from agents.scrape import Scrape
from agents.settings import Settings
from streams import metrics
from streams.decode import check_future, decode
from streams.events import Rejected

_Result = TypeVar("_Result")
_CHUNK = 1_000
MACHINE = {
    metric.name
    for metric in (
        *(metrics.FUNNEL_IMBALANCE, metrics.CLOCK, metrics.CURRENCY, metrics.RATES, metrics.TEAM),
        *(metrics.SHARDS, metrics.SHARD_READY, metrics.WORKDAYS, metrics.PASSED),
    )
}
"""Besides the totals: what rules need. How a worker fared cannot be told of a time when none ran."""
KEPT = {metric.name for metric in (*metrics.SALES, *metrics.NETS)} | MACHINE


@dataclass(frozen=True, slots=True, order=True)
class Told:
    """An event by its own time."""

    time_ms: int
    topic: str = field(compare=False)
    record: LaneRecord = field(compare=False)


def in_order(settings: Settings, sources: Iterable[tuple[str, Iterable[Any]]], until_ms: int) -> list[Told]:
    """The events of the source topics up to a time, by their own time; what is none is left out."""
    told = []
    for topic, records in sources:
        for record in records:
            event = decode(record.value, record.headers, funnels=settings.funnels)
            if isinstance(event, Rejected) or check_future(event, record.timestamp):
                continue
            if event.time_ms <= until_ms:
                told.append(Told(event.time_ms, topic, record))
    told.sort()
    return told


def _at_once(coroutine: Coroutine[Any, Any, _Result]) -> _Result:
    """The result of one that waits for nothing and only lets others take their turn: there are none here."""
    while True:
        try:
            coroutine.send(None)
        except StopIteration as done:
            result: _Result = done.value
            return result


class _Alone:
    """A desk without other workers."""

    version = 0

    def elsewhere(self, here: Sequence[int]) -> Elsewhere:  # noqa: ARG002 - there is nothing elsewhere
        return Elsewhere((), ())

    def lags(self) -> Mapping[str, int | None]:
        return {}

    def address(self, shard: int) -> str:  # noqa: ARG002 - nobody else is there
        return ""

    def figures(self, missing: int) -> DeskFigures:
        return DeskFigures(missing, (), None)

    def redis_up(self) -> bool | None:
        return None


class Past:
    """A worker of the past, for whoever reads one: it holds every shard, at the instant that it is at."""

    def __init__(self, settings: Settings, told: Sequence[Told], start_ms: int) -> None:
        self._fold = Fold(settings, start_ms)
        self._told, self._next, self._now_ms = told, 0, start_ms
        self.settings, self.desk, self.lane_stats = self._fold.settings, _Alone(), LaneStats()
        self._scrape = Scrape(self)

    def at(self, now_ms: int) -> Iterator[metrics_core.Metric]:
        """The families that are exported at this instant; instants must not go back."""
        first = self._next
        while self._next < len(self._told) and self._told[self._next].time_ms <= now_ms:
            self._next += 1
        due = self._told[first : self._next]
        for topic, events in groupby(due, key=lambda each: each.topic):
            records = [each.record for each in events]
            for number in range(0, len(records), _CHUNK):
                self._fold.apply(topic, records[number : number + _CHUNK])
        self._now_ms = now_ms
        for family in _at_once(self._scrape.exposition()).collect():
            if not KEPT.isdisjoint({family.name, f"{family.name}_info"}):
                yield family

    def ready_shards(self) -> Sequence[ShardView]:
        return (self._fold.shard,)

    def lane_positions(self) -> Mapping[Any, Any]:
        return {}

    def now_ms(self) -> int:
        return self._now_ms

    def recovered(self) -> bool:
        return True

    def beat_age_seconds(self) -> float:
        return 0.0
