"""What a KPI is: an entry of the catalogue as it is written, and the checked KPI that follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, assert_never

import msgspec

from streams.base_totals import BY_CAMPAIGN, NETS, BaseTotal
from streams.formulas import Binary, Formula, Node, Number, Total
from streams.reported_totals import REPORTED_TOTALS, TOTALS
from streams.windows import WINDOWS, WINDOWS_BY_SOURCE_AND_REP

Unit = Literal["count", "ratio", "hours", "days", "money", "months", "score", "multiple", "points"]
Dimension = Literal["department", "channel", "stage", "source", "rep", "region", "industry"]
Place = Dimension | Literal["team", "campaign"]
"""Whatever is by rep is by team too: a team's sums are those of its reps."""
Source = Literal["S0", "S1", "S2", "S3", "S4"]
"""The five source documents."""
Period = Literal["window", "now", "since_start"]

CLOCK = "clock_ms"
"""In formulas: the clock that windows end at."""
ALL_TIME = "all"
COMPARABLE = ("1h", "24h", "7d", "30d", "90d")
"""Windows whose period before is as long: a month that has just begun is not compared with a whole one."""
PERIODS: tuple[str, ...] = (*WINDOWS, ALL_TIME)
"""What a KPI may be asked for."""

_TOLD_FOR_GOOD = frozenset(("customers_told",))
"""Stocks of what is known: that somebody ever told of leaving is true of the past as well."""
_UNIT_MS = {"hours": 3_600_000, "days": 86_400_000}


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text in both languages."""

    en: str
    ru: str


class Alert(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The value (in the KPI's unit) at which somebody is called."""

    when: Literal["below", "above", "not"]
    value: float
    severity: Literal["critical", "warning", "info"]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One `[kpi.<id>]` table as it is written; numbers are in the KPI's unit."""

    names: Text
    description: Text
    note: Text | None = None
    """What the source documents contradict or get wrong, and what was decided."""
    sources: tuple[Source, ...]
    aliases: tuple[str, ...] = ()
    level: Literal["result", "predictive", "context"]
    perspective: Literal["finance", "customers", "processes", "learning"]
    formula: str
    sample: str | None = None
    """What the value rests on; a ratio's denominator and a count itself need not be written."""
    min_sample: int = 1
    unit: Unit
    direction: Literal["up", "down", "context"]
    min: float | None = None
    max: float | None = None
    """The scale of performance: 0 % and 100 %, the other way round where lower is better."""
    baseline: float | None = None
    target: float | None = None
    weight: float = 1.0
    dimensions: tuple[Dimension, ...]
    channels: tuple[str, ...] = ()
    """The only channels that it is about; none means all."""
    of_enquiries: bool = False
    """Whether the department's value is that of the channels with enquiries alone."""
    windows: tuple[str, ...] = ()
    """The only periods that it has; none means all."""
    alert: Alert | None = None
    owner: str


