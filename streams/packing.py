"""Journeys that rest for long, packed: what nearly all of them say is not said again.

A packed journey starts with a byte that no journey starts with; `thawed` gives back the very same bytes.
"""

from __future__ import annotations

import zlib

_PACKED = b"\xc1"
"""MessagePack never uses it."""
_WORDS = (
    "retail wholesale industry region campaign customer amount reason score moved_to source channel",
    "active partner vip regular inbound stage:invoice_issued contract_agreed offer_reviewed offer_sent",
    "meeting_held meeting_set meeting_scheduled decision_maker client dm_reached conversation_held qualified",
    "responded human first_touch contact_attempted created lead/deal/customer/ RUB",
)
_COMMON = " ".join(_WORDS).encode() + (
    b"\x92\x81\x99\xcf\x00\x00\x01\x9a\xc2\x87\x95\xcf\x00\x00\x01\x9a\x00\xb1/crm/"
    b"\x91\x95\xcf\x00\x00\x01\x9a\x92\x90\x80\x91\x80"
)
_WINDOW_BITS, _MEMORY = -11, 4
_TO_PACK = zlib.compressobj(1, zlib.DEFLATED, _WINDOW_BITS, _MEMORY, zlib.Z_DEFAULT_STRATEGY, _COMMON)
_TO_THAW = zlib.decompressobj(_WINDOW_BITS, _COMMON)


def packed(raw: bytes) -> bytes:
    """The bytes of a journey, in about a third of their room."""
    pack = _TO_PACK.copy()
    return b"".join((_PACKED, pack.compress(raw), pack.flush()))


def thawed(raw: bytes) -> bytes:
    """The bytes that were packed; any others as they are."""
    return _TO_THAW.copy().decompress(raw[1:]) if raw[:1] == _PACKED else raw
