"""A deployment's own KPIs need one entry in a file; catalogues are compared; the handbook tells them all."""

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from agents.cli import main
from agents.pages import kpis_of
from agents.settings import SettingsError, load_settings
from streams.catalogue import OWN_FIELDS, SHIPPED, CatalogueError, load_catalogue
from streams.catalogue_diff import catalogue_changes
from streams.handbook import handbook
from streams.kpis import Entry
from streams.promql import value
from streams.series import has_rule
from streams.total_events import events_of
from streams.wire import KINDS
from streams.wording import LANGUAGES, said
from tests.fixed_worker import FixedShard, FixedTotals, FixedWorker

OWN = (Path(__file__).parents[2] / "examples" / "own-kpis.toml").read_text(encoding="utf-8")
"""The example that shows how it is done."""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A file with a KPI of one's own and a target of one's own."""
    path = tmp_path / "own.toml"
    path.write_text(OWN, encoding="utf-8")
    return path


def run(*arguments: str, env: dict[str, str] | None = None) -> tuple[int, str]:
    """Exit code and output of a command."""
    result = CliRunner().invoke(main, list(arguments), env=env)
    return result.exit_code, result.output


async def test_a_kpi_of_ones_own_needs_one_entry_and_no_other_edit(own: Path) -> None:
    """Named by VORONKA_KPIS, it is evaluated and served like a shipped one, by every dimension it has."""
    settings = load_settings({"VORONKA_KPIS": str(own), "VORONKA_PARTITIONS": "1"})
    sums = {
        ("channel", "deals_created", "vip", ""): 8,
        ("channel", "deals_created_lost", "vip", ""): 2,
        ("rep", "deals_created", "ann", ""): 8,
    }
    state = FixedWorker([FixedShard(0, FixedTotals({"30d": sums, "all": sums}))], settings)
    answer = (await kpis_of(state, "30d"))["kpis"]
    assert (answer["loss_share"]["value"], answer["loss_share"]["n"]) == (0.25, 8)
    assert answer["loss_share"]["by_channel"]["vip"]["value"] == 0.25
    assert answer["loss_share"]["by_rep"]["ann"]["value"] == 0
    assert set(answer) == {*SHIPPED.kpis, "loss_share"}


def test_shipped_kpis_take_targets_of_ones_own(own: Path) -> None:
    """Target and weight change, everything else stays as shipped."""
    kpi = load_settings({"VORONKA_KPIS": str(own)}).kpis.kpis["sales_cycle_days"]
    shipped = SHIPPED.kpis["sales_cycle_days"].entry
    assert kpi.entry == msgspec.structs.replace(shipped, target=21, weight=2)


@pytest.mark.parametrize("field", sorted(set(Entry.__struct_fields__) - OWN_FIELDS))
def test_the_definition_of_a_shipped_kpi_is_not_ones_own(field: str) -> None:
    """The same id with another meaning would be one KPI with two values."""
    value = {"names": '{ en = "a", ru = "б" }', "description": '{ en = "a", ru = "б" }'}.get(field, '"up"')
    with pytest.raises(CatalogueError, match=f"kpi revenue: {field}: defines a shipped KPI"):
        load_catalogue(f"[kpi.revenue]\n{field} = {value}\n")


def test_a_wrong_file_stops_the_start_with_entry_field_and_fix(tmp_path: Path) -> None:
    """Not a worker that runs without the KPIs that somebody relies on."""
    path = tmp_path / "own.toml"
    path.write_text(OWN.replace("deals_created_lost /", "deals_burnt /"), encoding="utf-8")
    with pytest.raises(SettingsError, match=r"VORONKA_KPIS: .*kpi loss_share: formula: 'deals_burnt'"):
        load_settings({"VORONKA_KPIS": str(path)})


def test_check_says_what_a_file_adds(own: Path) -> None:
    """New KPIs and new judgements, each on its line."""
    code, output = run("catalogue", "check", str(own))
    assert code == 0
    assert output.splitlines() == [
        "added: loss_share",
        "changes how the numbers are judged: sales_cycle_days.target: 15.0 -> 21.0",
        "changes how the numbers are judged: sales_cycle_days.weight: 1.0 -> 2.0",
    ]


def test_diff_tells_numbers_judgements_and_words_apart(tmp_path: Path) -> None:
    """Whoever reads it knows which past numbers mean something else from now on."""
    old, new = tmp_path / "old.toml", tmp_path / "new.toml"
    whole = "version = 1\n" + OWN.partition("[kpi.sales_cycle_days]")[0]
    old.write_text(whole + whole.partition("\n")[2].replace("loss_share", "gone"), encoding="utf-8")
    changed = whole.replace("version = 1", "version = 2").replace("Lost of opened.", "Lost of all.")
    changed = changed.replace("deals_created_lost /", "(deals_created - deals_created_won) /")
    new.write_text(changed.replace('direction = "down"', 'direction = "up"'), encoding="utf-8")
    code, output = run("catalogue", "diff", str(old), str(new))
    assert code == 0
    assert [line.partition(":")[0] for line in output.splitlines()] == [
        "version 1 -> 2",
        "removed",
        "changes the numbers",
        "changes how the numbers are judged",
        "changes words only",
    ]
    told = json.loads(run("catalogue", "diff", str(old), str(new), "--json")[1])
    assert {change["field"] for change in told["changes"]} == {"", "formula", "direction", "description"}


def test_diff_knows_the_shipped_catalogue_by_name(own: Path) -> None:
    """Equal catalogues have no changes."""
    assert run("catalogue", "diff", "shipped", "shipped") == (0, "nothing changes\n")
    assert "added: loss_share" in run("catalogue", "diff", "shipped", str(own))[1]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Exit code 2 and the fix."""
    code, output = run("catalogue", "check", str(tmp_path / "none.toml"))
    assert code == 2
    assert "none.toml: cannot be read" in output


