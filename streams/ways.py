"""The way through a channel's funnel: the row of each stage, and the evidence that reaches it."""

from __future__ import annotations

from collections.abc import Sequence

from streams.funnels import Stage

Reached = dict[str, list[int]]
"""Numbers of the stages that a piece of evidence reaches."""


class Way:
    """A funnel as journeys pass it; evidence of a lead and of a deal may reach other stages."""

    __slots__ = ("of_deals", "of_leads", "rows")

    def __init__(self, funnel: Sequence[Stage], rows: list[int]) -> None:
        self.rows = rows
        self.of_leads: Reached = {}
        self.of_deals: Reached = {}
        for number, stage in enumerate(funnel[:-1]):
            for name in (f"stage:{stage.id}", *stage.evidence):
                entity, _, rest = name.rpartition(":")
                if entity in ("lead", "deal"):
                    reached = self.of_leads if entity == "lead" else self.of_deals
                    reached.setdefault(rest, []).append(number)
                else:
                    self.of_leads.setdefault(name, []).append(number)
                    self.of_deals.setdefault(name, []).append(number)
