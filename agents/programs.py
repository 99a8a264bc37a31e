"""Programs of others: found on this machine, or where `make components` unpacked them in a checkout."""

from __future__ import annotations

import shutil
from pathlib import Path

UNPACKED = Path(__file__).parents[1] / ".cache" / "prometheus" / "usr" / "bin"
HOW_TO_GET_PROMETHEUS = "make components in a checkout, apt-get install prometheus, or prometheus.io/download"


def found(*names: str) -> str | None:
    """The path of the first of these programs that is there."""
    for name in names:
        if path := shutil.which(name) or shutil.which(name, path=UNPACKED):
            return path
    return None
