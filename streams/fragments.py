"""What is kept of a journey and its entities, and how that lies in bytes: values that only grow.

How they grow is said in `streams.joins` and `streams.journeys`; both read these types at run time.
"""

from __future__ import annotations

from typing import Literal, TypeVar

import msgspec

Order = tuple[int, int, str, str]
"""Total order of events: (time in ms, rank of the type, source, id)."""

Value = str | int | tuple[int | str | bool | None, ...]
"""A text, a score, or money: (amount_minor, currency), of a line (…, cost_minor, kind, recurring) too."""

Item = tuple[int, int, str, str, Value]
Writer = tuple[int, int, str, str, dict[str, Value]]
"""An event and the attributes that nobody after it wrote."""
Entry = tuple[int, int, str, str, str]
Span = tuple[int, int]
"""First and last time."""
LineT = TypeVar("LineT", Order, Entry)

CUSTOMER = "customer/"
"""How the keys of customers begin."""
SET_LIMIT = 256
"""Owners, marks and activities kept of one entity: the least by order."""


class Fragment(msgspec.Struct, array_like=True, gc=False):
    """What is known of one entity; `None`, empty and `False` mean not known yet."""

    created_at: int | None = None
    deleted: bool = False
    writers: list[Writer] = []
    """In order, each with something that still stands: an attribute has one writer, its last."""
    owners: list[Entry] = []
    """In order, as marks and activities are; none twice."""
    marks: list[Order] = []
    reached: dict[str, Span] = {}
    activities: list[Entry] = []
    items: dict[str, Item] = {}
    targets: set[str] = set()
    """Every journey this entity was ever moved to (the last writer `moved_to` says where it is), every
    `customer/<id>` it ever had."""


class Journey(msgspec.Struct, array_like=True, gc=False):
    """`fragments`: own entities (`lead/1`, `deal/7`) by name; `parts`: what other journeys moved here."""

    fragments: dict[str, Fragment] = {}
    parts: dict[str, dict[str, Fragment]] = {}
    form: Literal[1] = 1
    """How all this lies in bytes: whoever changes that counts on, and other forms are refused."""


_encoder = msgspec.msgpack.Encoder(order="sorted")
_decoder = msgspec.msgpack.Decoder(Journey)


def to_bytes(journey: Journey) -> bytes:
    """The same journey is always the same bytes."""
    return _encoder.encode(journey)


def from_bytes(raw: bytes) -> Journey:
    """Inverse of `to_bytes`; raises msgspec.MsgspecError for anything else, such as another `form`."""
    return _decoder.decode(raw)
