"""A scorecard says what its data say, and repeats what its document printed, error by error."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from agents.cli import main
from streams.scorecard import Card, Mode
from streams.scorecard_file import ScorecardError, load_scorecard
from streams.scorecard_lint import lint
from streams.scoring import Row, distinct_percent, score, shown
from streams.wording import number, percent

FILE = Path(__file__).parents[2] / "examples" / "sales-scorecard.toml"
CARD = load_scorecard(FILE.read_text(encoding="utf-8"))

SMALL = """
names = { en = "Small", ru = "Малая" }
groups = ["work"]

[kpi.calls]
names = { en = "Calls", ru = "Звонки" }
unit = "count"
direction = "up"
value = 30
min = 10
max = 50
baseline = 20
target = 40
weight = 3

[kpi.silence]
names = { en = "Silence", ru = "Тишина" }
unit = "hours"
direction = "down"
value = 2
min = 0
max = 8

[group.work]
names = { en = "Work", ru = "Работа" }
kpis = ["calls", "silence"]
"""


def row_of(card: Card, mode: Mode, path: str) -> Row:
    """The row at `group/group/kpi`."""
    *above, row_id = path.split("/")
    return next(
        row for ids, row in score(card, mode).walk() if row.id == row_id and list(ids[-len(above) :]) == above
    )


def printed(mode: Mode, path: str) -> tuple[str, str]:
    """Performance and value of a row as people read them."""
    row = row_of(CARD, mode, path) if path else score(CARD, mode)
    value = None if row.value is None else shown(row.unit, row.value)
    return percent(row.performance_percent, "en"), number(value, "en")


PRINTED = {
    "": ("839.36%", "–"),
    "level_1": ("28.19%", "19,903.05"),
    "level_1/reach_rate": ("33.33%", "3"),
    "level_1/passthrough_rate": ("7.1%", "3.55"),
    "level_1/conversation_to_qualified_rate": ("29.2%", "23.36"),
    "level_1/qualified_close_rate": ("44.2%", "35.36"),
    "level_1/sales_conversion_rate": ("0.31%", "0.01"),
    "level_1/required_enquiries": ("–", "159,145.12"),
    "level_1/qualified_conversion_rate": ("0.69%", "0.02"),
    "level_1/sales_cycle_days": ("82.5%", "14"),
    "level_2": ("16.7%", "39.98"),
    "level_2/lead_response_time": ("16.7%", "39.98"),
    "level_3": ("34.5%", "1,859.67"),
    "level_3/cac": ("24.5%", "377.5"),
    "level_3/revenue_per_rep": ("7.82%", "3,060"),
    "level_3/ltv": ("24.2%", "3,936"),
    "level_3/repeat_customer_share": ("81.5%", "65.2"),
    "finance": ("0%", "0"),
    "finance/increase_profit": ("0%", "0"),
    "finance/increase_profit/increase_turnover": ("–", "–"),
    "finance/increase_profit/reduce_costs": ("–", "–"),
    "finance/process_quality": ("0%", "0"),
    "finance/more_qualified_leads": ("0%", "0"),
    "customers": ("0%", "0"),
    "customers/process_quality": ("0%", "0"),
    "customers/process_quality/monitor_team": ("26.93%", "28,622.8"),
    "customers/more_qualified_leads": ("0%", "0"),
    "customers/more_qualified_leads/monitor_team": ("26.93%", "28,622.8"),
    "processes": ("6,569.23%", "32,451.83"),
    "processes/monitor_team": ("6,569.23%", "32,451.83"),
    "processes/monitor_team/sales_cycle_days": ("82.5%", "14"),
    "processes/monitor_team/qualified_conversion_rate": ("0.69%", "0.02"),
    "processes/monitor_team/revenue_per_rep": ("7.82%", "3,060"),
    "processes/monitor_team/required_enquiries": ("28,800%", "140,000"),
    "processes/monitor_team/lead_response_time": ("16.7%", "39.98"),
    "processes/monitor_team/better_strategy": ("43.4%", "1,459.57"),
    "learning": ("43.4%", "1,459.57"),
    "learning/better_strategy": ("43.4%", "1,459.57"),
    "learning/better_strategy/optimise_lead_generation": ("24.5%", "377.5"),
    "learning/better_strategy/optimise_lead_generation/cac": ("24.5%", "377.5"),
    "learning/better_strategy/understand_indicators": ("81.5%", "65.2"),
    "learning/better_strategy/understand_indicators/repeat_customer_share": ("81.5%", "65.2"),
    "learning/better_strategy/ltv": ("24.2%", "3,936"),
    "learning/optimise_lead_generation": ("24.5%", "377.5"),
    "learning/understand_indicators": ("81.5%", "65.2"),
    "sales_funnel": ("22.83%", "13.06"),
    "sales_funnel/enquiry": ("33.33%", "3"),
    "sales_funnel/enquiry/reach_rate": ("33.33%", "3"),
    "sales_funnel/lead": ("7.1%", "3.55"),
    "sales_funnel/lead/passthrough_rate": ("7.1%", "3.55"),
    "sales_funnel/conversation": ("29.2%", "23.36"),
    "sales_funnel/conversation/conversation_to_qualified_rate": ("29.2%", "23.36"),
    "sales_funnel/qualified_lead": ("44.2%", "35.36"),
    "sales_funnel/qualified_lead/qualified_close_rate": ("44.2%", "35.36"),
    "sales_funnel/sale": ("0.31%", "0.01"),
    "sales_funnel/sale/sales_conversion_rate": ("0.31%", "0.01"),
}
"""Every line of the document, in its order, with what it printed (blank where there is a dash)."""


@pytest.mark.parametrize(("path", "expected"), PRINTED.items())
def test_parity_repeats_the_document_to_its_last_digit(path: str, expected: tuple[str, str]) -> None:
    """Also where the document is wrong: its errors are declared beside its data, none is a stored result."""
    assert printed("parity", path) == expected


def test_parity_has_the_lines_of_the_document_and_no_others() -> None:
    """In its order; the same goals and KPIs come again and again."""
    lines = ["/".join((*ids, row.id)) for ids, row in score(CARD, "parity").walk()]
    assert lines == [path for path in PRINTED if path]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("level_1", 24.7044),
        ("level_1/required_enquiries", 0.3055),
        ("level_2", 16.7),
        ("level_3", 34.505),
        ("processes", 21.6033),
        ("learning", 43.4),
        ("sales_funnel", 22.8278),
    ],
)
def test_correct_scores_the_same_data_soundly(path: str, expected: float) -> None:
    """Each KPI in its own direction, from 0 to 100 %, from unrounded inputs."""
    assert row_of(CARD, "correct", path).performance_percent == pytest.approx(expected, abs=5e-5)


def test_the_correct_root_is_27_and_not_839() -> None:
    """27.2901 % without the empty groups; 27.1043 % over the 13 different KPIs."""
    root = score(CARD, "correct")
    assert root.performance_percent == pytest.approx(27.2901, abs=5e-5)
    assert distinct_percent(root) == pytest.approx(27.1043, abs=5e-5)


def test_what_has_no_data_has_no_score() -> None:
    """Finance and Customers have no KPI of their own: no value, and no part in the root."""
    for group in ("finance", "customers"):
        row = row_of(CARD, "correct", group)
        assert (row.performance_percent, row.value) == (None, None)


def test_correct_averages_no_mixed_units() -> None:
    """Percent, days and counts have no mean; the shares of the funnel have one."""
    assert row_of(CARD, "correct", "level_1").value is None
    funnel = row_of(CARD, "correct", "sales_funnel")
    assert funnel.unit == "ratio"
    assert funnel.value == pytest.approx(0.13055759, abs=5e-9)


def test_the_derived_chain_is_exact() -> None:
    """0.0087970 % of enquiries become sales, so 14 sales take 159,145.1226 enquiries, and 486.111 at best."""
    assert CARD.value("sales_conversion_rate") == pytest.approx(0.000087970022, rel=1e-8)
    assert CARD.value("qualified_conversion_rate") == pytest.approx(0.000248784, rel=1e-9)
    assert CARD.value("required_enquiries") == pytest.approx(159_145.1226, abs=5e-5)
    assert CARD.best("required_enquiries") == pytest.approx(486.111, abs=5e-4)
    assert CARD.best("sales_conversion_rate") == pytest.approx(0.0288)


def test_lint_names_the_three_defects_of_the_needed_enquiries() -> None:
    """Uncapped, scored the wrong way, made from a rounded input: where they are and what they do."""
    place = "monitor_team/required_enquiries"
    uncapped = [each.message.en for each in lint(CARD) if (each.rule, each.place) == ("uncapped", place)]
    assert [text.split(":")[0] for text in uncapped] == ["counts 32,738.43%", "counts 28,800%"]
    found = {(each.rule, each.place): each.message.en for each in lint(CARD)}
    assert ("wrong_direction", "processes/required_enquiries") in found
    rounded = found["rounded_input", "processes/required_enquiries"]
    assert "140,000" in rounded
    assert "159,145.12" in rounded
    assert "-12.03%" in rounded


def test_lint_names_every_other_defect() -> None:
    """Empty groups as 0, a KPI and a goal with two values, means over mixed units, unequal leaves."""
    found: dict[str, set[str]] = {}
    for each in lint(CARD):
        found.setdefault(each.rule, set()).add(each.place)
    assert {"finance", "customers"} <= found["empty_group_as_zero"]
    assert found["two_values"] == {"required_enquiries", "monitor_team"}
    assert found["mixed_units"] >= {"level_1", "level_3", "processes", "learning"}
    assert "level_1" in found["different_leaves"]
    assert "level_1/sales_conversion_rate" in found["counted_again"]


def test_a_sound_card_has_no_findings() -> None:
    """Lint is silent where there is nothing to say."""
    assert lint(load_scorecard(SMALL.replace('"calls", "silence"', '"calls"'))) == ()


def test_lint_knows_a_wrong_direction_by_the_formula() -> None:
    """What falls as its inputs improve cannot be better when higher."""
    text = FILE.read_text(encoding="utf-8").replace(
        'direction = "down"\nformula = "wanted_sales', 'direction = "up"\nformula = "wanted_sales'
    )
    assert ("wrong_direction", "required_enquiries") in {
        (each.rule, each.place) for each in lint(load_scorecard(text))
    }


def test_performance_progress_and_weight_by_hand() -> None:
    """30 on 10 to 50 is 50 %, half way from 20 to 40; 2 on 8 to 0 is 75 %; 3:1 makes 56.25 %."""
    card = load_scorecard(SMALL)
    calls, silence = row_of(card, "correct", "work/calls"), row_of(card, "correct", "work/silence")
    assert (calls.performance_percent, calls.progress_percent) == (50, 50)
    assert (silence.performance_percent, silence.progress_percent) == (75, None)
    work = row_of(card, "correct", "work")
    assert (work.performance_percent, work.progress_percent) == (56.25, 50)


@pytest.mark.parametrize(("value", "capped", "uncapped"), [(90, 100, 200), (0, 0, -25)])
def test_a_performance_is_capped(value: int, capped: float, uncapped: float) -> None:
    """Beyond its scale a KPI is no better than best and no worse than worst; only a document may differ."""
    card = load_scorecard(SMALL.replace("value = 30", f"value = {value}"))
    assert row_of(card, "correct", "work/calls").performance_percent == capped
    assert row_of(card, "parity", "work/calls").performance_percent == uncapped


@pytest.mark.parametrize(("value", "performance"), [(10, 50), (5, 100), (1, 100), (0, 100), (-1, 100)])
def test_less_than_the_best_is_best_where_less_is_better(value: int, performance: float) -> None:
    """Also none at all, which has no ratio to anything."""
    text = SMALL.replace("value = 2\nmin = 0\nmax = 8", f"value = {value}\nmin = 5")
    assert row_of(load_scorecard(text), "correct", "work/silence").performance_percent == performance


def test_a_kpi_counts_once_however_often_its_goals_are_in_a_group() -> None:
    """Defined once, referenced many times: two goals with the same KPI do not make it weigh double."""
    text = SMALL.replace('kpis = ["calls", "silence"]', 'parts = ["a", "b"]\nkpis = ["silence"]')
    for name in "ab":
        text += f'\n[group.{name}]\nnames = {{ en = "{name}", ru = "{name}" }}\nkpis = ["calls"]\n'
    assert row_of(load_scorecard(text), "correct", "work").performance_percent == 56.25


def test_a_kpi_without_a_value_is_left_out_of_its_group() -> None:
    """No data is not 0: the others carry the group."""
    card = load_scorecard(SMALL.replace("value = 30\n", ""))
    assert row_of(card, "correct", "work").performance_percent == 75


def test_a_kpi_of_the_catalogue_needs_only_its_value() -> None:
    """Names, unit, direction and scale come from the one place where the KPI is defined."""
    text = (
        SMALL.replace('"silence"]', '"silence", "sales_cycle_days"]')
        + "\n[kpi.sales_cycle_days]\nvalue = 14\n"
    )
    row = row_of(load_scorecard(text), "correct", "work/sales_cycle_days")
    assert (row.unit, row.performance_percent, row.names.ru) == ("days", 82.5, "Среднее время цикла продаж")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("names = {", "names {", "is no TOML"),
        ('groups = ["work"]', 'groups = ["play"]', "scorecard: groups: 'play' is not defined"),
        ('"silence"]', '"sound"]', "group work: kpis: 'sound' is not defined: use one of calls, silence"),
        ("min = 10", "min = 60", "kpi calls: min: is not below max"),
        ("weight = 3", "weight = -3", "kpi calls: weight: is -3"),
        ("value = 2", 'formula = "calls + noise"', "kpi silence: formula: 'noise' is no KPI"),
        ("value = 2", 'formula = "previous(calls)"', "kpi silence: formula: a card knows one period"),
        ("value = 2", 'formula = "calls"\nvalue = 2', "kpi silence: value: follows from the formula"),
        ("value = 2", 'formula = "silence * 2"', "kpi silence: circle: silence -> silence"),
        ('unit = "hours"\n', "", "kpi silence: table: .*missing required field `unit`"),
        ('"silence"]', '"silence"]\nparts = ["work"]', "group work: circle: work -> work"),
    ],
)
def test_a_wrong_file_is_named_with_what_to_mend(old: str, new: str, complaint: str) -> None:
    """Table, field and fix."""
    assert old in SMALL
    with pytest.raises(ScorecardError, match=complaint):
        load_scorecard(SMALL.replace(old, new))


def test_the_command_prints_the_tree_in_russian() -> None:
    """Plain lines where there is no terminal, numbers as Russian writes them, and the findings."""
    result = CliRunner().invoke(main, ["scorecard", str(FILE), "--mode", "parity", "--lang", "ru"])
    assert result.exit_code == 0
    assert "839,36%" in result.output
    assert "159\u00a0145,12" in result.output
    assert "wrong_direction" in result.output


def test_the_command_gives_unrounded_json() -> None:
    """Other programs get the whole number."""
    result = CliRunner().invoke(main, ["scorecard", str(FILE), "--json"])
    told = json.loads(result.output)
    assert told["performance_percent"] == score(CARD, "correct").performance_percent
    assert told["rows"][0]["rows"][0]["id"] == "reach_rate"
    assert told["findings"]


def test_the_command_says_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    """A missing and a wrong file: exit code 2, file, table and field in one line."""
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(SMALL.replace("weight = 3", "weight = -3"), encoding="utf-8")
    for path, complaint in ((wrong, "kpi calls: weight"), (tmp_path / "none.toml", "cannot be read")):
        result = CliRunner().invoke(main, ["scorecard", str(path)])
        assert result.exit_code == 2
        assert str(path) in result.output
        assert complaint in result.output
