"""What the lane and a job agree on: records in, effects out, a shard that merges."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from faust.types import TP


class LaneRecord(Protocol):
    """One record as the consumer read it; `timestamp` is Kafka's own, in milliseconds."""

    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...


@dataclass(frozen=True, slots=True)
class Output:
    """A record for another topic; without a partition the key decides, as in every Kafka client."""

    topic: str
    key: bytes | None
    value: bytes | None
    partition: int | None = None
    headers: Sequence[tuple[str, bytes]] = ()
    timestamp_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Effects:
    """What a chunk did: records for other topics, and the new value of each entry that it changed."""

    outputs: Sequence[Output] = ()
    changelog: Sequence[tuple[bytes, bytes | None]] = ()


class Shard(Protocol):
    """The state of one partition. A factory makes it empty; the changelog fills it."""

    def restore(self, records: Sequence[LaneRecord]) -> None:
        """Merge changelog records into what is here (a join: repeats change nothing); None is a tombstone."""
        ...

    def recovered(self) -> Iterable[None]:
        """All that was logged is here: refold totals before the first chunk, in pieces with pauses."""
        ...


ShardT = TypeVar("ShardT", bound=Shard)
Job = Callable[[ShardT, TP, Sequence[LaneRecord]], Effects]


EXIT_CONFIG = 78
"""Something outside must be mended before a start can help."""


class StopWorker(Exception):  # noqa: N818 - an order, not a fault
    """A job raises it to end the process: the chunk is not committed, the reason is logged."""

    def __init__(self, reason: str, exit_code: int = 65) -> None:
        super().__init__(reason)
        self.exit_code = exit_code
