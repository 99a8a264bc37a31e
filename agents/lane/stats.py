"""What the lane counts about itself; a pull-time collector reads it."""

from dataclasses import dataclass


@dataclass(slots=True)
class LaneStats:
    """Plain counters since the process started; `gap_offsets` are offsets that do not exist on the broker."""

    chunks: int = 0
    records: int = 0
    holes: int = 0
    stale_chunks: int = 0
    gap_offsets: int = 0
    flushes: int = 0
    changelog_batches: int = 0
    changelog_records: int = 0
    changelog_bytes: int = 0
    output_records: int = 0
    abandoned_chunks: int = 0
    recoveries: int = 0
    recovered_records: int = 0
    recovery_seconds: float = 0.0
    checkpoints: int = 0
    checkpoint_bytes: int = 0


@dataclass(frozen=True, slots=True)
class LanePosition:
    """One source partition as it is now, in offsets; unknown parts are None."""

    next_offset: int
    durable_offset: int
    committed_offset: int | None
    highwater: int | None

    @property
    def lag(self) -> int | None:
        """Records that wait on the broker and are not applied yet."""
        return None if self.highwater is None else max(0, self.highwater - self.next_offset)
