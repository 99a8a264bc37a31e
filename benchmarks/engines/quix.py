"""The small reference job in Quix Streams: a state for each lead, then counters by channel and stage.

As its documentation advises: state by message key, `group_by` where the key of a count is another one, state
in RocksDB with changelog topics, at least once. Commits come every second, as everybody's here.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from quixstreams import Application
from quixstreams.models.topics import TopicConfig

from benchmarks.reference import bucket
from benchmarks.task import STATUS_SECONDS, Meter, Task


class Flow:
    """What happens to an event, and how many have come through."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self.updates = 0

    def lead(self, event: dict[str, Any], state: Any) -> dict[str, Any]:
        """Keep the lead; pass on what is to be counted."""
        self._meter.began()
        data, at = event["data"], event["time"]
        known, waited = state.get("lead"), None
        if known is None:
            known = [at, 0.0, event["type"], data["owner"], data["channel"], 1]
        else:
            if known[1] == 0.0:
                known[1] = at
                waited = bucket(at - known[0])
            known[2], known[3] = event["type"], data["owner"]
            known[5] += 1
        state.set("lead", known)
        self.updates += 1
        place = f"{data['channel']}:{event['type']}"
        return {"place": place, "minute": int(at // 60), "bucket": waited}

    def count(self, told: dict[str, Any], state: Any) -> None:
        """Count by channel and stage, which is the key here."""
        minute = f"{told['place']}:{told['minute']}"
        state.set(minute, state.get(minute, 0) + 1)
        if told["bucket"] is not None:
            response = f"response:{told['bucket']}"
            state.set(response, state.get(response, 0) + 1)
        self.updates += 1


def main() -> None:
    """Run one worker until it is told to end."""
    task = Task.taken()
    meter = Meter(task)
    flow = Flow(meter)
    app = Application(
        broker_address=task.bootstrap,
        consumer_group=task.name,
        auto_offset_reset="earliest",
        commit_interval=1.0,
        state_dir=f"{task.folder}/state",
        processing_guarantee="at-least-once",
    )
    config = TopicConfig(num_partitions=task.partitions, replication_factor=1)
    source = app.topic(task.topics[0], key_deserializer="str", value_deserializer="json", config=config)
    frame = app.dataframe(source)
    frame = frame.apply(flow.lead, stateful=True)
    frame = frame.group_by("place")
    frame.apply(flow.count, stateful=True)

    def tell() -> None:
        while True:
            meter.reached(flow.updates)
            meter.tell()
            time.sleep(STATUS_SECONDS / 5)

    threading.Thread(target=tell, daemon=True).start()
    app.run()


if __name__ == "__main__":
    main()
