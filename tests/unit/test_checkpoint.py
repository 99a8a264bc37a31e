"""Checkpoints: a shard that goes on from one holds what a shard holds that folds every journey anew."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from agents.journeys import checkpoint as messages
from agents.journeys import recall
from agents.journeys.checkpoint import Head
from agents.journeys.clock import WorkerClock
from agents.journeys.fingerprint import fingerprint
from agents.journeys.shard import JourneyShard
from agents.lane import HEAD_KEY, KEEP_MS
from agents.settings import Settings
from streams.decode import FUTURE_MS
from streams.rates import load_rates
from streams.windows import DAY_MS, WINDOWS
from tests.cluster import Cluster, Stored
from tests.simulator import World

SETTINGS = Settings(clock="event", reject_limit=0)


def _lived(events: int = 300, *, seed: int = 3, settings: Settings = SETTINGS) -> Cluster:
    cluster = Cluster(settings, seed=seed)
    for record in World(seed, events).deliveries:
        cluster.produce(record.topic, record.key, record.value, record.headers, record.timestamp_ms)
    return cluster


def _checked(cluster: Cluster) -> int:
    """Log a whole checkpoint of the shard with the most journeys; returns its number."""
    number = max(cluster.shards, key=lambda each: len(cluster.shards[each].journeys))
    cluster.checkpoint(number)
    while cluster.log_piece(number):
        pass
    return number


def _read(
    cluster: Cluster, number: int, records: Sequence[Stored] | None = None, **options: Any
) -> JourneyShard:
    """The shard as a process finds it that has never met a row before."""
    rules = options.pop("rules", None) or cluster.new_rules()
    clock = options.pop("clock", None) or WorkerClock("event")
    shard = JourneyShard(number, rules, clock, **options)
    shard.restore(cluster.changelogs[number].records if records is None else records)
    for _ in shard.recovered():
        pass
    return shard


def _told(shard: JourneyShard) -> dict[str, Any]:
    sums = {window: dict(shard.totals.sums(window)) for window in ("all", *WINDOWS)}
    return {**sums, "waiting": dict(shard.waiting), "since": dict(shard.totals.waiting_since())}


def _same(one: JourneyShard, other: JourneyShard, now_ms: int) -> bool:
    """Now, and as time passes: what falls due later, and what leaves the windows."""
    for later_ms in (0, 40 * 60_000, 3 * DAY_MS, 45 * DAY_MS):
        for shard in (one, other):
            shard.let_pass(now_ms + later_ms)
        if _told(one) != _told(other):
            return False
    return True


@pytest.mark.parametrize("seed", range(4))
def test_a_shard_goes_on_from_a_checkpoint(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many small pieces, panes of several parts, other row numbers; journeys come before and after."""
    monkeypatch.setattr(messages, "AT_ONCE", 3)
    monkeypatch.setattr(messages, "PIECE_BYTES", 500)
    cluster = _lived(seed=seed)
    cluster.run(most=25)
    cluster.advance(cluster.clock.now_ms() + DAY_MS)
    number = _checked(cluster)
    cluster.run(most=5)
    clock = WorkerClock("event")
    rules = cluster.new_rules()
    rules.rows.number("rep", "somebody who was met elsewhere")
    resumed = _read(cluster, number, rules=rules, clock=clock)
    folded = _read(cluster, number, resumes=False)
    assert resumed.checkpoint_ms
    assert resumed.changes < folded.changes == len(resumed.journeys)
    assert not folded.checkpoint_ms
    assert clock.now_ms() >= cluster.clock.now_ms() - DAY_MS
    assert _same(resumed, folded, cluster.clock.now_ms())


def test_what_came_after_the_head_must_be_counted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: without it, the totals would be those of the checkpoint."""
    cluster = _lived()
    cluster.run(most=25)
    number = _checked(cluster)
    cluster.run(most=5)
    monkeypatch.setattr(recall.Recall, "note", lambda *_: None)
    forgetful = _read(cluster, number)
    assert forgetful.checkpoint_ms
    assert not _same(forgetful, _read(cluster, number, resumes=False), cluster.clock.now_ms())


def _compacted(cluster: Cluster, number: int) -> bool:
    """Whether compaction has taken a journey from before the head that came again after it."""
    log = cluster.changelogs[number]
    count = len(log.records)
    cluster.compact(number, count)
    return len(log.records) < count


def test_a_checkpoint_of_journeys_that_compaction_took_is_not_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its head has counted one more than there are before it. Believed all the same, it would be wrong."""
    cluster = _lived()
    cluster.run(most=25)
    number = _checked(cluster)
    cluster.run(most=5)
    assert _read(cluster, number).checkpoint_ms
    assert _compacted(cluster, number)
    folded = _read(cluster, number)
    assert not folded.checkpoint_ms
    assert _same(folded, _read(cluster, number, resumes=False), cluster.clock.now_ms())
    monkeypatch.setattr(recall, "head_of", lambda value: _Believed.of(messages.head_of(value)))
    credulous = _read(cluster, number)
    assert credulous.checkpoint_ms
    assert not _same(credulous, folded, cluster.clock.now_ms())


