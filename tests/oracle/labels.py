"""A fact: an amount of a total, whom it is about and when it was."""

from __future__ import annotations

from dataclasses import dataclass

Key = tuple[str, str, str, str]
"""(family, total, label, second label or nothing)."""


@dataclass(frozen=True)
class Labels:
    """Whom and what a fact is about."""

    channel: str
    source: str = ""
    rep: str = ""
    stage: str = ""
    le: str = ""
    region: str = ""
    industry: str = ""
    campaign: str = ""
    """Nothing where a fact has none: those of stages, of customers and of the ledger, but of campaigns spend
    and who is new."""


@dataclass(frozen=True)
class Fact:
    """An amount of a total, dated `at_ms` (a stock isn't), that exists from `due_ms` on (None: always)."""

    total: str
    labels: Labels
    amount: int
    at_ms: int | None
    due_ms: int | None = None

    def sums(self, families: tuple[str, ...]) -> list[Key]:
        """The sums that it belongs to, in these families."""
        labels = self.labels
        family_labels = {
            "channel": (labels.channel, labels.le),
            "stage": (labels.channel, labels.stage),
            "source": (labels.channel, labels.source),
            "rep": (labels.rep, ""),
        }
        return [(family, self.total, *family_labels[family]) for family in families]
