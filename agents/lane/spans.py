"""Which offsets a fetch really covered: a missing piece is seen, and compaction is not taken for one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from faust.types import TP

from agents.lane.types import EXIT_CONFIG, LaneRecord, StopWorker


@dataclass(frozen=True, slots=True)
class Span:
    """Records of one partition and the offsets [first, upto) that they are all of."""

    first: int
    upto: int
    records: Sequence[LaneRecord]

    def since(self, offset: int) -> Sequence[LaneRecord]:
        """The records from `offset` on."""
        if self.first >= offset:
            return self.records
        return [record for record in self.records if record.offset >= offset]


class ReadPositions:
    """How far each partition was read without a jump; lives in the consumer's thread.

    Between two fetches without a seek nothing can be lost, so offsets missing there do not exist.
    """

    def __init__(self, span_records: int) -> None:
        self._span_records = span_records
        self._read_to: dict[TP, int] = {}
        self.missing: dict[TP, int] = {}
        self.unsure = False
        """While seeks are under way that are not told one by one: a fetch may begin anywhere."""

    def forget(self) -> None:
        """Positions are no longer known: after an assignment or a revocation."""
        self._read_to.clear()

    def sought(self, tp: TP, offset: int) -> None:
        """Reading goes on from `offset`."""
        self._read_to[tp] = offset

    def advanced(self, tp: TP, position: int) -> Span | None:
        """The span of a fetch that passed offsets without a record (compacted, control), if it passed any."""
        first = self._read_to.get(tp)
        if first is None or position <= first:
            return None
        self._read_to[tp] = position
        self._miss(tp, position - first)
        return Span(first, position, ())

    def read(self, tp: TP, records: Sequence[LaneRecord], position: int) -> Iterator[Span]:
        """Cut what one fetch returned into spans that join without a gap and end at the new position.

        Records before a known position mean that the client was sent back to the log's beginning.
        """
        head = records[0].offset
        first = self._read_to.get(tp, head)
        if head < first and not self.unsure:
            raise StopWorker(
                f"{tp.topic}-{tp.partition} was read to offset {first}, and now begins at {head}: it was made"
                " anew or cut short. Stop the workers and let their group begin there too"
                " (kafka-consumer-groups.sh --reset-offsets --to-earliest): what is read again counts once",
                EXIT_CONFIG,
            )
        first = min(first, head)
        self._read_to[tp] = position
        self._miss(tp, position - first - len(records))
        size = self._span_records
        for start in range(0, len(records), size):
            piece = records[start : start + size]
            after = start + size
            upto = records[after].offset if after < len(records) else position
            yield Span(first, upto, piece)
            first = upto

    def _miss(self, tp: TP, count: int) -> None:
        if count:
            self.missing[tp] = self.missing.get(tp, 0) + count
