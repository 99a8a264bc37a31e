"""A KPI of one's own is one entry in a file: nothing else is edited, and it is everywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agents.pages import kpis_of
from agents.settings import load_settings
from streams.promql import rule_name
from tests.conftest import ROOT
from tests.dashboards.reading import rules
from tests.fixed_worker import FixedShard, FixedTotals, FixedWorker

ENTRY = """
[kpi.loss_share]
names = { en = "Loss share", ru = "Доля проигрышей" }
description = { en = "Lost of the deals opened in the period.", ru = "Проиграно из открытых за период." }
sources = []
level = "result"
perspective = "processes"
formula = "deals_created_lost / deals_created"
unit = "ratio"
direction = "down"
min_sample = 20
dimensions = ["department", "channel", "source", "rep"]
alert = { when = "above", value = 0.6, severity = "info" }
owner = "head_of_sales"

[kpi.revenue]
target = 5000000
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The user's file."""
    file = tmp_path_factory.mktemp("own") / "kpis.toml"
    file.write_text(ENTRY, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def written(own: Path) -> Path:
    """What `voronka dashboards` makes of it, as a user of the package runs it: not from the source tree."""
    out = own.parent / "monitoring"
    env = {**os.environ, "VORONKA_KPIS": str(own), "PYTHONPATH": str(ROOT)}
    argv = [sys.executable, "-m", "agents.cli", "dashboards", "--out", str(out)]
    done = subprocess.run(argv, env=env, cwd=own.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out


async def test_the_worker_answers_it(own: Path) -> None:
    """By every dimension that the entry names, with 3 of 12 as 25 %."""
    places = [("channel", "vip", ""), ("source", "vip", "fair"), ("rep", "ann", "")]
    counts = {"deals_created": 12, "deals_created_lost": 3}
    sums = {(f, total, a, b): n for f, a, b in places for total, n in counts.items()}
    settings = load_settings({"VORONKA_KPIS": str(own), "VORONKA_PARTITIONS": "1"})
    worker = FixedWorker([FixedShard(0, FixedTotals({"30d": sums, "all": sums}))], settings)
    answer = (await kpis_of(worker, "30d"))["kpis"]["loss_share"]
    quarter = {"value": 0.25, "n": 12}
    assert {name: answer[name] for name in quarter} == quarter
    for place, name in (("by_channel", "vip"), ("by_source", "fair"), ("by_rep", "ann")):
        assert answer[place][name].items() >= quarter.items()


def test_it_has_rules_an_alert_panels_and_a_page_of_the_handbook(written: Path) -> None:
    """In both languages, in the folder that was named and nowhere else."""
    recorded = rules((written / "rules.yml").read_text("utf-8"))
    assert {rule_name("loss_share", place) for place in ("department", "channel")} <= set(recorded)
    for name in ("alerts.yml", "alerts_test.yml", "runbook.md", "runbook.ru.md"):
        assert "LossShareHigh" in (written / name).read_text("utf-8")
    for language, title in (("en", "Loss share"), ("ru", "Доля проигрышей")):
        board = (written / language / "kpis.json").read_text("utf-8")
        assert title in board
        assert "sales:loss_share{" in board
    section = (written / "handbook.md").read_text("utf-8").partition('<a id="loss_share"></a>Loss share')[2]
    assert "/d/voronka-kpis)" in section
    assert "](runbook.md#losssharehigh)" in section
    assert "](runbook.ru.md#losssharehigh)" in (written / "handbook.ru.md").read_text("utf-8")
    assert '<a id="loss_share"></a>Доля проигрышей' in (written / "handbook.ru.md").read_text("utf-8")
    assert {path.name for path in written.parent.iterdir()} == {"kpis.toml", "monitoring"}


def test_a_target_of_ones_own_is_in_the_handbook(written: Path) -> None:
    """Shipped KPIs take the deployment's targets."""
    section = (written / "handbook.md").read_text("utf-8").partition('<a id="revenue"></a>')[2]
    assert "Target: 5,000,000 money" in section.partition('<a id="')[0]
