"""The merged desk as one worker has heard it: a cache of other workers' sums, never the truth.

Only the latest owner of a shard is believed. What it tells counts once its first account is complete; until
then what the owner before had told stands, marked as missing. What an old owner still sends changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from agents.desk import parts
from agents.desk.parts import Beat, ShardKey, WorkerKey
from agents.desk.told import Elsewhere, Epoch, Missing, ToldShard
from agents.environment import ADDRESS
from agents.settings import Clock
from streams.zones import MINUTE_MS

SILENT_SECONDS = 4.0
"""A worker that has said nothing for so long answers for nothing any more."""
LATE_MS = 10_000
"""By the wall clock, what was told of a shard may be this old."""
COUNTED_MS = 600_000
"""Numbers of a shard that nobody has answered for in this time are not shown any more, not even as old."""


@dataclass(frozen=True, slots=True)
class Heard:
    """When a message came: by the wall for people, and in seconds of our own clock, which never jumps."""

    wall_ms: int
    seconds: float


@dataclass
class _Shard:
    counted: Epoch | None = None
    epoch: int = -1
    """Of `counted`."""
    coming: Epoch = field(default_factory=Epoch)
    coming_epoch: int = -1
    """The latest that was seen; what it tells is not complete while it is greater than `epoch`."""
    answered_ms: int | None = None
    """When somebody last answered for all of it, by the wall."""

    @property
    def latest(self) -> int:
        return max(self.epoch, self.coming_epoch)


class Book:
    """Put together message by message, in the order of the topic; `version` moves whenever numbers do."""

    def __init__(self, partitions: int, clock: Clock) -> None:
        self._clock, self.version = clock, 0
        self._shards = [_Shard() for _ in range(partitions)]
        self._beats: dict[str, tuple[Beat, Heard]] = {}
        self._leftover: dict[ShardKey, None] = {}
        self.latest_ms = 0
        """The greatest clock that any worker has told."""
        self.caught_up = False
        """Whether everything that was told before we came is read."""

    def put(self, raw_key: bytes | None, value: bytes | None, heard: Heard) -> None:
        """Take a message; without a value it forgets what stood under its key."""
        match parts.read_key(raw_key):
            case WorkerKey(worker):
                self._beat(worker, value, heard)
            case ShardKey(shard) as key if shard < len(self._shards):
                self._part(key, self._shards[shard], value)
            case _:
                pass

    def _beat(self, worker: str, value: bytes | None, heard: Heard) -> None:
        beat = None if value is None else parts.read_beat(value)
        if beat is None:
            self._beats.pop(worker, None)
            return
        self._beats[worker] = beat, heard
        self.latest_ms = max(self.latest_ms, beat.clock_ms)
        for number, stand in beat.shards.items():
            if 0 <= number < len(self._shards) and self._shards[number].epoch == stand.epoch:
                self._shards[number].answered_ms = heard.wall_ms

    def _part(self, key: ShardKey, shard: _Shard, value: bytes | None) -> None:
        if key.epoch < shard.latest:
            self._leave(key, value)
            return
        if key.epoch == shard.epoch and shard.counted is not None:
            shard.counted.put(key.name, value)
            self.version += 1
            return
        if key.epoch > shard.coming_epoch:
            self._leave_all(key.shard, shard.coming_epoch, shard.coming)
            shard.coming, shard.coming_epoch = Epoch(), key.epoch
        shard.coming.put(key.name, value)
        if shard.coming.complete:
            if shard.counted is not None:
                self._leave_all(key.shard, shard.epoch, shard.counted)
            shard.counted, shard.epoch = shard.coming, shard.coming_epoch
            shard.coming = Epoch()
        self.version += 1

    def _leave(self, key: ShardKey, value: bytes | None) -> None:
        if value is None:
            self._leftover.pop(key, None)
        else:
            self._leftover[key] = None

    def _leave_all(self, number: int, epoch: int, told: Epoch) -> None:
        self._leftover |= dict.fromkeys(ShardKey(number, epoch, name) for name in told.names)

    def latest_epoch(self, shard: int) -> int:
        """The greatest epoch under which anything was told of a shard; -1 for none."""
        return self._shards[shard].latest

    def leftovers(self, own: Mapping[int, int]) -> list[ShardKey]:
        """What earlier owners of our shards have left in the topic; `own` is the epoch of each."""
        return [key for key in self._leftover if key.epoch < own.get(key.shard, -1)]

    def beats(self, now_seconds: float, within_seconds: float | None = None) -> dict[str, Beat]:
        """The workers that are there, or were within so many seconds."""
        seconds = SILENT_SECONDS if within_seconds is None else within_seconds
        return {
            worker: beat
            for worker, (beat, heard) in self._beats.items()
            if now_seconds - heard.seconds <= seconds
        }

    def address(self, number: int, now_seconds: float) -> str:
        """Where the worker that answers for a shard said its pages are; empty while nobody does."""
        epoch = self._shards[number].latest
        for beat in self.beats(now_seconds).values():
            stand = beat.shards.get(number)
            if stand is not None and stand.epoch == epoch and ADDRESS.fullmatch(beat.address):
                return beat.address
        return ""

    def silent(self, now_seconds: float, seconds: float) -> list[WorkerKey]:
        """Workers that have said nothing for so long that nobody needs to know of them."""
        return [
            WorkerKey(worker)
            for worker, (_, heard) in self._beats.items()
            if now_seconds - heard.seconds > seconds
        ]

    def elsewhere(self, own: Mapping[int, int], clock_ms: int, now: Heard) -> Elsewhere:
        """The shards that are not ours; one that a later owner has told of is not ours any more."""
        beats, told, missing = tuple(self.beats(now.seconds).values()), [], []
        for number, shard in enumerate(self._shards):
            if number in own and not self.superseded(number, own[number]):
                continue
            recent = shard.answered_ms is not None and now.wall_ms - shard.answered_ms <= COUNTED_MS
            shown = shard.counted if recent else None
            if shown is not None:
                told.append(ToldShard(number, shown))
            if shown is None or not self._answered(number, shard, beats, clock_ms):
                missing.append(Missing(number, shard.answered_ms, shown is not None))
        return Elsewhere(tuple(told), tuple(missing))

    def superseded(self, number: int, epoch: int) -> bool:
        """Whether somebody has taken a shard over from the owner of this epoch."""
        return self._shards[number].latest > epoch

    def _answered(self, number: int, shard: _Shard, beats: tuple[Beat, ...], clock_ms: int) -> bool:
        if (
            not self.caught_up
            or shard.coming_epoch > shard.epoch
            or not (shard.counted and shard.counted.complete)
        ):
            return False
        for beat in beats:
            stand = beat.shards.get(number)
            if stand is None or stand.epoch != shard.epoch:
                continue
            if self._clock == "event":
                return stand.as_of_ms // MINUTE_MS == clock_ms // MINUTE_MS
            return beat.clock_ms - stand.as_of_ms <= LATE_MS
        return False
