"""`make chaos`: every fault test at full size, a table of what was found, and `build/chaos.json`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
REPORT = ROOT / "build" / "chaos.json"
ZOMBIE = "tests/integration/test_lane_zombie.py"
COLUMNS = ("test", "seed", "faults", "lost", "doubled", "recovery_seconds", "recovery_seconds_max")


def arguments(argv: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """Ours, and those that pytest gets."""
    parser = argparse.ArgumentParser(prog="make chaos ARGS=...", epilog="Others go to pytest, such as -x.")
    parser.add_argument("-k", dest="which", default="", help="tests by name: kill, poison, not control")
    parser.add_argument("--scale", type=float, default=1.0, help="0.05 is a twentieth of the events")
    parser.add_argument("--seed", type=int, default=20260301, help="another run of the same kind")
    return parser.parse_known_args(argv)


class Elsewhere:
    """Gathers the outcome of fault tests that live with the lane's own."""

    def __init__(self) -> None:
        self.rows: list[Mapping[str, Any]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A row for each, without figures: they compare every key of the log themselves."""
        file, _, test = report.nodeid.partition("::")
        if file == ZOMBIE and report.when == "call":
            nothing = dict.fromkeys(COLUMNS)
            self.rows.append({**nothing, "test": test.removeprefix("test_"), "passed": report.passed})


def show(rows: Sequence[Mapping[str, Any]]) -> None:
    """The report as a table; further figures of a test stand in its last column."""
    table = Table(title="Faults on Apache Kafka")
    for name in (*COLUMNS, "figures", "result"):
        text = name in ("test", "figures")
        table.add_column(name.replace("_", " "), justify="left" if text else "right", overflow="fold")
    for row in rows:
        rest = {name: value for name, value in row.items() if name not in (*COLUMNS, "passed")}
        cells = ["–" if row[name] is None else str(row[name]) for name in COLUMNS]
        figures = ", ".join(f"{name} {value}" for name, value in rest.items())
        table.add_row(*cells, figures, "passed" if row["passed"] else "FAILED")
    Console(width=max(190, Console().width)).print(table)


def main(argv: Sequence[str]) -> int:
    """Run, show, write; pytest's exit code."""
    told, others = arguments(argv)
    REPORT.parent.mkdir(exist_ok=True)
    os.environ |= {
        "CHAOS_FULL": "1",
        "CHAOS_SCALE": str(told.scale),
        "CHAOS_SEED": str(told.seed),
        "CHAOS_REPORT": str(REPORT),
    }
    which = ["-k", told.which] if told.which else []
    elsewhere = Elsewhere()
    code = pytest.main(
        [str(ROOT / "tests" / "chaos"), str(ROOT / ZOMBIE), "-v", *which, *others], plugins=[elsewhere]
    )
    rows = [*json.loads(REPORT.read_text()), *elsewhere.rows]
    REPORT.write_text(json.dumps(rows, indent=1) + "\n")
    show(rows)
    print(f"seed {told.seed}, scale {told.scale}; written to {REPORT.relative_to(ROOT)}")
    return int(code)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
