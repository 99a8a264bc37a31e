"""Where a journey lives: the partition that Kafka's own clients choose for its key."""

from __future__ import annotations

from struct import unpack
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_extensions import i64

_SEED: Final = 0x9747B28C
_MIX: Final = 0x5BD1E995
_MASK: Final = 0xFFFFFFFF


def partition_of(journey: str, partitions: int) -> int:
    """The journey's partition, as the Java client's default partitioner has it."""
    return (murmur2(journey.encode()) & 0x7FFFFFFF) % partitions


def murmur2(key: bytes) -> int:
    """Kafka's 32-bit hash of a key, word by word; kafka-python has it byte by byte, for every new journey."""
    size = len(key)
    words = size // 4
    hashed: i64 = _SEED ^ size
    for each in unpack(f"<{words}I", key[: words * 4]):
        word: i64 = each
        mixed = _mixed(word)
        hashed = _mixed(hashed) ^ _mixed(mixed ^ mixed >> 24)
    if size % 4:
        hashed = _mixed(hashed ^ int.from_bytes(key[words * 4 :], "little"))
    hashed = _mixed(hashed ^ hashed >> 13)
    return hashed ^ hashed >> 15


def _mixed(word: i64) -> i64:
    """`word * _MIX` in 32 bits: the product has at most 63."""
    return word * _MIX & _MASK
