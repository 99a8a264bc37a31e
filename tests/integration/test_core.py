"""The compiled modules are the same program: what holds for their source holds for them."""

import subprocess
import sys
import sysconfig
from pathlib import Path
from shutil import which

import pytest

from tests.conftest import unavailable

ROOT = Path(__file__).parents[2]
LAWS = (
    *("test_laws.py", "test_ledger_laws.py", "test_customers.py", "test_worlds.py", "test_decode.py"),
    *("test_home.py", "../unit/test_stories.py", "../unit/test_audit.py"),
)


@pytest.mark.integration
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_compiled_modules_keep_every_law(tmp_path: Path) -> None:
    """Laws, stories, worlds of crashes, hostile records: with compiled modules in place of their source."""
    headers = Path(sysconfig.get_path("include")) / "Python.h"
    if which("cc") is None or not headers.exists():
        unavailable("a C compiler with Python's headers is missing: run `make components`")
    core = tmp_path / "core"
    _run([sys.executable, "-m", "tools.core", str(core)])
    (tmp_path / "test_is_compiled.py").write_text(
        "import agents.journeys.shard as shard, streams.facts as facts\n\n"
        "def test_is_compiled():\n"
        "    for module in (shard, facts):\n"
        f"        assert module.__file__.startswith({str(core)!r}) and not module.__file__.endswith('.py')\n"
    )
    paths = [str(ROOT / "tests" / "properties" / name) for name in LAWS]
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["-c", str(ROOT / "pyproject.toml"), "-o", f"pythonpath={core} {ROOT}"]
    command += [str(tmp_path / "test_is_compiled.py"), *paths]
    _run(command)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
