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
