"""The merged desk: what workers tell each other, put together so that it is never wrong unmarked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.desk import parts
from agents.desk.book import COUNTED_MS, LATE_MS, SILENT_SECONDS, Book, Heard
from agents.desk.parts import Beat, Lead, ShardKey, Stand, WorkerKey
from agents.desk.told import Missing
from agents.journeys.stats import ShardStats
from agents.settings import Clock
from streams.rows import Key

WON: Key = ("channel", "won_deals", "vip", "")
AT_MS = 1_768_467_600_000
NOW = Heard(AT_MS, 100.0)
Message = tuple[bytes, bytes | None]


def part(shard: int, epoch: int, name: str, body: bytes | None) -> Message:
    """A message of a shard's owner."""
    return bytes(ShardKey(shard, epoch, name)), body


def won(shard: int, epoch: int, amount: int, window: str = "30d") -> Message:
    """Deals won in a window."""
    body = parts.write(parts.by_family({WON: amount})["channel"])
    return part(shard, epoch, parts.sums_name("channel", window), body)


def account(shard: int, epoch: int, amount: int) -> list[Message]:
    """A whole first account: the sums, what is known besides, the manifest."""
    told = parts.about(ShardStats(applied=amount), {"vip": AT_MS}, 1, [Lead("7", AT_MS, "vip", "ann")])
    return [
        won(shard, epoch, amount),
        part(shard, epoch, parts.ABOUT, parts.write(told)),
        part(shard, epoch, parts.MANIFEST, parts.write(["about", "channel/30d"])),
    ]


def beat(worker: str, clock_ms: int = AT_MS, **stands: Stand) -> Message:
    """A worker that answers for shards: s0=Stand(epoch, as of)."""
    shards = {int(name[1:]): stand for name, stand in stands.items()}
    return bytes(WorkerKey(worker)), parts.write(Beat(clock_ms, shards))


def book(
    *messages: Message, partitions: int = 1, clock: Clock = "wall", heard: Heard = NOW, caught_up: bool = True
) -> Book:
    """What has been heard of these, in this order."""
    found = Book(partitions, clock)
    found.caught_up = caught_up
    hear(found, messages, heard)
    return found


def hear(found: Book, messages: Iterable[Message], heard: Heard = NOW) -> None:
    """Hear some more."""
    for key, value in messages:
        found.put(key, value, heard)


def shown(found: Book, now: Heard = NOW, clock_ms: int = AT_MS) -> tuple[dict[int, int], list[Missing]]:
    """Deals won by shard, and what is missing."""
    elsewhere = found.elsewhere({}, clock_ms, now)
    return {each.partition: each.sums("30d").get(WON, 0) for each in elsewhere.told}, list(elsewhere.missing)


def test_what_an_owner_tells_counts_once_its_first_account_is_complete() -> None:
    """Before the manifest nothing is shown; after it sums, counters and who waits."""
    messages = account(0, 5, 3)
    found = book(*messages[:-1], beat("a", s0=Stand(5, AT_MS)))
    assert shown(found) == ({}, [Missing(0, None, counted=False)])
    hear(found, [messages[-1], beat("a", s0=Stand(5, AT_MS))])
    assert shown(found) == ({0: 3}, [])
    (told,) = found.elsewhere({}, AT_MS, NOW).told
    assert (told.stats.applied, told.about.waiting, told.about.leads[0].lead) == (3, 1, "7")
    assert told.about.waiting_since == {"vip": AT_MS}


def test_a_new_owner_replaces_the_old_one_as_a_whole_when_its_account_is_complete() -> None:
    """Until then the old numbers stand and the shard is missing; never a mixture of both."""
    found = book(*account(0, 5, 3), beat("a", s0=Stand(5, AT_MS)))
    hear(found, [won(0, 6, 10)])
    assert shown(found) == ({0: 3}, [Missing(0, AT_MS, counted=True)])
    hear(found, [*account(0, 6, 11), beat("b", s0=Stand(6, AT_MS))])
    assert shown(found) == ({0: 11}, [])


