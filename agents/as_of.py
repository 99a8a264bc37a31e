"""KPIs as of a past moment: the topics are read into a fresh fold of the events up to then.

No worker and none of its state is touched. An event that was entered later counts at its own time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from agents.app import rules_of
from agents.broker import read_to_end
from agents.comparison import before_of, compared, earlier_of, share_passed
from agents.desk.card import compared_window, measured_card, samples_of
from agents.errors import UserError
from agents.fold import Fold
from agents.lane import LaneRecord
from agents.readings import Readings
from agents.settings import Settings
from agents.view import View
from streams.decode import decode
from streams.events import Rejected
from streams.kpis import ALL_TIME
from streams.scorecard import Card
from streams.windows import RIPE_WINDOW
from streams.zones import day_start_ms

_CHUNK = 1_000
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class AsOfError(UserError):
    """The moment is none."""


def moment_ms(text: str, zone: str) -> int:
    """The instant that is meant: with an offset, on the business zone's wall, or the end of a day."""
    try:
        day = date.fromisoformat(text) if len(text) == len("2026-03-31") else None
        there = datetime.fromisoformat(text) if day is None else datetime.combine(day, time.min)
    except ValueError as error:
        fix = "write such as 2026-03-31, 2026-03-31T18:00 or 2026-03-31T18:00+03:00"
        raise AsOfError(f"--as-of: {text!r} is no moment: {fix}") from error
    if there.tzinfo is None:
        there = there.replace(tzinfo=ZoneInfo(zone))
    if not 1970 <= there.year <= 2100:
        raise AsOfError(f"--as-of: {text!r} is out of reach: name a year from 1970 to 2100")
    if day is not None:  # to its last instant, also where clocks go back at midnight
        return day_start_ms(ZoneInfo(zone), (day - _EPOCH.date()).days + 1) - 1
    return (there - _EPOCH) // timedelta(milliseconds=1)


def kpis_as_of(settings: Settings, as_of_ms: int, window: str) -> dict[str, Any]:
    """What `/api/kpis` would answer then; `from_start` where the topics still hold their first records."""
    past = _read(settings, as_of_ms)
    return {**past.kpis(window), "from_start": past.from_start}


def card_as_of(settings: Settings, card: Card, as_of_ms: int, window: str) -> Card:
    """The card with the values that its KPIs had then."""
    return _read(settings, as_of_ms).card(card, window)


def _read(settings: Settings, as_of_ms: int) -> Past:
    past = Past(settings, as_of_ms)
    for topic in (settings.leads_topic, settings.deals_topic, settings.ledger_topic):
        past.read(topic, read_to_end(settings, topic))
    return past


class Past:
    """A single shard that holds every journey, fed with the events up to a moment."""

    def __init__(self, settings: Settings, as_of_ms: int) -> None:
        self._as_of_ms = as_of_ms
        day = rules_of(settings).calendar.day_index(as_of_ms)
        self._fold = Fold(msgspec.structs.replace(settings, rates=settings.rates.until(day)), as_of_ms)
        self._settings = self._fold.settings
        self.from_start = True

    def read(self, topic: str, records: Iterable[Any]) -> None:
        """Take in the records of a source topic, whatever partition they lie in."""
        events = self._until_then(records)
        while chunk := list(islice(events, _CHUNK)):
            self._fold.apply(topic, chunk)

    def kpis(self, window: str) -> dict[str, Any]:
        """Every KPI of a window that ends at the moment; those about the stream itself are left out."""
        before = before_of(window)
        view = self.view(window)
        earlier = earlier_of(self._readings(window, before or window), window, self._settings)
        share = share_passed(window, self._as_of_ms, self._settings) if before else None
        catalogue = self._settings.kpis.kpis
        kpis = {
            kpi_id: shown | compared(catalogue[kpi_id], shown, earlier, share)
            for kpi_id, shown in view.kpis()
            if catalogue[kpi_id].period != "since_start"
        }
        return {**view.head(), "kpis": kpis}

    def card(self, card: Card, window: str) -> Card:
        """The card with these values; KPIs about the stream itself have none."""
        catalogue = self._settings.kpis
        samples = samples_of(card, catalogue, self.view(window))
        told = {k: v for k, v in samples.items() if catalogue.by_alias[k].period != "since_start"}
        return measured_card(card, catalogue, told)

    def view(self, window: str) -> View:
        """What a window that ends at the moment shows."""
        return View(self._readings(window, compared_window(window)), window, self._settings)

    def _readings(self, *windows: str) -> Readings:
        shard = self._fold.shard
        totals = shard.totals
        totals.advance(self._as_of_ms)
        sums = {name: totals.sums(name) for name in dict.fromkeys((*windows, RIPE_WINDOW, ALL_TIME))}
        return Readings(self._as_of_ms, (shard,), sums, totals.waiting_since())

    def _until_then(self, records: Iterable[Any]) -> Iterator[LaneRecord]:
        seen: set[int] = set()
        for record in records:
            if record.partition not in seen:
                seen.add(record.partition)
                self.from_start = self.from_start and record.offset == 0
            event = decode(record.value, record.headers, funnels=self._settings.funnels)
            if not isinstance(event, Rejected) and event.time_ms <= self._as_of_ms:
                yield record
