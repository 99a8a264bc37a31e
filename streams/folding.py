"""From a journey of any kind to its facts: those of leads and deals, and of all else that has a key."""

from __future__ import annotations

from collections.abc import Callable

from streams.book import Facts
from streams.customer_facts import customer_facts
from streams.facts import facts_of
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


def counted(key: str, journey: Journey, rules: Rules) -> tuple[Facts, str, int | None]:
    """The facts of a journey, the channel in which it is counted, and since when its lead waits, if it does.

    The channel is unknown where it is no lead's or deal's.
    """
    if not key.startswith(SOLD):
        fold = FOLDS.get(key.partition("/")[0])
        return ({} if fold is None else fold(key, journey, rules)), UNKNOWN, None
    told = story(key, journey)
    if told is None:
        return {}, UNKNOWN, None
    book = facts_of(told, rules)
    return book.facts, book.channel, book.waiting_since
