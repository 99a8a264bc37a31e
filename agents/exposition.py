"""One Prometheus collector: a function of what was read; nothing is counted here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version

from faust.types import TP
from prometheus_client import metrics_core
from prometheus_client.registry import Collector

from agents.comparison import share_passed
from agents.days import Days
from agents.journeys.stats import ShardStats
from agents.lane import LanePosition, LaneStats
from agents.readings import DeskFigures, Readings
from agents.settings import Settings
from agents.workdays import workdays
from streams import metrics
from streams.base_totals import BASE_TOTALS, MILLION, RESPONSE_EDGES_SECONDS, Unit
from streams.funnels import WON
from streams.kpis import ALL_TIME
from streams.metrics import ENTRY_LAG_EDGES_SECONDS, Metric
from streams.money import EXPONENTS
from streams.series import windows_of
from streams.stories import UNASSIGNED
from streams.windows import WINDOWS, WINDOWS_ENDING_NOW, WINDOWS_EXPORTED_BY_SOURCE_AND_REP

Labels = tuple[str, ...]
OTHER = "other"
"""Whatever is beyond the names that a deployment lists."""
_SUFFIXES = {"counter": "_total", "info": "_info"}
_BY_SHARD: tuple[tuple[Metric, Callable[[ShardStats], float]], ...] = (
    (metrics.APPLIED, lambda stats: stats.applied),
    (metrics.DUPLICATES, lambda stats: stats.duplicates),
    (metrics.FORWARDED, lambda stats: stats.forwarded),
    (metrics.PARTS, lambda stats: stats.parts),
    (metrics.AUDITS, lambda stats: stats.audits),
)
_BY_SHARD_AND: tuple[tuple[Metric, Callable[[ShardStats], Mapping[str, int]]], ...] = (
    (metrics.QUARANTINED, lambda stats: stats.quarantined),
    (metrics.RESTATEMENTS, lambda stats: stats.restatements),
)


@dataclass(frozen=True, eq=False)
class Exposition(Collector):
    """Everything that a worker exports at one moment, with bounded labels."""

    settings: Settings
    readings: Readings
    known: Mapping[tuple[str, str], Iterable[tuple[str, str]]]
    """By (family, total): the labels that were ever non-zero; no others are exported."""
    folded: Mapping[str, int]
    """By label: how many of its values are exported as `other`."""
    lane_stats: LaneStats
    lane_positions: Mapping[TP, LanePosition]
    days: Days
    desk: DeskFigures

    def collect(self) -> Iterator[metrics_core.Metric]:
        """Families in the order of the catalogue; those without a sample are left out."""
        for metric in metrics.SALES:
            yield from _family(metric, self._histogram(metric) if metric.sum_total else self._total(metric))
        yield from _family(metrics.FUNNEL_IMBALANCE, self._imbalance())
        for metric in metrics.DAYS:
            found = ((day, amounts[metric.total]) for day, amounts in self.days.items())
            samples = [(metric.name, (day,), self._exported(amount, metric.unit)) for day, amount in found]
            yield from _family(metric, samples)
        for metric in metrics.NETS if self.readings.shards else ():
            yield from _family(metric, self._net(metric))
        yield from self._worker()
        yield from self._desk()
        yield from self._shards()

    def _total(self, metric: Metric) -> Iterator[tuple[str, Labels, float]]:
        if BASE_TOTALS[metric.total].kind == "minimum":
            for channel, since_ms in self.readings.waiting_since.items():
                yield metric.name, (channel,), self._exported(since_ms, metric.unit)
            return
        family = metric.family or ""
        places = len([label for label in metric.labels if label != "window"])
        for first, second in self.known.get((family, metric.total), ()):
            key, place = (family, metric.total, first, second), (first, second)[:places]
            for window in windows_of(metric) or (ALL_TIME,):
                labels = place if window == ALL_TIME else (*place, window)
                yield metric.name, labels, self._exported(self.readings.sums[window].get(key, 0), metric.unit)

    def _net(self, metric: Metric) -> Iterator[tuple[str, Labels, float]]:
        """What a stock of the whole department has changed by, 0 too."""
        for window in metrics.WINDOWS_OF_NETS:
            of_channels = (
                amount
                for (family, total, _, _), amount in self.readings.sums[window].items()
                if (family, total) == ("channel", metric.total)
            )
            yield metric.name, (window,), self._exported(sum(of_channels), metric.unit)

    def _histogram(self, metric: Metric) -> Iterator[tuple[str, Labels, float]]:
        for channel, _ in self.known.get(("channel", metric.count_total), ()):
            for window in WINDOWS:
                sums, upto = self.readings.sums[window], 0
                for edge in RESPONSE_EDGES_SECONDS:
                    upto += sums.get(("channel", metric.total, channel, edge), 0)
                    yield f"{metric.name}_bucket", (channel, window, _edge(edge)), upto
                count = sums.get(("channel", metric.count_total, channel, ""), 0)
                yield f"{metric.name}_gcount", (channel, window), count
                total = sums.get(("channel", metric.sum_total, channel, ""), 0)
                yield f"{metric.name}_gsum", (channel, window), self._exported(total, metric.unit)

    def _imbalance(self) -> Iterator[tuple[str, Labels, float]]:
        for channel, stage in self.known.get(("stage", "stage_entered"), ()):
            if stage == WON.id:
                continue
            for window in WINDOWS_EXPORTED_BY_SOURCE_AND_REP:
                sums = self.readings.sums[window]
                entered, *left = (
                    sums.get(("stage", total, channel, stage), 0)
                    for total in ("stage_entered", "stage_advanced", "stage_lost", "stage_still")
                )
                yield metrics.FUNNEL_IMBALANCE.name, (channel, stage, window), entered - sum(left)

    def _worker(self) -> Iterator[metrics_core.Metric]:
        settings = self.settings
        clock_seconds = self._exported(self.readings.now_ms, metrics.CLOCK.unit)
        yield from _family(metrics.CLOCK, [(metrics.CLOCK.name, (), clock_seconds)])
        yield from _family(metrics.CURRENCY, [(metrics.CURRENCY.name, (settings.currency,), 1)])
        version_of = settings.rates.version
        yield from _family(metrics.RATES, [(metrics.RATES.name, (version_of,), 1)] if version_of else [])
        days = [
            (metrics.WORKDAYS.name, (window, part), count)
            for window, part, count in workdays(settings, self.readings.now_ms)
        ]
        yield from _family(metrics.WORKDAYS, days)
        yield from _family(metrics.PASSED, self._passed())
        about = (version("voronka"), settings.app_id, settings.clock)
        members = [
            (metrics.TEAM.name, (rep, team), 1) for team, reps in settings.teams.items() for rep in reps
        ]
        yield from _family(metrics.TEAM, members)
        yield from _family(metrics.APP, [(metrics.APP.name, about, 1)])
        yield from _family(metrics.SHARDS, [(metrics.SHARDS.name, (), settings.partitions)])
        name = metrics.LABELS_FOLDED.name
        yield from _family(metrics.LABELS_FOLDED, [(name, (label,), n) for label, n in self.folded.items()])
        lags = [
            (metrics.LAG.name, (tp.topic, str(tp.partition)), position.lag)
            for tp, position in sorted(self.lane_positions.items())
            if position.lag is not None
        ]
        yield from _family(metrics.LAG, lags)
        for field, metric in metrics.LANE.items():
            yield from _family(metric, [(metric.name, (), getattr(self.lane_stats, field))])

    def _passed(self) -> Iterator[tuple[str, Labels, float]]:
        """What changes of running periods are judged by."""
        for window in WINDOWS_ENDING_NOW:
            share = share_passed(window, self.readings.now_ms, self.settings)
            if share is not None:
                yield metrics.PASSED.name, (window,), share

    def _desk(self) -> Iterator[metrics_core.Metric]:
        missing, up = metrics.DESK_MISSING, metrics.REDIS_UP
        yield from _family(missing, [(missing.name, (), self.desk.missing)])
        yield from _family(up, [] if self.desk.redis_up is None else [(up.name, (), self.desk.redis_up)])
        for place, metric in enumerate((metrics.SCORECARD_PERFORMANCE, metrics.SCORECARD_PROGRESS)):
            found = [(score[0], score[1], score[2 + place]) for score in self.desk.scores]
            samples = [
                (metric.name, (kind, item), percent / 100)
                for kind, item, percent in found
                if isinstance(percent, float | int)
            ]
            yield from _family(metric, samples)

    def _shards(self) -> Iterator[metrics_core.Metric]:
        stats = [(str(shard.partition), shard.stats) for shard in self.readings.shards]
        ready = metrics.SHARD_READY
        yield from _family(ready, [(ready.name, (shard,), 1) for shard, _ in stats])
        for metric, counter in _BY_SHARD:
            yield from _family(metric, [(metric.name, (shard,), counter(counts)) for shard, counts in stats])
        for metric, counters in _BY_SHARD_AND:
            samples = [
                (metric.name, (shard, label), count)
                for shard, counts in stats
                for label, count in sorted(counters(counts).items())
            ]
            yield from _family(metric, samples)
        drift = metrics.AUDIT_DRIFT
        audited = [(drift.name, (shard,), counts.audit_drift) for shard, counts in stats if counts.audits]
        yield from _family(drift, audited)
        yield from _family(metrics.ENTRY_LAG, self._entry_lag())
        yield from _family(metrics.ENTRY_LAG_BY_REP, self._entry_lag_by_rep())

    def _entry_lag(self) -> Iterator[tuple[str, Labels, float]]:
        name = metrics.ENTRY_LAG.name
        for shard in self.readings.shards:
            for channel, lag in sorted(shard.stats.entry_lag.items()):
                labels = (str(shard.partition), channel)
                for edge, count in zip(ENTRY_LAG_EDGES_SECONDS, lag.cumulative, strict=True):
                    yield f"{name}_bucket", (*labels, _edge(edge)), count
                yield f"{name}_count", labels, lag.count
                yield f"{name}_sum", labels, self._exported(lag.sum_ms, metrics.ENTRY_LAG.unit)

    def _entry_lag_by_rep(self) -> Iterator[tuple[str, Labels, float]]:
        metric, reps = metrics.ENTRY_LAG_BY_REP, {*self.settings.reps, UNASSIGNED}
        counts, sums = Counter[str](), Counter[str]()
        for shard in self.readings.shards:
            for name, count in shard.stats.rep_lags.items():
                rep = name if name in reps else OTHER
                counts[rep] += count
                sums[rep] += shard.stats.rep_lag_ms[name]
        for rep, count in sorted(counts.items()):
            yield f"{metric.name}_count", (rep,), count
            yield f"{metric.name}_sum", (rep,), self._exported(sums[rep], metric.unit)

    def _exported(self, amount: int, unit: Unit) -> float:
        """An amount in base units: seconds, or major units of the reporting currency."""
        match unit:
            case "count":
                return amount
            case "ms":
                return amount / 1000
            case "micro":
                return amount / MILLION
            case "minor":
                minor_in_major: int = 10 ** EXPONENTS[self.settings.currency]
                return amount / minor_in_major


def _edge(seconds: str) -> str:
    return seconds if seconds == "+Inf" else str(float(seconds))


def _family(metric: Metric, samples: Iterable[tuple[str, Labels, float]]) -> Iterator[metrics_core.Metric]:
    name = metric.name.removesuffix(_SUFFIXES.get(metric.type, ""))
    family = metrics_core.Metric(name, metric.help, metric.type)
    names = (*metric.labels, "le")
    for sample, labels, value in samples:
        family.add_sample(sample, dict(zip(names, labels, strict=False)), value)
    if family.samples:
        yield family
