"""Where an event of the ledger lives: the key that brings together what has to be judged together.

A CRM keys its ledger as it likes; the worker forwards each event to the home of the key that is made here.
"""

from __future__ import annotations

from streams import events as ev

LEDGER = "ledger"
APART = ("rep/", "team/")
"""Plans of these stand by themselves; those of the department, its channels and sources are one whole."""
_WHOLE = ("channel/", "source/")


def is_plan_subject(entity_id: str) -> bool:
    """Whether the subject says whose plan it is."""
    return entity_id == "department" or (
        entity_id.startswith((*APART, *_WHOLE)) and bool(entity_id.partition("/")[2])
    )


def home_key(event: ev.Event) -> str:
    """The key of the journey that an event joins: its own, but of the ledger's events what they are about."""
    if event.entity != LEDGER:
        return event.journey
    return _ledger_key(event, event.data)


def _ledger_key(event: ev.Event, data: ev.Payload) -> str:
    match data:
        case ev.PlanSet(measure=measure):
            apart = f"/{event.entity_id}" if event.entity_id.startswith(APART) else ""
            return f"{LEDGER}/plan/{measure}{apart}"
        case ev.TargetSet(kpi=kpi):
            return f"{LEDGER}/target/{kpi}"
        case ev.SpendReported(source=source, campaign=campaign):
            return f"{LEDGER}/spend/{source or ''}/{campaign or ''}"
        case ev.ExpenseReported():
            return f"{LEDGER}/expense/{event.entity_id}"
        case ev.NpsAnswered():
            return f"{LEDGER}/nps/{event.source}/{event.id}"
        case ev.CareContacted():
            return f"{LEDGER}/care/{event.source}/{event.id}"
        case ev.CustomerChurned(customer=customer) | ev.CustomerRenewed(customer=customer):
            return f"customer/{customer}"
        case _:
            return event.journey
