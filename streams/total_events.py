"""Which events each base total is made of, for people who connect a CRM."""

from __future__ import annotations

from collections.abc import Iterable

from streams.kpis import CLOCK
from streams.reported_totals import REPORTED_TOTALS

_OUTCOME = "deal.won deal.lost deal.reopened lead.disqualified"
_STAGES = f"lead.created deal.created deal.stage_changed {_OUTCOME}"
_ANSWER = "lead.created lead.responded lead.first_touch"
_WON = "deal.won deal.amount_changed"

_EVENTS: dict[str, str] = {
    "enquiries": "lead.created",
    "enquiries_qualified": "lead.created lead.qualified",
    "enquiries_won": "lead.created deal.won",
    "qualified_leads": "lead.qualified",
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
        "deal.created deal.amount_changed deal.won deal.lost deal.reopened",
    ),
    **dict.fromkeys(("entry_lag_ms", "entry_lags", "restatements"), ""),
    CLOCK: "",
    **{total.id: total.events for total in REPORTED_TOTALS.values()},
}


def events_of(totals: Iterable[str]) -> tuple[str, ...]:
    """CloudEvents types, in alphabetical order, that these totals are made of; none means every event."""
    return tuple(sorted({f"crm.{name}" for total in totals for name in _EVENTS[total].split()}))
