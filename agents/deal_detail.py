"""`/api/journey`: one lead with its deals, or a deal without a lead, and why each open deal has its score."""

from __future__ import annotations

from typing import Any

from agents.readings import WorkerState
from streams.funnels import UNKNOWN
from streams.money import EXPONENTS
from streams.opportunity import reasons, score_of, told_score
from streams.stories import Deal, Story


def journey_of(state: WorkerState, key: str) -> dict[str, Any] | None:
    """What is known of a journey (`lead/1`, `deal/7`) in the shards that are here; None where it is not."""
    told = next((story for shard in state.ready_shards() if (story := shard.told(key)) is not None), None)
    if told is None:
        return None
    channel = told.channel if told.channel in state.settings.funnels.by_channel else UNKNOWN
    return {
        "key": key,
        "outcome": told.outcome,
        "channel": channel,
        "source": told.told("source"),
        "owner": told.owner(None),
        "created_ms": None if told.lead is None else told.lead.created_at,
        "qualified_ms": told.qualified_at,
        "deals": [_deal(told, deal) for deal in told.deals],
    }


def _deal(told: Story, deal: Deal) -> dict[str, Any]:
    return {
        "deal": deal.id.removeprefix("deal/"),
        "outcome": deal.outcome,
        "owner": told.owner(None, deal),
        "created_ms": deal.state.created_at,
        "closed_ms": deal.closed_at,
        "amount": None if deal.amount is None else _amount(*deal.amount),
        "score": _score(told, deal) if deal.outcome == "open" else None,
    }


def _amount(amount_minor: int, currency: str) -> dict[str, Any]:
    minor_in_major: int = 10 ** EXPONENTS[currency]
    return {"value": amount_minor / minor_in_major, "currency": currency}


def _score(told: Story, deal: Deal) -> dict[str, Any]:
    """The score, who gave it, and what the rule finds; a score of the CRM's counts whatever that is."""
    return {
        "value": score_of(told, deal),
        "by": "rule" if told_score(told, deal) is None else "crm",
        "reasons": [
            {"id": criterion.id, "met": met, "says": criterion.met if met else criterion.unmet}
            for criterion, met in reasons(told, deal)
        ],
    }
