"""Tests in several processes: those that share a broker or a worker run in one of them, in order."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.parallel import group

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        ("integration/test_demo.py::test_a", "integration/test_demo.py::test_b[x]", True),
        ("integration/test_demo.py::test_a[kafka]", "integration/test_demo.py::test_b[embedded-1]", False),
        ("integration/test_demo.py::test_a", "integration/test_topics.py::test_a", False),
        ("dashboards/test_promql.py::test_a", "dashboards/test_derived.py::test_b", True),
        ("unit/test_view.py::test_a", "unit/test_view.py::test_b", False),
    ],
)
def test_what_shares_fixtures_is_one_group(first: str, second: str, together: bool) -> None:
    """Files that wait for components stay whole, but for their brokers; what calculates stands alone."""
    assert (group(f"tests/{first}") == group(f"tests/{second}")) is together


def test_a_group_runs_in_one_process() -> None:
    """Of two processes one gets all tests of a file."""
    argv = ["-n", "2", "--dist", "loadscope", "-v", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *argv, "tests/contracts/test_cloudevents.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    processes = re.findall(r"\[(gw\d)\] .*PASSED tests/", done.stdout)
    assert len(processes) > 1
    assert len(set(processes)) == 1
