"""Files as they come out of a CRM or a spreadsheet, and what is said about one that cannot be used."""

from pathlib import Path

import pytest

from agents.replay.compiler import make_plan
from agents.replay.mapping import find_mapping, read_mapping
from agents.replay.plan import Plan
from agents.replay.tables import FileError, check_sources, load_lookups, open_source, rows
from streams.funnels import DEFAULT

MAVEN = make_plan(find_mapping("maven-crm"), DEFAULT)
FIXTURES = Path(__file__).parents[1] / "fixtures"
OWN = """
name = "own"
about = "two columns"
currency = "EUR"
zone = "UTC"
dates = ["iso"]
[tables.deals]
[[tables.deals.events]]
type = "crm.deal.created"
subject = "deal/{id}"
time = "{opened}"
"""
PLAN = make_plan(read_mapping(OWN, "own.toml"), DEFAULT)


def written(folder: Path, content: str | bytes, name: str = "deals.csv") -> str:
    """A file with this content; returns its path as it is typed."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def cells_of(path: str, plan: Plan = PLAN) -> list[dict[str, str]]:
    """All rows of a file."""
    return [dict(row.cells) for row in rows(open_source(path, plan))]


def problem_of(path: str, plan: Plan = PLAN) -> str:
    """The error about a file, found before anything would be published."""
    with pytest.raises(FileError) as caught:
        check_sources([open_source(path, plan)], plan)
    assert str(caught.value).startswith(path)
    return str(caught.value).removeprefix(path)


@pytest.mark.parametrize(
    "content",
    [
        "id,opened\n7,2024-01-01\n",
        "\ufeffid;opened\r\n7;2024-01-01\r\n",
        "id\topened\n\n7\t2024-01-01\n\n",
        "id|opened\n 7 | 2024-01-01 \n",
        'sep=;\r\n"id";"opened"\r\n"7";"2024-01-01"',
        "id,opened\n7,2024-01-01\n".encode("utf-16"),
    ],
)
def test_what_spreadsheets_write_is_read(tmp_path: Path, content: str | bytes) -> None:
    """Byte order marks, four delimiters, quotes, blank lines and spaces make no difference."""
    assert cells_of(written(tmp_path, content)) == [{"id": "7", "opened": "2024-01-01"}]


def test_a_cell_may_hold_the_delimiter_and_line_breaks(tmp_path: Path) -> None:
    """Quotes keep a cell together; rows are numbered as a spreadsheet shows them."""
    path = written(tmp_path, 'id,opened,note\n7,2024-01-01,"a, b\nc ""d"""\n8,2024-01-02,\n')
    assert [row.number for row in rows(open_source(path, PLAN))] == [2, 3]
    assert cells_of(path)[0]["note"] == 'a, b\nc "d"'


def test_columns_of_one_name_are_told_apart(tmp_path: Path) -> None:
    """No cell hides another: both count for what the row is."""
    path = written(tmp_path, "id,opened,note,note\n7,2024-01-01,a,b\n")
    assert cells_of(path) == [{"id": "7", "opened": "2024-01-01", "note": "a", "note#2": "b"}]


def test_a_file_is_recognised_by_its_columns(tmp_path: Path) -> None:
    """Files may be given in any order; a name before `=` decides where columns do not."""
    folder = FIXTURES / "maven-crm"
    assert open_source(str(folder / "sales_teams.csv"), MAVEN).table == "teams"
    assert open_source(str(folder / "sales_pipeline.csv"), MAVEN).table == "pipeline"
    path = written(tmp_path, "sales_agent,regional_office\nAnn,North\n")
    assert open_source(f"teams={path}", MAVEN).table == "teams"
    with pytest.raises(FileError, match="missing, needed for table pipeline"):
        open_source(f"pipeline={path}", MAVEN)


def test_all_rows_are_counted_before_anything_is_published() -> None:
    """The count is the length of the progress bar."""
    folder = FIXTURES / "maven-crm"
    names = ("sales_pipeline.csv", "sales_teams.csv")
    sources = [open_source(str(folder / name), MAVEN) for name in names]
    assert check_sources(sources, MAVEN) == 11


def test_a_looked_up_table_is_read_by_its_key() -> None:
    """Only tables that others point to are kept in memory."""
    source = open_source(str(FIXTURES / "maven-crm" / "sales_teams.csv"), MAVEN)
    teams = load_lookups([source, source], MAVEN).rows["teams"]
    assert teams["Cyd Cedar"]["regional_office"] == "South"


def test_two_different_rows_of_one_key_are_an_error(tmp_path: Path) -> None:
    """Nobody can say which of the two is meant."""
    path = written(tmp_path, "sales_agent,regional_office\nAnn,North\nAnn,South\n")
    with pytest.raises(FileError, match=r"row 3, column sales_agent: 'Ann' stands on two different rows"):
        load_lookups([open_source(path, MAVEN)], MAVEN)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", ": is empty: export it again"),
        ("\n\n", ": its first row is blank"),
        ("id,opened\n", ": has a header and no rows"),
        ("id^opened\n7^2024-01-01\n", "is one single column: wrong delimiter; export it with one of comma"),
        ("id,Opened\n7,2024-01-01\n", "column 'opened' (is it 'Opened'?) missing"),
        ("a,b\n1,2\n", "columns 'id', 'opened' missing, needed for table deals of mapping own"),
        ("id,opened\n7,2024-01-01\n8,2024,01-02\n", ", row 3: has 3 cells, the header 2: put quotes around"),
        ('id,opened\n7,"2024-01-01\n8,2024-01-02\n', "row 2: unexpected end of data: close or double"),
        (
            "id,opened\n7,\xff\n".encode("latin-1"),
            ", line 2: is not utf-8: save the file as UTF-8, or set encoding",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_told_with_the_fix(
    tmp_path: Path, content: str | bytes, told: str
) -> None:
    """File, row, column and what to do; nothing has been published then."""
    assert told in problem_of(written(tmp_path, content))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A typing error in the path is no traceback."""
    assert problem_of(str(tmp_path / "nowhere.csv")) == ": there is no such file"
    assert "cannot be read" in problem_of(str(tmp_path))


def test_a_delimiter_that_contradicts_the_mapping_is_told(tmp_path: Path) -> None:
    """The mapping said semicolon, the export changed."""
    plan = make_plan(read_mapping('delimiter = ";"' + OWN, "own.toml"), DEFAULT)
    path = written(tmp_path, "id,opened\n7,2024-01-01\n")
    assert ": is cut by comma, the mapping says delimiter = ';'" in problem_of(path, plan)


def test_a_missing_file_of_a_mapping_is_told() -> None:
    """Leads without the deals that belong to them would give a win rate of nothing."""
    plan = make_plan(find_mapping("leads-and-deals"), DEFAULT)
    leads = open_source(str(FIXTURES / "leads-and-deals" / "leads.csv"), plan)
    with pytest.raises(FileError, match="no file for the table deals was given: add one with the columns"):
        check_sources([leads], plan)


def test_an_encoding_of_the_mapping_is_used(tmp_path: Path) -> None:
    """Exports of older programs are not UTF-8."""
    plan = make_plan(read_mapping('encoding = "cp1251"' + OWN, "own.toml"), DEFAULT)
    path = written(tmp_path, "id,opened,имя\n7,2024-01-01,Анна\n".encode("cp1251"))
    assert cells_of(path, plan)[0]["имя"] == "Анна"
