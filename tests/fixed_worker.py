"""A worker with given totals: what pages and exporters read, without a broker or a stream behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from faust.types import TP

from agents.desk.book import Book, Heard
from agents.desk.told import Elsewhere
from agents.journeys.stats import ShardStats
from agents.lane import LanePosition, LaneStats
from agents.readings import DeskFigures
from agents.settings import Settings
from streams.base_totals import BASE_TOTALS, RESPONSE_EDGES_SECONDS
from streams.funnels import DEFAULT, WON
from streams.metrics import OF_CUTS
from streams.rates import load_rates
from streams.rows import Key
from streams.stories import UNASSIGNED, Story
from streams.windows import WINDOWS

NOW_MS = 1_768_467_600_000
HOUR_MS = 3_600_000


@dataclass
class FixedTotals:
    """Sums by window; a window that is not given has none."""

    by_window: Mapping[str, Mapping[Key, int]] = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)
    advanced_to_ms: int = 0
    by_day: Mapping[int, Mapping[Key, int]] = field(default_factory=dict)

    def advance(self, now_ms: int) -> None:
        self.advanced_to_ms = now_ms

    def sums(self, window: str) -> Mapping[Key, int]:
        return self.by_window.get(window, {})

    def day(self, day: int) -> Mapping[Key, int]:
        return self.by_day.get(day, {})

    def waiting_since(self) -> Mapping[str, int]:
        return self.waiting


@dataclass
class FixedShard:
    """A shard that is ready."""

    partition: int = 0
    totals: FixedTotals = field(default_factory=FixedTotals)
    stats: ShardStats = field(default_factory=ShardStats)
    waiting: dict[str, int] = field(default_factory=dict)
    stories: dict[str, Story] = field(default_factory=dict)

    @property
    def folded(self) -> FixedTotals:
        return self.totals

    def fold(self) -> tuple[()]:
        return ()

    def told(self, key: str) -> Story | None:
        return self.stories.get(key)


class SilentDesk:
    """A desk on which nobody else has told anything."""

    def __init__(self, partitions: int, addresses: Mapping[int, str]) -> None:
        self.book, self.version, self.addresses = Book(partitions, "wall"), 0, addresses

    def elsewhere(self, here: Sequence[int]) -> Elsewhere:
        return self.book.elsewhere(dict.fromkeys(here, 0), NOW_MS, Heard(NOW_MS, 0.0))

    def lags(self) -> Mapping[str, int | None]:
        return {}

    def address(self, shard: int) -> str:
        return self.addresses.get(shard, "")

    def figures(self, missing: int) -> DeskFigures:
        return DeskFigures(missing, (("card", "card", 50.0, 25.0),), self.redis_up())

    def redis_up(self) -> bool | None:
        return True


@dataclass
class FixedWorker:
    """Everything that `WorkerState` promises, as plain fields."""

    shards: Sequence[FixedShard] = ()
    settings: Settings = field(default_factory=Settings)
    lane_stats: LaneStats = field(default_factory=LaneStats)
    positions: dict[TP, LanePosition] = field(default_factory=dict)
    clock_ms: int = NOW_MS
    is_recovered: bool = True
    beat_age: float = 0.1
    addresses: dict[int, str] = field(default_factory=dict)
    """Where the shards of others are."""

    @property
    def desk(self) -> SilentDesk:
        return SilentDesk(self.settings.partitions, self.addresses)

    def ready_shards(self) -> Sequence[FixedShard]:
        return self.shards

    def lane_positions(self) -> Mapping[TP, LanePosition]:
        return self.positions

    def now_ms(self) -> int:
        return self.clock_ms

    def recovered(self) -> bool:
        return self.is_recovered

    def beat_age_seconds(self) -> float:
        return self.beat_age


FULL = Settings(
    reps=tuple(f"rep-{number:02}" for number in range(50)),
    sources=tuple(f"source-{number:02}" for number in range(12)),
    partitions=4,
    campaigns=tuple(f"campaign-{number:02}" for number in range(12)),
    teams={f"team-{team}": tuple(f"rep-{team}{number}" for number in range(10)) for team in range(5)},
    regions=tuple(f"region-{number:02}" for number in range(13)),
    industries=tuple(f"industry-{number:02}" for number in range(13)),
    rates=load_rates("day,currency,RUB\n2026-01-12,USD,78.25", "RUB"),
)


def everything() -> Iterator[Key]:
    """Every key that can be: 5 channels of 8 stages and `unknown`, 12 sources, 50 reps, and some to fold."""
    channels = DEFAULT.channels
    stages = ("s1", "s2", "s3", "s4", "s5", "s6", "s7", WON.id)
    sources = (*FULL.sources, "unknown", "elsewhere")
    reps = (*FULL.reps, "unassigned", "somebody")
    answering = {"responses", "response_ms", "response_working_ms", "answered_1h", "due_1h"}
    answering |= {"answered_1wh", "due_1wh", "waiting", "response_bucket", "response_working_bucket"}
    answering |= {"hourly_answered_1wh", "hourly_due_1wh"}
    listed = {"region": FULL.regions, "industry": FULL.industries, "campaign": FULL.campaigns}
    for cut, totals in OF_CUTS.items():
        names = (*listed[cut], "unknown", "other")
        yield from ((cut, total, name, "") for total in totals for name in names)
    yield from (("team", "plan_minor", team, "") for team in (*FULL.teams, "dissolved"))
    for total in BASE_TOTALS.values():
        here = [c for c in channels if total.id not in answering or c in DEFAULT.with_enquiries]
        for family in total.families if total.kind in ("flow", "stock") else ():
            match family:
                case "channel":
                    yield from ((family, total.id, c, edge) for c in here for edge in total.edges or ("",))
                case "stage":
                    kept = stages[:-1] if total.before_won else stages
                    yield from ((family, total.id, c, stage) for c in channels[:-1] for stage in kept)
                case "source":
                    yield from ((family, total.id, c, source) for c in here for source in sources)
                case _:
                    yield from ((family, total.id, rep, "") for rep in reps)


def full_worker() -> FixedWorker:
    """Four shards in which nothing is zero."""
    sums = {key: len(RESPONSE_EDGES_SECONDS) if key[1] == "responses" else 1 for key in everything()}
    stats = [ShardStats(applied=1, duplicates=1, audits=1) for _ in range(4)]
    reps = (*FULL.reps, UNASSIGNED, "somebody")
    for counts in stats:
        counts.quarantined.update(f"reason-{number}" for number in range(21))
        of_journeys = (total for total in BASE_TOTALS.values() if {"channel", "stage"} & {*total.families})
        counts.restatements.update(
            total.id
            for total in of_journeys
            if total.layout == "journey" and not (total.monthly or total.net)
        )
        for channel in DEFAULT.channels:
            counts.observe_lags(channel, [(1, rep) for rep in reps])
    totals = FixedTotals(dict.fromkeys((*WINDOWS, "all"), sums), dict.fromkeys(DEFAULT.channels, 1))
    topics = ("crm.leads", "crm.deals", "voronka-moves")
    positions = {TP(topic, p): LanePosition(1, 1, 1, 2) for topic in topics for p in range(4)}
    shards = [FixedShard(partition, totals, counts) for partition, counts in enumerate(stats)]
    return FixedWorker(shards, FULL, positions=positions)
