"""Journeys that rest for long, packed: what nearly all of them say is not said again.

A packed journey starts with a byte that no journey starts with; `thawed` gives back the very same bytes.
"""

from __future__ import annotations

import zlib

_PACKED = b"\xc1"
"""MessagePack never uses it."""
_WORDS = (
    "retail wholesale amount reason score moved_to client decision_maker human auto active partner vip",
    "regular RUB stage:invoice_issued contract_agreed offer_reviewed offer_sent meeting_held meeting_set",
    "meeting_scheduled dm_reached conversation_held qualified first_touch contact_attempted responded deal/",
)
_TIME = b"\xcf\x00\x00\x01\x9a"
_EVENT = b"\x91\x95" + _TIME
_LEAD = (
    *(b"\xa5human\x95", _TIME, b"\x81\xa5score\x05\x92\x81\xb9lead/\x99", _TIME, b"\xc2", _EVENT),
    b"\x00\xb1/crm/\x86\xa8campaign\xae\xa7channel\xa7inbound\xa8customer\xb3\xa8industry\xa6\xa6region\xa3",
    *(b"\xa6source\xad", _EVENT, b"\x03\xb1\x90\x81\xa7created\x92", _TIME, _TIME, _EVENT, b"\x04\xb1"),
    b"\x80\x91\xbccustomer/\x80",
)
"""As most leads begin and end."""
_COMMON = " ".join(_WORDS).encode() + b"".join(_LEAD)
_WINDOW_BITS, _MEMORY = -11, 4
_TO_PACK = zlib.compressobj(1, zlib.DEFLATED, _WINDOW_BITS, _MEMORY, zlib.Z_DEFAULT_STRATEGY, _COMMON)
_TO_THAW = zlib.decompressobj(_WINDOW_BITS, _COMMON)


def packed(raw: bytes) -> bytes:
    """The bytes of a journey, in about two fifths of their room."""
    pack = _TO_PACK.copy()
    return b"".join((_PACKED, pack.compress(raw), pack.flush()))


def thawed(raw: bytes) -> bytes:
    """The bytes that were packed; any others as they are."""
    return _TO_THAW.copy().decompress(raw[1:]) if raw[:1] == _PACKED else raw