def test_late_messages_of_an_old_owner_change_nothing() -> None:
    """Not while the new one tells its account, not afterwards, not even a whole account or a beat."""
    found = book(*account(0, 5, 3), beat("a", s0=Stand(5, AT_MS)), won(0, 6, 10))
    hear(found, [won(0, 5, 999), beat("a", s0=Stand(5, AT_MS))])
    assert shown(found)[0] == {0: 3}
    hear(found, [*account(0, 6, 11), beat("b", s0=Stand(6, AT_MS))])
    hear(found, [*account(0, 5, 999), beat("a", s0=Stand(5, AT_MS + 1))])
    assert shown(found) == ({0: 11}, [])


def test_what_old_owners_left_behind_is_named_until_it_is_gone() -> None:
    """The new owner takes it out of the topic: what was told, and what came late."""
    found = book(*account(0, 5, 3), *account(0, 6, 11), won(0, 5, 999, "7d"))
    left = [bytes(key) for key in found.leftovers({0: 6})]
    assert sorted(left) == sorted(key for key, _ in (*account(0, 5, 3), won(0, 5, 1, "7d")))
    assert found.leftovers({}) == []
    hear(found, [(key, None) for key in left])
    assert found.leftovers({0: 6}) == []
    assert shown(found)[0] == {}
    hear(found, [beat("b", s0=Stand(6, AT_MS))])
    assert shown(found)[0] == {0: 11}


def test_a_worker_that_is_silent_answers_for_nothing() -> None:
    """Its numbers stay for a while, marked with since when; then they are left out."""
    found = book(*account(0, 5, 3), beat("a", s0=Stand(5, AT_MS)))
    later = Heard(AT_MS + 5_000, 100.0 + SILENT_SECONDS + 0.1)
    assert shown(found, later) == ({0: 3}, [Missing(0, AT_MS, counted=True)])
    much_later = Heard(AT_MS + COUNTED_MS + 1, 1_000.0)
    assert shown(found, much_later) == ({}, [Missing(0, AT_MS, counted=False)])
    hear(found, [beat("a", s0=Stand(5, AT_MS))], later)
    assert shown(found, later) == ({0: 3}, [])
    hear(found, [(bytes(WorkerKey("a")), None)], later)
    assert shown(found, later)[1] == [Missing(0, later.wall_ms, counted=True)]


def test_numbers_that_lag_behind_their_owners_clock_are_marked() -> None:
    """By the wall some seconds are fine; by the event clock only the same minute is."""
    stand = Stand(5, AT_MS)
    found = book(*account(0, 5, 3), beat("a", AT_MS + LATE_MS, s0=stand))
    assert shown(found)[1] == []
    hear(found, [beat("a", AT_MS + LATE_MS + 1, s0=stand)])
    assert shown(found)[1] == [Missing(0, AT_MS, counted=True)]
    replayed = book(*account(0, 5, 3), beat("a", AT_MS, s0=stand), clock="event")
    assert shown(replayed, clock_ms=AT_MS + 59_999)[1] == []
    assert shown(replayed, clock_ms=AT_MS + 60_000)[1] == [Missing(0, AT_MS, counted=True)]


def test_nothing_is_complete_before_all_that_was_told_is_read() -> None:
    """A reader that starts sees old records first."""
    found = book(*account(0, 5, 3), beat("a", s0=Stand(5, AT_MS)), caught_up=False)
    assert shown(found) == ({0: 3}, [Missing(0, AT_MS, counted=True)])


def test_the_event_clock_is_the_latest_of_all_workers() -> None:
    """Whoever told it, also who is gone."""
    found = book(beat("a", 7), beat("b", 9), (bytes(WorkerKey("b")), None), beat("a", 8))
    assert found.latest_ms == 9


def test_a_shard_of_ours_is_ours_until_a_later_owner_has_told_of_it() -> None:
    """A worker that slept through a rebalance shows the new owner's numbers, not its own."""
    found = book(*account(0, 5, 3), beat("b", s0=Stand(5, AT_MS)))
    assert found.elsewhere({0: 5}, AT_MS, NOW).told == ()
    assert [each.partition for each in found.elsewhere({0: 4}, AT_MS, NOW).told] == [0]
    hear(found, [won(0, 6, 1)])
    assert [each.shard for each in found.elsewhere({0: 5}, AT_MS, NOW).missing] == [0]


