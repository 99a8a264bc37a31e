"""The score of an opportunity, 1 to 5: the CRM's where it sent one, else by a rule that gives its reasons.

The rule asks what source 001 asks of a qualified lead: budget, authority, need, timing. Each is a point.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from streams.joins import value_of
from streams.kpis import Text
from streams.stories import Deal, Story

CriterionId = Literal["budget", "authority", "need", "timing"]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One question, what answers it (of the deal or its lead), and how people read either answer."""

    id: CriterionId
    evidence: frozenset[str]
    met: Text
    unmet: Text


def _evidence(names: str) -> frozenset[str]:
    """Pieces of evidence by name; the CRM's word that the stage of that name was reached is one too."""
    stages = (f"stage:{'decision_maker_reached' if name == 'dm_reached' else name}" for name in names.split())
    return frozenset((*names.split(), *stages))


CRITERIA = (
    Criterion(
        "budget",
        frozenset(),
        Text("Budget: the deal has an amount", "Бюджет: сумма сделки известна"),
        Text("Budget: no amount is known yet", "Бюджет: сумма сделки пока неизвестна"),
    ),
    Criterion(
        "authority",
        _evidence("dm_reached"),
        Text("Authority: the decision maker was reached", "Полномочия: был контакт с ЛПР"),
        Text("Authority: the decision maker was not reached yet", "Полномочия: контакта с ЛПР пока не было"),
    ),
    Criterion(
        "need",
        _evidence("qualified conversation_held meeting_held"),
        Text("Need: qualified, or talked over", "Потребность: лид квалифицирован или состоялся разговор"),
        Text("Need: neither qualified nor talked over yet", "Потребность: разговора пока не было"),
    ),
    Criterion(
        "timing",
        _evidence("offer_reviewed contract_agreed invoice_issued"),
        Text(
            "Timing: the client has the offer, the contract or the invoice in hand",
            "Сроки: клиент рассмотрел предложение, согласовал договор или получил счёт",
        ),
        Text(
            "Timing: the client has considered no offer yet",
            "Сроки: клиент пока не рассмотрел предложение",
        ),
    ),
)
_PROVED = tuple(criterion.evidence for criterion in CRITERIA if criterion.evidence)


def told_score(told: Story, deal: Deal) -> int | None:
    """The score that the CRM sent: the deal's own, else that of the lead that it grew from."""
    for state in (deal.state, told.lead):
        score = None if state is None else value_of(state, "score")
        if isinstance(score, int):
            return score
    return None


def score_of(told: Story, deal: Deal) -> int:
    """What the CRM said, else one point and one more for each criterion that is met."""
    score = told_score(told, deal)
    return 1 + sum(_answers(told, deal)) if score is None else score


def reasons(told: Story, deal: Deal) -> tuple[tuple[Criterion, bool], ...]:
    """Each criterion and whether it is met, also where the CRM's score counts instead."""
    return tuple(zip(CRITERIA, _answers(told, deal), strict=True))


def _answers(told: Story, deal: Deal) -> list[bool]:
    """In the order of the criteria."""
    amount = deal.amount
    answers = [amount is not None and amount[0] > 0]
    of_deal, lead = deal.state.reached, told.lead
    for evidence in _PROVED:
        met = not evidence.isdisjoint(of_deal)
        answers.append(met or (lead is not None and not evidence.isdisjoint(lead.reached)))
    return answers
