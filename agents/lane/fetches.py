"""Fetches bounded by the memory that they take: compressed records may be a thousand times larger there."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from aiokafka.consumer import fetcher

PIECE_BYTES = 4 * 1024 * 1024
COMPRESSED_RUN = 64
"""Records of a compressed batch that are taken at once: nobody knows how large they are before."""


def size_of(record: Any) -> int:
    """The bytes of a record's value and headers."""
    return len(record.value or b"") + sum(len(content or b"") for _, content in record.headers)


class Run:
    """Neighbouring records of a batch, which aiokafka's loop over records takes for one.

    `size` is what they take beside the fetch that they came in: nothing where it is not compressed.
    """

    __slots__ = ("offset", "records", "size")

    def __init__(self, records: list[Any], size: int = 0) -> None:
        self.records, self.offset, self.size = records, records[-1].offset, size


class Runs:
    """A batch that yields its records by the run; in all else it is the batch."""

    def __init__(self, batch: Any) -> None:
        self._batch = batch

    def __iter__(self) -> Iterator[Run]:
        if not self._batch.compression_type:
            if run := list(self._batch):
                yield Run(run)
            return
        records = chain(self._batch)  # a batch itself can be asked for its records only once
        while run := list(islice(records, COMPRESSED_RUN)):
            yield Run(run, sum(map(size_of, run)))

    def __next__(self) -> Any:
        return next(self._batch)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)


class RunsOfRecords:
    """The batches of a fetch, as `Runs`."""

    def __init__(self, records: Any) -> None:
        self._records = records
        self.has_next = records.has_next

    def next_batch(self) -> Runs:
        """The next batch."""
        return Runs(self._records.next_batch())


class LaneRecords(fetcher.PartitionRecords):  # type: ignore[misc] # aiokafka ships no types
    """One fetch of a partition; records of lanes come by the run as they were parsed, others as before."""

    lane_topics: frozenset[str] = frozenset()
    next_fetch_offset: int

    def __init__(self, tp: Any, records: Any, *args: Any) -> None:
        self.by_run = tp.topic in self.lane_topics
        super().__init__(tp, RunsOfRecords(records) if self.by_run else records, *args)

    def _consumer_record(self, tp: Any, record: Any) -> Any:
        if not self.by_run:
            return super()._consumer_record(tp, record)
        wanted = self.next_fetch_offset
        if record.records[0].offset < wanted:
            record.records = [one for one in record.records if one.offset >= wanted]
        return record


class BoundedFetch(fetcher.FetchResult):  # type: ignore[misc] # aiokafka ships no types
    """What one fetch brought of a partition, handed out in pieces that take a bounded number of bytes."""

    _partition_records: Any

    def getall(self, max_records: int | None = None) -> list[Any]:
        """The next records, as aiokafka's own method has it, with a bound on their bytes besides.

        Their number is bounded for other topics alone: nobody asks a lane for so many.
        """
        if not self.check_assignment(self._topic_partition) or not self.has_more():
            return []
        records: list[Any] = []
        size = 0
        for taken in self._partition_records:
            run = taken if self._partition_records.by_run else Run([taken], size_of(taken))
            records += run.records
            size += run.size
            if size >= PIECE_BYTES or len(records) == max_records:
                self._update_position()
                break
        else:
            self._update_position()
            self._partition_records = None
        return records


def bound(lane_topics: frozenset[str]) -> None:
    """Let every fetcher of this process hand out bounded pieces; it knows its results by their exact type."""
    fetcher.FetchResult = BoundedFetch
    fetcher.PartitionRecords = LaneRecords
    LaneRecords.lane_topics |= lane_topics
