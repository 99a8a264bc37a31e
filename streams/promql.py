"""Formulas compiled to PromQL: the same number as `Formula.evaluate`, over the totals that workers export.

No data stays no data: a ratio without denominator and a reported amount that nobody reported have no sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import assert_never

from streams import metrics
from streams.base_totals import BASE_TOTALS
from streams.formulas import Binary, Formula, Node, Number, Total
from streams.funnels import DEFAULT, WON, Funnels
from streams.kpis import CLOCK, Kpi, Place
from streams.reported_totals import WHOLE_TOTALS
from streams.series import exported, exported_windows, recorded_windows, team_plan
from streams.windows import RIPE_WINDOW

STAGE_INFO = "sales:stage_info"
"""A series of value 1 for each stage of each funnel: channel, stage, position (from 1) and the next stage."""
READY = (
    f"(count(count by (shard) ({metrics.SHARD_READY.name} == 1)) == scalar(max({metrics.SHARDS.name})))"
    f" and on () (max(sum by (shard) ({metrics.SHARD_READY.name})) == 1)"
)
"""Holds while every shard is exported by exactly one worker: a rebalance is a gap, never a dip."""

TEAMS = f"max by (rep, team) ({metrics.TEAM.name})"
"""Whose team every rep is in; all workers tell the same."""

_BY: dict[Place, tuple[str, ...]] = {
    "department": (),
    "channel": ("channel",),
    "stage": ("channel", "stage"),
    "source": ("source",),
    "rep": ("rep",),
    "team": ("team",),
    "region": ("region",),
    "industry": ("industry",),
    "campaign": ("campaign",),
}
_UNITS = {"hours": 3600, "days": 86400}


def rule_name(kpi_id: str, dimension: Place) -> str:
    """The recording rule that holds a KPI by a dimension."""
    return f"sales{'' if dimension == 'department' else f'_{dimension}'}:{kpi_id}"


def sample_name(kpi_id: str, dimension: Place) -> str:
    """The recording rule that holds what such a value rests on."""
    return f"{rule_name(kpi_id, dimension)}:sample"


def value(kpi: Kpi, dimension: Place, funnels: Funnels = DEFAULT) -> str:
    """The KPI in its unit, with the dimension's labels, and `window` where it is about one."""
    place = Rendering(kpi, dimension, funnels)
    divisor = _UNITS.get(kpi.entry.unit, 1) * place.scale
    text = place.render(kpi.formula)
    return text if divisor == 1 else f"({text}) / {divisor}"


def sample(kpi: Kpi, dimension: Place, funnels: Funnels = DEFAULT) -> str:
    """What the value rests on, with the same labels."""
    return Rendering(kpi, dimension, funnels).render(kpi.sample)


def gated(expression: str) -> str:
    """The expression while all shards are ready, nothing otherwise."""
    return f"({expression}) and on () ({READY})"


