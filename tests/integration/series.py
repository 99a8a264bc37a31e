"""What workers export, as whole numbers by series, and what the oracle says they must export."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics

from streams import metrics
from streams.base_totals import BASE_TOTALS, MILLION, RESPONSE_EDGES_SECONDS, Unit
from streams.metrics import Metric
from streams.money import EXPONENTS
from streams.series import windows_of
from streams.windows import WINDOWS, WINDOWS_EXPORTED_BY_SOURCE_AND_REP
from tests.oracle import Config, Reading, Record, oracle_facts, read

Series = tuple[str, tuple[tuple[str, str], ...]]
"""A sample's name and its labels in alphabetical order."""
_SAMPLE = re.compile(r"([a-z_:][a-z0-9_:]*)(?:\{(.*)\})? (\S+)")
_LABEL = re.compile(r'(\w+)="([^"\\]*)"')
PARTS = ("_bucket", "_gcount", "_gsum")
_SALES = {metric.name: metric for metric in (*metrics.SALES, *metrics.NETS)}
PLANS_OF_TEAMS = next(metric.name for metric in metrics.SALES if metric.family == "team")
WAITING_SINCE = next(metric.name for metric in metrics.SALES if metric.total == "waiting_since")


def series(name: str, **labels: str) -> Series:
    """One series by name and labels."""
    return name, tuple(sorted(labels.items()))


def samples(text: str) -> dict[Series, float]:
    """Every sample of an exposition, read ten times as fast as by the official parsers."""
    found: dict[Series, float] = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        match = _SAMPLE.fullmatch(line)
        assert match, f"{line!r} is no sample"
        key = match[1], tuple(sorted(_LABEL.findall(match[2] or "")))
        assert key not in found, f"{key} is exported twice"
        found[key] = float(match[3])
    return found


def official_samples(text: str, *, open_metrics: bool = False) -> dict[Series, float]:
    """The same by prometheus_client's own parser of the format."""
    parse = (
        openmetrics.text_string_to_metric_families if open_metrics else parser.text_string_to_metric_families
    )
    return {series(each.name, **each.labels): each.value for family in parse(text) for each in family.samples}


def summed(expositions: Iterable[Mapping[Series, float]], currency: str = "RUB") -> dict[Series, int]:
    """The sales series of some workers together, in whole milliseconds, minor units or counts."""
    found: dict[Series, int] = {}
    for exposition in expositions:
        for key, value in exposition.items():
            if (scale := _scale(key[0], currency)) is None:
                continue
            amount = round(value * scale)
            assert amount / scale == value, f"{key} is {value}, not a whole number of 1/{scale}"
            least = key[0] == WAITING_SINCE and key in found
            found[key] = min(amount, found[key]) if least else amount + found.get(key, 0)
    return found


def expected(reading: Reading, teams: Collection[str] = ()) -> dict[Series, int]:
    """Every series that is not zero by the oracle, in the same units; plans only of teams that there are."""
    found: dict[Series, int] = {}
    for metric in metrics.SALES:
        if metric.sum_total:
            found.update(_histogram(metric, reading))
        elif BASE_TOTALS[metric.total].kind == "minimum":
            found.update({series(metric.name, channel=c): ms for c, ms in reading.waiting_since.items()})
        else:
            found.update(_total(metric, reading))
    for metric in metrics.NETS:
        for window in metrics.WINDOWS_OF_NETS:
            own = (n for key, n in reading[window].items() if key[:2] == ("channel", metric.total))
            found[series(metric.name, window=window)] = sum(own)
    return {
        key: amount
        for key, amount in found.items()
        if amount and (key[0] != PLANS_OF_TEAMS or dict(key[1])["team"] in teams)
    }


