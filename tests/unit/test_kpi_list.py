"""`voronka kpis` lists what a running worker says, in both languages, and never a 0 for no data."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import faust
import pytest
from aiohttp.test_utils import TestClient, TestServer
from click.testing import CliRunner

from agents.cli import main
from agents.kpi_list import lines
from agents.pages import register_pages
from agents.settings import Settings
from streams.catalogue import SHIPPED
from streams.rows import Key
from tests.fixed_worker import FixedShard, FixedTotals, FixedWorker


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    """Where a worker serves its pages that has three deals won and one lost."""
    sums = {("channel", "won_deals", "vip", ""): 3, ("channel", "lost_deals", "vip", ""): 1}
    sums |= {("rep", "won_deals", "ann", ""): 3, ("stage", "stage_entered", "vip", "won"): 3}
    before: dict[Key, int] = {("rep", "won_deals", "ann", ""): 4, ("stage", "stage_entered", "vip", "won"): 2}
    totals = FixedTotals({"30d": sums, "prev_30d": before, "all": sums})
    state = FixedWorker([FixedShard(0, totals)], Settings(partitions=1))
    app = faust.App("kpis", broker="kafka://127.0.0.1:1", store="memory://", datadir=str(tmp_path))
    register_pages(app, state)
    client = TestClient(TestServer(await app.web.wsgi()))
    await client.start_server()
    yield f"{client.host}:{client.port}"
    await client.close()


async def run(*arguments: str) -> tuple[int, str]:
    """Exit code and output of the command, beside the server that it asks."""
    result = await asyncio.to_thread(CliRunner().invoke, main, ["kpis", *arguments])
    return result.exit_code, result.output


async def test_it_lists_every_kpi_with_value_unit_and_sample(address: str) -> None:
    """A share in percent; a dash where there is no data; a mark where the sample is too small."""
    code, output = await run("--address", address)
    lines = {line.split("\t")[-1]: line.split("\t") for line in output.splitlines()}
    assert code == 0
    assert set(lines) == {"id", *SHIPPED.kpis}
    assert lines["win_rate_closed"][1:4] == ["75", "%", "4 (few)"]
    assert lines["won_deals"][1:4] == ["3", "count", "3"]
    assert lines["avg_deal_value"][1:3] == ["–", ""]


async def test_it_lists_places_with_their_changes(address: str) -> None:
    """Reps, or stages behind their channel, each beside the period before."""
    _, output = await run("--address", address, "--by", "rep")
    assert "Deals won · ann\t3\tcount\t3\t-25%\twon_deals" in output
    _, output = await run("--address", address, "--by", "stage")
    assert "Stage entries · vip · won\t3\tcount\t3\t+50%\tstage_entries" in output


async def test_it_speaks_russian(address: str) -> None:
    """Names, heads and numbers."""
    _, output = await run("--address", address, "--lang", "ru")
    assert "Коэффициент закрытия\t75\t%\t4 (мало)\t–\twin_rate_closed" in output


async def test_its_json_is_the_workers_answer_with_names(address: str) -> None:
    """By all dimensions, unrounded."""
    _, output = await run("--address", address, "--json", "--lang", "ru")
    kpi = json.loads(output)["kpis"]["win_rate_closed"]
    assert (kpi["name"], kpi["by_channel"]["vip"]["value"]) == ("Коэффициент закрытия", 0.75)


@pytest.mark.parametrize("wrong", ["127.0.0.1:1", "nowhere", "127.0.0.1:port"])
async def test_without_a_worker_it_says_what_to_do(wrong: str) -> None:
    """Exit code 2 and the fix, no traceback."""
    code, output = await run("--address", wrong)
    assert code == 2
    assert "address" in output


@pytest.mark.parametrize(
    ("unit", "value", "change", "shown"),
    [
        ("ratio", 0.00008797, 0.254, ("0.0088", "%", "+25.4%")),
        ("ratio", 0.123456, -0.05, ("12.35", "%", "-5%")),
        ("money", 1234.5, 0.0, ("1,234.5", "EUR", "0%")),
        ("money", 0, None, ("0", "EUR", "–")),
        ("multiple", 0.0000004, None, ("0.0000004", "×", "–")),
        ("points", -37.5, None, ("-37.5", "points", "–")),
        ("hours", None, None, ("–", "ledger: plan_minor", "–")),
    ],
)
def test_values_keep_the_digits_that_matter_and_units_say_what_they_are(
    unit: str, value: float | None, change: float | None, shown: tuple[str, str, str]
) -> None:
    """A small share is not rounded away, and what is missing is said where there is no value."""
    kpi = {"value": value, "n": 3, "unit": unit, "min_sample": 1, "change": change}
    answer = {"currency": "EUR", "kpis": {"x": {**kpi, "not_reported": ["ledger: plan_minor"]}}}
    assert lines(answer, Settings(), "en")[1] == ("x", shown[0], shown[1], "3", shown[2], "x")
