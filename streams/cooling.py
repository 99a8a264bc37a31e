"""Panes as bytes: how hours rest in memory, and how sums travel in messages."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence

import msgspec

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[list[int], list[bytes]]).decode


def cooled(pane: dict[int, int]) -> bytes:
    """Packed rows by number as bytes, in a sixth of their room."""
    return zlib.compress(_encode((list(pane), amounts_as_bytes(pane.values()))), 1)


def warmed(resting: bytes) -> dict[int, int]:
    """The pane of `cooled`; `ValueError` or `zlib.error` for any other bytes."""
    rows, amounts = _decode(zlib.decompress(resting))
    return dict(zip(rows, amounts_of_bytes(amounts), strict=True))


def amounts_as_bytes(amounts: Iterable[int]) -> list[bytes]:
    """Whole numbers of any size and sign, each in as few bytes as hold it."""
    return [amount.to_bytes((amount.bit_length() + 8) >> 3, "little", signed=True) for amount in amounts]


def amounts_of_bytes(told: Sequence[bytes]) -> list[int]:
    """The numbers of `amounts_as_bytes`."""
    number = int.from_bytes
    return [number(each, "little", signed=True) for each in told]
