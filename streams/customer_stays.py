"""When somebody was a customer: from the first purchase until leaving was told or followed from silence."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from streams import events as ev
from streams.customers import Purchase
from streams.fragments import Order
from streams.journeys import Journey


@dataclass(frozen=True, slots=True)
class Stay:
    """A time as a customer: from a purchase (or return) to leaving, or to no end yet.

    `due_ms` is the instant from which an end by silence holds, 0 for one that was told.
    """

    since_ms: int
    until_ms: int | None
    due_ms: int = 0


def marks_of(journey: Journey) -> list[Order]:
    """Every churn and renewal that was told, in order, whatever the subject that the ledger gave it."""
    return sorted({mark for fragment in journey.fragments.values() for mark in fragment.marks})


def stays(bought: Sequence[Purchase], marks: Sequence[Order], silence_ms: int | None = None) -> list[Stay]:
    """When the person was a customer: from the first purchase on, and again by a purchase or renewal.

    Leaving is told, or, where `silence_ms` says so, follows when nothing is bought or renewed for so long.
    """
    told = [(one.at_ms, ev.Won.rank) for one in bought] + [(mark[0], mark[1]) for mark in marks]
    found: list[Stay] = []
    since_ms: int | None = None
    deadline_ms = 0
    for at_ms, rank in sorted(told):
        if since_ms is not None and silence_ms is not None and deadline_ms <= at_ms:
            found.append(Stay(since_ms, deadline_ms, deadline_ms))
            since_ms = None
        if rank == ev.CustomerChurned.rank:
            if since_ms is not None:
                found.append(Stay(since_ms, at_ms))
            since_ms = None
        elif since_ms is not None or found or rank == ev.Won.rank:
            since_ms = at_ms if since_ms is None else since_ms
            deadline_ms = at_ms + (silence_ms or 0)
    if since_ms is not None:
        found.append(Stay(since_ms, None) if silence_ms is None else Stay(since_ms, deadline_ms, deadline_ms))
    return found


def left_within(stayed: Sequence[Stay], length_ms: int) -> Iterator[tuple[int, int | None]]:
    """After which instants up to which somebody was a customer so long ago and is none any more."""
    gaps = [(one.until_ms, after.since_ms) for one, after in pairwise(stayed) if one.until_ms is not None]
    backs: list[int] = [back_ms for _, back_ms in gaps]
    last_ms = stayed[-1].until_ms
    for stay in stayed:
        since_ms = stay.since_ms + length_ms
        until_ms = None if stay.until_ms is None else stay.until_ms + length_ms
        for left_ms, back_ms in islice(gaps, bisect_right(backs, since_ms), None):
            if until_ms is not None and left_ms >= until_ms:
                break
            end_ms = back_ms if until_ms is None else min(back_ms, until_ms)
            if max(since_ms, left_ms) < end_ms:
                yield max(since_ms, left_ms), end_ms
        if last_ms is not None and (until_ms is None or max(since_ms, last_ms) < until_ms):
            yield max(since_ms, last_ms), until_ms
