"""The AsyncAPI parser that judges the event contract can tell a valid document from an invalid one."""

import json
from collections.abc import Callable
from pathlib import Path

VALID = {
    "asyncapi": "3.0.0",
    "id": "urn:voronka:test",
    "info": {
        "title": "Leads",
        "version": "1.0.0",
        "description": "Leads.",
        "contact": {"name": "Sales", "url": "https://example.org", "email": "sales@example.org"},
        "license": {"name": "MIT", "url": "https://example.org/license"},
        "tags": [{"name": "sales"}],
    },
    "defaultContentType": "application/json",
    "servers": {"kafka": {"host": "127.0.0.1:9092", "protocol": "kafka"}},
    "channels": {"leads": {"address": "crm.leads", "messages": {"lead": {"payload": {"type": "object"}}}}},
    "operations": {"receive": {"action": "receive", "channel": {"$ref": "#/channels/leads"}}},
}


def test_a_valid_document_has_no_findings(
    asyncapi_findings: Callable[[Path], list[str]], tmp_path: Path
) -> None:
    """A well-formed AsyncAPI 3.0 document passes without errors or warnings."""
    document = tmp_path / "valid.json"
    document.write_text(json.dumps(VALID))
    assert asyncapi_findings(document) == []


def test_a_broken_reference_is_found(asyncapi_findings: Callable[[Path], list[str]], tmp_path: Path) -> None:
    """An operation on a channel that does not exist is an error that names the place."""
    document = tmp_path / "broken.json"
    broken = {
        **VALID,
        "operations": {"receive": {"action": "receive", "channel": {"$ref": "#/channels/deals"}}},
    }
    document.write_text(json.dumps(broken))
    found = asyncapi_findings(document)
    assert any(line.startswith("error ") and "operations.receive.channel" in line for line in found), found
