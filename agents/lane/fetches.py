"""Fetches bounded by the memory that they take: compressed records may be a thousand times larger there."""

from typing import Any

from aiokafka.consumer import fetcher

PIECE_BYTES = 4 * 1024 * 1024


class LaneRecords(fetcher.PartitionRecords):  # type: ignore[misc] # aiokafka ships no types
    """One fetch of a partition; records of lanes stay as they were parsed, others become what Faust reads."""

    lane_topics: frozenset[str] = frozenset()

    def _consumer_record(self, tp: Any, record: Any) -> Any:
        return record if tp.topic in self.lane_topics else super()._consumer_record(tp, record)


class BoundedFetch(fetcher.FetchResult):  # type: ignore[misc] # aiokafka ships no types
    """What one fetch brought of a partition, handed out in pieces that take a bounded number of bytes."""

    _partition_records: Any

    def getall(self, max_records: int | None = None) -> list[Any]:
        """The next records, as aiokafka's own method has it, with a bound on their bytes besides."""
        if not self.check_assignment(self._topic_partition) or not self.has_more():
            return []
        records: list[Any] = []
        size = 0
        for record in self._partition_records:
            records.append(record)
            size += len(record.value or b"")
            for _, content in record.headers:
                size += len(content or b"")
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