def test_every_field_is_compared() -> None:
    """A field that nobody compares could change unseen."""
    text = 'version = 1\n[kpi.a]\nnames = { en = "a", ru = "а" }\ndescription = { en = "a", ru = "а" }\n'
    text += 'sources = []\nlevel = "result"\nperspective = "finance"\nformula = "won_deals"\nunit = "count"\n'
    text += 'direction = "up"\ndimensions = ["department"]\nowner = "a"\n'
    longer = text.replace('"up"', '"down"').replace('"department"', '"department", "channel"')
    longer += 'min = 1\nmax = 2\ntarget = 2\nbaseline = 1\nweight = 2\nmin_sample = 2\nwindows = ["7d"]\n'
    longer += 'of_enquiries = true\nchannels = ["vip"]\nsample = "won_deals"\naliases = ["b"]\n'
    longer += 'note = { en = "a", ru = "а" }\n'
    longer += 'alert = { when = "below", value = 1, severity = "info" }\n'
    changes = catalogue_changes(load_catalogue(text), load_catalogue(longer))
    same = {"names", "description", "sources", "level", "perspective", "formula", "unit", "owner"}
    assert {change.field for change in changes} == set(Entry.__struct_fields__) - same


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_handbook_tells_every_kpi(language: str) -> None:
    """Name, meaning, formula, sources and the decisions on the sources' errors."""
    text = handbook(SHIPPED, "ru" if language == "ru" else "en")
    for kpi in SHIPPED.kpis.values():
        section = text.partition(f'<a id="{kpi.id}"></a>')[2].partition('<a id="')[0]
        entry = kpi.entry
        assert said(entry.names, "ru" if language == "ru" else "en") in section
        assert f"`{entry.formula}`" in section
        assert ", ".join(entry.sources) in section
        assert entry.note is None or said(entry.note, "ru" if language == "ru" else "en") in section
        for name in events_of(kpi.totals):
            assert f"`{name}`" in section


def test_events_of_the_handbook_exist() -> None:
    """A CRM that sends what the handbook names is understood."""
    named = {name for kpi in SHIPPED.kpis.values() for name in events_of(kpi.totals)}
    assert named <= set(KINDS)


def test_the_handbook_in_force_has_the_own_kpis(own: Path) -> None:
    """Adding a KPI of one's own needs no other edit."""
    code, output = run("catalogue", "handbook", "--lang", "ru", env={"VORONKA_KPIS": str(own)})
    assert code == 0
    assert '<a id="loss_share"></a>Доля проигрышей' in output


def test_a_ripe_share_stands_now_and_is_recorded_where_its_30_days_are_exported() -> None:
    """By channel; by rep those 30 days are in the API alone."""
    text = OWN.replace("deals_created_lost / deals_created", "ripe(enquiries_won) / ripe(enquiries)")
    kpi = load_catalogue(text).kpis["loss_share"]
    assert (kpi.period, has_rule(kpi, "channel"), has_rule(kpi, "rep")) == ("now", True, False)
    series = 'sum by (channel) (sales_{}{{window=~"prev_30d"}})'
    won, came = series.format("enquiries_won"), series.format("enquiries")
    assert value(kpi, "channel") == f"{won} / ({came} > 0)"
