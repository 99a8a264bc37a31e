"""How the tests are shared out where several processes run them: what shares a worker stays together."""

from __future__ import annotations

import re

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

ROOMS = ("chaos", "integration", "dashboards", "contracts")
"""Where tests wait for brokers and workers; they come first, so that short ones fill what is left."""
_PLACE = re.compile(r"tests/(?P<room>\w+)/(?P<file>\w+)\.py::\w+(\[(?P<broker>embedded|kafka)\b)?")
_OF_DEPARTMENT = ("test_changes", "test_derived", "test_expressions", "test_promql")
"""Files that share a costly fixture."""


def group(nodeid: str) -> str:
    """Tests of one file share its fixtures, but not between brokers; those that share none stand alone."""
    place = _PLACE.match(nodeid)
    if place is None or place["room"] not in ROOMS:
        return nodeid
    if place["file"] in _OF_DEPARTMENT:
        return "department"
    return f"{place['room']}/{place['file']} {place['broker'] or ''}"


class Groups(LoadScopeScheduling):  # type: ignore[misc] # it has no types
    """One group after the other; pytest 9 does not see the names of `--dist loadgroup`."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Groups:
    """Whatever `--dist` says."""
    return Groups(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what waits before what calculates."""
    items.sort(key=lambda item: group(item.nodeid) == item.nodeid)
