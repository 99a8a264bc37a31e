"""Odd settings, files and answers: each is refused with its fix, or survived; none ends in a traceback."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agents.as_of import moment_ms
from agents.broker import admin_client
from agents.desk.mirror import Mirror
from agents.errors import BrokerError
from agents.kpi_list import WorkerError, ask
from agents.replay.compiler import _check_dates
from agents.replay.mapping import MappingError
from agents.settings import Settings, SettingsError, load_settings
from streams.base_totals import BASE_TOTALS
from streams.catalogue import CatalogueError, load_catalogue
from streams.funnels import FunnelError, load_funnels
from streams.handbook import handbook
from streams.instants import format_instant
from streams.total_events import events_of
from tests.unit.test_funnels import FUNNEL

OWN_KPI = """
[kpi.time_to_assign]
names = { en = "Time to assign", ru = "Время до назначения" }
description = { en = "From enquiry to owner.", ru = "От запроса до ответственного." }
formula = "FORMULA"
sample = "responses"
unit = "hours"
direction = "down"
level = "result"
perspective = "processes"
dimensions = ["department"]
owner = "sales-ops"
sources = ["S1"]
"""


@pytest.mark.parametrize(
    "url",
    [
        "redis://h:1/0?foo=1",
        "redis://h:99999/0",
        "redis://h/0?max_connections=x",
        "http://h:1/0",
    ],
)
def test_an_address_of_which_no_client_can_be_made_is_refused(url: str) -> None:
    """Before a worker starts: it would end at its first write."""
    with pytest.raises(SettingsError, match="VORONKA_REDIS: this is no address of a Redis"):
        load_settings({"VORONKA_REDIS": url})


@pytest.mark.parametrize(
    "url",
    ["redis://h", "rediss://:secret@h:6380/1?ssl_cert_reqs=none", "unix:///run/redis.sock?db=1"],
)
def test_the_addresses_of_a_redis_are_taken(url: str) -> None:
    """With account, TLS or a socket."""
    assert load_settings({"VORONKA_REDIS": url}).redis is not None


@pytest.mark.parametrize("answer", [b":abc\r\n", b"*x\r\n", b"$x\r\n", b"*1\r\n" * 5_000])
async def test_whatever_redis_answers_the_mirror_goes_on(answer: bytes) -> None:
    """Nobody but the mirror hears of it: an error there would end the worker that leads, then the next."""

    async def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(answer)
        await writer.drain()
        await reader.read()
        writer.close()

    async def documents() -> dict[str, object]:
        return {"kpis": 1}

    server = await asyncio.start_server(answered, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    mirror = Mirror(f"redis://127.0.0.1:{port}/0", "test", documents)
    task = asyncio.create_task(mirror.follow(lambda: True))
    for _ in range(1_000):
        if mirror.up is not None or task.done():
            break
        await asyncio.sleep(0.01)
    assert mirror.up is False
    assert not task.done()
    task.cancel()
    server.close()


def test_a_file_of_kpis_that_would_replace_the_shipped_ones_is_refused(tmp_path: Path) -> None:
    """A version makes it a whole catalogue, which the scorecard and the boards are not for."""
    file = tmp_path / "kpis.toml"
    file.write_text("version = 1\n" + OWN_KPI.replace("FORMULA", "assign_ms / responses"))
    with pytest.raises(SettingsError, match="remove the version"):
        load_settings({"VORONKA_KPIS": str(file)})


def test_every_total_of_a_formula_has_its_events_in_the_handbook() -> None:
    """An own KPI may be made of any of them."""
    own = load_catalogue(OWN_KPI.replace("FORMULA", "assign_ms / responses"))
    assert "crm.lead.assigned" in handbook(own, "en")
    usable = [total.id for total in BASE_TOTALS.values() if not total.edges]
    assert events_of(usable)


def test_a_total_of_many_parts_is_no_part_of_a_formula() -> None:
    """Prometheus could add it up, the API has no such value."""
    with pytest.raises(CatalogueError, match="hourly_due_1wh"):
        load_catalogue(OWN_KPI.replace("FORMULA", "assign_ms / hourly_due_1wh"))


def test_no_stage_is_called_as_the_api_calls_a_value() -> None:
    """It would be taken for one."""
    load_funnels(FUNNEL)
    with pytest.raises(FunnelError, match="'value' is reserved"):
        load_funnels(FUNNEL.replace('"offer"', '"value"').replace("stage.offer", "stage.value"))


@pytest.mark.parametrize(
    ("zone", "day", "end"),
    [
        ("America/Santiago", "2026-04-04", "2026-04-05T03:59:59.999Z"),
        ("Africa/Cairo", "2025-10-30", "2025-10-30T21:59:59.999Z"),
        ("Europe/Moscow", "2026-03-31", "2026-03-31T20:59:59.999Z"),
    ],
)
def test_a_day_ends_with_its_last_instant(zone: str, day: str, end: str) -> None:
    """Also where clocks go back at midnight and the last hour comes twice."""
    assert format_instant(moment_ms(day, zone)) == end


@pytest.mark.parametrize("address", ["local host:6066", "localhost:²", "..:6066", "localhost", ":6066"])
def test_what_is_no_address_of_a_worker_is_told(address: str) -> None:
    """By the command that was given it."""
    with pytest.raises(WorkerError, match=r"address|no worker answers"):
        ask(address, "30d")


def test_a_broker_whose_name_cannot_be_one_does_not_answer() -> None:
    """An empty label is no host's name."""
    with pytest.raises(BrokerError, match=r"kafka\.\.svc"), admin_client(Settings(broker="kafka..svc:9092")):
        pass


@pytest.mark.parametrize("form", ["%d.%m.%d", "%Q", "%d.%m.%Y %"])
def test_a_form_of_dates_by_which_nothing_can_be_read_is_refused(form: str) -> None:
    """When the mapping is read, not amid its rows."""
    with pytest.raises(MappingError, match="cannot be read by"):
        _check_dates("mapping x", [form])
    _check_dates("mapping x", ["iso", "%d.%m.%Y", "%Y-%m-%dT%H:%M:%S%z", "%d %b %Y"])
