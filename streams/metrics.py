"""The metric catalogue: the name of every exported metric stands here and nowhere else.

Metrics of totals are derived: `sales_<total>`, `sales_stage_<…>`, `sales_source_<…>` and so on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from streams.base_totals import BASE_TOTALS, BY_CAMPAIGN, BaseTotal, Family, Unit

Cut = Literal["region", "industry", "campaign"]
Told = Family | Literal["team"] | Cut
"""What sums are told by: the families of facts, plans of teams, and what a deployment lists besides."""
MetricType = Literal["gauge", "counter", "histogram", "gaugehistogram", "info", "summary"]

ENTRY_LAG_EDGES_SECONDS = ("60", "300", "900", "3600", "14400", "86400", "259200", "604800", "+Inf")
"""Upper edges of the entry lag's buckets, inclusive."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One exported name. `unit` says what its integers are; they are exported as seconds and major units."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    type: MetricType = "gauge"
    unit: Unit = "count"
    total: str = ""
    """The base total (of a histogram: of its buckets) whose sums these are."""
    family: Told | None = None
    sum_total: str = ""
    count_total: str = ""
    """Of a gauge histogram: the totals of its sum and its count."""


def _histogram(name: str, help_text: str, buckets: str, sum_total: str, count_total: str) -> Metric:
    labels = ("channel", "window")
    return Metric(name, help_text, labels, "gaugehistogram", "ms", buckets, "channel", sum_total, count_total)


_HISTOGRAMS = (
    _histogram(
        "sales_response_seconds",
        "Time to the first answer by a person",
        "response_bucket",
        "response_ms",
        "responses",
    ),
    _histogram(
        "sales_response_working_seconds",
        "Working time to the first answer by a person",
        "response_working_bucket",
        "response_working_ms",
        "responses",
    ),
)
_IN_HISTOGRAMS = frozenset(
    total for metric in _HISTOGRAMS for total in (metric.total, metric.sum_total, metric.count_total)
)
_LABELS: dict[Told, tuple[str, ...]] = {"stage": ("channel", "stage"), "source": ("channel", "source")}
"""Of the others the family itself is the only label."""
_PREFIX: dict[Told, str] = {"channel": "sales_", "campaign": "sales_by_campaign_"}  # others: sales_<family>_
_SUFFIX: dict[Unit, tuple[str, str]] = {
    "count": ("", ""),
    "micro": ("", ""),
    "ms": ("_ms", "_seconds"),
    "minor": ("_minor", ""),
}
ACTIVITIES = frozenset(("contact_attempts", "first_touches", "meetings_set", "meetings_held", "offers_sent"))
"""Totals that are kept for few windows and exported by rep all the same: what reps do is compared."""
WINDOWS_OF_CAMPAIGNS = ("30d", "month")
IN_THE_API_ALONE: frozenset[tuple[Family, str]] = frozenset(
    (
        *(("source", "won_deals_unconverted"), ("source", "deals_created_lost")),
        *(("rep", "won_deals_unconverted"), ("rep", "deals_created_lost")),
        *(("source", "cycle_ms"), ("source", "cycles"), ("rep", "plan_deals")),
        *(("source", "qualified_won"), ("source", "deals_created_won"), ("source", "lost_deals")),
    )
)
"""What would cost too many series for what a board makes of it."""
_OF_ALL_CUTS = ("enquiries", "revenue_minor", "won_deals_valued")
OF_CUTS: dict[Cut, tuple[str, ...]] = {
    "region": _OF_ALL_CUTS,
    "industry": _OF_ALL_CUTS,
    "campaign": (*_OF_ALL_CUTS, *BY_CAMPAIGN),
}
"""What is exported of the names that a deployment lists; the rest of them is in the API."""


