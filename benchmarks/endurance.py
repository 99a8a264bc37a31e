"""Recovery, delay at half the peak, and a consumer that is slow."""

from __future__ import annotations

import signal
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import islice

from agents.journeys.checkpointing import LEAST, SHARE
from agents.topics import ensure_topics
from benchmarks import crm
from benchmarks.compaction import compact
from benchmarks.engines.catalogue import ENGINES
from benchmarks.measures import (
    PARTITIONS,
    Bench,
    MainStream,
    ReferenceStream,
    Report,
    durable,
    finish,
    main_settings,
    main_workers,
    reference_records,
)
from benchmarks.runs import Crew, Source, crew, events_of, prepare, python_of
from benchmarks.stream import Passage, Sent, create_topics, ends_of, fill, fill_at, topics_like

STOP_SECONDS = 60.0
WARM_SHARE = 0.2
"""The part of a delay run that does not count: the worker's first chunks."""
SLOW_LEADS = 1_000
SLOW_CHUNK, SLOW_PAUSE_SECONDS = 5_000, 0.2
"""No more records than these in so long: most of the source waits to the end."""
Workers = AbstractContextManager[Crew]


def recovery_of_lane(found: Bench, stream: ReferenceStream, events: int) -> Report:
    """The lane's small job started again on the changelog that it has written."""
    source, truth = stream.first(events)
    name, place, engine = found.name("lane"), found.place("apart"), ENGINES["lane"]

    def workers() -> Workers:
        return crew(engine.module, python_of(engine), source, place, name, found.folder)

    with workers() as first:
        told = first.until(lambda lines: events_of(lines) >= source.events, "the end of its source")
        _end(first)
    with workers() as second:
        return _recovered(second, len(truth.leads), told)


