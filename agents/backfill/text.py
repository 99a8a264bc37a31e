"""OpenMetrics text of many instants: families and series one after the other, samples by time."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TextIO

from prometheus_client import metrics_core

PLACE = {"job": "voronka", "instance": "backfill"}
"""What Prometheus adds to a scraped series."""
_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


@dataclass
class _Series:
    """One series: when it has a sample, and which."""

    at_ms: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("d"))


class Sheet:
    """The samples of some instants, held until they are written: a series has 16 bytes an instant."""

    def __init__(self) -> None:
        self._families: dict[str, tuple[str, str, dict[str, _Series]]] = {}
        self._names: dict[tuple[str, tuple[tuple[str, str], ...]], str] = {}

    def add(self, at_ms: int, families: Iterable[metrics_core.Metric]) -> int:
        """Note what is exported at an instant; instants come in order. Returns the number of samples."""
        count = 0
        for family in families:
            _, _, known = self._families.setdefault(family.name, (family.type, family.documentation, {}))
            for sample in family.samples:
                series = known.setdefault(self._series(sample.name, sample.labels), _Series())
                series.at_ms.append(at_ms)
                series.values.append(sample.value)
                count += 1
        return count

    def write(self, out: TextIO) -> None:
        """All of it, and forget it."""
        for name, (kind, text, known) in self._families.items():
            out.write(f"# TYPE {name} {kind}\n# HELP {name} {text.translate(_ESCAPES)}\n")
            for series, samples in known.items():
                out.writelines(_lines(series, samples))
        out.write("# EOF\n")
        self._families = {}

    def _series(self, name: str, labels: Mapping[str, str]) -> str:
        key = name, tuple(labels.items())
        if (known := self._names.get(key)) is None:
            told = ",".join(
                f'{label}="{text.translate(_ESCAPES)}"' for label, text in {**labels, **PLACE}.items()
            )
            known = self._names[key] = f"{name}{{{told}}}"
        return known


def _lines(series: str, samples: _Series) -> Iterator[str]:
    for at_ms, value in zip(samples.at_ms, samples.values, strict=True):
        shown = f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else repr(value)
        yield f"{series} {shown} {at_ms // 1000}.{at_ms % 1000:03d}\n"
