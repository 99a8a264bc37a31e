"""Every metric has one name, in one place, by the conventions that Prometheus tools hold to."""

import ast
import re
from pathlib import Path

import pytest

from streams.base_totals import BASE_TOTALS, RESPONSE_EDGES_SECONDS
from streams.catalogue import SHIPPED
from streams.metrics import (
    ACTIVITIES,
    ENTRY_LAG_EDGES_SECONDS,
    IN_THE_API_ALONE,
    MACHINE,
    METRICS,
    OF_CUTS,
    SALES,
    Metric,
)

ROOT = Path(__file__).parents[2]
FOLDED = [total for total in BASE_TOTALS.values() if total.kind not in ("stream", "derived", "aim")]
METRIC_NAME = re.compile(r"(?<![A-Za-z0-9_:])(?:sales|voronka)_[a-z0-9_]+")


def texts(path: Path) -> list[tuple[int, str]]:
    """String literals of a module that a program could use, docstrings left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    prose = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose
    ]


def literals(folder: str) -> list[str]:
    """Metric names written in a room, outside the catalogue; ids of KPIs are no metrics."""
    return [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path != ROOT / "streams" / "metrics.py"
        for line, text in texts(path)
        for name in METRIC_NAME.findall(text)
        if name not in SHIPPED.by_alias
    ]


@pytest.mark.parametrize("room", ["streams", "agents", "dashboards"])
def test_a_metric_name_stands_in_the_catalogue_only(room: str) -> None:
    """A second place for a name would be a second truth."""
    assert literals(room) == []


def test_the_search_for_names_finds_one_where_there_is_one() -> None:
    """The check above can fail: the catalogue itself is full of names."""
    found = [name for _, text in texts(ROOT / "streams" / "metrics.py") for name in METRIC_NAME.findall(text)]
    assert {"sales_clock_seconds", "voronka_shard_ready", "sales_funnel_imbalance"} <= set(found)


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_names_follow_the_conventions(metric: Metric) -> None:
    """Counters alone end in _total; units are base units; the suffixes of histograms are left alone."""
    name = metric.name
    assert re.fullmatch(r"(sales|voronka)_[a-z][a-z0-9_]*[a-z0-9]", name)
    assert name.endswith("_total") == (metric.type == "counter")
    assert name.endswith("_info") == (metric.type == "info")
    assert not name.endswith(("_count", "_sum", "_bucket", "_gsum", "_gcount"))
    assert not re.search(r"_(ms|milliseconds|minutes|hours|days|minor|percent|kilobytes)(_|$)", name)
    assert (metric.unit == "ms") == name.endswith("_seconds") or metric.type == "gauge"
    assert metric.help
    assert not metric.help.endswith(".")
    assert all(re.fullmatch(r"[a-z]+", label) and label != "le" for label in metric.labels)


def test_no_name_is_given_twice() -> None:
    """Also not as a possible sample of another family: OpenMetrics forbids such a clash."""
    names = [metric.name for metric in (*SALES, *MACHINE)]
    suffixes = {
        "counter": ("_created",),
        "histogram": ("_bucket", "_sum", "_count", "_created"),
        "gaugehistogram": ("_bucket", "_gsum", "_gcount"),
        "summary": ("_sum", "_count", "_created"),
    }
    samples = [
        metric.name.removesuffix("_total") + suffix
        for metric in METRICS.values()
        for suffix in suffixes.get(metric.type, ())
    ]
    assert len(set(names + samples)) == len(names) + len(samples)


def test_the_totals_are_those_of_the_definitions() -> None:
    """Ids and families as the table of `docs/definitions.md` has them."""
    text = (ROOT / "docs" / "definitions.md").read_text(encoding="utf-8")
    table = text.partition("## 5. Base totals")[2].partition("## 6.")[0]
    written = {}
    for row in re.findall(r"^\| (`.+?) \| (.+?) \|", table, flags=re.MULTILINE):
        for total in re.findall(r"`(\w+)`", row[0]):
            written[total] = tuple(re.sub(r"\+ \w+", "", row[1]).split())
    kept = {total.id: total.families for total in FOLDED}
    assert kept == written


def test_every_total_is_exported_by_each_of_its_families() -> None:
    """Nothing that is counted stays unseen; of what is kept for few windows reps have their activities.

    What stocks have changed by is exported of the department alone.
    """
    exported = {(m.family, m.total) for m in SALES if m.family not in ("team", *OF_CUTS)}
    exported |= {("channel", total) for m in SALES if m.sum_total for total in (m.sum_total, m.count_total)}
    kept = {
        (family, total.id)
        for total in FOLDED
        for family in total.families
        if not total.net
        if family == "channel" or not total.monthly or (family == "rep" and total.id in ACTIVITIES)
    }
    assert exported == kept - IN_THE_API_ALONE
    assert kept > IN_THE_API_ALONE


def test_stocks_have_no_window_and_flows_have_one() -> None:
    """A stock stands now, so a window on it would be a lie."""
    for metric in SALES:
        assert ("window" in metric.labels) == (BASE_TOTALS[metric.total].kind == "flow"), metric.name


@pytest.mark.parametrize(
    ("total", "family", "name", "labels"),
    [
        ("enquiries", "channel", "sales_enquiries", ("channel", "window")),
        ("revenue_minor", "source", "sales_source_revenue", ("channel", "source", "window")),
        ("plan_minor", "team", "sales_team_plan", ("team", "window")),
        ("revenue_minor", "region", "sales_region_revenue", ("region", "window")),
        ("enquiries", "industry", "sales_industry_enquiries", ("industry", "window")),
        ("new_customers", "campaign", "sales_by_campaign_new_customers", ("campaign", "window")),
        ("cycle_ms", "rep", "sales_rep_cycle_seconds", ("rep", "window")),
        ("stage_entered", "stage", "sales_stage_entered", ("channel", "stage", "window")),
        ("dwell_ms", "stage", "sales_stage_dwell_seconds", ("channel", "stage", "window")),
        ("occupancy", "stage", "sales_stage_occupancy", ("channel", "stage")),
        ("waiting_since", "channel", "sales_waiting_since_seconds", ("channel",)),
        ("response_bucket", "channel", "sales_response_seconds", ("channel", "window")),
    ],
)
def test_names_of_totals_are_those_that_rules_and_boards_expect(
    total: str, family: str, name: str, labels: tuple[str, ...]
) -> None:
    """A renamed metric breaks every rule written elsewhere, so a few are held literally."""
    assert (METRICS[name].total, METRICS[name].family, METRICS[name].labels) == (total, family, labels)


def test_histograms_have_few_buckets_and_one_at_the_hour() -> None:
    """The bucket edges are those that facts count by, the promised hour among them."""
    assert "3600" in RESPONSE_EDGES_SECONDS
    for edges in (RESPONSE_EDGES_SECONDS, ENTRY_LAG_EDGES_SECONDS):
        assert len(edges) <= 10
        assert [float(edge) for edge in edges] == sorted(float(edge) for edge in edges)