def test_an_update_that_cannot_be_read_marks_the_shard() -> None:
    """It is no sum of zero: the shard is missing until it is told again."""
    found = book(*account(0, 5, 3), beat("a", s0=Stand(5, AT_MS)))
    hear(found, [part(0, 5, "channel/30d", b"\xc1")])
    assert shown(found)[1] == [Missing(0, AT_MS, counted=True)]
    hear(found, [won(0, 5, 4)])
    assert shown(found) == ({0: 4}, [])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (None, b"x"),
        (b"", b"x"),
        (b"\xff\xfe", b"x"),
        (b"shard/9/1/about", b"x"),
        (b"shard/-1/1/about", b"x"),
        (b"shard/0/x/about", b"x"),
        (b"shard/0/99999999999999999999/about", b"x"),
        (b"worker/", b"x"),
        (b"worker/a", b"\xc1"),
        (b"elsewhere", b""),
    ],
)
def test_strange_messages_are_passed_over(key: bytes | None, value: bytes) -> None:
    """The desk is a cache: garbage in its topic stops nobody and changes nothing."""
    found = book(*account(0, 5, 3), beat("a", s0=Stand(5, AT_MS)))
    found.put(key, value, NOW)
    assert shown(found)[0] == {0: 3}


def test_counters_and_lags_come_through_as_they_were() -> None:
    """What is evaluated of another worker's stream is what that worker would evaluate."""
    stats = ShardStats(applied=5, duplicates=1, forwarded=2, parts=3)
    stats.quarantined.update({"not_json": 2})
    stats.restatements.update({"won_deals": 4})
    stats.observe_lags("vip", [(90_000, "ann"), (-5, "bob")])
    told = parts.read_about(parts.write(parts.about(stats, {}, 0, [])))
    assert told is not None
    assert told.stats() == stats
    assert isinstance(told.stats().quarantined, Counter)


AMOUNTS = st.dictionaries(
    st.tuples(
        st.sampled_from(("channel", "source", "rep", "team")),
        st.sampled_from(("won_deals", "enquiries", "revenue_minor")),
        st.text(max_size=8),
        st.text(max_size=8),
    ),
    st.integers(min_value=-(2**63), max_value=2**63 - 1),
    max_size=30,
)


@given(AMOUNTS)
def test_sums_are_told_without_loss(sums: dict[Key, int]) -> None:
    """Any label and any amount; zeros are not told."""
    found: dict[Key, int] = {}
    for family, nested in parts.by_family(sums).items():
        read = parts.read_sums(family, parts.write(nested))
        assert read is not None
        found |= read
    assert found == {key: amount for key, amount in sums.items() if amount}


EVENTS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(["sums", "about", "manifest", "gone"]), st.integers(1, 9)),
    max_size=40,
)


@given(EVENTS)
def test_only_the_latest_complete_owner_is_shown(events: list[tuple[int, str, int]]) -> None:
    """However the messages of three owners are mixed: it was told by one, the latest complete."""
    found, told, latest = book(), dict[int, dict[str, int]](), -1
    counted = -1
    for epoch, kind, amount in events:
        messages = dict(zip(("sums", "about", "manifest"), account(0, epoch, amount), strict=True))
        key, value = messages["sums" if kind == "gone" else kind]
        found.put(key, None if kind == "gone" else value, NOW)
        if epoch < latest:
            continue
        latest = epoch
        mine = told.setdefault(epoch, {})
        if kind == "gone":
            mine.pop("sums", None)
        else:
            mine[kind] = amount
        if mine.keys() >= {"sums", "about", "manifest"}:
            counted = epoch
    hear(found, [beat("x", s0=Stand(counted, AT_MS))])
    expected = {} if counted < 0 else {0: told[counted].get("sums", 0)}
    assert shown(found)[0] == expected
