"""What generated files say: panels, expressions with variables filled in, the series that they name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import promql_parser

from dashboards.files import generated
from streams import metrics

PARTS = {"counter": ("",), "gauge": ("",), "info": ("",), "histogram": ("_bucket", "_count", "_sum")} | {
    "gaugehistogram": ("_bucket", "_gcount", "_gsum"),
    "summary": ("_count", "_sum"),
}
EXPORTED = {metric.name + part for metric in metrics.METRICS.values() for part in PARTS[metric.type]}
OF_PROMETHEUS = {"up", "scrape_duration_seconds", "ALERTS"}
_RULE = re.compile(r'(?:record|alert): "?([^"\n]+)"?\n\s+expr: (.+)')
_VARIABLE = re.compile(r"label_values\((.+), (\w+)\)")


@dataclass(frozen=True)
class Shown:
    """An expression of a board, and where it stands."""

    where: str
    expr: str


@cache
def written() -> Mapping[str, str]:
    """Every generated file."""
    return generated()


@cache
def board(name: str) -> Mapping[str, Any]:
    """One generated board."""
    found: Mapping[str, Any] = json.loads(written()[name])
    return found


def names() -> list[str]:
    """Every generated board."""
    return sorted(name for name in written() if name.endswith(".json"))


def panels(found: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Its panels, those within rows too, without the rows."""
    for panel in found["panels"]:
        if panel["type"] == "row":
            yield from panel.get("panels", [])
        else:
            yield panel


def shown(found: Mapping[str, Any]) -> Iterator[Shown]:
    """Every expression of its panels and variables."""
    for panel in panels(found):
        for target in panel["targets"]:
            yield Shown(f"{found['uid']}: {panel['title']}", filled(target["expr"]))
    for variable in found["templating"]["list"]:
        if variable["type"] == "query":
            match = _VARIABLE.fullmatch(variable["query"]["query"])
            assert match, variable
            yield Shown(f"{found['uid']}: ${variable['name']}", filled(match[1]))


def marks(found: Mapping[str, Any]) -> list[str]:
    """The expressions of its annotations, which may be empty."""
    return [each["expr"] for each in found["annotations"]["list"]]


def filled(expr: str) -> str:
    """The expression with everything chosen."""
    chosen = {"$__rate_interval": "1m", "$window": "30d", "$channel": ".*", "$rep": ".*", "$source": ".*"}
    for variable, text in chosen.items():
        expr = expr.replace(variable, text)
    return expr


def rules(text: str) -> dict[str, str]:
    """The last expression of each name in a generated rules file."""
    return {name: json.loads(expr) for name, expr in _RULE.findall(text)}


def series(expr: str) -> set[str]:
    """The names of the series that an expression reads."""
    found: set[str] = set()
    waiting: list[Any] = [promql_parser.parse(expr)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, promql_parser.VectorSelector):
            found.add(str(node.name))
        for part in ("lhs", "rhs", "expr", "vector_selector", "args"):
            inner = getattr(node, part, None)
            waiting += inner if isinstance(inner, list) else [inner] if inner is not None else []
    return found
