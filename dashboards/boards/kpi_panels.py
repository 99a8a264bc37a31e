"""Panels of KPIs: titles, units, limits and texts come from the catalogue, expressions from the rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboards.boards.panels import (
    GREEN,
    ORANGE,
    About,
    Panel,
    Query,
    Steps,
    bars,
    cells,
    lines,
    named,
    number,
)
from dashboards.boards.speech import Link, Speech
from dashboards.changes import change_name, compared_windows
from dashboards.rules import places
from streams.kpis import Catalogue, Kpi, Place, Text
from streams.promql import rule_name
from streams.scorecard import Card
from streams.series import has_rule, recorded_windows
from streams.windows import WINDOWS

UNITS = {
    "count": "short",
    "ratio": "percentunit",
    "hours": "h",
    "days": "d",
    "months": "short",
    "score": "short",
    "multiple": "short",
    "points": "short",
}
_NEXT = {
    "finance": Text(
        "see on the Funnel board at which stage deals are lost.",
        "посмотрите на доске «Воронка», на каком этапе теряются сделки.",
    ),
    "customers": Text(
        "see on the Marketing board where fewer, or worse, leads come from.",
        "посмотрите на доске «Маркетинг», откуда лидов стало меньше или они хуже.",
    ),
    "processes": Text(
        "see on the Response and Funnel boards which step takes longer or loses more.",
        "посмотрите на досках «Ответ» и «Воронка», какой шаг замедлился или теряет больше.",
    ),
    "learning": Text(
        "compare the reps on the Reps board and help the one who fell behind.",
        "сравните продавцов на доске «Продавцы» и помогите отставшему.",
    ),
}
_LABELS: dict[Place, tuple[str, ...]] = {
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
_SCOPES: dict[Place, tuple[str, ...]] = _LABELS | {
    "stage": ("channel",),
    "team": (),
    "region": (),
    "industry": (),
    "campaign": (),
}


@dataclass(frozen=True)
class KpiPanels:
    """The panels of one catalogue in one language."""

    catalogue: Catalogue
    speech: Speech
    card: Card

    def title(self, kpi_id: str) -> str:
        """A KPI's name in this language."""
        return self.speech.of(self._kpi(kpi_id).entry.names)

    def unit(self, kpi_id: str) -> str:
        """How Grafana calls a KPI's unit."""
        unit = self._kpi(kpi_id).entry.unit
        return self.speech.money if unit == "money" else UNITS[unit]

    def told(self, kpi_ids: Sequence[str], dimension: Place) -> list[str]:
        """Those of the KPIs that have values by a dimension; of the others no input is exported yet."""
        return [kpi_id for kpi_id in kpi_ids if has_rule(self._kpi(kpi_id), dimension)]

    def numbers(self, *kpi_ids: str, span: int = 4) -> list[Panel]:
        """The department's values of those that have one."""
        return [self.number(kpi_id, span) for kpi_id in self.told(kpi_ids, "department")]

    def courses(self, dimension: Place, *kpi_ids: str, span: int = 12) -> list[Panel]:
        """Values as they were published, of those that have them by this dimension."""
        return [self.lines(kpi_id, dimension, span=span) for kpi_id in self.told(kpi_ids, dimension)]

    def rankings(self, dimension: Place, *kpi_ids: str, span: int = 12) -> list[Panel]:
        """Values now, of those that have them by this dimension."""
        return [self.bars(kpi_id, dimension, span=span) for kpi_id in self.told(kpi_ids, dimension)]

    def number(self, kpi_id: str, span: int = 4) -> Panel:
        """The department's value and its course."""
        return number(self._about(kpi_id), self.expr(kpi_id, "department"), span=span)

    def changes(self, *kpi_ids: str, span: int = 4) -> list[Panel]:
        """How far the department's values have changed against the period before, of those that say it."""
        return [
            number(self._changed(kpi_id), f'{change_name(kpi_id)}{{window="$window"}}', span=span)
            for kpi_id in kpi_ids
            if compared_windows(self._kpi(kpi_id), "department")
        ]

    def changes_by(self, place: Place, *kpi_ids: str, span: int = 12) -> list[Panel]:
        """The same of the running month by places."""
        (label,) = _LABELS[place]
        month = f'{{window="month",{label}=~"${label}"}}' if _SCOPES[place] else '{window="month"}'
        return [
            bars(
                self._changed(kpi_id, place),
                [Query(f"sort_desc({change_name(kpi_id, place)}{month})", f"{{{{{label}}}}}")],
                span=span,
                least=None,
            )
            for kpi_id in kpi_ids
            if "month" in compared_windows(self._kpi(kpi_id), place)
        ]

    def _changed(self, kpi_id: str, place: Place = "department") -> About:
        say = self.speech
        kept = ", ".join(compared_windows(self._kpi(kpi_id), place)) if place == "department" else "month"
        healthy = say(
            "The change against the period before; what grows with time is compared, in a running period, "
            "with as much of the one before as has passed of it, what stands with what stood when the period "
            f"began. Healthy: not falling where more is better. Else see by channel why. Periods: {kept}.",
            "Изменение к предыдущему периоду; то, что копится со временем, в текущем периоде сравнивается с "
            "такой же частью предыдущего, остатки – с остатками на начало периода. Норма: не падает там, где "
            f"больше – лучше. Иначе посмотрите по каналам, откуда оно. Периоды: {kept}.",
        )
        return About(f"{self.title(kpi_id)}, {say('change', 'изменение')}", healthy, "percentunit")

    def lines(self, kpi_id: str, dimension: Place, *, span: int = 12) -> Panel:
        """Values as they were published, by a dimension."""
        about = self._about(kpi_id, self.speech("as published", "как показывалось"))
        legend = " · ".join(f"{{{{{label}}}}}" for label in _LABELS[dimension]) or self.title(kpi_id)
        return lines(about, [Query(self.expr(kpi_id, dimension), legend)], self.speech, span=span)

    def bars(
        self, kpi_id: str, dimension: Place, *, span: int = 12, suffix: str = "", when: str = ""
    ) -> Panel:
        """Values now, the greatest first; `when` says when it fills, and for which periods."""
        legend = " · ".join(f"{{{{{label}}}}}" for label in _LABELS[dimension])
        expr = f"sort_desc({self.expr(kpi_id, dimension)})"
        least = None if self._kpi(kpi_id).compares else 0
        shown = bars(self._about(kpi_id, suffix, when), [Query(expr, legend)], span=span, least=least)
        names = {channel: self.speech.channel(channel) for channel in self.speech.funnels.channels}
        called = {"channel": names, "stage": self.speech.stages}
        return named(shown, called.get(dimension, {}))

    def table(
        self,
        title: Text,
        kpi_ids: Sequence[str],
        dimension: Place,
        link: Link,
        when: Text = Text("", ""),  # noqa: B008 - frozen
        more: Sequence[tuple[str, str, str]] = (),
    ) -> Panel:
        """A row for each value of the label, a column for each KPI and what is `more`; `when` it fills."""
        (label,) = _LABELS[dimension]
        columns = [
            (
                self.title(kpi_id),
                self.unit(kpi_id),
                f"max by ({label}) ({self.expr(kpi_id, dimension)})",
            )
            for kpi_id in self.told(kpi_ids, dimension)
        ]
        healthy = self.speech(
            "Compare the rows. A rate that rests on few leads says little: look at the counts beside it "
            "before "
            "you act, and open the row for its detail.",
            "Сравнивайте строки. Доля, за которой мало лидов, ничего не говорит: прежде чем действовать, "
            "посмотрите на количество рядом и откройте подробности строки.",
        )
        told = f"{healthy} {self.speech.of(when)}".strip()
        return cells(About(self.speech.of(title), told), (label,), [*columns, *more], link, self.speech)

    def expr(self, kpi_id: str, dimension: Place, *, window: str = "$window") -> str:
        """A KPI's rule, narrowed by what is chosen on the board."""
        kpi = self._kpi(kpi_id)
        matchers = [f'{label}=~"${label}"' for label in _SCOPES[dimension]]
        if kpi.period == "window":
            matchers.insert(0, f'window="{window}"')
        name = rule_name(kpi.id, dimension)
        return f"{name}{{{','.join(matchers)}}}" if matchers else name

    def _kpi(self, kpi_id: str) -> Kpi:
        return self.catalogue.by_alias[kpi_id]

    def _about(self, kpi_id: str, suffix: str = "", when: str = "") -> About:
        kpi = self._kpi(kpi_id)
        title = f"{self.title(kpi_id)}, {suffix}" if suffix else self.title(kpi_id)
        texts = [self.speech.of(kpi.entry.description), self._healthy(kpi), self._otherwise(kpi)]
        if not when and (kept := ", ".join(self._kept(kpi))):
            texts.append(self.speech(f"Periods: {kept}.", f"Периоды: {kept}."))
        return About(title, " ".join([*texts, when]).strip(), self.unit(kpi_id), _steps(kpi))

    def _kept(self, kpi: Kpi) -> tuple[str, ...]:
        """The windows of a KPI that has not all of them."""
        told = recorded_windows(kpi, places(kpi)[0]) if kpi.period == "window" and places(kpi) else WINDOWS
        return () if told == WINDOWS else told

    def _healthy(self, kpi: Kpi) -> str:
        entry, say = kpi.entry, self.speech
        target = entry.target if entry.target is not None else entry.baseline
        if target is not None:
            shown = f"{target:.4g}" if entry.unit != "ratio" else f"{target:.0%}"
            return {
                "up": say(f"Healthy: {shown} or more.", f"Норма: {shown} или больше."),
                "down": say(f"Healthy: {shown} or less.", f"Норма: {shown} или меньше."),
                "context": say(f"Healthy: about {shown}.", f"Норма: около {shown}."),
            }[entry.direction]
        return {
            "up": say("Healthy: not below the previous period.", "Норма: не ниже предыдущего периода."),
            "down": say("Healthy: not above the previous period.", "Норма: не выше предыдущего периода."),
            "context": say("Read it together with the others.", "Смотрите вместе с другими."),
        }[entry.direction]

    def _otherwise(self, kpi: Kpi) -> str:
        return f"{self.speech('Otherwise', 'Иначе')}: {self.speech.of(_NEXT[kpi.entry.perspective])}"


def _steps(kpi: Kpi) -> Steps:
    """A target colours the number; without one no limit means anything."""
    entry = kpi.entry
    target = entry.target if entry.target is not None else entry.baseline
    if target is None or entry.direction == "context":
        return ()
    good, bad = (GREEN, ORANGE) if entry.direction == "down" else (ORANGE, GREEN)
    return ((None, good), (target, bad))
