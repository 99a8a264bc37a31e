"""The stream's own code on the stories worked out by hand: each case is a test with the story's name."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence

import pytest

from agents.journeys import records as written
from agents.settings import Settings
from streams.windows import WINDOWS
from tests.cluster import Cluster, rates_of
from tests.oracle import Record
from tests.stories import STORIES, Story

BY_NAME = [pytest.param(story, id=story.name) for story in STORIES]


def _told(story: Story, records: Sequence[Record]) -> Cluster:
    config = story.config
    settings = Settings(
        clock="event",
        reject_limit=0,
        zone=config.zone,
        working_hours=config.hours,
        holidays=config.holidays,
        currency=config.currency,
        rates=rates_of(config),
        customer_silence_days=config.silence_days,
        campaigns=tuple(sorted(config.campaigns)),
    )
    cluster = Cluster(settings)
    for record in records:
        cluster.produce(record.topic, record.key, record.value, record.headers, record.timestamp_ms)
    cluster.run(chunk=3)
    cluster.advance(story.now_ms)
    return cluster


def _refused(cluster: Cluster) -> set[tuple[str, str]]:
    found = set()
    for record in cluster.quarantined():
        headers = dict(record.headers)
        found.add((json.loads(record.value or b"")["id"], headers[f"{written.OURS}reason"].decode()))
    return found


@pytest.mark.parametrize("story", BY_NAME)
def test_the_stream_comes_to_the_totals_worked_out_by_hand(story: Story) -> None:
    """Told in order: each named total has the entries that a person found, and no others."""
    cluster = _told(story, story.records)
    sums = {window: cluster.sums(window) for window in (*WINDOWS, "all")}
    assert story.differences(sums, cluster.waiting_since()) == []
    assert _refused(cluster) == set(story.quarantined)


@pytest.mark.parametrize("story", BY_NAME)
def test_the_stream_does_not_care_for_order_and_repeats(story: Story) -> None:
    """Told three times over in any order: the same totals and the same refusals."""
    records = list(story.records) * 3
    random.Random(story.name).shuffle(records)
    cluster = _told(story, records)
    sums = {window: cluster.sums(window) for window in (*WINDOWS, "all")}
    assert story.differences(sums, cluster.waiting_since()) == []
    assert _refused(cluster) == set(story.quarantined)
