"""Changelog entries packed into as few record batches as fit, each entry standing alone."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from agents.lane.types import StopWorker

# More than the frame of one record and of its batch can take.
FRAME_BYTES = 128


class Batch(Protocol):
    """aiokafka's batch builder, as far as we use it."""

    def append(self, *, timestamp: int | None, key: bytes | None, value: bytes | None) -> object | None: ...
    def record_count(self) -> int: ...
    def size(self) -> int: ...


class BatchMaker(Protocol):
    """What makes empty batches of a bounded size: aiokafka's producer."""

    def create_batch(self) -> Batch: ...


def batches(
    maker: BatchMaker, entries: Iterable[tuple[bytes, bytes | None]], *, topic: str, max_bytes: int
) -> Iterator[Batch]:
    """Pack entries in order; one that is larger than a batch should be goes alone.

    One that is larger than a message may be stops the worker, naming key and fix.
    """
    batch = maker.create_batch()
    for key, value in entries:
        size = len(key) + len(value or b"") + FRAME_BYTES
        if size > max_bytes:
            raise StopWorker(
                f"the entry {key!r} takes {size} bytes in {topic}, a message may take {max_bytes}: raise"
                " max.message.bytes of the topic and the app's producer_max_request_size up to it"
            )
        if batch.append(timestamp=None, key=key, value=value) is None:
            yield batch  # a batch takes its first entry, whatever its size
            batch = maker.create_batch()
            batch.append(timestamp=None, key=key, value=value)
    if batch.record_count():
        yield batch