@dataclass(frozen=True)
class Rendering:
    """Where a formula is read: one KPI by one dimension."""

    kpi: Kpi
    dimension: Place
    funnels: Funnels

    @property
    def scale(self) -> int:
        """Instants are subtracted as whole milliseconds, so that no digit is lost."""
        return 1000 if any(total.id == CLOCK for total in self.kpi.formula.totals) else 1

    @cached_property
    def windows(self) -> tuple[str, ...]:
        """Those that all is exported for; a total that is not there is taken for 0 in no other."""
        return recorded_windows(self.kpi, self.dimension)

    def render(self, formula: Formula) -> str:
        """The formula as an expression."""
        return self._node(formula.root)

    def _node(self, node: Node) -> str:
        match node:
            case Number(value):
                return repr(value)
            case Total(total, _) if total == CLOCK:
                return f"scalar(round(1000 * max({metrics.CLOCK.name})))"
            case Total(total, _, True):
                return f"({self._previous(total)} or 0 * ({self._anything()}))"
            case Total(total, ripe=True):
                return self._ripe(total)
            case Total(total, next_stage):
                return self._total(total, next_stage)
            case Binary("/", left, right):
                return f"{self._part(left)} / {self._denominator(right)}"
            case Binary(operator, left, right):
                return f"{self._part(left)} {operator} {self._part(right)}"
            case _:
                assert_never(node)

    def _part(self, node: Node) -> str:
        return f"({self._node(node)})" if isinstance(node, Binary) else self._node(node)

    def _denominator(self, node: Node) -> str:
        match node:
            case Total(total, _, True):
                return f"({self._previous(total)} {_unequal(node)} 0)"
            case Total(total, ripe=True):
                return f"({self._ripe(total)} {_unequal(node)} 0)"
            case Total(total, False) if total != CLOCK and BASE_TOTALS[total].kind == "flow":
                what_is_left = BASE_TOTALS[total].absence == "unknown"
                return f"({self._sum(total)} {'!=' if what_is_left else _unequal(node)} 0)"
            case _ if not any(total.id != CLOCK for total in _leaves(node)):
                return self._part(node)
            case _:
                pass
        return f"({self._node(node)} {_unequal(node)} 0)"

    def _total(self, total: str, next_stage: bool) -> str:
        """A total; 0 where it was never counted but something else of the KPI was."""
        found = self._next(total) if next_stage else self._sum(total)
        if BASE_TOTALS[total].kind in ("stock", "minimum") and self.kpi.period == "window":
            return self._standing(found)
        if BASE_TOTALS[total].absence == "unknown":
            return f"({found} != 0)" if BASE_TOTALS[total].kind in ("flow", "stock") else found
        others = self._anything() if next_stage else self._anything(besides=total)
        return f"({found} or 0 * ({others}))" if others else found

    def _anything(self, besides: str = "") -> str:
        """The series of whatever speaks at this place: all that the KPI is made of."""
        windowed = self.kpi.period == "window"
        totals = sorted({leaf.id for leaf in self.kpi.leaves if not leaf.ripe} - {besides})
        parts = [self._sum(total) for total in totals if not windowed or BASE_TOTALS[total].kind == "flow"]
        parts += [self._previous(leaf.id) for leaf in sorted(self.kpi.leaves, key=str) if leaf.previous]
        return " or ".join(parts)

    def _standing(self, found: str) -> str:
        """What has no window, beside everything that has one."""
        return f"(0 * ({self._anything()}) + on ({', '.join(_BY[self.dimension])}) group_left () {found})"

    def _ripe(self, total: str) -> str:
        """The total of the last closed 30 days, whatever the window."""
        series = f"{self._added()}({self._series(total, windows=[RIPE_WINDOW])}{self._members})"
        if self.kpi.period != "window":
            return series
        return f"({self._standing(series)} or 0 * ({self._anything()}))"

    def _sum(self, total: str) -> str:
        base = BASE_TOTALS[total]
        function = "min" if base.kind == "minimum" else "sum"
        added = self._added(function, *(("window",) if base.kind == "flow" else ()))
        text = f"{added}({self._series(total)}{self._members})"
        if self.dimension == "team" and (own := team_plan(total)):
            text = f"({added}({own}) != 0 or {text})"
        return f"round(1000 * {text})" if self.scale == 1000 and base.unit == "ms" else text

    def _previous(self, total: str) -> str:
        """The total of the period before, under the name of this one."""
        moved = '"window", "$1", "window", "prev_(.+)"'
        series = self._series(total, windows=[f"prev_{window}" for window in self.windows])
        return f"label_replace({self._added('sum', 'window')}({series}{self._members}), {moved})"

    @property
    def _members(self) -> str:
        return f" * on (rep) group_left (team) {TEAMS}" if self.dimension == "team" else ""

    def _added(self, function: str = "sum", *labels: str) -> str:
        by = ", ".join((*_BY[self.dimension], *labels))
        return f"{function} by ({by}) " if by else function

    def _next(self, total: str) -> str:
        moved = f'label_replace({self._series(total, last=True)}, "next", "$1", "stage", "(.+)")'
        return (
            f"sum by (channel, stage, window) (sum by (channel, next, window) ({moved})"
            f" * on (channel, next) group_left (stage) {STAGE_INFO})"
        )

    def _series(self, total: str, *, last: bool = False, windows: Sequence[str] = ()) -> str:
        name = exported(total, self.dimension)
        matchers = []
        if only := self._channels(total):
            matchers.append(f'channel=~"{"|".join(only)}"')
        if "stage" in BASE_TOTALS[total].families and self.kpi.stays_before_won and not last:
            matchers.append(f'stage!="{WON.id}"')
        windows = windows or self.windows
        if BASE_TOTALS[total].kind == "flow" and {*windows} != {*exported_windows(total, self.dimension)}:
            matchers.append(f'window=~"{"|".join(windows)}"')
        return f"{name}{{{','.join(matchers)}}}" if matchers else name

    def _channels(self, total: str) -> tuple[str, ...]:
        """The only channels whose series count; none means all."""
        entry, funnels = self.kpi.entry, self.funnels
        if not entry.of_enquiries or self.dimension != "department" or total in WHOLE_TOTALS:
            return entry.channels
        scope = entry.channels or funnels.channels
        return tuple(channel for channel in scope if channel in funnels.with_enquiries)


def _leaves(node: Node) -> tuple[Total, ...]:
    match node:
        case Number():
            return ()
        case Total():
            return (node,)
        case Binary(_, left, right):
            return (*_leaves(left), *_leaves(right))
        case _:
            assert_never(node)


def _unequal(node: Node) -> str:
    """How to ask whether something is not zero."""
    return "!=" if _may_be_negative(node) else ">"


def _may_be_negative(node: Node) -> bool:
    match node:
        case Number(value):
            return value < 0
        case Total(total):
            return total != CLOCK and BASE_TOTALS[total].unit == "minor"
        case Binary(operator, left, right):
            return operator == "-" or _may_be_negative(left) or _may_be_negative(right)
        case _:
            assert_never(node)
