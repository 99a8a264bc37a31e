"""Which totals somebody has to tell: plans, spend and expenses come from no lead, deal or customer.

A KPI that needs one that nobody has told has no value and says which is missing; it is never 0.
"""

from __future__ import annotations

from streams.base_totals import BASE_TOTALS, BaseTotal

TOTALS: dict[str, BaseTotal] = BASE_TOTALS
"""Every total that there is."""

REPORTED_TOTALS = frozenset(
    total.id for total in TOTALS.values() if total.kind == "flow" and total.absence == "unknown"
)
"""Those that the ledger has to tell: amounts of days."""

WHOLE_TOTALS = frozenset(("handling_ms", "handling_told", "capacity_ms"))
"""Each channel has them as a whole: only all channels together come to the department's."""
