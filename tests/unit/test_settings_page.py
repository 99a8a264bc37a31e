"""docs/settings.md: every variable stands there, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agents import settings
from agents.environment import Reader

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_every_variable_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that is added, renamed or dropped changes its page."""
    readers: list[Reader] = []

    def reader(env: dict[str, str]) -> Reader:
        readers.append(Reader(env))
        return readers[-1]

    monkeypatch.setattr(settings, "Reader", reader)
    settings.load_settings({})
    named = [line.split("|")[1] for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    told = re.findall(r"`(VORONKA_[A-Z_]+)`", " ".join(named))
    assert sorted(told) == sorted(readers[0].known)
