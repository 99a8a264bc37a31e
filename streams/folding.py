"""From a journey of any kind to its facts: those of leads and deals, and of all else that has a key."""

from __future__ import annotations

from collections.abc import Callable

from streams.customer_facts import customer_facts
from streams.facts import Facts, facts_of
from streams.funnels import UNKNOWN
from streams.journeys import Journey
from streams.ledger_facts import ledger_facts
from streams.ledger_keys import LEDGER
from streams.rules import Rules
from streams.stories import story

SOLD = ("lead/", "deal/")
"""How the keys of leads and deals begin."""
FOLDS: dict[str, Callable[[str, Journey, Rules], Facts]] = {"customer": customer_facts, LEDGER: ledger_facts}
"""How other journeys make facts, by the first word of their key."""


def counted(key: str, journey: Journey, rules: Rules) -> tuple[Facts, str]:
    """The facts of a journey, and the channel in which it is counted; unknown for no lead or deal."""
    if not key.startswith(SOLD):
        fold = FOLDS.get(key.partition("/")[0])
        return ({} if fold is None else fold(key, journey, rules)), UNKNOWN
    told = story(key, journey)
    return ({}, UNKNOWN) if told is None else facts_of(told, rules)
