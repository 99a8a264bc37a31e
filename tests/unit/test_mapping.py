"""Mappings: what they may say, and how a wrong one is told."""

from pathlib import Path

import pytest

from agents.replay.compiler import make_plan
from agents.replay.mapping import MappingError, find_mapping, read_mapping, shipped
from agents.replay.templates import Column, TemplateError, parse_template
from streams.funnels import DEFAULT

HEAD = """
name = "mine"
about = "one row a deal"
currency = "EUR"
zone = "Europe/Berlin"
dates = ["%d.%m.%Y"]
"""
EVENT = """
[[tables.deals.events]]
type = "crm.deal.stage_changed"
subject = "deal/{id}"
time = "{date}"
data = { stage = { value = "{stage}", map = "stages" } }
[maps.stages]
Offer = "offer_sent"
"""


def problem_of(text: str) -> str:
    """The message about a mapping."""
    with pytest.raises(MappingError) as caught:
        make_plan(read_mapping(text, "mine.toml"), DEFAULT)
    return str(caught.value)


def test_every_shipped_mapping_is_right() -> None:
    """What comes with Voronka works out of the box and can be named without a path."""
    assert set(shipped()) == {"maven-crm", "leads-and-deals"}
    for name in shipped():
        assert make_plan(find_mapping(name), DEFAULT).source == f"/import/{name}"


def test_a_mapping_of_ones_own_is_found_by_its_path(tmp_path: Path) -> None:
    """The option takes a name or a file."""
    path = tmp_path / "mine.toml"
    path.write_text(HEAD + EVENT, encoding="utf-8")
    plan = make_plan(find_mapping(str(path)), DEFAULT)
    assert plan.tables["deals"].columns == {"id", "date", "stage"}


def test_an_unknown_mapping_is_told_with_the_names_that_exist() -> None:
    """A typing error in the name costs no search."""
    with pytest.raises(MappingError, match=r"leads-and-deals, maven-crm, or the path"):
        find_mapping("mavencrm")


def test_the_needed_columns_are_those_of_templates_conditions_and_lookups() -> None:
    """Columns of a looked-up table are needed there, and `?` makes one optional."""
    plan = make_plan(
        read_mapping(
            HEAD
            + """
[tables.deals]
lookups = { teams = "who" }
[[tables.deals.events]]
type = "crm.deal.created"
subject = "deal/{id}"
time = ["{opened}", "{seen?}"]
when = { kind = "new" }
data = { owner = "{who}", region = "{teams.office}", industry = "{branch?}" }
[tables.teams]
key = "name"
optional = true
""",
            "mine.toml",
        ),
        DEFAULT,
    )
    assert plan.tables["deals"].columns == {"id", "opened", "kind", "who"}
    assert plan.tables["teams"].columns == {"name", "office"}


def test_events_of_one_type_on_one_row_are_told_apart() -> None:
    """Two meetings of a row are two events."""
    meeting = """
[[tables.deals.events]]
type = "crm.deal.meeting_held"
subject = "deal/{id}"
time = "{first}"
[[tables.deals.events]]
type = "crm.deal.meeting_held"
subject = "deal/{id}"
time = "{second}"
"""
    rules = make_plan(read_mapping(HEAD + meeting, "mine.toml"), DEFAULT).tables["deals"].rules
    assert [rule.kind for rule in rules] == ["crm.deal.meeting_held", "crm.deal.meeting_held#2"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('name = "mine"', 'name = "My CRM"', "name: use small letters"),
        ('currency = "EUR"', 'currency = "EURO"', "currency: 'EURO' is no ISO 4217 code"),
        ('zone = "Europe/Berlin"', 'zone = "Berlin"', "zone: 'Berlin' is no IANA zone"),
        ('dates = ["%d.%m.%Y"]', "dates = []", "dates: write how dates look"),
        ('dates = ["%d.%m.%Y"]', 'datse = ["%d.%m.%Y"]', "mine.toml"),
        ('about = "one row a deal"', 'about = "x"\nencoding = "klingon"', "encoding: 'klingon' is unknown"),
        ('about = "one row a deal"', 'about = "x"\ndelimiter = "::"', "delimiter: write one character"),
        ('about = "one row a deal"', 'about = "x"\nthousands = "."', "decimal and thousands"),
        ("crm.deal.stage_changed", "crm.deal.stage_change", "did you mean crm.deal.stage_changed?"),
        ("crm.deal.stage_changed", "crm.lead.won", "there is no such event"),
        ('subject = "deal/{id}"', 'subject = "{id}"', "subject: '{id}' must start with deal/"),
        ('subject = "deal/{id}"', 'subject = "lead/{id}"', "must start with deal/"),
        ('subject = "deal/{id}"', 'subject = "deal/{id"', "a lone '{'"),
        ('subject = "deal/{id}"', 'subject = "deal/{}"', "{} names no column"),
        ('time = "{date}"', "time = []", "time: name the column"),
        ("data = { stage = ", "data = { stagge = ", "did you mean stage?"),
        ('map = "stages"', 'map = "steps"', "there is no [maps.steps]"),
        (
            'Offer = "offer_sent"',
            'Offer = "offer_send"',
            "there is no stage 'offer_send': did you mean offer_sent?",
        ),
        ('time = "{date}"', 'time = "{date}"\nwhen = { kind = [] }', "kind = [] never holds"),
        (
            "[[tables.deals.events]]",
            "[tables.deals]\nlookups = { teams = 'x' }\n[[tables.deals.events]]",
            "teams",
        ),
        ("[maps.stages]", "[maps.stages", "no valid TOML"),
    ],
)
def test_what_is_wrong_in_a_mapping_is_named_with_its_place(old: str, new: str, told: str) -> None:
    """The message says where and what to write; nothing of it waits for the first row."""
    text = HEAD + EVENT
    assert old in text
    problem = problem_of(text.replace(old, new))
    assert told in problem
    assert problem.startswith(("mapping m", "mapping My CRM", "the mapping mine.toml"))


def test_a_channel_that_the_mapping_names_must_exist() -> None:
    """A constant is the mapping's own word, so its error is the mapping's."""
    event = """
[[tables.deals.events]]
type = "crm.deal.created"
subject = "deal/{id}"
time = "{date}"
data = { channel = "inbound sales" }
"""
    assert "there is no channel 'inbound sales'" in problem_of(HEAD + event)


def test_a_mapping_without_events_is_refused() -> None:
    """It would publish nothing and prove nothing."""
    assert "no table has events" in problem_of(HEAD + "[tables.deals]\nkey = 'id'")


def test_a_template_joins_constants_and_columns() -> None:
    """Column names may hold spaces and dots; doubled braces are braces."""
    template = parse_template("a {Deal no.} {{x}} {teams.office?}", frozenset({"teams"}))
    assert template.columns == (Column("Deal no."), Column("office", "teams", optional=True))
    assert template.render({Column("Deal no."): "7"}) == "a 7 {x} "


def test_a_lone_brace_is_no_template() -> None:
    """A forgotten brace would silently be a constant."""
    with pytest.raises(TemplateError, match="lone"):
        parse_template("deal/id}")
