"""Prometheus blocks from OpenMetrics text, by Prometheus' own promtool."""

from __future__ import annotations

import subprocess
from pathlib import Path

from agents.errors import UserError
from agents.programs import found

LONGEST_BLOCK = "486h"
"""One of the lengths that Prometheus itself merges blocks to; promtool reads the text once a block."""


class BlocksError(UserError):
    """promtool made no blocks of a text."""


def promtool() -> str | None:
    """Where promtool is, if it is."""
    return found("promtool")


def make_blocks(program: str, text: Path, folder: Path) -> None:
    """Add the blocks of a text to those in the folder."""
    argv = [program, "tsdb", "create-blocks-from", f"--max-block-duration={LONGEST_BLOCK}", "--quiet"]
    argv += ["openmetrics", str(text), str(folder)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode:
        raise BlocksError(f"promtool made no blocks of {text}: {done.stderr.strip() or done.stdout.strip()}")
