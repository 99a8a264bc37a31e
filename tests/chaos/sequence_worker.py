"""The lane's reference worker, counting what is missing before each sequence number as it arrives.

Started like `tests.integration.lane_worker`, with the same settings.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from faust.types import TP

from agents.lane import Effects, LaneRecord
from tests.integration import lane_worker
from tests.integration.lane_worker import SeenShard, settings

GAP = "gap of"
"""How a log line about missing numbers begins."""
seen_job = lane_worker.job


def counting(shard: SeenShard, tp: TP, records: Sequence[LaneRecord]) -> Effects:
    """Numbers of a key lie in order in its partition: one that comes before its predecessors tells a gap."""
    highest: dict[bytes, int] = {}
    for record in records:
        assert record.key is not None
        assert record.value is not None
        number = int(record.value)
        known = highest.get(record.key, shard.seen.get(record.key, 0).bit_length() - 1)
        before = shard.seen.get(record.key, 0)
        missing = number - 1 - known
        if missing > 0 or (known < 0 and number > 0):
            print(f"{GAP} {missing} before {number} of {record.key!r}", flush=True)
        elif before.bit_count() != before.bit_length():
            print(f"{GAP} {before.bit_length() - before.bit_count()} in {record.key!r}", flush=True)
        highest[record.key] = max(known, number)
    return seen_job(shard, tp, records)


if __name__ == "__main__":
    settings.update(json.loads(sys.argv[1]))
    sys.argv[1:] = ["worker", "--without-web", "-l", "info"]
    lane_worker.job = counting  # type: ignore[assignment]
    lane_worker.build().main()
