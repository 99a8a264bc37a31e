"""How large a run is, and its seed: from the environment, as `make chaos` sets it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

FULL = os.environ.get("CHAOS_FULL") == "1"
SCALE = float(os.environ.get("CHAOS_SCALE", "1"))
SEED = int(os.environ.get("CHAOS_SEED", "20260301"))
DEFAULT_SEED = 20260301


def size(small: int, full: int) -> int:
    """A number of things: the small one in every test run, the full one times the scale in `make chaos`."""
    return max(small, round(full * SCALE)) if FULL else small


def times(small: int, full: int) -> int:
    """A number of faults: the full one whatever the scale, unless the scale is for a quick look."""
    return max(small, min(full, round(full * SCALE * 10))) if FULL else small


@dataclass
class Row:
    """What one fault test reports."""

    test: str
    seed: int = SEED
    faults: int = 0
    lost: int | None = None
    doubled: int | None = None
    recovery_seconds: list[float] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def random(self) -> Random:
        """Randomness of this test alone."""
        return Random(f"{self.test} {self.seed}")

    def told(self, passed: bool) -> Mapping[str, Any]:
        """As `build/chaos.json` holds it."""
        seconds = sorted(self.recovery_seconds)
        return {
            "test": self.test,
            "seed": self.seed,
            "passed": passed,
            "faults": self.faults,
            "lost": self.lost,
            "doubled": self.doubled,
            "recovery_seconds": round(seconds[len(seconds) // 2], 2) if seconds else None,
            "recovery_seconds_max": round(seconds[-1], 2) if seconds else None,
            **self.figures,
        }