def _metric(total: BaseTotal, family: Told) -> Metric:
    stored, exported = _SUFFIX[total.unit]
    stem = total.id.removeprefix("stage_").removesuffix(stored)
    prefix = _PREFIX.get(family, f"sales_{family}_")
    labels = (
        *_LABELS.get(family, (family,)),
        *(("hour",) if total.edges else ()),
        *(("window",) if total.kind == "flow" else ()),
    )
    return Metric(prefix + stem + exported, total.help, labels, "gauge", total.unit, total.id, family)


SALES: tuple[Metric, ...] = (
    *(
        _metric(total, family)
        for total in BASE_TOTALS.values()
        for family in total.families
        if total.kind not in ("stream", "derived", "aim")
        and not (total.net or (family, total.id) in IN_THE_API_ALONE)
        and not (family == "channel" and total.id in _IN_HISTOGRAMS)
        and (family == "channel" or not total.monthly or (family == "rep" and total.id in ACTIVITIES))
    ),
    *_HISTOGRAMS,
    *(_metric(BASE_TOTALS[total], cut) for cut, totals in OF_CUTS.items() for total in totals),
    _metric(BASE_TOTALS["plan_minor"], "team"),
)
"""Every metric that is a base total of a family."""

DAY_TOTALS = ("enquiries", "qualified_leads", "deals_created", "won_deals", "revenue_minor")


NET_TOTALS = (
    *("net_open_deals", "net_pipeline_minor", "net_waiting", "net_recurring_minor"),
    *("net_open_enquiries", "net_lifetime_revenue_minor", "net_lifetime_customers"),
    *("net_lifetime_margin_minor", "net_lifetime_costed_customers"),
)
WINDOWS_OF_NETS = ("7d", "30d", "month")


def _of_department(total: str, prefix: str, label: str, about: str) -> Metric:
    base = BASE_TOTALS[total]
    stored, exported = _SUFFIX[base.unit]
    name = f"{prefix}{total.removesuffix(stored)}{exported}"
    return Metric(name, base.help + about, (label,), "gauge", base.unit, total)


_AS_KNOWN = ", of one business day as known now"
DAYS = tuple(_of_department(total, "sales_day_", "day", _AS_KNOWN) for total in DAY_TOTALS)
"""The department's headline totals of each of the last days: what is restated changes them."""
NETS = tuple(_of_department(total, "sales_", "window", ", as known now") for total in NET_TOTALS)
"""What the department's stocks have changed by: what its KPIs rest on, not what says how sure they are."""

FUNNEL_IMBALANCE = Metric(
    "sales_funnel_imbalance",
    "Entered less advanced, lost and still there; always 0",
    ("channel", "stage", "window"),
)
CLOCK = Metric("sales_clock_seconds", "The clock that windows end at, as Unix time", unit="ms")
CURRENCY = Metric("sales_currency_info", "The reporting currency of all money", ("currency",), "info")
RATES = Metric("sales_rates_info", "The rates table that money is converted by", ("version",), "info")

SCORECARD_PERFORMANCE = Metric(
    "sales_scorecard_performance_ratio",
    "How well a KPI, a goal, a perspective or the whole card does in 30 days, from 0 to 1",
    ("kind", "item"),
)
SCORECARD_PROGRESS = Metric(
    "sales_scorecard_progress_ratio",
    "How much of the way from the baseline to the target is done in 30 days",
    ("kind", "item"),
)
WORKDAYS = Metric(
    "sales_workdays",
    "Working days of the running period: begun, left (today is in both) and all",
    ("window", "part"),
)
PASSED = Metric("sales_period_passed_ratio", "Working time so far, over the period before", ("window",))
TEAM = Metric("sales_team_info", "Whose team a rep is in", ("rep", "team"), "info")