def recovery_of_faust(found: Bench, stream: ReferenceStream, events: int) -> Report:
    """Idiomatic Faust started again on its three changelogs."""
    engine = ENGINES["faust_tables"]
    source, truth = stream.first(max(1000, events // engine.slowness))
    name, place = found.name("faust"), found.place("apart")
    prepare(engine, source, name, found.folder, workers=1)

    def workers() -> Workers:
        return crew(engine.module, python_of(engine), source, place, name, found.folder)

    with workers() as first:
        first.until(lambda lines: events_of(lines) >= source.events, "the end of its source")
        _end(first)
    logs = [topic for topic in topics_like(found.bootstrap, name) if topic.endswith("-changelog")]
    records = sum(sum(ends_of(found.bootstrap, topic).values()) for topic in logs)
    with workers() as second:
        told = second.until(lambda lines: all(line.get("recovery_seconds") for line in lines), "its recovery")
    return _recovery(records, len(truth.leads), max(line["recovery_seconds"] for line in told))


def recovery_of_main(
    found: Bench, stream: MainStream, *, checkpoints: bool, compacted: bool = False
) -> Report:
    """The full job started again: from Kafka to totals that are served, and true.

    With `checkpoints` its shards have logged them as they do; what changed since is folded.
    """
    name, place = found.name("main"), found.place("apart")
    with stream.workers(name, place, checkpoints=checkpoints) as first:
        told = finish(first, stream.source, stream.settings(name).moves_topic)
        journeys = sum(line["entities"] for line in told)
        if checkpoints and journeys >= 2 * PARTITIONS * LEAST:
            first.until(
                lambda lines: SHARE * sum(line["changes"] for line in lines) < journeys, "checkpoints"
            )
        _end(first)
    if compacted:
        compact(found.bootstrap, stream.settings(name).changelog_topic, PARTITIONS)
    with stream.workers(name, place, checkpoints=checkpoints) as second:
        report = _recovered(second, journeys, told)
        stream.prove(second)
    stream.clear(name)
    return report


def _end(workers: Crew) -> None:
    """As a deployment would: what is committed stays, the group is left at once."""
    for process in workers.processes:
        process.child.send(signal.SIGTERM)
    for process in workers.processes:
        process.child.wait(STOP_SECONDS)


def _recovered(workers: Crew, entities: int, before: Sequence[Report]) -> Report:
    told = workers.until(
        lambda lines: sum(line.get("entities", 0) for line in lines) >= entities, "its recovery"
    )
    records = sum(line["recovered_records"] for line in told)
    report = _recovery(records, entities, max(line["recovery_seconds"] for line in told))
    return report | {"logged_mib": sum(line["changelog_bytes"] for line in before) / 1024**2}


def _recovery(records: int, entities: int, seconds: float) -> Report:
    return {
        "records": records,
        "journeys": entities,
        "seconds": seconds,
        "records_per_second": records / seconds,
        "journeys_per_second": entities / seconds,
    }


def delay_of_lane(found: Bench, rate: float, seconds: float) -> Report:
    """The small job under a steady stream."""
    engine, topic, place = ENGINES["lane"], found.name("live"), found.place("apart")
    create_topics(found.bootstrap, {topic: {}}, PARTITIONS)
    source = Source(found.bootstrap, (topic,), PARTITIONS, 0, {f"{topic}/{n}": 0 for n in range(PARTITIONS)})
    records = list(reference_records(topic, int(rate * seconds)))
    name = found.name("lane")
    with crew(
        engine.module, python_of(engine), source, place, name, found.folder, {"delays": True}
    ) as workers:
        return _delay(workers, source, records, rate)


def delay_of_main(found: Bench, department: crm.Department, rate: float, seconds: float) -> Report:
    """The full job under a steady stream."""
    prefix, place = found.name("live") + "-", found.place("apart")
    name = found.name("main")
    settings = main_settings(found.bootstrap, name, prefix)
    ensure_topics(settings)
    topics = (settings.leads_topic, settings.deals_topic)
    ends = {f"{topic}/{n}": 0 for topic in topics for n in range(PARTITIONS)}
    source = Source(found.bootstrap, topics, PARTITIONS, 0, ends)
    records = list(islice(crm.sent(department, settings), int(rate * seconds)))
    with main_workers(found, source, name, place, prefix, 0, {"delays": True}, found.core) as workers:
        return _delay(workers, source, records, rate)


def _delay(workers: Crew, source: Source, records: Sequence[Sent], rate: float) -> Report:
    """Send at the rate, and compare when offsets were sent with when totals held them."""
    workers.until(
        lambda lines: all(place in line.get("durable", {}) for line in lines for place in source.ends),
        "its partitions",
    )
    ends, sent = fill_at(source.bootstrap, records, rate)
    told = workers.until(lambda lines: durable(lines, ends), "the end of the stream")
    applied = [Passage(*each) for told in workers.counters() for each in told["passages"]]
    warm = sent[0].at + WARM_SHARE * (sent[-1].at - sent[0].at)
    weighed = sorted(delays(sent, applied, after=warm))
    seconds = max(sent[-1].at - sent[0].at, 0.001)
    return {
        "events": len(records),
        "rate": len(records) / seconds,
        "wanted_rate": rate,
        "processor_share": sum(line["cpu_seconds"] for line in told) / seconds,
        "p50_ms": percentile(weighed, 0.50) * 1000,
        "p99_ms": percentile(weighed, 0.99) * 1000,
        "most_ms": weighed[-1][0] * 1000,
    }


def delays(
    sent: Sequence[Passage], applied: Sequence[Passage], *, after: float
) -> Iterator[tuple[float, int]]:
    """How long so many records took from being sent to being in the totals."""
    reached: defaultdict[str, list[Passage]] = defaultdict(list)
    for passage in applied:
        reached[passage.place].append(passage)
    low: dict[str, int] = {}
    for place, upto, at in sent:
        offset, low[place] = low.get(place, 0), upto
        passages = reached[place]
        index = bisect_right([passage.upto for passage in passages], offset) if at >= after else len(passages)
        while offset < upto and index < len(passages):
            until = min(upto, passages[index].upto)
            yield passages[index].at - at, until - offset
            offset, index = until, index + 1


def percentile(weighed: Sequence[tuple[float, int]], share: float) -> float:
    """The least value that so large a share of the weights does not exceed; values ascend."""
    left = share * sum(weight for _, weight in weighed)
    for value, weight in weighed:
        left -= weight
        if left <= 0:
            return value
    raise ValueError("no delays were measured")


def slow(found: Bench, seconds: float) -> Report:
    """The small job that rests after every chunk, so that most of its source waits: memory must not grow."""
    engine, topic, place = ENGINES["lane"], found.name("slow"), found.place("apart")
    create_topics(found.bootstrap, {topic: {}}, PARTITIONS)
    events = int(SLOW_CHUNK / SLOW_PAUSE_SECONDS * seconds * 1.2) + 20_000
    ends = fill(found.bootstrap, reference_records(topic, events, SLOW_LEADS))
    source = Source(found.bootstrap, (topic,), PARTITIONS, events, ends)
    rest = {"pause_seconds": SLOW_PAUSE_SECONDS}
    with crew(
        engine.module, python_of(engine), source, place, found.name("lane"), found.folder, rest
    ) as workers:
        workers.until(lambda lines: events_of(lines) > 0, "its first chunk")
        time.sleep(seconds)
        workers.told()
        lines = [line for line in workers.processes[0].lines if line["events"]]
    middle, last = lines[len(lines) // 2], lines[-1]
    return {
        "events": last["events"],
        "waiting": events - last["events"],
        "resident_mib_halfway": middle["resident_kib"] / 1024,
        "resident_mib_at_end": last["resident_kib"] / 1024,
    }