@dataclass(frozen=True)
class Kpi:
    """A checked entry with its formulas."""

    id: str
    entry: Entry
    formula: Formula
    sample: Formula

    @cached_property
    def leaves(self) -> frozenset[Total]:
        """What its value and its sample are made of, the clock left out."""
        return frozenset(leaf for leaf in self.formula.totals | self.sample.totals if leaf.id != CLOCK)

    @cached_property
    def totals(self) -> frozenset[str]:
        """Ids of the base totals that its value and its sample are made of."""
        return frozenset(leaf.id for leaf in self.leaves)

    @cached_property
    def names(self) -> frozenset[str]:
        """The same as lookups call them: those of other periods apart."""
        return frozenset(leaf.name for leaf in self.leaves)

    @cached_property
    def compares(self) -> bool:
        """Whether it reads the period before."""
        return any(leaf.previous for leaf in self.leaves)

    @cached_property
    def told_totals(self) -> tuple[str, ...]:
        """Inputs that somebody has to tell: without them it has no value."""
        return tuple(total for total in sorted(self.totals) if total in REPORTED_TOTALS)

    def counts_by(self, cut: str) -> bool:
        """Whether all that it is made of is told apart by a further family, where its names are listed."""
        return not (self.entry.channels or Total(CLOCK) in self.formula.totals) and all(
            (cut == "campaign" and leaf.id in BY_CAMPAIGN) or _of_journeys(TOTALS[leaf.id])
            for leaf in self.leaves
        )

    @cached_property
    def stays_before_won(self) -> bool:
        """Whether it has no value for the last stage of a funnel, which nobody leaves."""
        return any(
            total.next_stage or TOTALS[total.id].before_won
            for total in self.formula.totals
            if total.id != CLOCK
        )

    @cached_property
    def grows_with_time(self) -> bool:
        """Whether twice the time gives twice the value: what is counted does, ratios of it do not."""
        return _growth(self.formula.root) == 1

    @cached_property
    def period(self) -> Period:
        """Whether it is about a window, about now, or about the stream since the worker has its shards."""
        leaves = (total for total in self.formula.totals if total.id != CLOCK and not total.ripe)
        kinds = {TOTALS[total.id].kind for total in leaves}
        if "flow" in kinds:
            return "window"
        return "since_start" if "stream" in kinds else "now"

    @cached_property
    def windows(self) -> tuple[str, ...]:
        """The only periods that it has; none means all. Totals kept for few windows allow no others.

        Amounts of days have none over all time: what is planned for times to come would be in it.
        """
        if self.entry.windows:
            return self.entry.windows
        leaves = (total for total in self.formula.totals if total.id != CLOCK and not total.ripe)
        kept = [TOTALS[total.id] for total in leaves]
        flows = [total for total in kept if total.kind == "flow"]
        only = [WINDOWS_BY_SOURCE_AND_REP] if any(total.monthly for total in flows) else []
        only += [total.windows for total in flows if total.windows]
        only += [COMPARABLE] if self.compares else []
        shared = tuple(window for window in WINDOWS if all(window in windows for windows in only))
        ever = (ALL_TIME,) if only and not (self.compares or self.told_totals) else ()
        return (*shared, *ever) if only else ()

    def supports(self, dimension: Dimension, period: str) -> bool:
        """Whether it has values by this dimension in this period."""
        if dimension not in self.entry.dimensions or period not in (self.windows or PERIODS):
            return False
        narrow = self.period == "window" and dimension not in ("department", "channel", "stage")
        return not narrow or period in (*WINDOWS_BY_SOURCE_AND_REP, ALL_TIME)

    def has_before(self, window: str, by: str = "department") -> bool:
        """Whether the period before this window is known, by a dimension: its sums, and what stood then."""
        before = f"prev_{window}"
        if before not in PERIODS or self.compares or self.period == "since_start":
            return False
        standing = [TOTALS[leaf.id] for leaf in self.leaves if TOTALS[leaf.id].kind in ("stock", "minimum")]
        known = all(total.id in NETS or total.id in _TOLD_FOR_GOOD for total in standing)
        if self.period == "window":
            return known and before in (self.windows or PERIODS)
        return known and (by in ("department", "channel") or before in WINDOWS_BY_SOURCE_AND_REP)

    def in_unit(self, value: int | float, currency_exponent: int) -> int | float:
        """A formula's value as hours, days or major units of the reporting currency, unrounded."""
        match self.entry.unit:
            case "hours" | "days" as unit:
                return value / _UNIT_MS[unit]
            case "money":
                minor_in_major: int = 10**currency_exponent
                return value / minor_in_major
            case "count" | "ratio" | "months" | "score" | "multiple" | "points":
                return value
            case _:
                assert_never(self.entry.unit)


def _of_journeys(total: BaseTotal) -> bool:
    """Whether it is counted with the journeys of a channel, and so by all that these have."""
    counted = (total.layout, total.kind in ("flow", "stock")) == ("journey", True)
    return counted and "channel" in total.families and not (total.edges or total.id in REPORTED_TOTALS)


def _growth(node: Node) -> int:
    """The power of time in a value; stocks, ripe cohorts, different customers and reps do not grow."""
    match node:
        case Number():
            return 0
        case Total(id=total, ripe=ripe):
            counted = total != CLOCK and TOTALS[total].kind == "flow" and not ripe
            return int(counted and TOTALS[total].layout not in ("distinct", "level"))
        case Binary("*", left, right):
            return _growth(left) + _growth(right)
        case Binary("/", left, right):
            return _growth(left) - _growth(right)
        case Binary(_, left, right):
            return _growth(left) if _growth(left) == _growth(right) else 0
        case _:
            assert_never(node)


@dataclass(frozen=True)
class Catalogue:
    """All KPIs in the order of the file."""

    version: int
    kpis: Mapping[str, Kpi]

    @cached_property
    def by_alias(self) -> Mapping[str, Kpi]:
        """Every KPI by its id and by each of its aliases."""
        return {name: kpi for kpi in self.kpis.values() for name in (kpi.id, *kpi.entry.aliases)}
