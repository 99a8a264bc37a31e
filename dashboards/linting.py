"""What dashboard-linter is told to leave out, and why: its file `.lint` stands beside the boards."""

from __future__ import annotations

import json
from collections.abc import Mapping

from dashboards.yaml import Value, dump

_ANYWHERE = (
    "Boards read recorded numbers of the whole department, added up over all workers: which job and instance "
    "a number came from says nothing."
)
_COUNTED = (
    "Few things happen here, and each is worth seeing: counts since the shards came, no fractions of a rate."
)
_LABEL = "The data source is labelled in the language of the board, and the rule knows English alone."


def exclusions(boards: Mapping[str, str]) -> Mapping[str, str]:
    """A file for each folder of boards."""
    folders = dict.fromkeys(name.partition("/")[0] for name in boards)
    return {
        f"{folder}/.lint": _told(folder, json.loads(boards[f"{folder}/pipeline.json"])["title"])
        for folder in folders
    }


def _told(folder: str, pipeline: str) -> str:
    left_out: dict[str, Value] = {
        f"{what}-{label}-rule": {"reason": _ANYWHERE}
        for what in ("template", "target")
        for label in ("job", "instance")
    }
    left_out["target-counter-agg-rule"] = {"reason": _COUNTED, "entries": [{"dashboard": pipeline}]}
    if folder != "en":
        left_out["template-datasource-rule"] = {"reason": _LABEL}
    return dump({"exclusions": left_out})
