"""Every file of docs/contract with its text; a test holds the checked-in files to these."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from tools.contract.asyncapi import document
from tools.contract.examples import EXAMPLES, Examples
from tools.contract.schemas import SCHEMAS

FOLDER = Path(__file__).parents[2] / "docs" / "contract"


def contract_files() -> dict[Path, str]:
    """By path: the AsyncAPI document, and a schema and the examples of every type."""
    files = {FOLDER / "asyncapi.json": _indented(document())}
    for name, schema in SCHEMAS.items():
        files[FOLDER / "schemas" / f"{name}.json"] = _indented(schema)
    for name, examples in EXAMPLES.items():
        files[FOLDER / "examples" / f"{name}.json"] = _by_line(examples)
    return files


def _indented(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _by_line(examples: Examples) -> str:
    """One example a line."""
    parts = []
    for name, values in msgspec.to_builtins(examples).items():
        lines = ",\n    ".join(json.dumps(value, ensure_ascii=False) for value in values)
        parts.append(f'  "{name}": [\n    {lines}\n  ]')
    return "{\n" + ",\n".join(parts) + "\n}\n"
