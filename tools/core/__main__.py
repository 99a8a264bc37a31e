"""`python -m tools.core FOLDER` builds the packages there, their hot modules compiled by mypyc."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

from mypyc.build import mypycify
from setuptools import setup

ROOT = Path(__file__).parents[2]
PACKAGES = ("streams", "agents", "dashboards")
HOT = (
    *("calendar", "zones", "rules", "rates", "rows", "ways", "panes", "window_sums", "later", "minimum"),
    *("totals", "forms", "instants", "payload_checks", "decode", "joins", "growth", "ledger_growth"),
    *("journeys", "packing", "moves", "stories", "book", "opportunity", "monthly_facts", "passage"),
    *("stock_facts", "facts", "folding"),
    *("customers", "owners"),
)
"""Of `streams/`: what every event or journey goes through. Types that are read at run time are left out."""
HOT_IN_AGENTS = ("home", "job", "shard", "stats", "touched")
MYPY = """[mypy]
strict = True
explicit_package_bases = True
ignore_missing_imports = True
disable_error_code = import-untyped
"""


def build(folder: Path) -> None:
    """Copy the packages into the folder and compile there, where no checkout can hold what was built."""
    shutil.rmtree(folder, ignore_errors=True)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    os.chdir(folder)
    Path("mypy.ini").write_text(MYPY)
    modules = [f"streams/{name}.py" for name in HOT]
    modules += [f"agents/journeys/{name}.py" for name in HOT_IN_AGENTS]
    extensions: Any = mypycify(["--config-file=mypy.ini", *modules], opt_level="3", group_name="voronka")
    setup(
        name="voronka-core", packages=[], ext_modules=extensions, script_args=["-q", "build_ext", "--inplace"]
    )
    shutil.rmtree("build")


if __name__ == "__main__":
    build(Path(sys.argv[1]).resolve())
