"""The checked-in event contract says what the code does: schemas, examples and the AsyncAPI document."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from streams.decode import decode
from streams.encode import encode, event_type
from streams.events import Event, Rejected
from streams.wire import KINDS
from tools.contract.examples import patched
from tools.contract.files import FOLDER, contract_files

Json = dict[str, Any]


@cache
def schema_of(name: str) -> Draft202012Validator:
    """The checked-in schema of a type."""
    schema = json.loads((FOLDER / "schemas" / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def examples_of(name: str) -> Json:
    """The checked-in examples of a type."""
    found: Json = json.loads((FOLDER / "examples" / f"{name}.json").read_text(encoding="utf-8"))
    return found


VALID = [(name, event) for name in KINDS for event in examples_of(name)["valid"]]
INVALID = [
    (name, patched(examples_of(name)["valid"][-1], bad["patch"]), bad)
    for name in KINDS
    for bad in examples_of(name)["invalid"]
]


def test_the_contract_is_as_the_types_have_it() -> None:
    """docs/contract holds exactly what `python -m tools.contract` writes."""
    made = contract_files()
    assert {path: path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.json")} == made


@pytest.mark.parametrize(("name", "event"), VALID, ids=[event["id"] for _, event in VALID])
def test_a_valid_example_is_valid_and_accepted(name: str, event: Json) -> None:
    """The schema allows it, `decode` makes an event of that type of it, and `encode` writes the same."""
    assert list(schema_of(name).iter_errors(event)) == []
    decoded = decode(json.dumps(event).encode())
    assert isinstance(decoded, Event), decoded
    assert event_type(decoded) == name
    written = encode(decoded)
    assert decode(written) == decoded
    assert schema_of(name).is_valid(json.loads(written))


def test_every_invalid_example_is_rejected_for_its_reason() -> None:
    """`decode` rejects it with the stated reason and field, and says what to do."""
    for _, event, bad in INVALID:
        rejected = decode(json.dumps(event).encode())
        assert isinstance(rejected, Rejected), event
        assert (rejected.reason, rejected.field) == (bad["reason"], bad["field"]), event
        assert rejected.fix


def test_every_invalid_example_breaks_its_schema_unless_it_says_otherwise() -> None:
    """Schemas are as strict as `decode`, save for the faults marked as beyond them."""
    for name, event, bad in INVALID:
        assert schema_of(name).is_valid(event) == bad.get("beyond_schema", False), (name, bad)


def test_the_asyncapi_document_is_valid(asyncapi_findings: Callable[[Path], list[str]]) -> None:
    """The official parser has neither errors nor warnings."""
    assert asyncapi_findings(FOLDER / "asyncapi.json") == []


def test_the_asyncapi_document_needs_its_schemas(
    asyncapi_findings: Callable[[Path], list[str]], tmp_path: Path
) -> None:
    """The parser follows the references to the schemas: without them the document is invalid."""
    alone = tmp_path / "asyncapi.json"
    alone.write_bytes((FOLDER / "asyncapi.json").read_bytes())
    assert asyncapi_findings(alone)


def test_the_asyncapi_document_names_every_topic_and_type() -> None:
    """Each of the five topics is there, and each type of event in the topic where it belongs."""
    channels = json.loads((FOLDER / "asyncapi.json").read_text(encoding="utf-8"))["channels"].values()
    messages = {channel["address"]: set(channel["messages"]) for channel in channels}
    assert set(messages) == {"crm.leads", "crm.deals", "crm.ledger", "sales.quarantine", "sales.signals"}
    for kind in KINDS.values():
        assert kind.name in messages[kind.topic]
