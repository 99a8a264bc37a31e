"""What the CloudEvents SDK writes for Kafka, `decode` reads, and what `encode` writes, the SDK reads."""

from datetime import UTC, datetime
from typing import Any

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_structured, to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from streams.decode import decode
from streams.encode import encode
from streams.events import Created, Event, Money, Qualified

ATTRIBUTES: dict[str, Any] = {
    "id": "e1",
    "source": "/hubspot/48975575",
    "type": "crm.deal.created",
    "subject": "deal/77",
    "time": datetime(2026, 3, 2, 6, 30, 0, 250_999, UTC),
    "partitionkey": "lead/1042",
    "receivedtime": "2026-03-02T06:30:02Z",
    "datacontenttype": "application/json",
}
DATA = {"channel": "inbound", "region": "Урал", "amount": "1234.50", "currency": "RUB"}
EXPECTED = Event(
    id="e1",
    source="/hubspot/48975575",
    entity="deal",
    entity_id="77",
    journey="lead/1042",
    time_ms=1_772_433_000_250,
    received_ms=1_772_433_002_000,
    data=Created(channel="inbound", region="Урал", amount=Money(123_450, "RUB")),
)


def decoded(message: KafkaMessage) -> object:
    """The record as a Kafka client hands it over."""
    return decode(message.value, list(message.headers.items()))


@pytest.mark.parametrize("write", [to_binary, to_structured])
def test_the_sdks_events_are_read(write: Any) -> None:
    """Binary and structured, with text in Russian and time as the SDK writes it."""
    assert decoded(write(CloudEvent(ATTRIBUTES, DATA), JSONFormat())) == EXPECTED


@pytest.mark.parametrize("write", [to_binary, to_structured])
def test_the_sdks_events_without_data_are_read(write: Any) -> None:
    """Where a type needs no data."""
    attributes = {**ATTRIBUTES, "type": "crm.lead.qualified", "subject": "lead/1042"}
    del attributes["datacontenttype"]
    found = decoded(write(CloudEvent(attributes, None), JSONFormat()))
    assert isinstance(found, Event)
    assert found.data == Qualified()


def test_the_sdks_bytes_are_read() -> None:
    """Data that are bytes are written in base64."""
    attributes = {**ATTRIBUTES, "type": "crm.lead.qualified", "subject": "lead/1042"}
    message = to_structured(CloudEvent(attributes, b"{}"), JSONFormat())
    assert b"data_base64" in message.value
    found = decoded(message)
    assert isinstance(found, Event)
    assert found.data == Qualified()


def test_the_sdk_reads_our_events() -> None:
    """A bare event is a structured one once its content type is told."""
    headers = {"content-type": b"application/cloudevents+json"}
    read = from_structured(KafkaMessage(headers, None, encode(EXPECTED)), JSONFormat())
    assert (read.get_id(), read.get_source(), read.get_type()) == (
        "e1",
        "/hubspot/48975575",
        "crm.deal.created",
    )
    assert (read.get_subject(), read.get_extension("partitionkey")) == ("deal/77", "lead/1042")
    assert read.get_time() == datetime(2026, 3, 2, 6, 30, 0, 250_000, UTC)
    assert read.get_data() == {**DATA, "amount": 123_450}