class _Believed(int):
    """A number of journeys that is whatever it is compared with."""

    @staticmethod
    def of(head: Head) -> Any:
        return SimpleNamespace(
            **{name: getattr(head, name) for name in head.__struct_fields__} | {"journeys": _Believed()}
        )

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


def test_an_unfinished_checkpoint_leaves_the_one_before_it() -> None:
    """Its owner died amid the pieces; journeys that came after the earlier head are counted anew."""
    cluster = _lived()
    cluster.run(most=15)
    number = _checked(cluster)
    first = _read(cluster, number).checkpoint_ms
    cluster.run(most=5)
    cluster.checkpoint(number)
    records = cluster.changelogs[number].records
    records[-1] = replace(records[-1], timestamp=first + 1_000_000)
    resumed = _read(cluster, number)
    assert resumed.checkpoint_ms == first
    assert _same(resumed, _read(cluster, number, resumes=False), cluster.clock.now_ms())
    while cluster.log_piece(number):
        pass
    assert _read(cluster, number).checkpoint_ms == first + 1_000_000


def test_what_is_old_torn_or_of_other_rules_is_folded_anew(caplog: pytest.LogCaptureFixture) -> None:
    """Each time all journeys are, to the same totals; what is torn is told."""
    cluster = _lived()
    cluster.run()
    number = _checked(cluster)
    records = cluster.changelogs[number].records
    at = next(place for place, record in enumerate(records) if record.key == HEAD_KEY)
    assert _read(cluster, number).checkpoint_ms
    old = replace(records[at], timestamp=records[at].timestamp - KEEP_MS)
    torn = replace(records[at + 1], value=b"")
    piece = messages.piece_of(records[at + 1].value or b"")
    spoilt = messages.Piece(piece.id, piece.number, piece.last, b"no parts")
    unreadable = replace(records[at + 1], value=messages._encode(spoilt))
    for place, record in ((at, old), (at, replace(old, value=b"\xff")), (at + 1, torn), (at + 1, unreadable)):
        shard = _read(cluster, number, [*records[:place], record, *records[place + 1 :]])
        assert not shard.checkpoint_ms
        assert _same(shard, _read(cluster, number), cluster.clock.now_ms())
    assert "its checkpoint cannot be read" in caplog.text
    dear = Cluster(
        Settings(
            clock="event", reject_limit=0, rates=load_rates("day,currency,RUB\n2026-01-01,USD,90", "RUB")
        )
    )
    assert not _read(cluster, number, rules=dear.rules).checkpoint_ms


def test_a_checkpoint_that_was_taken_back_is_not_believed() -> None:
    """Its totals were found wrong; one that is logged later is believed again."""
    cluster = _lived()
    cluster.run()
    number = _checked(cluster)
    assert _read(cluster, number).checkpoint_ms
    cluster.changelogs[number].append(HEAD_KEY, None, (), 0)
    shard = _read(cluster, number)
    assert not shard.checkpoint_ms
    assert _same(shard, _read(cluster, number, resumes=False), cluster.clock.now_ms())
    cluster.checkpoint(number)
    while cluster.log_piece(number):
        pass
    assert _read(cluster, number).checkpoint_ms


def test_a_checkpoint_of_a_clock_that_was_ahead_is_folded_anew(caplog: pytest.LogCaptureFixture) -> None:
    """Totals never go back in time: a host whose clock was mended would show the future for days."""
    cluster = _lived(settings=Settings(clock="wall", reject_limit=0))
    cluster.run()
    cluster.advance(int(time.time() * 1000) + FUTURE_MS // 2)
    number = _checked(cluster)
    assert _read(cluster, number, clock=WorkerClock("wall")).checkpoint_ms
    cluster.advance(int(time.time() * 1000) + 2 * FUTURE_MS)
    number = _checked(cluster)
    assert not _read(cluster, number, clock=WorkerClock("wall")).checkpoint_ms
    assert "the clock is behind its checkpoint" in caplog.text


def test_a_shard_that_is_ahead_of_its_log_is_folded_anew() -> None:
    """It holds more than the log before the head: a kept standby that was an owner."""
    cluster = _lived()
    cluster.run()
    number = _checked(cluster)
    shard = cluster.shards[number]
    shard.restore(cluster.changelogs[number].records)
    for _ in shard.recovered():
        pass
    assert not shard.checkpoint_ms
    assert _same(shard, _read(cluster, number), cluster.clock.now_ms())


def test_the_fingerprint_is_of_all_that_decides_how_journeys_are_counted() -> None:
    """Every setting of the rules gives another one; the same rules give the same."""

    def of(**options: Any) -> str:
        return fingerprint(Cluster(Settings(**options)).rules)

    others = (
        {"zone": "Asia/Omsk"},
        {"holidays": "DE"},
        {"working_hours": {0: ((540, 1080),)}},
        {"currency": "USD"},
        {"customer_silence_days": 90},
        {"campaigns": ("web",)},
        {"regions": ("north",)},
        {"rates": load_rates("day,currency,RUB\n2026-01-01,USD,90", "RUB")},
    )
    found = [of(), *(of(**options) for options in others)]
    assert len(set(found)) == len(found)
    assert of() == found[0]
