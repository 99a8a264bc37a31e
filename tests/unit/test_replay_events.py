"""From rows to raw events: what a row says goes to the stream, also what cannot be."""

import json
from collections.abc import Mapping
from itertools import permutations
from typing import Any

import pytest

from agents.replay.compiler import make_plan
from agents.replay.events import Lookups, RawEvent, Row, event_id, events_of, read_time_ms
from agents.replay.mapping import find_mapping, read_mapping
from agents.replay.plan import Plan
from agents.replay.publish import record_time_ms
from streams.decode import decode
from streams.events import Event, Rejected
from streams.funnels import DEFAULT

MAVEN = make_plan(find_mapping("maven-crm"), DEFAULT)
OWN = """
name = "own"
about = "everything that a mapping can do"
currency = "EUR"
zone = "Europe/Berlin"
dates = ["%d.%m.%Y %H:%M", "%d.%m.%Y", "iso"]
decimal = ","
thousands = "."
absent = ["NULL"]

[tables.deals]
[[tables.deals.events]]
type = "crm.deal.line_sold"
subject = "deal/{id}"
journey = "lead/{lead}"
time = ["{sold}", "{opened}"]
when = { kind = ["sale", "upsell"], lead = true }
[tables.deals.events.data]
line = "{id}-{kind}"
amount = { value = "{sum}", absent = ["0"] }
cost = "{cost}"
recurring = "{monthly}"
currency = "{currency}"

[[tables.deals.events]]
type = "crm.deal.scored"
subject = "deal/{id}"
time = "{opened}"
when = { score = true, kind = { not = ["sale"] } }
data = { score = "{score}" }

[[tables.deals.events]]
type = "crm.deal.stage_changed"
subject = "deal/{id}"
time = "{opened}"
when = { stage = true }
data = { stage = { value = "{stage}", map = "stages" } }

[maps.stages]
"КП отправлено" = "offer_sent"
"""
PLAN = make_plan(read_mapping(OWN, "own.toml"), DEFAULT)


def row(table: str, **cells: str) -> Row:
    """A row as the readers give it."""
    return Row(table, "export.csv", 2, cells)


def maven(**cells: str) -> Row:
    """A row of the pipeline, a won deal unless told otherwise."""
    usual = {
        "opportunity_id": "D1",
        "sales_agent": "Ann Ash",
        "product": "Pump",
        "account": "Mill",
        "deal_stage": "Won",
        "engage_date": "10/20/2016",
        "close_date": "3/1/2017",
        "close_value": "1054",
    }
    return row("pipeline", **(usual | cells))


def made(
    plan: Plan, given: Row, lookups: Lookups | None = None
) -> dict[str, tuple[RawEvent, dict[str, Any]]]:
    """The row's events by the last part of their type, each with its decoded JSON."""
    events = {}
    for event in events_of(plan, given, lookups or Lookups({})):
        value = json.loads(event.value)
        events[value["type"].rpartition(".")[2]] = (event, value)
    return events


def reason(plan: Plan, given: Row, verb: str) -> str:
    """What the stream says of this event of the row."""
    judged = decode(made(plan, given)[verb][0].value)
    assert isinstance(judged, Rejected)
    return judged.reason


def test_a_won_deal_becomes_created_and_won() -> None:
    """Dates are midnights of the mapping's zone; the amount carries the mapping's currency."""
    events = made(MAVEN, maven())
    assert list(events) == ["created", "won"]
    created, won = events["created"][1], events["won"][1]
    assert created["subject"] == created["partitionkey"] == "deal/D1"
    assert created["time"] == "2016-10-20T00:00:00.000Z"
    assert created["data"] == {"channel": "active", "owner": "Ann Ash", "customer": "Mill"}
    assert won["time"] == "2017-03-01T00:00:00.000Z"
    assert won["data"] == {"amount": "1054", "currency": "USD"}
    assert won["source"] == "/import/maven-crm"
    assert all(isinstance(decode(raw.value), Event) for raw, _ in events.values())


def test_a_lost_deal_has_no_amount_and_an_open_one_no_end() -> None:
    """Each stage of the file says what it says and no more."""
    lost = made(MAVEN, maven(deal_stage="Lost", close_value="0"))
    assert list(lost) == ["created", "lost"]
    assert lost["lost"][1]["data"] == {}
    assert list(made(MAVEN, maven(deal_stage="Engaging", close_date="", close_value=""))) == ["created"]


def test_a_prospecting_row_is_published_without_a_time() -> None:
    """It has no date: one event, which the stream quarantines as no_date."""
    given = maven(deal_stage="Prospecting", engage_date="", close_date="", close_value="")
    events = made(MAVEN, given)
    assert list(events) == ["created"]
    assert events["created"][0].time_ms is None
    assert "time" not in events["created"][1]
    assert reason(MAVEN, given, "created") == "no_date"


@pytest.mark.parametrize("date", ["13/45/2017", "2017-03-01", "soon", "2/30/2017", "1/1/1066", "1/1/9999"])
def test_an_impossible_date_goes_on_as_it_stands(date: str) -> None:
    """The stream sees the file's own text and says bad_time."""
    given = maven(close_date=date)
    event, value = made(MAVEN, given)["won"]
    assert value["time"] == date
    assert event.time_ms is None
    assert reason(MAVEN, given, "won") == "bad_time"


