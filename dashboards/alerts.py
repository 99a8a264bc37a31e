"""All alerts: those that are written, and one for each KPI whose entry in the catalogue asks for it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dashboards.alerting import Alert, Case, written_alerts
from dashboards.rules import has_sample, is_share, measured, places, recorded
from streams import metrics
from streams.catalogue import SHIPPED
from streams.funnels import DEFAULT, Funnels
from streams.kpis import Alert as Threshold
from streams.kpis import Catalogue, Dimension, Kpi, Text
from streams.promql import rule_name, sample_name
from streams.windows import WINDOWS

JUDGED_WINDOWS = ("90d", "30d", "month", *WINDOWS)
"""The first that a KPI has: best longer than a sales cycle, so that what can still be won weighs little."""
_PLACES: tuple[Dimension, ...] = ("stage", "channel", "department", "source", "rep", "region", "industry")
_LABELS: dict[Dimension, tuple[str, ...]] = {
    "stage": ("channel", "stage"),
    "channel": ("channel",),
    "department": (),
    "source": ("source",),
    "rep": ("rep",),
    "region": ("region",),
    "industry": ("industry",),
}
_WORDS = {"below": Text("below", "ниже"), "above": Text("above", "выше"), "not": Text("not", "не равно")}
_QUOTED = re.compile(r'"[^"]*"')
_SERIES = re.compile(r"\b(?:sales|voronka)[a-z0-9_]*(?::[a-z0-9_]+)*")
_PART = re.compile(r"_(bucket|sum|count)$")
_IN_THE_HANDBOOK = Text(
    "Read the entry of the KPI in the handbook.", "Прочитайте статью о показателе в справочнике."
)
_SIGNS = {"below": "<", "above": ">", "not": "!="}


def alerts(
    catalogue: Catalogue = SHIPPED, funnels: Funnels = DEFAULT, currency: str = "RUB"
) -> tuple[Alert, ...]:
    """Every alert whose series exist: about the department, then about the stream."""
    known = recorded(catalogue, funnels) | metrics.METRICS.keys()
    written = [alert for alert in written_alerts(currency) if _read(alert.expr) <= known]
    asked = [
        _Asked(kpi, kpi.entry.alert).alert() for kpi in measured(catalogue) if kpi.entry.alert is not None
    ]
    return (
        *(alert for alert in written if alert.kind == "kpi"),
        *asked,
        *(alert for alert in written if alert.kind != "kpi"),
    )


def _read(expr: str) -> set[str]:
    """Our own series that an expression names, histograms by the name of their family."""
    names = set(_SERIES.findall(_QUOTED.sub("", expr)))
    return {_PART.sub("", name) if name.startswith(metrics.ENTRY_LAG.name) else name for name in names}


@dataclass(frozen=True)
class _Asked:
    """A KPI's own alert, where the KPI is kept most finely; a share's whole interval has to be beyond."""

    kpi: Kpi
    threshold: Threshold

    def alert(self) -> Alert:
        entry, when = self.kpi.entry, self.threshold.when
        words, limit = _WORDS[when], self._shown(self.threshold.value)
        where = "".join(f", {label} {{{{ $labels.{label} }}}}" for label in _LABELS[self._place])
        told = "{{ $value | humanizePercentage }}" if self._percent else '{{ $value | printf "%.4g" }}'
        return Alert(
            name="".join(word.capitalize() for word in self.kpi.id.split("_"))
            + {"below": "Low", "above": "High", "not": ""}[when],
            expr=self._expr(),
            wait="15m",
            keep="15m",
            severity=self.threshold.severity,
            team="platform" if entry.owner == "operations" else "sales-ops",
            kind="kpi",
            summary=Text(
                f"{entry.names.en} is {words.en} {limit}", f"{entry.names.ru}: значение {words.ru} {limit}"
            ),
            description=Text(f"{entry.names.en}{where}: {told}.", f"{entry.names.ru}{where}: {told}."),
            meaning=entry.description,
            first_step=Text("Open the board: where, and since when?", "Откройте доску: где и с каких пор?"),
            then=(_IN_THE_HANDBOOK,),
            board="voronka-funnel" if self._place == "stage" else "voronka-overview",
            fires=self._case(self._beyond, where),
            quiet=self._case(self._within, where),
        )

    @property
    def _place(self) -> Dimension:
        return next(place for place in _PLACES if place in places(self.kpi))

    @property
    def _window(self) -> str:
        return next(window for window in JUDGED_WINDOWS if self.kpi.supports(self._place, window))

    @property
    def _percent(self) -> bool:
        return self.kpi.entry.unit == "ratio"

    @property
    def _name(self) -> str:
        return rule_name(self.kpi.id, self._place)

    @property
    def _judged(self) -> str:
        if not is_share(self.kpi) or self.threshold.when == "not":
            return self._name
        return f"{self._name}:{'high' if self.threshold.when == 'below' else 'low'}"

    @property
    def _sample(self) -> str:
        return sample_name(self.kpi.id, self._place) if has_sample(self.kpi) else self._name

    @property
    def _beyond(self) -> float:
        value = self.threshold.value
        return {"below": value - abs(value) / 2 - 0.01, "above": value + 1, "not": value + 1}[
            self.threshold.when
        ]

    @property
    def _within(self) -> float:
        value = self.threshold.value
        return {"below": value + 0.01, "above": value - 0.01, "not": value}[self.threshold.when]

    def _shown(self, value: float) -> str:
        return f"{value * 100:.4g}%" if self._percent else f"{value:.4g}"

    def _expr(self) -> str:
        window = f'{{window="{self._window}"}}' if self.kpi.period == "window" else ""
        test = f"{self._judged}{window} {_SIGNS[self.threshold.when]} {self.threshold.value:g}"
        text = test if self._judged == self._name else f"{self._name}{window} and {test}"
        fewest = self.kpi.entry.min_sample
        return f"{text} and {self._sample}{window} >= {fewest}" if fewest > 1 else text

    def _case(self, value: float, where: str) -> Case:
        labels = {label: f"a_{label}" for label in _LABELS[self._place]}
        if self.kpi.period == "window":
            labels["window"] = self._window
        place = ",".join(f'{label}="{text}"' for label, text in labels.items())
        series = {
            self._sample: self.kpi.entry.min_sample,
            self._judged: value,
            self._name: value,
        }
        for label, text in labels.items():
            where = where.replace(f"{{{{ $labels.{label} }}}}", text)
        names, told = self.kpi.entry.names, self._shown(value)
        return Case(
            {f"{name}{{{place}}}": f"{number:g}x40" for name, number in series.items()},
            at="30m",
            labels=labels,
            says=Text(f"{names.en}{where}: {told}.", f"{names.ru}{where}: {told}."),
        )
