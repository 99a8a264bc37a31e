"""Reading docker-compose.yml in tests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
_VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?::-([^}]*))?\}")


@cache
def compose() -> Mapping[str, Any]:
    """The file with what it takes from the environment at its defaults."""
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    found: Mapping[str, Any] = yaml.safe_load(_VARIABLE.sub(lambda match: match[2] or "", text))
    return found


def services() -> Mapping[str, Any]:
    """Its services by name."""
    found: Mapping[str, Any] = compose()["services"]
    return found


def binds(service: Mapping[str, Any]) -> dict[str, str]:
    """What a service sees of the repository: target to source."""
    mounts = [mount.split(":") for mount in service.get("volumes", ()) if mount.startswith("./")]
    assert all(mount[2:] == ["ro"] for mount in mounts), mounts
    return {target: source for source, target, _ in mounts}


def secret_targets(service: Mapping[str, Any]) -> dict[str, str]:
    """The path of each secret in the container, to its name."""
    listed = service.get("secrets", ())
    return {
        f"/run/secrets/{each}" if isinstance(each, str) else each["target"]: (
            each if isinstance(each, str) else each["source"]
        )
        for each in listed
    }
