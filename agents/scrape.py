"""`/metrics`: read the ready shards, bound the labels, render family by family.

A scrape of 20,000 series never holds the event loop for long, and one at a time is rendered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from prometheus_client import CollectorRegistry, metrics_core
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from agents.days import last_days
from agents.exposition import OTHER, Exposition
from agents.readings import WorkerState, read
from agents.settings import Settings
from agents.turns import Turns
from streams.base_totals import BASE_TOTALS
from streams.funnels import UNKNOWN
from streams.kpis import ALL_TIME
from streams.rows import Key
from streams.stories import UNASSIGNED
from streams.windows import CLOSED_PERIODS, WINDOWS

CUT_NAMES = 12
"""So many regions and industries are exported by name: those that are listed first."""
_END = b"# EOF\n"
_DISTINCT = frozenset(total.id for total in BASE_TOTALS.values() if total.layout == "distinct")


@dataclass(frozen=True)
class _One(Collector):
    """A single family, for an encoder that wants a registry."""

    family: metrics_core.Metric

    def collect(self) -> Iterator[metrics_core.Metric]:
        yield self.family


class Scrape:
    """Renders what a worker exports. While its shards stay, a series that it has shown stays too, as 0."""

    def __init__(self, state: WorkerState) -> None:
        self._state = state
        self._partitions: tuple[int, ...] = ()
        self._known: dict[tuple[str, str], dict[tuple[str, str], None]] = {}
        self._one_at_a_time = asyncio.Lock()

    async def render(self, accept: str) -> tuple[bytes, str]:
        """The exposition in the format that the `Accept` header asks for, and its content type."""
        encode, content_type = _encoder(accept)
        async with self._one_at_a_time:
            registry = CollectorRegistry(auto_describe=False)
            registry.register(await self.exposition())
            pages, turns = [], Turns()
            for family in registry.collect():
                pages.append(encode(_One(family)).removesuffix(_END))
                await turns.give_way()
        if content_type.startswith("application/openmetrics-text"):
            pages.append(_END)
        return b"".join(pages), content_type

    async def exposition(self) -> Exposition:
        """What is exported now, as one immutable value."""
        state = self._state
        readings = await read(state, WINDOWS)
        sums, folded, turns = {}, {"source": set[str](), "rep": set[str]()}, Turns()
        for window, merged in readings.sums.items():
            sums[window] = _bounded(merged, state.settings, folded)
            await turns.give_way()
        partitions = tuple(shard.partition for shard in readings.shards)
        if partitions != self._partitions:  # a rebalance is a gap, never a dip to 0
            self._partitions, self._known = partitions, {}
        self._know(sums[ALL_TIME])
        for window in CLOSED_PERIODS:  # a customer who is elsewhere now was counted here then
            self._know(sums[window], _DISTINCT)
        return Exposition(
            settings=state.settings,
            readings=replace(readings, sums=sums),
            known={name: tuple(labels) for name, labels in self._known.items()},
            folded={label: len(values) for label, values in folded.items()},
            lane_stats=state.lane_stats,
            lane_positions=state.lane_positions(),
            days=await last_days(readings.shards, state.settings, readings.now_ms) if partitions else {},
            desk=state.desk.figures(len(state.desk.elsewhere(partitions).missing)),
        )

    def _know(self, sums: Mapping[Key, int], only: Collection[str] = ()) -> None:
        known = ((key, amount) for key, amount in sums.items() if not only or key[1] in only)
        for (family, total, first, second), amount in sorted(known):
            if amount:
                self._known.setdefault((family, total), {})[first, second] = None


def _encoder(accept: str) -> tuple[Callable[[Collector], bytes], str]:
    try:
        return choose_encoder(accept)
    except TypeError:  # prometheus_client compares a version that is no number
        return choose_encoder("")


def _names(settings: Settings) -> dict[str, frozenset[str]]:
    """By family the labels that are exported by name; plans are told of configured teams alone."""
    cuts = {"region": settings.regions, "industry": settings.industries}
    return {
        "source": frozenset((*settings.sources, UNKNOWN)),
        "rep": frozenset((*settings.reps, UNASSIGNED)),
        **{cut: frozenset((*names[:CUT_NAMES], UNKNOWN)) for cut, names in cuts.items() if names},
    }


def _bounded(sums: Mapping[Key, int], settings: Settings, folded: dict[str, set[str]]) -> dict[Key, int]:
    """Labels beyond the configured ones become `other`; which they are is noted in `folded`."""
    named = _names(settings)
    bounded: dict[Key, int] = {}
    for key, amount in sums.items():
        family, total, first, second = place = key
        label = second if family == "source" else first
        if family in named and label not in named[family]:
            if label != OTHER:
                folded.setdefault(family, set()).add(label)
            place = (family, total, first, OTHER) if family == "source" else (family, total, OTHER, second)
        elif family == "team" and first not in settings.teams:
            continue
        bounded[place] = bounded.get(place, 0) + amount
    return bounded
