"""What each event of the ledger adds to the state of its subject: last writers by what they are about."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from streams import events as ev
from streams.fragments import Value
from streams.joins import keep_item
from streams.ledger_payloads import IN_MONEY

if TYPE_CHECKING:
    from streams.growth import Growth

MILLION = 1_000_000
HOUR_MS = 3_600_000
_SEPARATOR = "\x1f"


def keep(growth: Growth, value: Value, *about: str | None) -> None:
    """The last writer of what this is about stands; texts hold no control characters, so names are unique."""
    name = _SEPARATOR.join(part or "" for part in about)
    if keep_item(growth.fragment, name, growth.item_of(value)):
        growth.changed = True


def parts(name: str) -> list[str]:
    """What an item is about, as `keep` was told."""
    return name.split(_SEPARATOR)


def _on_plan_set(g: Growth, data: ev.PlanSet) -> None:
    value: Value
    if data.measure in IN_MONEY:
        if data.amount is None:
            return
        value = (data.amount.amount_minor, data.amount.currency)
    elif data.quantity is None:
        return
    else:
        value = round(data.quantity * (MILLION if data.measure == "deals" else HOUR_MS))
    keep(g, value, "plan", data.first_day, data.last_day)


def _on_target_set(g: Growth, data: ev.TargetSet) -> None:
    for name, number in (("baseline", data.baseline), ("target", data.target)):
        if number is not None:
            keep(g, round(number * MILLION), name, data.first_day)


def _on_spend_reported(g: Growth, data: ev.SpendReported) -> None:
    about = (data.source, data.campaign, data.channel)
    keep(g, (data.amount.amount_minor, data.amount.currency), *about, data.first_day, data.last_day)


def _on_expense_reported(g: Growth, data: ev.ExpenseReported) -> None:
    keep(g, (data.amount.amount_minor, data.amount.currency), data.kind, data.first_day, data.last_day)


def _on_nps_answered(g: Growth, data: ev.NpsAnswered) -> None:
    keep(g, (data.score, data.channel or "", data.owner or "", data.customer or ""), "nps")


def _on_care_contacted(g: Growth, data: ev.CareContacted) -> None:
    keep(g, (data.occasion, data.channel or "", data.owner or "", data.customer or ""), "care")


LEDGER_GROWS: dict[type[ev.Payload], Callable[[Growth, Any], None]] = {
    ev.PlanSet: _on_plan_set,
    ev.TargetSet: _on_target_set,
    ev.SpendReported: _on_spend_reported,
    ev.ExpenseReported: _on_expense_reported,
    ev.NpsAnswered: _on_nps_answered,
    ev.CareContacted: _on_care_contacted,
    ev.CustomerChurned: lambda g, _data: g.mark(),
    ev.CustomerRenewed: lambda g, _data: g.mark(),
}
