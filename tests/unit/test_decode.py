"""What `decode` accepts, in which forms, and how it says what is wrong."""

import base64
import json
from typing import Any

import pytest

from streams.decode import check_future, decode
from streams.events import Created, Event, MeetingHeld, Rejected
from streams.funnels import load_funnels

Json = dict[str, Any]
T_MS = 1_772_433_000_250  # 2026-03-02T06:30:00.250Z

LEAD: Json = {
    "specversion": "1.0",
    "id": "e1",
    "source": "/hubspot/48975575",
    "type": "crm.lead.created",
    "subject": "lead/1042",
    "partitionkey": "lead/1042",
    "time": "2026-03-02T09:30:00.250+03:00",
    "receivedtime": "2026-03-02T06:30:02Z",
    "data": {"channel": "inbound", "source": "search", "owner": "r07"},
}
DEAL: Json = {**LEAD, "type": "crm.deal.created", "subject": "deal/77"}
CREATED = Event(
    id="e1",
    source="/hubspot/48975575",
    entity="lead",
    entity_id="1042",
    journey="lead/1042",
    time_ms=T_MS,
    received_ms=T_MS + 1_750,
    data=Created(channel="inbound", source="search", owner="r07"),
)


def read(event: Any, **changes: Any) -> Event | Rejected:
    """Decode an event given as a dictionary, with changed attributes."""
    return decode(json.dumps({**event, **changes} if changes else event).encode())


def headers_of(event: Json, *more: tuple[str, bytes | None]) -> list[tuple[str, bytes | None]]:
    """The attributes as the headers of the binary form."""
    return [(f"ce_{name}", value.encode()) for name, value in event.items() if name != "data"] + list(more)


def refused(found: Event | Rejected) -> tuple[str, str]:
    """Reason and field of a rejection, which must say what to do."""
    assert isinstance(found, Rejected), found
    assert found.fix
    return found.reason, found.field


def test_bare_json_is_an_event() -> None:
    """The attributes become fields, times UTC milliseconds."""
    assert read(LEAD) == CREATED


@pytest.mark.parametrize(
    "content_type", ["application/cloudevents+json", "Application/CloudEvents+JSON; charset=utf-8"]
)
def test_the_structured_form_is_the_same_event(content_type: str) -> None:
    """It is told by its content type, whatever other headers there are."""
    headers = [("content-type", content_type.encode()), ("ce_id", b"another"), ("trace", b"1")]
    assert decode(json.dumps(LEAD).encode(), headers) == CREATED


def test_the_binary_form_is_the_same_event() -> None:
    """Attributes in `ce_` headers, data alone in the value; extensions and empty headers are ignored."""
    more = [("content-type", b"application/json; charset=utf-8"), ("ce_trace", b"\xff"), ("x", None)]
    assert decode(json.dumps(LEAD["data"]).encode(), headers_of(LEAD, *more)) == CREATED


@pytest.mark.parametrize("value", [None, b"", b"{}", b"null"])
def test_the_binary_form_needs_no_value_where_no_data_are_needed(value: bytes | None) -> None:
    """An event without data has no value in the CloudEvents binding; it is no tombstone."""
    found = decode(value, headers_of({**LEAD, "type": "crm.lead.meeting_held"}))
    assert isinstance(found, Event)
    assert found.data == MeetingHeld()


def test_data_may_be_base64() -> None:
    """CloudEvents libraries write bytes as `data_base64`."""
    event = {name: value for name, value in LEAD.items() if name != "data"}
    encoded = base64.b64encode(json.dumps(LEAD["data"]).encode()).decode()
    assert read(event, data_base64=encoded) == CREATED
    assert refused(read(event, data_base64="%%%")) == ("bad_value", "data_base64")
    assert refused(read(LEAD, data_base64=encoded)) == ("bad_value", "data_base64")
    assert refused(read(event, data_base64=base64.b64encode(b"{").decode())) == ("not_json", "value")


def test_what_is_not_needed_may_be_absent() -> None:
    """The journey of an event without partitionkey is its subject; version and receipt may be unknown."""
    bare = {name: LEAD[name] for name in ("id", "source", "type", "subject", "time")}
    found = read(bare)
    assert isinstance(found, Event)
    assert (found.journey, found.received_ms, found.data) == ("lead/1042", None, Created())


def test_null_is_as_good_as_absent() -> None:
    """In attributes and in data, also where a default stands for it."""
    nothing = {"partitionkey": None, "receivedtime": None, "specversion": None, "datacontenttype": None}
    assert read(LEAD, **nothing, data={"channel": None}) == read(LEAD, receivedtime=None, data={})
    held = read(LEAD, type="crm.lead.meeting_held", data={"party": None, "by": None})
    assert isinstance(held, Event)
    assert held.data == MeetingHeld()
    missing = read(DEAL, type="crm.deal.lost", data=None)
    assert isinstance(missing, Event)


def test_unknown_fields_are_ignored() -> None:
    """A newer CRM may say more than we know; a lead's amount is no field of ours either."""
    found = read(LEAD, data={**LEAD["data"], "amount": -1, "utm": {"term": [1]}}, dataschema="x", extra=1)
    assert found == CREATED


