"""What workers tell each other on `voronka-totals`: the keys, and what stands under each.

Under `worker/<id>` a worker says what it stands for; under `shard/<number>/<epoch>/<name>` stand the sums of
one family and window, what is known of the shard besides, and the manifest that ends a first account.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from agents.journeys.stats import EntryLag, ShardStats
from streams.reported_totals import TOTALS
from streams.rows import Key

ABOUT, MANIFEST = "about", "manifest"
_SHARD, _WORKER = "shard", "worker"
_Value = TypeVar("_Value")
Nested = dict[str, dict[str, dict[str, int]]]
"""Amounts by total, label 1 and label 2: names are written once."""


@dataclass(frozen=True, slots=True)
class ShardKey:
    """A part of what one owner tells of a shard; a later owner has a greater epoch."""

    shard: int
    epoch: int
    name: str

    def __bytes__(self) -> bytes:
        return f"{_SHARD}/{self.shard}/{self.epoch}/{self.name}".encode()


@dataclass(frozen=True, slots=True)
class WorkerKey:
    """One worker process."""

    id: str

    def __bytes__(self) -> bytes:
        return f"{_WORKER}/{self.id}".encode()


class Stand(msgspec.Struct, frozen=True, array_like=True):
    """All that was told of a shard under this epoch is true at `as_of_ms` of its owner's clock."""

    epoch: int
    as_of_ms: int


class Beat(msgspec.Struct, frozen=True):
    """A worker is there: its clock, its shards, what it has to read, its mirror, where its pages are."""

    clock_ms: int
    shards: dict[int, Stand] = {}
    lags: dict[str, int | None] = {}
    redis: bool | None = None
    address: str = ""


class Lead(msgspec.Struct, frozen=True):
    """A lead that waits for its first answer."""

    lead: str
    since_ms: int
    channel: str
    owner: str


class Lag(msgspec.Struct, frozen=True, array_like=True):
    """Entry lag of one channel."""

    buckets: list[int]
    sum_ms: int


class About(msgspec.Struct, frozen=True):
    """What is known of a shard besides its sums."""

    waiting_since: dict[str, int] = {}
    waiting: int = 0
    leads: list[Lead] = []
    applied: int = 0
    duplicates: int = 0
    forwarded: int = 0
    parts: int = 0
    quarantined: dict[str, int] = {}
    restatements: dict[str, int] = {}
    entry_lag: dict[str, Lag] = {}
    rep_lags: dict[str, int] = {}
    rep_lag_ms: dict[str, int] = {}

    def stats(self) -> ShardStats:
        """Its counters as the owner keeps them."""
        return ShardStats(
            applied=self.applied,
            duplicates=self.duplicates,
            forwarded=self.forwarded,
            parts=self.parts,
            quarantined=Counter(self.quarantined),
            restatements=Counter(self.restatements),
            entry_lag={name: EntryLag(lag.buckets, lag.sum_ms) for name, lag in self.entry_lag.items()},
            rep_lags=self.rep_lags,
            rep_lag_ms=self.rep_lag_ms,
        )


def about(stats: ShardStats, waiting_since: Mapping[str, int], waiting: int, leads: Iterable[Lead]) -> About:
    """What a shard tells of itself besides its sums."""
    return About(
        waiting_since=dict(waiting_since),
        waiting=waiting,
        leads=list(leads),
        applied=stats.applied,
        duplicates=stats.duplicates,
        forwarded=stats.forwarded,
        parts=stats.parts,
        quarantined=dict(stats.quarantined),
        restatements=dict(stats.restatements),
        entry_lag={name: Lag(list(lag.buckets), lag.sum_ms) for name, lag in stats.entry_lag.items()},
        rep_lags=dict(stats.rep_lags),
        rep_lag_ms=dict(stats.rep_lag_ms),
    )


def read_key(raw: bytes | None) -> ShardKey | WorkerKey | None:
    """Whose message it is; None for what no worker of ours writes."""
    match (raw or b"").decode("utf-8", "replace").split("/", 3):
        case [kind, worker] if kind == _WORKER and worker:
            return WorkerKey(worker)
        case [kind, shard, epoch, name] if kind == _SHARD and _whole(shard) and _whole(epoch):
            return ShardKey(int(shard), int(epoch), name)
        case _:
            return None


def _whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16


def sums_name(family: str, window: str) -> str:
    """The part that holds a family's sums of a window."""
    return f"{family}/{window}"


def window_of_part(name: str) -> str | None:
    """The window of a part with sums; None for the others."""
    return name.partition("/")[2] or None


def by_family(sums: Mapping[Key, int]) -> dict[str, Nested]:
    """A window's sums as they are told, without zeros."""
    told: dict[str, Nested] = {}
    for (family, total, first, second), amount in sums.items():
        if amount:
            told.setdefault(family, {}).setdefault(total, {}).setdefault(first, {})[second] = amount
    return told


def write(value: Any) -> bytes:
    """A message."""
    return msgspec.msgpack.encode(value)


def read_beat(raw: bytes) -> Beat | None:
    """None where it cannot be read; so it is with all that follow."""
    return _read(raw, Beat)


def read_about(raw: bytes) -> About | None:
    """What is known of a shard besides its sums."""
    return _read(raw, About)


def read_manifest(raw: bytes) -> frozenset[str] | None:
    """The names of the parts that were told before it."""
    return _read(raw, frozenset[str])


def read_sums(family: str, raw: bytes) -> dict[Key, int] | None:
    """Sums by key; totals that this version does not know are left out."""
    nested = _read(raw, dict[str, dict[str, dict[str, int]]])
    if nested is None:
        return None
    return {
        (family, total, first, second): amount
        for total, by_first in nested.items()
        if total in TOTALS
        for first, by_second in by_first.items()
        for second, amount in by_second.items()
    }


def _read(raw: bytes, kind: type[_Value]) -> _Value | None:
    try:
        return msgspec.msgpack.decode(raw, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
