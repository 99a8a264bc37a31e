"""Everything that is generated, as texts by path; what is checked in equals it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dashboards.rules import rules

GENERATED = Path(__file__).parent / "generated"


def generated() -> Mapping[Path, str]:
    """The text of every generated file."""
    return {GENERATED / "rules.yml": rules()}
