"""Every KPI twice: evaluated in Python, and in PromQL by a real Prometheus over two workers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from math import isclose

import pytest

from agents.view import View
from dashboards.rules import measured, places
from streams.base_totals import BASE_TOTALS
from streams.formulas import told_of
from streams.kpis import CLOCK, Dimension, Kpi
from streams.promql import rule_name, sample_name
from streams.series import recorded_windows
from streams.windows import WINDOWS
from tests.dashboards.department import Department
from tests.dashboards.prometheus import Labels
from tests.integration.worker import Worker, until

pytestmark = [pytest.mark.integration, pytest.mark.kafka, pytest.mark.slow]
Told = dict[Labels, tuple[float | None, float | None]]
"""Value and sample by labels."""
EXACT = 1e-12


def python(department: Department, kpi: Kpi, dimension: Dimension) -> Told:
    """What the view says for every window that is exported, in the labels of the rules."""
    told: Told = {}
    for window in recorded_windows(kpi, dimension) if kpi.period == "window" else WINDOWS[:1]:
        if kpi.supports(dimension, window):
            shown = View(department.readings, window, department.settings).kpi(kpi)
            period = {"window": window} if kpi.period == "window" else {}
            for labels, value in by_place(shown, dimension):
                told[frozenset({**labels, **period}.items())] = (value["value"], value["n"])
    return told


def by_place(
    shown: dict[str, object], dimension: Dimension
) -> Iterator[tuple[dict[str, str], dict[str, float]]]:
    """One dimension of a KPI as the view writes it."""
    if dimension == "department":
        yield {}, shown  # type: ignore[misc]
        return
    for name, value in shown[f"by_{dimension}"].items():  # type: ignore[attr-defined]
        if dimension == "stage":
            yield from (({"channel": name, "stage": stage}, each) for stage, each in value.items())
        else:
            yield {dimension: name}, value


def of_nothing(kpi: Kpi) -> tuple[float | None, float | None]:
    """Where a thing was counted once but not in this window: zeros, and no value where nothing was told."""

    def lookup(total: str, _: bool) -> int | None:
        return 0 if total != CLOCK and BASE_TOTALS[told_of(total)].absence == "zero" else None

    return kpi.formula.evaluate(lookup), kpi.sample.evaluate(lookup)


def differences(kpi: Kpi, dimension: Dimension, wanted: Told, department: Department) -> Iterator[str]:
    """What Prometheus has that Python has not, or the other way round."""
    ask = department.prometheus.query
    values = ask(rule_name(kpi.id, dimension))
    samples = ask(sample_name(kpi.id, dimension)) if kpi.sample.root != kpi.formula.root else values
    for labels in wanted.keys() | values.keys() | samples.keys():
        expected = wanted.get(labels, of_nothing(kpi))
        for found, want in zip((values.get(labels), samples.get(labels)), expected, strict=True):
            never_counted = found is None and want == 0 and expected == of_nothing(kpi)
            if not never_counted and not same(found, want):
                yield f"{rule_name(kpi.id, dimension)}{sorted(labels)}: {found}, not {want}"


def same(found: float | None, wanted: float | None) -> bool:
    """Equal to the last digits but two, or both nothing."""
    if found is None or wanted is None:
        return found is wanted
    return isclose(found, wanted, rel_tol=EXACT, abs_tol=0.0)


STREAM = [kpi for kpi in measured() if kpi.period == "since_start"]
FOLDED = [kpi for kpi in measured() if kpi.period != "since_start"]


@pytest.mark.timeout(180)
def test_every_kpi_is_the_same_number_in_python_and_in_prometheus(department: Department) -> None:
    """By every dimension and window that it has; what has no value in one has none in the other."""
    wrong: list[str] = []
    compared: Counter[str] = Counter()
    silent: Counter[str] = Counter()
    for kpi in FOLDED:
        for dimension in places(kpi):
            wanted = python(department, kpi, dimension)
            compared[kpi.id] += sum(value is not None for value, _ in wanted.values())
            silent[kpi.id] += sum(value is None for value, _ in wanted.values())
            wrong += differences(kpi, dimension, wanted, department)
    assert not wrong, f"{len(wrong)} differ:\n" + "\n".join(wrong[:40])
    assert not [kpi.id for kpi in FOLDED if not compared[kpi.id]], "KPIs without any value prove nothing"
    told = [kpi.id for kpi in FOLDED if kpi.told_totals and "channel" in kpi.entry.dimensions]
    assert not [kpi for kpi in told if not silent[kpi]], "a plan or spend that is always told proves half"
    print(f"{sum(compared.values())} values of {len(compared)} KPIs compared")


def test_deals_without_a_customer_say_nothing_of_customers(department: Department) -> None:
    """Partners sell and tell nobody to whom: their channel has revenue and no customer's KPI, not even 0."""
    ask = department.prometheus.query
    assert max(ask('sum by (channel) (sales_won_deals_unnamed{channel="partner"})').values()) > 0
    assert max(ask('sales_channel:revenue{channel="partner"}').values()) > 0
    about = [kpi for kpi in FOLDED if {"active_customers", "customers_at_start"} & kpi.totals]
    assert len(about) >= 4
    for kpi in about:
        assert not ask(f'{rule_name(kpi.id, "channel")}{{channel="partner"}}'), kpi.id


def test_every_worker_tells_what_the_whole_stream_counts_of_itself(department: Department) -> None:
    """Each worker's view and the sum that Prometheus makes of all shards are the same number."""

    def told(worker: Worker) -> dict[str, float]:
        kpis = json.loads(worker.get("/api/kpis?window=24h")[1])["kpis"]
        return {kpi.id: kpis[kpi.id]["value"] for kpi in STREAM}

    def differ() -> list[str]:
        sums = {kpi.id: department.prometheus.query(rule_name(kpi.id, "department")) for kpi in STREAM}
        each = [told(worker) for worker in department.workers]
        return [
            f"{kpi}: {shown[kpi]} is not {sums[kpi]}"
            for shown in each
            for kpi in sums
            if not isclose(shown[kpi], *sums[kpi].values(), rel_tol=EXACT)
        ]

    until(lambda: not differ(), lambda: str(differ()), 20)
