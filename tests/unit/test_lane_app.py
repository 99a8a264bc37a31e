"""The lane's app refuses what would cost exactness, and says so before anything runs."""

from collections.abc import Sequence
from typing import Any

import pytest

from agents.errors import UserError
from agents.lane import LaneApp, LanePosition, LaneRecord, internals


class Nothing:
    """A shard without state."""

    def __init__(self, partition: int) -> None:
        self.partition = partition

    def restore(self, records: Sequence[LaneRecord]) -> None:
        """Nothing to merge."""

    def recovered(self) -> tuple[()]:
        """Nothing to fold."""
        return ()


def app(**options: Any) -> LaneApp:
    """An app that is never started."""
    return LaneApp("voronka-test", broker="kafka://127.0.0.1:1", **options)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("stream_wait_empty", False),
        ("consumer_auto_offset_reset", "latest"),
        ("processing_guarantee", "exactly_once"),
        ("broker_max_poll_records", 100),
    ],
)
def test_settings_that_would_lose_records_are_refused(name: str, value: object) -> None:
    """The message names the setting and the value that a lane needs."""
    with pytest.raises(UserError, match=name):
        app(**{name: value})


def test_pages_that_show_tables_are_off_and_the_web_is_on_loopback() -> None:
    """Faust shows table data to anyone by default."""
    conf = app().conf
    assert conf.web_bind == "127.0.0.1"
    assert not any(
        (conf.web_tables_enabled, conf.web_router_enabled, conf.web_stats_enabled, conf.web_graph_enabled)
    )


def test_the_queue_of_a_lane_topic_is_bounded() -> None:
    """Faust drops the bound given at creation; memory would grow with the backlog."""
    assert app(queue_chunks=3).lane_topic("crm.leads", partitions=4).maxsize == 3


def test_a_table_has_no_shards_before_recovery() -> None:
    """Nothing is exported until a partition is ours and read back."""
    table = app().lane_table("journeys", Nothing, partitions=4)
    assert table.shards == {}
    assert table.changelog_topic_name == "voronka-test-journeys-changelog"


def test_the_installed_packages_are_those_that_the_lane_was_verified_with() -> None:
    """Every internal that it leans on is there, with the parameters that it uses."""
    assert internals.problems() == []


def test_a_changed_internal_is_named_with_what_it_is_for() -> None:
    """The check can fail: a gone method and a changed signature are both told."""
    entries = [
        ("faust.transport.consumer:Consumer", "no_such_method", (), "overridden: it matters"),
        ("faust.transport.consumer:Consumer", "perform_seek", ("where",), "overridden: flow"),
    ]
    assert internals.problems(entries) == [
        "faust.transport.consumer:Consumer.no_such_method is gone (overridden: it matters)",
        "faust.transport.consumer:Consumer.perform_seek has no parameter where (overridden: flow)",
    ]


def test_lag_is_unknown_before_the_first_fetch() -> None:
    """No data is not zero."""
    assert LanePosition(5, 5, None, None).lag is None
    assert LanePosition(5, 3, 3, 9).lag == 4
