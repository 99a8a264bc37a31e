"""What an event of the ledger carries: plan, target, spend, expense and what customers told."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from streams.fields import Day, Id, Money, Number, Quantity, Text

Measure = Literal["revenue", "deals", "baseline", "handling_hours", "capacity_hours"]
"""Sales won, deals won, sales without campaigns, work on one enquiry, what one rep has for enquiries."""
IN_MONEY = ("revenue", "baseline")
"""Measures that are planned by an amount; the others by a quantity."""


class _Payload(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """`rank` goes on after the ranks of leads and deals."""

    rank: ClassVar[int]


class PlanSet(_Payload, frozen=True):
    """Plan of a measure for a period: revenue and baseline in money, the others in numbers.

    `subject` says whose: `department`, `channel/<id>`, `channel/<id>/<source>`, `source/<name>`, `rep/<code>`
    or `team/<id>`.
    """

    rank: ClassVar[int] = 30
    measure: Measure
    first_day: Day
    last_day: Day
    amount: Money | None = None
    quantity: Quantity | None = None


class TargetSet(_Payload, frozen=True):
    """Baseline and target of a KPI, valid from a day on."""

    rank: ClassVar[int] = 31
    kpi: Id
    first_day: Day
    baseline: Number | None = None
    target: Number | None = None


class SpendReported(_Payload, frozen=True):
    """Marketing or sales spend of a period, by source and campaign."""

    rank: ClassVar[int] = 32
    first_day: Day
    last_day: Day
    amount: Money
    source: Text | None = None
    campaign: Text | None = None
    channel: Id | None = None


class ExpenseReported(_Payload, frozen=True):
    """Expense or reserve of a period."""

    rank: ClassVar[int] = 33
    first_day: Day
    last_day: Day
    amount: Money
    kind: Literal["expense", "reserve"] = "expense"


class NpsAnswered(_Payload, frozen=True):
    """A client's answer, 0 to 10, to the recommendation question."""

    rank: ClassVar[int] = 34
    score: Annotated[int, Meta(ge=0, le=10, description="a whole number from 0 to 10")]
    channel: Id | None = None
    owner: Id | None = None
    customer: Id | None = None


class CustomerChurned(_Payload, frozen=True):
    """The customer left."""

    rank: ClassVar[int] = 35
    customer: Id


class CustomerRenewed(_Payload, frozen=True):
    """The customer stayed for another term."""

    rank: ClassVar[int] = 36
    customer: Id


class CareContacted(_Payload, frozen=True):
    """A contact on a regulated occasion (birthday, survey)."""

    rank: ClassVar[int] = 37
    occasion: Id
    customer: Id | None = None
    channel: Id | None = None
    owner: Id | None = None


LedgerPayload = (
    PlanSet
    | TargetSet
    | SpendReported
    | ExpenseReported
    | NpsAnswered
    | CustomerChurned
    | CustomerRenewed
    | CareContacted
)
