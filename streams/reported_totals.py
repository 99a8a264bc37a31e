"""Totals that other agents report: plans, spend. Until one does, they are unknown.

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


def _ledger(
    total: str,
    families: tuple[Family, ...],
    events: str,
    help_text: str,
    unit: Literal["count", "ms"] = "count",
) -> ReportedTotal:
    in_unit: Literal["count", "ms", "minor"] = "minor" if total.endswith("_minor") else unit
    return ReportedTotal(total, families, help_text, in_unit, "flow", "unknown", events=f"ledger.{events}")


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
    )
}

TOTALS: dict[str, BaseTotal] = {**BASE_TOTALS, **REPORTED_TOTALS}
"""Every total that a formula can name."""
