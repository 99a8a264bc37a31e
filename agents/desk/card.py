"""`/api/scorecard`: the deployment's scorecard, scored on the values that its KPIs have now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from agents.readings import Readings, Score, WorkerState, read_all
from agents.settings import Settings
from agents.view import Value, View
from agents.waiting import shards_of
from streams.kpis import COMPARABLE, Catalogue
from streams.scorecard import Card, Measure
from streams.scoring import Row, distinct_percent, score

EXPORTED_WINDOW = "30d"
"""The period that is exported and mirrored."""


@dataclass(frozen=True)
class LiveCard:
    """A scored card with the sample that each KPI's value rests on."""

    card: Card
    root: Row
    samples: Mapping[str, Value]

    @property
    def values(self) -> dict[str, float | None]:
        """The value of each KPI on the card, in its unit."""
        return {row.id: row.value for _, row in self.root.walk() if row.kind == "kpi"}


def live_card(settings: Settings, view: View) -> LiveCard:
    """Score the card on a period's values.

    What the file states itself stays as it is stated. A value that rests on fewer cases than the catalogue
    asks for is shown and scores nothing; one without data is left out of its goal.
    """
    samples = samples_of(settings.scorecard, settings.kpis, view)
    measured = measured_card(settings.scorecard, settings.kpis, samples)
    return LiveCard(settings.scorecard, score(measured, "correct"), samples)


def samples_of(card: Card, catalogue: Catalogue, view: View) -> dict[str, Value]:
    """The values of those KPIs on a card that the catalogue knows and the file does not state."""
    live = (kpi_id for kpi_id, measure in card.measures.items() if _is_live(measure, catalogue))
    return {kpi_id: view.department(catalogue.by_alias[kpi_id]) for kpi_id in live}


def measured_card(card: Card, catalogue: Catalogue, samples: Mapping[str, Value]) -> Card:
    """The card with these values; one that rests on too few cases scores nothing."""
    measured = {
        kpi_id: _measured(card.measures[kpi_id], value, _few(kpi_id, value, catalogue))
        for kpi_id, value in samples.items()
    }
    return replace(card, measures={**card.measures, **measured})


def _is_live(measure: Measure, catalogue: Catalogue) -> bool:
    stated = (measure.value, measure.formula, measure.performance_percent)
    return measure.id in catalogue.by_alias and stated == (None, None, None)


def _few(kpi_id: str, value: Value, catalogue: Catalogue) -> bool:
    return (value["n"] or 0) < catalogue.by_alias[kpi_id].entry.min_sample


def _measured(measure: Measure, value: Value, few: bool) -> Measure:
    aims = {aim: value[aim] for aim in ("baseline", "target") if aim in value}
    found = replace(measure, value=value["value"], **aims)  # type: ignore[arg-type] # both are numbers
    return replace(found, direction="context", baseline=None) if few else found


def compared_window(window: str) -> str:
    """What has to be read besides, for KPIs that compare with the period before."""
    return f"prev_{window}" if window in COMPARABLE else window


async def scorecard_of(state: WorkerState, window: str) -> dict[str, Any]:
    """The answer of `/api/scorecard`."""
    readings = await read_all(state, (window, compared_window(window)))
    return scorecard_data(state, readings, View(readings, window, state.settings))


def scorecard_data(state: WorkerState, readings: Readings, view: View) -> dict[str, Any]:
    """The same from what was read."""
    live = live_card(state.settings, view)
    return {
        **view.head(),
        **shards_of(state, readings.partitions, readings.missing),
        "names": live.card.names,
        "description": live.card.description,
        "distinct_performance_percent": distinct_percent(live.root),
        "card": _row(live, live.root, state.settings.kpis),
    }


def _row(live: LiveCard, row: Row, catalogue: Catalogue) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": row.id,
        "kind": row.kind,
        "names": row.names,
        "performance_percent": row.performance_percent,
        "progress_percent": row.progress_percent,
    }
    if row.kind != "kpi":
        weight = live.card.groups[row.id].weight if row.id in live.card.groups else 1.0
        return told | {"weight": weight, "rows": [_row(live, below, catalogue) for below in row.rows]}
    measure, sample = live.card.measures[row.id], live.samples.get(row.id, {})
    known = catalogue.by_alias.get(row.id)
    aims = {aim: sample.get(aim, getattr(measure, aim)) for aim in ("baseline", "target")}
    return told | {
        "value": row.value,
        "n": sample.get("n"),
        "few": bool(sample) and row.value is not None and _few(row.id, sample, catalogue),
        "unit": measure.unit,
        "direction": measure.direction,
        "level": known and known.entry.level,
        "weight": measure.weight,
        "min": measure.min,
        "max": measure.max,
        **aims,
    }


def scores(root: Row) -> Iterator[Score]:
    """Everything on a card, each once."""
    seen: set[tuple[str, str]] = set()
    for _, row in [((), root), *root.walk()]:
        kind = "group" if row.kind == "driver" else row.kind
        if (kind, row.id) not in seen:
            seen.add((kind, row.id))
            yield kind, row.id, row.performance_percent, row.progress_percent


def card_about(card: Card, catalogue: Catalogue) -> dict[str, Any]:
    """What of a card never changes: its tree of groups, and what its KPIs are."""
    return {
        "names": card.names,
        "root": card.root,
        "groups": {
            group.id: {
                "names": group.names,
                "parts": group.parts,
                "kpis": group.kpis,
                "drivers": group.drivers,
                "weight": group.weight,
            }
            for group in card.groups.values()
        },
        "kpis": {
            measure.id: {
                "names": measure.names,
                "unit": measure.unit,
                "weight": measure.weight,
                "min_sample": catalogue.by_alias[measure.id].entry.min_sample
                if measure.id in catalogue.by_alias
                else 1,
            }
            for measure in card.measures.values()
        },
    }
