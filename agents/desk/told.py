"""What is known of shards that other workers hold: what each owner told, and which nobody answers for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agents.desk import parts
from agents.desk.parts import About
from agents.journeys.stats import ShardStats
from streams.rows import Key


@dataclass(frozen=True, slots=True)
class Missing:
    """A shard that nobody answers for; `counted` where its last numbers are shown."""

    shard: int
    since_ms: int | None
    counted: bool


@dataclass(frozen=True)
class Elsewhere:
    """The shards that are not here: what is known of each, and which are missing."""

    told: tuple[ToldShard, ...]
    missing: tuple[Missing, ...]


class Epoch:
    """All that one owner has told of a shard."""

    def __init__(self) -> None:
        self.about, self.stats = About(), ShardStats()
        self.manifest: frozenset[str] | None = None
        self._parts: dict[str, bytes] = {}
        self._sums: dict[str, dict[Key, int]] = {}

    @property
    def names(self) -> Iterator[str]:
        """The parts that were told."""
        yield from self._parts

    @property
    def complete(self) -> bool:
        """Whether its first account has come to its end."""
        return self.manifest is not None and self.manifest <= self._parts.keys()

    def put(self, name: str, value: bytes | None) -> None:
        """Take a part, or forget it. A part that cannot be read is as one that has not come."""
        self._sums.pop(name, None)
        self._parts.pop(name, None)
        if name == parts.MANIFEST:
            self.manifest = None if value is None else parts.read_manifest(value)
        elif name == parts.ABOUT:
            found = None if value is None else parts.read_about(value)
            self.about = found or About()
            self.stats = self.about.stats()
            if found is None:
                return
        elif value is not None and parts.read_sums(name.partition("/")[0], value) is None:
            return
        if value is not None:
            self._parts[name] = value

    def sums(self, window: str) -> dict[Key, int]:
        """Sums of a window over all families."""
        found: dict[Key, int] = {}
        for name, raw in self._parts.items():
            if parts.window_of_part(name) == window:
                if name not in self._sums:
                    self._sums[name] = parts.read_sums(name.partition("/")[0], raw) or {}
                found |= self._sums[name]
        return found


@dataclass(frozen=True)
class ToldShard:
    """A shard of another worker, as it was told last."""

    partition: int
    _told: Epoch

    @property
    def stats(self) -> ShardStats:
        """Its owner's counters."""
        return self._told.stats

    @property
    def about(self) -> About:
        """What is known of it besides its sums."""
        return self._told.about

    def sums(self, window: str) -> Mapping[Key, int]:
        """Sums of a window, without zeros."""
        return self._told.sums(window)
