"""What the fields of events are made of: closed words, bounded texts, days, numbers and money."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

By = Literal["human", "auto"]
Party = Literal["client", "partner", "decision_maker"]
LineKind = Literal["new", "repeat", "upsell", "cross_sell"]

# The descriptions are what a rejection tells to send, and what the JSON Schemas say.
Id = Annotated[str, Meta(min_length=1, max_length=128, description="text of 1 to 128 characters")]
Text = Annotated[str, Meta(min_length=1, max_length=256, description="text of 1 to 256 characters")]
Day = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\d$", description="a day such as 2026-03-01")]
Number = Annotated[float, Meta(ge=-1e12, le=1e12, description="a number from -1e12 to 1e12")]
Quantity = Annotated[float, Meta(ge=0, le=1e9, description="a number from 0 to 1e9")]


class Money(msgspec.Struct, frozen=True, gc=False, array_like=True, order=True):
    """An amount in integer minor units (cents, kopecks) of an ISO 4217 currency."""

    amount_minor: int
    currency: str
