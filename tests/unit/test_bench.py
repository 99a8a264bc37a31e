"""What benchmarks rest on, without a broker: the jobs, the arithmetic of delays, the page."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.dom import minidom

import msgspec
import pytest
from faust.types import TP

from agents.settings import Settings
from benchmarks import crm
from benchmarks.__main__ import _told
from benchmarks.endurance import delays, percentile
from benchmarks.engines.lane import ReferenceJob, ReferenceShard, decoded
from benchmarks.engines.plain import Event, PlainState
from benchmarks.page import write_page
from benchmarks.reference import Counters, events, fold
from benchmarks.stream import Passage

TP0 = TP("reference", 0)
CHUNK = 100


@dataclass(frozen=True)
class Record:
    """A record of a source or a changelog."""

    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int = 0
    headers: tuple[tuple[str, bytes], ...] = field(default=())


def records(count: int) -> list[Record]:
    """The small job's stream, few leads with many events each."""
    return [Record(n, lead.encode(), value) for n, (lead, value) in enumerate(events(count, leads=40))]


def test_every_job_comes_to_what_plain_python_comes_to() -> None:
    """The lane's job by the chunk and the limits' by the event count as the reference does."""
    stream, shard, log = records(2_000), ReferenceShard(0), dict[bytes, bytes | None]()
    state = PlainState()
    for start in range(0, len(stream), CHUNK):
        log.update(ReferenceJob()(shard, TP0, stream[start : start + CHUNK]).changelog)
    for record in stream:
        state.take(msgspec.json.decode(record.value or b"", type=Event))
    true = fold(record.value or b"" for record in stream)
    told = json.loads(json.dumps(state.told()))
    assert len(true.leads) == 40
    assert decoded((key, value or b"") for key, value in log.items()) == true
    assert not Counters(told["leads"], told["funnel"], told["responses"]).differences(true)


@pytest.mark.parametrize("seed", range(20))
def test_the_lanes_job_counts_once_whatever_part_of_a_flush_was_written_before_a_kill(seed: int) -> None:
    """Each entry stands alone: any of them may be ahead of the others when the source is read again."""
    chance, stream, log = random.Random(seed), records(1_000), list[Record]()
    committed, shard, job = 0, ReferenceShard(0), ReferenceJob()
    position = 0
    while position < len(stream):
        chunk = stream[position : position + CHUNK]
        entries = job(shard, TP0, chunk).changelog
        position += len(chunk)
        if killed := chance.random() < 0.5:
            entries = [entry for entry in entries if chance.random() < 0.5]
        log += [Record(len(log) + n, key, value) for n, (key, value) in enumerate(entries)]
        if killed:
            shard, position = ReferenceShard(0), committed
            shard.restore(log)
            assert not shard.recovered()
        else:
            committed = position
    newest = {record.key or b"": record.value or b"" for record in log}
    assert not decoded(newest.items()).differences(fold(record.value or b"" for record in stream))


def test_counters_differ_by_every_key_that_is_missing_added_or_another() -> None:
    """A comparison that misses something would let a wrong figure count."""
    true = fold(value for _, value in events(500, leads=20))
    other = fold(value for _, value in events(499, leads=20))
    assert true.differences(true) == []
    assert true.differences(other)
    assert other.differences(true)
    assert any("funnel" in line for line in other.differences(true))


def test_a_delay_runs_from_sending_to_the_first_sample_that_holds_the_record() -> None:
    """Batches that were applied in two goes count by parts; records of the warm-up do not count."""
    sent = [Passage("t/0", 10, 1.0), Passage("t/0", 30, 2.0), Passage("t/1", 5, 2.0)]
    applied = [Passage("t/0", 0, 0.5), Passage("t/0", 15, 2.25), Passage("t/0", 30, 3.0)]
    applied.append(Passage("t/1", 5, 2.5))
    found = sorted(delays(sent, applied, after=1.5))
    assert found == [(0.25, 5), (0.5, 5), (1.0, 15)]
    assert percentile(found, 0.2) == 0.25
    assert percentile(found, 0.3) == 0.5
    assert percentile(found, 0.99) == 1.0


