"""Which events each base total is made of, for people who connect a CRM."""

from __future__ import annotations

from collections.abc import Iterable

from streams.base_totals import NETS
from streams.kpis import CLOCK

_OUTCOME = "deal.won deal.lost deal.reopened lead.disqualified"
_STAGES = f"lead.created deal.created deal.stage_changed {_OUTCOME}"
_ANSWER = "lead.created lead.responded lead.first_touch"
_WON = "deal.won deal.amount_changed"
_BOUGHT = "lead.created deal.created deal.updated deal.won"
_STAYED = f"{_BOUGHT} ledger.customer_churned ledger.customer_renewed"
_OPENED = "deal.created deal.amount_changed deal.won deal.lost deal.reopened"
_TALKS = "lead.conversation_held deal.conversation_held deal.meeting_held"


def _both(verb: str) -> str:
    return f"lead.{verb} deal.{verb}"


_EVENTS: dict[str, str] = {
    "enquiries": "lead.created",
    "enquiries_qualified": "lead.created lead.qualified",
    "enquiries_won": "lead.created deal.won",
    "qualified_leads": "lead.qualified",
    "assign_ms": f"{_ANSWER} lead.assigned",
    "attempt_ms": f"{_ANSWER} lead.contact_attempted",
    "qualified_won": "lead.qualified deal.won",
    **dict.fromkeys(("responses", "response_ms", "response_bucket"), _ANSWER),
    **dict.fromkeys(("response_working_ms", "response_working_bucket"), _ANSWER),
    **dict.fromkeys(("answered_1h", "due_1h", "answered_1wh", "due_1wh"), _ANSWER),
    **dict.fromkeys(("waiting", "waiting_since"), f"{_ANSWER} {_OUTCOME}"),
    **dict.fromkeys(("stage_entered", "stage_advanced", "stage_lost", "stage_still"), _STAGES),
    **dict.fromkeys(("dwell_ms", "dwells", "occupancy"), _STAGES),
    "deals_created": "deal.created",
    "deals_created_won": "deal.created deal.won",
    "deals_created_lost": "deal.created deal.lost",
    "won_deals": "deal.won",
    "lost_deals": "deal.lost",
    **dict.fromkeys(("revenue_minor", "won_deals_valued", "won_deals_unconverted"), _WON),
    **dict.fromkeys(("cycle_ms", "cycles"), "lead.created lead.first_touch deal.created deal.won"),
    "open_deals": "deal.created deal.won deal.lost deal.reopened",
    **dict.fromkeys(
        ("open_deals_valued", "open_deals_unconverted", "pipeline_minor"),
        _OPENED,
    ),
    "stuck": _STAGES,
    "enquiries_deal": "lead.created deal.created",
    "enquiries_opportunity": "lead.created lead.qualified deal.created",
    "enquiries_invalid": "lead.created lead.disqualified",
    **dict.fromkeys(("leads_scored", "lead_score"), "lead.created lead.scored"),
    "qualified_deal": "lead.qualified deal.created",
    **dict.fromkeys(("responses_qualified", "answered_1h_qualified"), f"{_ANSWER} lead.qualified"),
    "opportunities": "deal.created",
    "opportunities_talked": f"deal.created {_TALKS}",
    "talked_leads": _TALKS,
    "talked_qualified": f"{_TALKS} lead.qualified",
    "won_deals_small": _WON,
    **dict.fromkeys(("won_deals_upsell", "won_deals_cross"), "deal.won deal.line_sold"),
    "won_activities": "deal.won deal.contact_attempted deal.meeting_held lead.contact_attempted",
    **dict.fromkeys(("margin_minor", "margin_revenue_minor"), "deal.won deal.line_sold"),
    **dict.fromkeys(("upsell_revenue_minor", "upsell_cost_minor"), "deal.won deal.line_sold"),
    "campaign_revenue_minor": f"lead.created deal.created {_WON}",
    **dict.fromkeys(("contact_attempts", "decision_maker_attempts"), _both("contact_attempted")),
    "first_touches": _both("first_touch"),
    "meetings_set": _both("meeting_set"),
    "meetings_held": _both("meeting_held"),
    "offers_sent": _both("offer_sent"),
    "offers_reviewed": _both("offer_reviewed"),
    "contracts_agreed": _both("contract_agreed"),
    **dict.fromkeys(("invoices", "invoiced_minor", "invoices_unconverted"), "deal.invoice_issued"),
    **dict.fromkeys(
        ("payments", "paid_minor", "payments_unconverted"), "deal.payment_received deal.payment_reversed"
    ),
    **dict.fromkeys(("offered_deals", "offered_offers"), "deal.offer_sent"),
    "open_enquiries": f"lead.created {_OUTCOME}",
    **dict.fromkeys(("open_deals_scored", "open_deals_score"), "deal.created deal.scored"),
    **dict.fromkeys(("recurring_minor", "recurring_deals"), "deal.won deal.line_sold"),
    "won_deals_unnamed": _BOUGHT,
    **dict.fromkeys(("new_customers", "active_customers", "repeat_customers"), _BOUGHT),
    **dict.fromkeys(("churned_customers", "customers_at_start", "customers", "customers_told"), _STAYED),
    **dict.fromkeys(("customer_revenue_minor", "lifetime_customers"), f"{_BOUGHT} deal.amount_changed"),
    "lifetime_revenue_minor": f"{_BOUGHT} deal.amount_changed",
    **dict.fromkeys(("customer_margin_minor", "lifetime_margin_minor"), f"{_BOUGHT} deal.line_sold"),
    "lifetime_costed_customers": f"{_BOUGHT} deal.line_sold",
    "reps": "deal.won deal.assigned",
    **dict.fromkeys(("entry_lag_ms", "entry_lags", "restatements"), ""),
    CLOCK: "",
    **dict.fromkeys(("plan_minor", "plan_deals", "baseline_minor"), "ledger.plan_set"),
    **dict.fromkeys(("handling_ms", "handling_told", "capacity_ms"), "ledger.plan_set"),
    "spend_minor": "ledger.spend_reported",
    **dict.fromkeys(("expense_minor", "reserve_minor"), "ledger.expense_reported"),
    "ledger_unconverted": "ledger.plan_set ledger.spend_reported ledger.expense_reported",
    **dict.fromkeys(("nps_promoters", "nps_detractors", "nps_answers"), "ledger.nps_answered"),
    "care_contacts": "ledger.care_contacted",
    **dict.fromkeys(("baseline", "baselines", "target", "targets"), "ledger.target_set"),
}
_EVENTS |= {net: _EVENTS[stock] for stock, net in NETS.items()}


def events_of(totals: Iterable[str]) -> tuple[str, ...]:
    """CloudEvents types, in alphabetical order, that these totals are made of; none means every event."""
    return tuple(sorted({f"crm.{name}" for total in totals for name in _EVENTS[total].split()}))
