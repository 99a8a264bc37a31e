"""How the tests are shared out where several processes run them: what shares a worker stays together."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOMS = ("chaos", "integration", "dashboards", "contracts")
"""Where tests wait for brokers and workers; they come first, so that short ones fill what is left."""
SHARED = ("department",)
"""Costly fixtures of a whole package."""


def group(item: pytest.Item) -> str | None:
    """Tests of one file share its fixtures, but not between brokers; those that share none stand alone."""
    room = item.path.relative_to(HERE).parts[0]
    names: tuple[str, ...] = getattr(item, "fixturenames", ())
    if shared := next((name for name in SHARED if name in names), None):
        return shared
    if room not in ROOMS:
        return None
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    return f"{item.path.stem}-{parameters['broker']}" if "broker" in parameters else item.path.stem


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the groups for `--dist loadgroup`, and put what waits before what calculates."""
    if config.getoption("dist", "no") != "loadgroup":
        return
    for item in items:
        if name := group(item):
            item.add_marker(pytest.mark.xdist_group(name))
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)
