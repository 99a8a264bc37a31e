"""Totals that other agents report: plans, spend, customers. Until one does, they are unknown.

A KPI that needs one has no value and says which input is missing; it is never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from streams.base_totals import BASE_TOTALS, BaseTotal, Family

Origin = Literal["ledger", "customers"]


@dataclass(frozen=True, slots=True)
class ReportedTotal(BaseTotal):
    """A total that is not made of journeys."""

    origin: Origin = "ledger"
    events: str = ""


_C: tuple[Family, ...] = ("channel",)
_CR: tuple[Family, ...] = ("channel", "rep")
_CS: tuple[Family, ...] = ("channel", "source")
_ALL: tuple[Family, ...] = ("channel", "source", "rep")
_BOUGHT = "deal.won deal.payment_received deal.updated"
_STAYED = f"{_BOUGHT} ledger.customer_churned ledger.customer_renewed"


def _ledger(
    total: str,
    families: tuple[Family, ...],
    events: str,
    help_text: str,
    unit: Literal["count", "ms"] = "count",
) -> ReportedTotal:
    in_unit: Literal["count", "ms", "minor"] = "minor" if total.endswith("_minor") else unit
    return ReportedTotal(total, families, help_text, in_unit, "flow", "unknown", events=f"ledger.{events}")


def _customers(total: str, families: tuple[Family, ...], events: str, help_text: str) -> ReportedTotal:
    unit: Literal["count", "minor"] = "minor" if total.endswith("_minor") else "count"
    return ReportedTotal(
        total, families, help_text, unit, "flow", "unknown", origin="customers", events=events
    )


REPORTED_TOTALS: dict[str, ReportedTotal] = {
    total.id: total
    for total in (
        _ledger("plan_minor", _CR, "plan_set", "Planned sales, spread over working days"),
        _ledger("plan_deals", _CR, "plan_set", "Planned number of deals won"),
        _ledger("spend_minor", _CS, "spend_reported", "Marketing and sales spend"),
        _ledger("expense_minor", _C, "expense_reported", "Expenses"),
        _ledger("reserve_minor", _C, "expense_reported", "Reserves"),
        _ledger("baseline_minor", _CS, "plan_set", "Sales that would come without campaigns"),
        _ledger("handling_ms", _C, "plan_set", "Working time that one enquiry takes", "ms"),
        _ledger("capacity_ms", _C, "plan_set", "Working time that one rep has for enquiries", "ms"),
        _ledger("nps_promoters", _CR, "nps_answered", "Answers of 9 and 10 to the recommendation question"),
        _ledger("nps_detractors", _CR, "nps_answered", "Answers of 0 to 6 to the recommendation question"),
        _ledger("nps_answers", _CR, "nps_answered", "Answers to the recommendation question"),
        _ledger("care_contacts", _CR, "care_contacted", "Contacts on regulated occasions"),
        _customers("new_customers", _CS, _BOUGHT, "Customers who bought for the first time"),
        _customers("active_customers", _C, _BOUGHT, "Different customers who bought"),
        _customers("repeat_customers", _C, _BOUGHT, "Customers who bought and had bought before"),
        _customers("customers_at_start", _C, _STAYED, "Customers at the start of the period"),
        _customers("churned_customers", _C, _STAYED, "Of them, those who left in the period"),
        _customers("lifetime_customers", _C, _STAYED, "Customers whose lifetime value is estimated"),
        _customers("lifetime_revenue_minor", _C, _STAYED, "Their revenue over the expected lifetime"),
        _customers("lifetime_margin_minor", _C, _STAYED, "Their profit over the expected lifetime"),
    )
}

TOTALS: dict[str, BaseTotal] = {**BASE_TOTALS, **REPORTED_TOTALS}
"""Every total that a formula can name."""
