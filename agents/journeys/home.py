"""Where a journey lives: the partition that Kafka's own clients choose for its key."""

from __future__ import annotations

from struct import unpack

_SEED, _MIX, _MASK = 0x9747B28C, 0x5BD1E995, 0xFFFFFFFF


def partition_of(journey: str, partitions: int) -> int:
    """The journey's partition, as the Java client's default partitioner has it."""
    return (murmur2(journey.encode()) & 0x7FFFFFFF) % partitions


def murmur2(key: bytes) -> int:
    """Kafka's 32-bit hash of a key, word by word; kafka-python has it byte by byte, for every new journey."""
    size = len(key)
    words = size // 4
    hashed = _SEED ^ size
    for word in unpack(f"<{words}I", key[: words * 4]):
        mixed = _mixed(word)
        hashed = _mixed(hashed) ^ _mixed(mixed ^ mixed >> 24)
    if size % 4:
        hashed = _mixed(hashed ^ int.from_bytes(key[words * 4 :], "little"))
    hashed = _mixed(hashed ^ hashed >> 13)
    return hashed ^ hashed >> 15


def _mixed(word: int) -> int:
    """`word * _MIX` in 32 bits; by halves, for compiled integers are quick up to 62 bits."""
    return ((word & 0xFFFF) * _MIX + (((word >> 16) * _MIX & 0xFFFF) << 16)) & _MASK
