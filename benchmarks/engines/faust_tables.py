"""The small reference job in idiomatic Faust: records, an agent for each event, three tables.

As its documentation advises: the `fast` extra, uvloop, keys partitioned as the source is. Tables are kept in
memory, which is its quickest store.
"""

from __future__ import annotations

from time import monotonic

import faust
import mode.loop

from benchmarks.reference import bucket
from benchmarks.task import SAMPLE_SECONDS, Meter, Task


class Data(faust.Record, serializer="json"):
    """What a lead's event says."""

    channel: str
    owner: str
    amount: int


class Event(faust.Record, serializer="json"):
    """One record of the source."""

    type: str
    time: float
    subject: str
    data: Data


class Lead(faust.Record, serializer="json"):
    """A lead's row."""

    created_at: float
    responded_at: float
    stage: str
    owner: str
    channel: str
    events: int


def build(task: Task, meter: Meter) -> faust.App:
    """The app; its tables' keys carry the partition where several partitions count the same."""
    app = faust.App(
        task.name,
        broker=f"kafka://{task.bootstrap}",
        datadir=task.folder,
        store="memory://",
        topic_partitions=task.partitions,
        topic_disable_leader=True,
        table_standby_replicas=0,
        consumer_auto_offset_reset="earliest",
        broker_session_timeout=10.0,
        broker_heartbeat_interval=1.0,
        broker_commit_interval=1.0,
        web_enabled=False,
    )
    source = app.topic(*task.topics, value_type=Event, key_type=str, key_serializer="raw")
    leads = app.Table("leads", partitions=task.partitions, value_type=Lead)
    funnel = app.Table("funnel", partitions=task.partitions, default=int)
    responses = app.Table("responses", partitions=task.partitions, default=int)
    seen: dict[int, int] = {}
    recovery = {"began": 0.0, "seconds": 0.0}

    @app.on_partitions_assigned.connect
    async def assigned(*_: object, **__: object) -> None:
        recovery["began"] = monotonic()

    @leads.on_recover
    async def recovered() -> None:
        recovery["seconds"] = monotonic() - recovery["began"]

    @app.agent(source)
    async def fold(stream: faust.StreamT[Event]) -> None:
        async for each in stream.events():
            meter.began()
            event, partition = each.value, each.message.partition
            at, channel = event.time, event.data.channel
            lead = leads.get(event.subject)
            if lead is None:
                lead = Lead(
                    created_at=at,
                    responded_at=0.0,
                    stage=event.type,
                    owner=event.data.owner,
                    channel=channel,
                    events=1,
                )
            else:
                if lead.responded_at == 0.0:
                    lead.responded_at = at
                    responses[f"{partition}:{channel}:{bucket(at - lead.created_at)}"] += 1
                lead.stage, lead.owner, lead.events = event.type, event.data.owner, lead.events + 1
            leads[event.subject] = lead
            funnel[f"{partition}:{channel}:{event.type}:{int(at // 60)}"] += 1
            seen[partition] = each.message.offset + 1

    @app.task  # type: ignore[untyped-decorator]
    async def tell() -> None:
        while not app.should_stop:
            mine = sum(task.ends.get(f"{topic}/{n}", 0) for topic in task.topics for n in seen)
            if seen and sum(seen.values()) >= mine:
                await app.producer.flush()  # every write to a changelog is acknowledged
                meter.reached(sum(seen.values()))
            meter.tell(
                durable={f"{task.topics[0]}/{n}": offset for n, offset in seen.items()},
                recovery_seconds=recovery["seconds"],
            )
            await app.sleep(SAMPLE_SECONDS * 5)

    return app


def main() -> None:
    """Run one worker until it is told to end."""
    mode.loop.use("uvloop")
    task = Task.taken()
    app = build(task, Meter(task))
    faust.Worker(app, loglevel="INFO", redirect_stdouts=False).execute_from_commandline()


if __name__ == "__main__":
    main()