def test_copies_of_the_department_share_nothing_but_their_times() -> None:
    """Keys, events and reps are each copy's own, so that sums are those of one copy times their number."""
    settings = Settings(partitions=4)
    found = crm.department(settings, 600, 3)
    sent = list(crm.sent(found, settings))
    ids = {json.loads(record.value)["id"] for record in sent}
    base = {json.loads(record.value or b"{}")["id"] for record in found.records}
    assert len(sent) == found.events == 600
    assert len(ids) == 3 * len(base)
    assert len({record.key for record in sent}) == found.journeys
    owners = {json.loads(record.value)["data"].get("owner") for record in sent} - {None}
    assert len(owners) == found.reps
    assert {record.timestamp_ms for record in sent} == {record.timestamp_ms for record in found.records}


def spread(value: float) -> dict[str, float]:
    """Three runs about a value."""
    return {"median": value, "least": value * 0.9, "most": value * 1.1, "runs": 3}


def results() -> dict[str, Any]:
    """What one measure of two engines would leave."""
    speeds = {"lane": 200_000.0, "faust_tables": 2_500.0, "main_job": 80_000.0}
    measured = {
        name: {
            place: {
                "events": 1000,
                "events_per_second": spread(speed),
                "durable_events_per_second": spread(1.5 * speed),
                "cpu_seconds_per_million": spread(1e6 / speed),
                "peak_mib": spread(100.0),
            }
            for place in ("apart", "shared", "pair")
        }
        for name, speed in speeds.items()
    }
    machine = {
        "processor": "A processor",
        "cores": "2",
        "memory_gib": "24",
        "system": "Linux 6",
        "python": "3.11",
        "load_at_start": "0.1",
    }
    about = {"command": 'make bench ARGS="--scale quick"', "machine": machine}
    return {
        "throughput": {"about": about, "measured": measured, "failures": {"quix, pair": "it died\nlong log"}}
    }


def test_an_aim_that_was_not_reached_says_so(tmp_path: Path) -> None:
    """Nobody has to compare two columns."""
    told = results()
    lane = told["throughput"]["measured"]["lane"]["apart"]["events_per_second"]
    lane["median"] *= 2
    write_page(told, tmp_path / "page.md")
    text = (tmp_path / "page.md").read_text()
    assert "| the lane, full main job / the lane | 0.40 | 0.20 | ≥ 0.3, not reached |" in text
    assert "| the lane, full main job, logged / the lane |  | 0.30 | ≥ 0.3 |" in text


def test_a_command_is_told_as_a_person_types_it() -> None:
    """`make bench` adds where the compiled modules are: typed after it, that would stand there twice."""
    assert _told(["--core", "build/core", "--scale", "quick"]) == ["--scale", "quick"]
    assert _told(["--parts", "year"]) == ["--parts", "year"]


def test_the_page_tells_figures_ratios_machine_command_and_what_failed(tmp_path: Path) -> None:
    """Everything a reader needs to believe a figure, and the picture beside it."""
    page = tmp_path / "performance.md"
    write_page(results(), page)
    text = page.read_text()
    assert "200,000 (180,000–220,000)" in text
    assert "| the lane / Faust, idiomatic | 80.00 | 80.00 | ≥ 50 |" in text
    assert "| the lane, full main job / the lane | 0.40 | 0.40 | ≥ 0.3 |" in text
    assert "| the lane, full main job, logged / the lane |  | 0.60 | ≥ 0.3 |" in text
    assert "The lane, full main job, logged: 120,000 (108,000–132,000) events/s." in text
    assert 'Made by `make bench ARGS="--scale quick"` on 2 cores of A processor' in text
    assert "Did not count: quix, pair: it died\n" in text
    assert "![Events a second of each engine](performance.svg)" in text
    picture = page.with_suffix(".svg")
    assert minidom.parse(str(picture)).getElementsByTagName("rect")  # noqa: S318 - our own file
    assert picture.read_text().count(">Faust, idiomatic</text>") == 1
