"""`voronka replay` end to end: real files, broker and worker, and figures worked out by hand."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient

from tests.brokers import Broker, EmbeddedBroker

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(300)]
ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "fixtures"
REAL = ROOT.parent / "shared" / "data" / "maven-crm"
NO_DATE = {"no_date": 2}


def voronka(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The real command, with nothing of our environment's settings."""
    argv = [sys.executable, "-m", "agents.cli", "replay", *map(str, arguments)]
    env = {name: text for name, text in os.environ.items() if not name.startswith("VORONKA_")}
    return subprocess.run(argv, env=env, capture_output=True, text=True, timeout=240, check=False)


def replayed(*arguments: str | Path) -> dict[str, Any]:
    """Its JSON; nothing is said on stderr where there is no terminal."""
    done = voronka(*arguments, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def shuffled(path: Path, folder: Path, seed: int = 7) -> Path:
    """A copy of the file with its rows in another order."""
    header, *lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    random.Random(seed).shuffle(lines)
    copy = folder / "shuffled.csv"
    copy.write_text(header + "".join(lines), encoding="utf-8")
    return copy


def reasons(result: dict[str, Any]) -> dict[str, int]:
    """How many events were quarantined, by reason."""
    return {rows["reason"]: rows["events"] for rows in result["quarantine"]}


def children_of(pid: int) -> list[str]:
    """The processes that any thread of a process has started."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [child for task in tasks for child in task.read_text().split()]


def is_alive(pid: str) -> bool:
    """Whether a process runs; one that has ended and whose end nobody asked for does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(") ")[2][0] != "Z"


def test_a_pipeline_gives_the_figures_worked_out_by_hand(tmp_path: Path) -> None:
    """Counts, money, rates and cycles; by channel and rep; the same after repeats and shuffling."""
    pipeline, teams = (
        FIXTURES / "maven-crm" / "sales_pipeline.csv",
        FIXTURES / "maven-crm" / "sales_teams.csv",
    )
    once = replayed(pipeline, teams, "--mapping", "maven-crm")
    kpis = once["kpis"]
    assert (once["published"], once["applied"], once["quarantined"]) == (12, 10, 2)
    assert reasons(once) == NO_DATE
    assert once["quarantine"][0]["columns"] == ["engage_date"]
    assert sorted(once["quarantine"][0]["rows"]) == ["sales_pipeline.csv row 8", "sales_pipeline.csv row 9"]
    assert kpis["won_deals"]["value"] == 3
    assert kpis["lost_deals"]["value"] == 1
    assert kpis["opportunity_count_open"]["value"] == 2
    assert kpis["revenue"]["value"] == 3500.5
    assert kpis["win_rate_closed"]["value"] == 0.75
    assert kpis["sales_cycle_days"]["value"] == pytest.approx(40 / 3, rel=1e-12)
    assert kpis["revenue"]["unit"] == "money"
    assert kpis["revenue"]["period"] == "all"
    assert kpis["revenue"]["n"] == 3
    assert kpis["revenue"]["by_channel"] == {"active": {"value": 3500.5, "n": 3}}
    by_rep = {name: rep["value"] for name, rep in kpis["revenue"]["by_rep"].items() if rep["value"]}
    assert by_rep == {"Ann Ash": 1500.5, "Bob Birch": 2000.0}
    again = replayed(pipeline, shuffled(pipeline, tmp_path), teams, "--mapping", "maven-crm")
    assert again["kpis"] == kpis
    assert (again["published"], again["applied"], again["quarantined"]) == (12, 10, 2)
    assert again["records"] == 24


def test_impossible_rows_are_quarantined_and_none_vanishes() -> None:
    """Every kind of bad row comes back with its reason, its column and its row; the good ones count."""
    result = replayed(FIXTURES / "maven-crm" / "dirty_pipeline.csv", "--mapping", "maven-crm")
    found = {rows["reason"]: (rows["columns"], rows["rows"]) for rows in result["quarantine"]}
    name = "dirty_pipeline.csv row"
    assert found == {
        "bad_time": (["close_date"], [f"{name} 3"]),
        "negative_amount": (["close_value"], [f"{name} 4"]),
        "unknown_stage": (["deal_stage"], [f"{name} 5"]),
        "bad_value": (["close_value"], [f"{name} 6"]),
        "future": (["close_date"], [f"{name} 7"]),
        "bad_subject": (["opportunity_id"], [f"{name} 8"]),
        "no_date": (["engage_date"], [f"{name} 9"]),
    }
    assert result["published"] == result["applied"] + result["quarantined"] == 14
    assert result["kpis"]["revenue"]["value"] == 1000
    assert result["kpis"]["won_deals"]["value"] == 1


def test_leads_and_deals_join_by_the_leads_id() -> None:
    """A deal's channel and source are its lead's, and its cycle starts with it."""
    folder = FIXTURES / "leads-and-deals"
    result = replayed(folder / "deals.csv", folder / "leads.csv", "--mapping", "leads-and-deals")
    kpis = result["kpis"]
    assert (result["published"], result["applied"], result["quarantined"]) == (12, 12, 0)
    assert kpis["initial_enquiries"]["value"] == 4
    assert kpis["won_deals"]["value"] == 3
    assert kpis["sales_conversion_rate"]["value"] == 0.5
    assert kpis["sales_conversion_rate"]["by_source"]["paid_search"]["value"] == 1.0
    assert kpis["won_deals"]["by_channel"] == {
        "inbound": {"value": 2, "n": 2},
        "unknown": {"value": 1, "n": 1},
    }
    assert kpis["won_deals"]["by_rep"]["r1"]["value"] == 2
    # 10.5 days and 2 days; the lead of the third deal is not in the file. No amount was declared but one.
    assert kpis["sales_cycle_days"]["value"] == pytest.approx(6.25, rel=1e-12)
    assert kpis["revenue"]["value"] == 1500.5


def test_the_documented_mapping_works_as_documented(tmp_path: Path) -> None:
    """The example of docs/replay.md is run, not only read."""
    text = (ROOT / "docs" / "replay.md").read_text(encoding="utf-8")
    for language, name in (("csv", "mine.csv"), ("toml", "mine.toml")):
        (block, *_rest) = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
        (tmp_path / name).write_text(block, encoding="utf-8")
    result = replayed(tmp_path / "mine.csv", "--mapping", tmp_path / "mine.toml")
    kpis = result["kpis"]
    assert (result["published"], result["quarantined"], result["currency"]) == (6, 0, "EUR")
    assert kpis["revenue"]["value"] == 900
    assert kpis["pipeline_value_open"]["value"] == 1200.5
    assert kpis["win_rate_closed"]["value"] == 0.5
    assert kpis["stage_occupancy"]["by_stage"]["regular"]["offer_sent"]["value"] == 1


def test_a_table_for_people_is_the_default() -> None:
    """KPIs with units, the main ones by channel and rep, and the balance in words."""
    done = voronka(FIXTURES / "maven-crm" / "sales_pipeline.csv", "--mapping", "maven-crm")
    assert done.returncode == 0, done.stderr
    assert re.search(r"Revenue\W+3\W+3,500.50 USD", done.stdout)
    assert "12 events published = 10 applied + 2 quarantined" in done.stdout
    assert "2 no_date, column engage_date: " in done.stdout


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "is empty"),
        ("opportunity_id^sales_agent\n1^Ann\n", "wrong delimiter"),
        ("opportunity_id,sales_agent\n1,Ann\n", "'deal_stage'"),
    ],
)
def test_a_file_that_cannot_be_used_ends_before_anything_starts(
    tmp_path: Path, content: str, told: str
) -> None:
    """Exit code 2, one clear message with the file's name, no traceback."""
    path = tmp_path / "export.csv"
    path.write_text(content, encoding="utf-8")
    done = voronka(path, "--mapping", "maven-crm")
    assert done.returncode == 2
    assert done.stdout == ""
    assert f"{path}" in done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broker_that_stays_is_left_as_it_was(broker: Broker, fresh_name: Callable[[str], str]) -> None:
    """With --broker the replay's topics and group are its own and are removed; the figures are the same."""
    client = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    try:
        keeper = fresh_name("keeper")
        client.create_topics({keeper: {"num_partitions": 1, "replication_factor": 1}})
        path = FIXTURES / "maven-crm" / "sales_pipeline.csv"
        result = replayed(path, "--mapping", "maven-crm", "--broker", broker.bootstrap)
        assert result["kpis"]["revenue"]["value"] == 3500.5
        topics = client.list_topics()
        assert keeper in topics
        assert [name for name in topics if name.startswith("replay-")] == []
    finally:
        client.close()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_no_process_is_left_behind_when_it_is_stopped(number: signal.Signals) -> None:
    """Ctrl-C or a kill in the middle ends broker and worker too."""
    path = FIXTURES / "maven-crm" / "sales_pipeline.csv"
    argv = [sys.executable, "-m", "agents.cli", "replay", str(path), "--mapping", "maven-crm"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        deadline = time.monotonic() + 60
        while len(pids := children_of(running.pid)) < 2:
            assert running.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        running.send_signal(number)
        assert running.wait(timeout=60) != 0
    deadline = time.monotonic() + 10
    while alive := [pid for pid in pids if is_alive(pid)]:
        assert time.monotonic() < deadline, alive
        time.sleep(0.02)


@pytest.mark.skipif(not REAL.exists(), reason="the public data set is not on this machine")
def test_the_public_pipeline_is_exact(tmp_path: Path, embedded_broker: EmbeddedBroker) -> None:
    """8,800 opportunities to the last digit, each rep's revenue too; the same twice and shuffled."""
    path = REAL / "sales_pipeline.csv"
    truth: dict[str, int] = {}
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        _, rep, _, _, stage, _, _, value = line.split(",")
        if stage == "Won":
            truth[rep] = truth.get(rep, 0) + int(value)
    once = replayed(path, "--mapping", "maven-crm")
    kpis = once["kpis"]
    assert (once["published"], once["applied"], once["quarantined"]) == (15_511, 15_011, 500)
    assert reasons(once) == {"no_date": 500}
    assert kpis["won_deals"]["value"] == 4_238
    assert kpis["lost_deals"]["value"] == 2_473
    assert kpis["opportunity_count_open"]["value"] == 1_589
    assert kpis["revenue"]["value"] == 10_005_534
    assert round(kpis["win_rate_closed"]["value"], 5) == 0.63150
    assert round(kpis["sales_cycle_days"]["value"], 3) == 51.782
    assert {rep: each["value"] for rep, each in kpis["revenue"]["by_rep"].items()} == truth
    assert truth["Darcel Schlecht"] == 1_153_214
    again = replayed(
        path, shuffled(path, tmp_path), "--mapping", "maven-crm", "--broker", embedded_broker.bootstrap
    )
    assert again["kpis"] == kpis
    assert (again["published"], again["applied"], again["quarantined"]) == (15_511, 15_011, 500)
