"""What the lane does not take on trust amid a recovery: Faust's silence, its offsets, and an empty log."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery, ServiceStopped
from faust.types import TP

from agents.lane import LaneApp, LaneTable, StopWorker, halt
from agents.lane.checks import require_log
from agents.lane.slot import Slot
from agents.lane.thread import raise_errors_of
from agents.lane.types import EXIT_CONFIG


class Ended(BaseException):
    """In place of the end of the process."""


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The exit codes with which the process would have ended."""
    codes: list[int] = []

    def end(code: int) -> None:
        codes.append(code)
        raise Ended

    monkeypatch.setattr(halt, "halt", end)
    return codes


def _table() -> LaneTable[Any]:
    app = LaneApp("voronka-test", broker="kafka://127.0.0.1:1")
    table = app.lane_table("journeys", lambda number: SimpleNamespace(number=number), partitions=2)
    table.sources.append("crm.leads")
    return table


def _recovery(table: LaneTable[Any]) -> Recovery:
    tables = table.app.tables
    assert isinstance(tables, TableManager)
    return tables.recovery


@pytest.mark.expects_error_log("Kafka has not answered for 0.01 s")
async def test_a_recovery_that_kafka_keeps_waiting_ends_the_worker(ended: list[int]) -> None:
    """Faust would take it for a stop: the shard would be shown for ever, and never be fed."""
    with pytest.raises(Ended):
        await _recovery(_table())._wait(asyncio.sleep(60), timeout=0.01)
    assert ended == [halt.EXIT_FAILED]


async def test_a_recovery_that_is_stopped_ends_as_ever(ended: list[int]) -> None:
    """A stop amid a wait is no fault, and a wait that comes to its end is none either."""
    recovery = _recovery(_table())
    await recovery._wait(asyncio.sleep(0), timeout=5)
    recovery._stopped.set()
    with pytest.raises(ServiceStopped):
        await recovery._wait(asyncio.sleep(60), timeout=5)
    assert ended == []


def test_recovery_goes_on_where_a_kept_shard_stands_and_a_new_one_begins() -> None:
    """Never None: Faust would keep what it knew of a former shard."""
    table = _table()
    table.slots[0] = Slot(SimpleNamespace(), logged_to=7)
    table.slots[1] = Slot(SimpleNamespace())
    topic = table.changelog_topic_name
    assert [table.persisted_offset(TP(topic, number)) for number in range(3)] == [7, -1, -1]


def test_a_log_must_be_read_up_to_the_record_that_claimed_it() -> None:
    """Whatever Faust believes to be its end, and where it does not know one."""
    table = _table()
    tp = TP(table.changelog_topic_name, 0)
    table.slots[0] = Slot(SimpleNamespace(), logged_to=6, claimed_at=7)
    with pytest.raises(RuntimeError, match="read to offset 6, its last one is 7"):
        table._require_complete(tp)
    table.slots[0].logged_to = 7
    table._require_complete(tp)


def test_an_empty_log_beside_committed_sources_stops_the_worker() -> None:
    """It was made anew: all that was counted before would be missing, and nothing would show it."""
    table = _table()
    table.slots[0] = Slot(SimpleNamespace(), log_was_empty=True)
    table.slots[1] = Slot(SimpleNamespace(), claimed_at=4)
    with pytest.raises(StopWorker, match=r"crm\.leads was read to offset 9") as stopped:
        require_log(table, {TP("crm.leads", 0): 9})
    assert stopped.value.exit_code == EXIT_CONFIG


def test_what_a_worker_commits_itself_is_no_reason_to_stop() -> None:
    """Nor are other topics and other partitions; Faust may look up the commits again later."""
    table = _table()
    table.slots[0] = Slot(SimpleNamespace(), log_was_empty=True)
    table.slots[1] = Slot(SimpleNamespace(), claimed_at=4)
    require_log(table, {TP("crm.leads", 0): None, TP("crm.leads", 1): 9, TP("others", 0): 9})
    require_log(table, {TP("crm.leads", 0): 9})


async def test_a_rebalance_shows_no_shard_before_it_is_complete() -> None:
    """Also where it was shown after the revocation."""
    revoked: list[int] = []
    table = _table()
    table._on_revoked = revoked.append
    table.slots[0] = Slot(SimpleNamespace(), ready=True)
    table.app.assignor.assigned_actives = set  # type: ignore[method-assign]
    await table.on_rebalance({TP(table.changelog_topic_name, 0)}, set(), set(), 1)
    assert not table.shards
    assert revoked == [0]


async def test_what_ended_a_task_of_the_consumer_is_raised_by_the_next_fetch() -> None:
    """Faust reads past the method in which aiokafka would raise it: nothing would be fetched any more."""
    broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    checks: list[str] = []
    coordinator = SimpleNamespace(check_errors=lambda: checks.append("checked"))
    consumer = SimpleNamespace(_fetcher=SimpleNamespace(error_future=broken), _coordinator=coordinator)
    raise_errors_of(consumer)
    assert checks == ["checked"]
    broken.set_exception(ValueError("a reply that cannot be read"))
    with pytest.raises(ValueError, match="cannot be read"):
        raise_errors_of(consumer)