def test_of_repeated_fields_the_last_counts() -> None:
    """As in other JSON readers."""
    raw = json.dumps(LEAD).encode().replace(b'{"specversion"', b'{"id": "first", "specversion"')
    assert decode(raw.replace(b'{"channel"', b'{"owner": 7, "channel"')) == CREATED


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"type": "crm.lead.touched"}, ("needs_enrichment", "type")),
        ({"type": "crm.lead.won"}, ("unknown_type", "type")),
        ({"type": None}, ("missing_field", "type")),
        ({"type": ["crm.lead.created"]}, ("wrong_type", "type")),
        ({"id": "two\nlines"}, ("bad_value", "id")),
        ({"id": "x" * 129}, ("bad_value", "id")),
        ({"id": 1e300}, ("wrong_type", "id")),
        ({"source": None}, ("missing_field", "source")),
        ({"specversion": "0.3"}, ("bad_value", "specversion")),
        ({"datacontenttype": "application/xml"}, ("bad_value", "datacontenttype")),
        ({"subject": "lead/"}, ("bad_subject", "subject")),
        ({"subject": "deal/77"}, ("bad_subject", "subject")),
        ({"subject": 1042}, ("wrong_type", "subject")),
        ({"partitionkey": "lead/7"}, ("bad_partitionkey", "partitionkey")),
        ({"partitionkey": ""}, ("bad_partitionkey", "partitionkey")),
        ({"partitionkey": 7}, ("wrong_type", "partitionkey")),
        ({"time": ""}, ("no_date", "time")),
        ({"time": "yesterday"}, ("bad_time", "time")),
        ({"time": 1_772_433_000}, ("wrong_type", "time")),
        ({"time": "2101-01-01T00:00:00Z"}, ("bad_time", "time")),
        ({"receivedtime": ""}, ("bad_time", "receivedtime")),
        ({"data": "text"}, ("wrong_type", "data")),
        ({"data": {"channel": "fax"}}, ("unknown_channel", "data.channel")),
        ({"data": {"owner": 7}}, ("wrong_type", "data.owner")),
        ({"data": {"region": "\x7f"}}, ("bad_value", "data.region")),
        ({"type": "crm.lead.merged", "data": {"into": "lead/7"}}, ("bad_value", "data.into")),
    ],
)
def test_a_fault_is_named(changes: Json, expected: tuple[str, str]) -> None:
    """Each fault has its reason and field."""
    assert refused(read(LEAD, **changes)) == expected


def test_a_deals_journey_is_its_leads_or_its_own() -> None:
    """Another deal's is none."""
    for key in ("lead/9", "deal/77"):
        found = read(DEAL, partitionkey=key)
        assert isinstance(found, Event)
        assert found.journey == key
    for key in ("deal/9", "lead/", "lead/\n", "1042"):
        assert refused(read(DEAL, partitionkey=key)) == ("bad_partitionkey", "partitionkey")


def test_a_deal_is_won_by_its_outcome() -> None:
    """The stage `won` is refused, and the event that says it is named."""
    found = read(DEAL, type="crm.deal.stage_changed", data={"stage": "won"})
    assert refused(found) == ("unknown_stage", "data.stage")
    assert isinstance(found, Rejected)
    assert "crm.deal.won" in found.fix


def test_channels_and_stages_are_those_of_the_funnels() -> None:
    """Other funnels, other channels; the fix lists them."""
    stages = ["meeting_held", "offer_sent", "offer_reviewed", "contract_agreed"]
    text = '[[channel]]\nid = "shop"\nname = { en = "Shop", ru = "Магазин" }\nentry = "enquiry"\n'
    text += f"stages = {stages}\n"
    for stage in ["enquiry", *stages]:
        text += f'[stage.{stage}]\nname = {{ en = "{stage}", ru = "{stage}" }}\nevidence = ["created"]\n'
    funnels = load_funnels(text)
    shop = json.dumps({**LEAD, "data": {"channel": "shop"}}).encode()
    assert isinstance(decode(shop, funnels=funnels), Event)
    assert decode(shop) == Rejected(
        reason="unknown_channel",
        field="data.channel",
        fix="use one of active, inbound, regular, vip, partner, unknown",
    )


def test_faults_are_named_in_one_order() -> None:
    """Of many faults the same one is named first: mending what is named leads through all of them."""
    mended = {**DEAL, "data": {"channel": "inbound", "owner": "r07", "amount": "1", "currency": "RUB"}}
    event: Json = {**mended, "specversion": "2", "type": "x", "id": 1, "source": 2, "subject": 3}
    event |= {"partitionkey": 4, "time": "", "receivedtime": "", "data": []}
    named = []
    while isinstance(found := read(event), Rejected):
        named.append(found.field)
        event[found.field] = mended[found.field]
    assert named == [
        "specversion",
        "type",
        "id",
        "source",
        "subject",
        "partitionkey",
        "time",
        "receivedtime",
        "data",
    ]
    event["data"] = {"currency": "?", "amount": "-1", "owner": 7, "channel": "fax"}
    named = []
    while isinstance(found := read(event), Rejected):
        field = found.field.removeprefix("data.")
        named.append(field)
        event["data"][field] = mended["data"][field]
    assert named == ["owner", "currency", "amount", "channel"]


def test_an_event_far_after_its_record_is_from_the_future() -> None:
    """More than 15 min; a record without a timestamp (-1) cannot tell."""
    assert check_future(CREATED, T_MS - 900_000) is None
    assert check_future(CREATED, -1) is None
    late = check_future(CREATED, T_MS - 900_001)
    assert late is not None
    assert (late.reason, late.field) == ("future", "time")