APP = Metric(
    "voronka_app_info", "This worker's version, application and clock", ("version", "app", "clock"), "info"
)
SHARDS = Metric("voronka_shards", "Shards of the application, over all workers")
SHARD_READY = Metric("voronka_shard_ready", "1 for a shard whose totals are exported here", ("shard",))
LABELS_FOLDED = Metric("voronka_labels_folded", "Values that are exported as `other`", ("label",))
DESK_MISSING = Metric(
    "voronka_desk_missing_shards",
    "Shards whose numbers the merged view of this worker lacks or has from before",
)
REDIS_UP = Metric("voronka_redis_up", "1 while the mirror in Redis is written, 0 while it is not")
APPLIED = Metric("voronka_events_applied_total", "Events that were applied", ("shard",), "counter")
DUPLICATES = Metric("voronka_events_repeated_total", "Events that changed nothing", ("shard",), "counter")
FORWARDED = Metric(
    "voronka_events_forwarded_total", "Events that came in another partition", ("shard",), "counter"
)
QUARANTINED = Metric(
    "voronka_events_quarantined_total", "Records that were set aside", ("shard", "reason"), "counter"
)
RESTATEMENTS = Metric(
    "voronka_restatements_total", "Changes of past buckets by late events", ("shard", "total"), "counter"
)
PARTS = Metric("voronka_parts_joined_total", "States told by other journeys", ("shard",), "counter")
AUDITS = Metric("voronka_audits_total", "Times that all journeys were folded again", ("shard",), "counter")
AUDIT_DRIFT = Metric("voronka_audit_drift", "Sums that the last audit found otherwise; must be 0", ("shard",))
ENTRY_LAG = Metric(
    "voronka_entry_lag_seconds", "Time from event to its receipt", ("shard", "channel"), "histogram", "ms"
)
ENTRY_LAG_BY_REP = Metric(
    "voronka_rep_entry_lag_seconds",
    "Time from an event of a rep's leads and deals to its receipt",
    ("rep",),
    "summary",
    "ms",
)
LAG = Metric("voronka_lag_records", "Records on the broker that are not applied yet", ("topic", "partition"))


def _lane(field: str, help_text: str) -> tuple[str, Metric]:
    return field, Metric(f"voronka_lane_{field}_total", help_text, (), "counter")


LANE: dict[str, Metric] = {
    **dict(
        (
            _lane("chunks", "Chunks of records applied"),
            _lane("records", "Records applied"),
            _lane("holes", "Chunks that began after a hole and were fetched again"),
            _lane("stale_chunks", "Chunks dropped because their records were fetched again"),
            _lane("gap_offsets", "Offsets that no longer exist on the broker"),
            _lane("flushes", "Chunks whose effects were acknowledged"),
            _lane("changelog_batches", "Record batches written to the changelog"),
            _lane("changelog_records", "Journeys written to the changelog"),
            _lane("changelog_bytes", "Bytes written to the changelog"),
            _lane("output_records", "Records written for others"),
            _lane("abandoned_chunks", "Chunks left to the next owner of their partition"),
            _lane("recoveries", "Recoveries of shards"),
            _lane("recovered_records", "Changelog records read at recoveries"),
            _lane("checkpoints", "Checkpoints of shards written to the changelog"),
            _lane("checkpoint_bytes", "Bytes of them"),
        )
    ),
    "recovery_seconds": Metric("voronka_lane_recovery_seconds", "How long the last recovery took"),
}
"""The lane's own counters, by the field that holds each."""

MACHINE: tuple[Metric, ...] = (
    *(FUNNEL_IMBALANCE, CLOCK, CURRENCY, RATES, WORKDAYS, TEAM, APP, SHARDS, SHARD_READY, LABELS_FOLDED),
    *(PASSED, SCORECARD_PERFORMANCE, SCORECARD_PROGRESS, DESK_MISSING, REDIS_UP),
    *(APPLIED, DUPLICATES, FORWARDED, PARTS, QUARANTINED, RESTATEMENTS, ENTRY_LAG, ENTRY_LAG_BY_REP, LAG),
    *(AUDITS, AUDIT_DRIFT),
    *(*DAYS, *NETS),
    *LANE.values(),
)
"""Every other metric: invariants, clock, and the stream's and the machine's account of themselves."""

METRICS: dict[str, Metric] = {metric.name: metric for metric in (*SALES, *MACHINE)}
