"""KPIs that rest on stocks, compiled to PromQL for the period before: what stood then is now less the net."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from streams import metrics
from streams.base_totals import BASE_TOTALS, NETS
from streams.funnels import DEFAULT
from streams.kpis import Kpi
from streams.promql import Rendering
from streams.series import recorded_windows

_EXPORTED = {metric.total: metric.name for metric in metrics.NETS}


def windows_before(kpi: Kpi) -> tuple[str, ...]:
    """The windows before which the department's value can be told from what is exported."""
    stocks = stocks_of(kpi)
    carried = all(NETS[stock] in _EXPORTED for stock in stocks)
    if not (stocks and carried) or kpi.entry.channels or kpi.entry.of_enquiries:
        return ()
    told = recorded_windows(kpi, "department")
    known = (window for window in metrics.WINDOWS_OF_NETS if kpi.has_before(window))
    return tuple(window for window in known if kpi.period == "now" or {window, f"prev_{window}"} <= {*told})


def stocks_of(kpi: Kpi) -> frozenset[str]:
    """The stocks in its formula that are known of the past."""
    return frozenset(leaf.id for leaf in kpi.formula.totals if leaf.id in NETS)


def value_before(kpi: Kpi) -> str:
    """The department's value in the period before, under the name of the window that follows it."""
    return _Before(kpi, "department", DEFAULT).render(kpi.formula)


@dataclass(frozen=True)
class _Before(Rendering):
    """The same formula one period earlier: sums of the period before, stocks of its end."""

    @cached_property
    def windows(self) -> tuple[str, ...]:
        """Those that have a period before."""
        return windows_before(self.kpi)

    def _total(self, total: str, next_stage: bool) -> str:
        return self._sum(total) if total in NETS else super()._total(total, next_stage)

    def _sum(self, total: str) -> str:
        if BASE_TOTALS[total].kind == "flow":
            return self._previous(total)
        net = f'{_EXPORTED[NETS[total]]}{{window=~"{"|".join(self.windows)}"}}'
        return f"(sum({self._series(total)}) - on () group_right () sum by (window) ({net}))"