@pytest.mark.parametrize(
    ("amount", "told"), [("-5", "negative_amount"), ("about 100", "bad_value"), ("10.005", "bad_value")]
)
def test_an_impossible_amount_goes_on_as_it_stands(amount: str, told: str) -> None:
    """Nothing is rounded or repaired on the way."""
    assert reason(MAVEN, maven(close_value=amount), "won") == told


def test_an_unknown_stage_is_told_to_the_stream() -> None:
    """A stage that the mapping does not know is quarantined, not overlooked."""
    given = maven(deal_stage="Negotiating", close_date="", close_value="")
    assert list(made(MAVEN, given)) == ["created", "stage_changed"]
    assert reason(MAVEN, given, "stage_changed") == "unknown_stage"
    assert reason(MAVEN, maven(deal_stage=""), "stage_changed") == "missing_field"


def test_a_row_without_its_id_is_quarantined() -> None:
    """A deal that cannot be named is no deal."""
    assert reason(MAVEN, maven(opportunity_id=""), "created") == "bad_subject"


def test_columns_of_another_table_are_looked_up() -> None:
    """The region comes from the team's row; a rep without a team has none."""
    teams = Lookups({"teams": {"Ann Ash": {"sales_agent": "Ann Ash", "regional_office": "North"}}})
    assert made(MAVEN, maven(), teams)["created"][1]["data"]["region"] == "North"
    assert "region" not in made(MAVEN, maven(sales_agent="Bob"), teams)["created"][1]["data"]


def test_a_mapping_can_read_numbers_words_and_zones() -> None:
    """Decimal commas, grouping, currency signs, flags, words and local time become the contract's."""
    given = row(
        "deals",
        id="7",
        lead="3",
        kind="upsell",
        sold="",
        opened="01.07.2024 10:30",
        sum="1.234,50 €",
        cost="10",
        monthly="Yes",
        currency="NULL",
        score="4",
        stage="КП отправлено",
    )
    events = made(PLAN, given)
    line = events["line_sold"][1]
    assert line["partitionkey"] == "lead/3"
    assert line["time"] == "2024-07-01T08:30:00.000Z"
    assert line["data"] == {
        "line": "7-upsell",
        "amount": "1234.50",
        "cost": "10",
        "recurring": True,
        "currency": "EUR",
    }
    assert events["scored"][1]["data"] == {"score": 4}
    assert events["stage_changed"][1]["data"] == {"stage": "offer_sent"}
    assert all(isinstance(decode(raw.value), Event) for raw, _ in events.values())


def test_conditions_choose_the_rows() -> None:
    """One of several texts, any text, none of some texts."""
    usual = {"id": "7", "opened": "01.07.2024", "score": "9", "sum": "0", "kind": "sale", "lead": ""}
    assert made(PLAN, row("deals", **usual)) == {}
    assert list(made(PLAN, row("deals", **(usual | {"lead": "1"})))) == ["line_sold"]
    assert list(made(PLAN, row("deals", **(usual | {"kind": "gift"})))) == ["scored"]
    assert "amount" not in made(PLAN, row("deals", **(usual | {"lead": "1"})))["line_sold"][1]["data"]


def test_a_summer_time_and_an_own_zone_are_understood() -> None:
    """The mapping's zone holds where the text names none."""
    assert read_time_ms("01.01.2024", PLAN.dates, PLAN.zone) == 1_704_063_600_000
    assert read_time_ms("2024-01-01T00:00:00+00:00", PLAN.dates, PLAN.zone) == 1_704_067_200_000
    assert read_time_ms("31.12.1969", PLAN.dates, PLAN.zone) is None


def test_an_id_follows_from_the_rows_content_alone() -> None:
    """Place, file and order of columns do not matter; any other text does."""
    cells = {"a": "1", "b": "2", "c": "3"}
    ids = {
        event_id(Row("deals", file, number, dict(order)), "crm.deal.won")
        for number, order in enumerate(permutations(cells.items()), start=2)
        for file in ("x.csv", "y.csv")
    }
    assert len(ids) == 1
    others: list[tuple[str, Mapping[str, str], str]] = [
        ("deals", cells | {"c": "4"}, "crm.deal.won"),
        ("deals", {"a": "12", "b": "", "c": "3"}, "crm.deal.won"),
        ("leads", cells, "crm.deal.won"),
        ("deals", cells, "crm.deal.won#2"),
    ]
    ids |= {event_id(Row(table, "x.csv", 2, changed), kind) for table, changed, kind in others}
    assert len(ids) == 5


def test_a_record_is_stamped_with_its_events_time_but_never_ahead_of_now() -> None:
    """So a replay is no restatement, and an event of 2099 is still one of the future."""
    (event, _) = made(MAVEN, maven())["won"]
    assert record_time_ms(event, 2_000_000_000_000) == event.time_ms == 1_488_326_400_000
    assert record_time_ms(event, 5) == 5
    (undated, _) = made(MAVEN, maven(engage_date=""))["created"]
    assert record_time_ms(undated, 5) == 5


def test_the_columns_behind_a_field_can_be_named() -> None:
    """What the stream says about `data.amount` is told as the file's column."""
    assert MAVEN.columns_behind("crm.deal.won", "data.amount") == ("close_value",)
    assert MAVEN.columns_behind("crm.deal.stage_changed", "time") == ("close_date", "engage_date")
    assert MAVEN.columns_behind("crm.deal.won", "subject") == ("opportunity_id",)
    assert MAVEN.columns_behind("crm.deal.won", "specversion") == ()
