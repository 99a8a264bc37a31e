"""The small reference job on the lane, with the lane as it is.

A record read twice must change nothing. Every entry therefore says up to which source offset it counts, and
stands alone: of two versions the one that counts further holds, whatever else was written.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec
from faust.types import TP

from agents.app import FETCH_BYTES
from agents.broker import MAX_MESSAGE_BYTES
from agents.lane import Effects, LaneApp, LaneRecord
from benchmarks.engines.watch import run, watch
from benchmarks.reference import Counters, bucket
from benchmarks.task import Meter, Task

LEAD, FUNNEL, RESPONSE = b"l", b"f", b"r"


class Data(msgspec.Struct, gc=False):
    """What a lead's event says."""

    channel: str
    owner: str


class Event(msgspec.Struct, gc=False):
    """One record of the source."""

    type: str
    time: float
    subject: str
    data: Data


class Lead(msgspec.Struct, array_like=True, gc=False):
    """A lead, and the offset of the event that was the first response to it."""

    upto: int
    created_at: float
    responded_at: float
    stage: str
    owner: str
    channel: str
    events: int
    response_offset: int = -1


class Count(msgspec.Struct, array_like=True, gc=False):
    """How many of the events below offset `upto`."""

    upto: int
    count: int


KeyT = TypeVar("KeyT")
EntryT = TypeVar("EntryT", Lead, Count)
_event = msgspec.json.Decoder(Event).decode
_lead = msgspec.msgpack.Decoder(Lead).decode
_count = msgspec.msgpack.Decoder(Count).decode
_encode = msgspec.msgpack.Encoder().encode


class ReferenceShard:
    """One partition's leads and counters."""

    def __init__(self, partition: int) -> None:
        self.partition = partition
        self.leads: dict[str, Lead] = {}
        self.funnel: dict[tuple[str, str, int], Count] = {}
        self.responses: dict[tuple[str, int], Count] = {}

    def restore(self, records: Sequence[LaneRecord]) -> None:
        """Of each entry keep the version that counts further."""
        for record in records:
            key, value = record.key, record.value
            if key is None or value is None:
                continue
            name, *parts = key[1:].decode().split(":")
            if key[:1] == LEAD:
                _keep(self.leads, name, _lead(value))
            elif key[:1] == FUNNEL:
                _keep(self.funnel, (name, parts[0], int(parts[1])), _count(value))
            else:
                _keep(self.responses, (name, int(parts[0])), _count(value))

    def recovered(self) -> tuple[()]:
        """Nothing is derived from what was logged."""
        return ()


def _keep(entries: dict[KeyT, EntryT], key: KeyT, logged: EntryT) -> None:
    known = entries.get(key)
    if known is None or known.upto < logged.upto:
        entries[key] = logged


class ReferenceJob:
    """The lane's job: fold a chunk into the shard and log each entry that it changed once."""

    def __init__(self, pause_seconds: float = 0.0) -> None:
        self._pause_seconds = pause_seconds

    def __call__(self, shard: ReferenceShard, _tp: TP, records: Sequence[LaneRecord]) -> Effects:
        leads, funnel, responses = shard.leads, shard.funnel, shard.responses
        changed: dict[str, Lead] = {}
        counted: dict[tuple[str, str, int], Count] = {}
        responded: dict[tuple[str, int], Count] = {}
        for record in records:
            event, offset = _event(record.value or b""), record.offset
            name, at, stage, channel = event.subject, event.time, event.type, event.data.channel
            lead = leads.get(name)
            if lead is None:
                lead = leads[name] = Lead(offset + 1, at, 0.0, stage, event.data.owner, channel, 1)
                changed[name] = lead
            elif lead.upto <= offset:
                if lead.responded_at == 0.0:
                    lead.responded_at, lead.response_offset = at, offset
                lead.upto, lead.stage, lead.owner = offset + 1, stage, event.data.owner
                lead.events += 1
                changed[name] = lead
            if lead.response_offset == offset:
                place = channel, bucket(at - lead.created_at)
                count = responses.setdefault(place, Count(0, 0))
                if count.upto <= offset:
                    count.upto, count.count = offset + 1, count.count + 1
                    responded[place] = count
            minute = channel, stage, int(at // 60)
            entered = funnel.get(minute)
            if entered is None:
                entered = funnel[minute] = Count(0, 0)
            if entered.upto <= offset:
                entered.upto, entered.count = offset + 1, entered.count + 1
                counted[minute] = entered
        if self._pause_seconds:
            time.sleep(self._pause_seconds)
        return Effects((), _logged(changed, counted, responded))


def _logged(
    leads: dict[str, Lead], funnel: dict[tuple[str, str, int], Count], responses: dict[tuple[str, int], Count]
) -> list[tuple[bytes, bytes]]:
    entries = [(LEAD + name.encode(), _encode(lead)) for name, lead in leads.items()]
    entries += [(b"f%s:%s:%d" % (c.encode(), s.encode(), m), _encode(n)) for (c, s, m), n in funnel.items()]
    return entries + [(b"r%s:%d" % (c.encode(), b), _encode(n)) for (c, b), n in responses.items()]


def decoded(entries: Iterable[tuple[bytes, bytes]]) -> Counters:
    """The counters that a changelog holds, all partitions together."""
    counters = Counters()
    for key, value in entries:
        name = key[1:].decode()
        if key[:1] == LEAD:
            lead = _lead(value)
            counters.leads[name] = [
                lead.created_at, lead.responded_at, lead.stage, lead.owner, lead.channel, lead.events
            ]  # fmt: skip
        elif key[:1] == FUNNEL:
            counters.funnel[name] += _count(value).count
        elif key[:1] == RESPONSE:
            counters.responses[name] += _count(value).count
    return counters


def main() -> None:
    """Run one worker until it is told to end."""
    task = Task.taken()
    app = LaneApp(
        task.name,
        broker=f"kafka://{task.bootstrap}",
        topic_partitions=task.partitions,
        datadir=task.folder,
        store="memory://",
        web_enabled=False,
        broker_session_timeout=10.0,
        broker_heartbeat_interval=1.0,
        broker_commit_interval=1.0,
        consumer_max_fetch_size=FETCH_BYTES,
        producer_max_request_size=MAX_MESSAGE_BYTES,
        recovery_consistency_check=False,
    )
    table = app.lane_table("state", ReferenceShard, partitions=task.partitions)
    job = ReferenceJob(task.options.get("pause_seconds", 0.0))
    for topic in task.topics:
        app.lane(app.lane_topic(topic, partitions=task.partitions), table, job)
    watch(app, task, Meter(task), lambda: sum(len(shard.leads) for shard in table.shards.values()))
    run(app)


if __name__ == "__main__":
    main()