def _total(metric: Metric, reading: Reading) -> Iterator[tuple[Series, int]]:
    stock, names = "window" not in metric.labels, [label for label in metric.labels if label != "window"]
    for window in ("all",) if stock else windows_of(metric):
        for (family, total, *labels), amount in reading[window].items():
            if (family, total) == (metric.family, metric.total):
                known = dict(zip(names, labels, strict=False)) | ({} if stock else {"window": window})
                yield series(metric.name, **known), amount


def _histogram(metric: Metric, reading: Reading) -> Iterator[tuple[Series, int]]:
    for window in WINDOWS:
        sums = reading[window]
        for channel in {key[2] for key in sums if key[:2] == ("channel", metric.count_total)}:
            counts = (
                sums.get(("channel", metric.total, channel, edge), 0) for edge in RESPONSE_EDGES_SECONDS
            )
            for edge, upto in zip(RESPONSE_EDGES_SECONDS, accumulate(counts), strict=True):
                le = edge if edge == "+Inf" else f"{edge}.0"
                yield series(f"{metric.name}_bucket", channel=channel, window=window, le=le), upto
            for part, total in (("_gcount", metric.count_total), ("_gsum", metric.sum_total)):
                amount = sums.get(("channel", total, channel, ""), 0)
                yield series(metric.name + part, channel=channel, window=window), amount


def _scale(name: str, currency: str) -> int | None:
    """Whole units in one exported unit; None for what is no sum of facts."""
    part = next((part for part in PARTS if name.endswith(part)), "")
    metric = _SALES.get(name.removesuffix(part))
    if metric is None:
        return None
    unit: Unit = "count" if part in ("_bucket", "_gcount") else metric.unit
    match unit:
        case "count":
            return 1
        case "ms":
            return 1000
        case "micro":
            return MILLION
        case "minor":
            minor_in_major: int = 10 ** EXPONENTS[currency]
            return minor_in_major


def differences(exported: Mapping[Series, int], wanted: Mapping[Series, int]) -> list[str]:
    """Every series of either that the other does not have with the same amount; absent is zero in both."""
    return [
        f"{key[0]}{dict(key[1])}: {exported.get(key, 'not')} exported, {wanted.get(key, 0)} true"
        for key in sorted(exported.keys() | wanted.keys())
        if exported.get(key, 0) != wanted.get(key, 0)
    ]


def unbalanced(exposition: Mapping[Series, float]) -> list[str]:
    """Stages whose imbalance is not exported as exactly 0, one for each but the last and each slow window."""
    entered = {
        labels
        for name, labels in exposition
        if name == "sales_stage_entered" and ("stage", "won") not in labels
        if dict(labels)["window"] in WINDOWS_EXPORTED_BY_SOURCE_AND_REP
    }
    shown = {key[1]: value for key, value in exposition.items() if key[0] == metrics.FUNNEL_IMBALANCE.name}
    return [f"{labels}: {shown.get(labels)}" for labels in entered | shown.keys() if shown.get(labels) != 0]


@dataclass(frozen=True)
class Comparison:
    """Some workers' series at one instant beside those that are true then."""

    now_ms: int
    exported: Mapping[Series, int]
    wanted: Mapping[Series, int]
    wrong: Sequence[str]


def compare(
    records: Iterable[Record],
    texts: Iterable[str],
    config: Config | None = None,
    teams: Collection[str] = (),
) -> Comparison:
    """Hold what workers with one clock export together against all that was published."""
    expositions = [samples(text) for text in texts]
    clocks = {round(each[series(metrics.CLOCK.name)] * 1000) for each in expositions}
    assert len(clocks) == 1, f"the clocks of the workers differ: {clocks}"
    now_ms = clocks.pop()
    exported, wanted = summed(expositions), expected(read(oracle_facts(records, config), now_ms), teams)
    wrong = [f"at {now_ms}: {line}" for line in differences(exported, wanted)]
    wrong += [f"at {now_ms}: unbalanced {line}" for each in expositions for line in unbalanced(each)]
    return Comparison(now_ms, exported, wanted, wrong)
