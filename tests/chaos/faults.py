"""What a launched worker is told to do wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DIES = "dies after its"
"""A launched worker's last words, followed by the place."""

Death = Literal["", "outputs", "changelog", "head", "piece"]


@dataclass(frozen=True)
class Faults:
    """`pace` seconds before each changelog write, `slow_outputs` before each output.

    A worker dies at a place when it is reached the `after`th time.
    """

    pace: float = 0.0
    chunk: int = 5000
    slow_outputs: float = 0.0
    die_at: Death = ""
    after: int = 1
    off: Literal["", "counter", "order", "future", "quarantine", "recall", "anew"] = ""
    checkpoints: bool = False
    """Whether shards log them all the time."""
