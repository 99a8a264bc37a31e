"""What a recording rule is, and how rules are laid into groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dashboards.yaml import Value

RULES_IN_A_GROUP = 20


@dataclass(frozen=True)
class Rule:
    """A series that Prometheus computes from others."""

    record: str
    expr: str
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def told(self) -> Value:
        """As a rules file says it."""
        return {"record": self.record, "expr": self.expr} | ({"labels": self.labels} if self.labels else {})


@dataclass(frozen=True)
class Group:
    """Rules that are evaluated in their order; groups run beside each other."""

    name: str
    rules: Sequence[Rule]

    @property
    def told(self) -> Value:
        """As a rules file says it."""
        return {"name": self.name, "rules": [rule.told for rule in self.rules]}


def grouped(name: str, batches: Iterable[Sequence[Rule]]) -> Iterator[Group]:
    """Groups of few rules each; what rests on each other, a batch, stays together."""
    number, rules = 1, list[Rule]()
    for batch in batches:
        if rules and len(rules) + len(batch) > RULES_IN_A_GROUP:
            yield Group(f"{name}-{number}", rules)
            number, rules = number + 1, []
        rules = [*rules, *batch]
    if rules:
        yield Group(f"{name}-{number}", rules)
