"""The KPI catalogue is checked entry by entry and field by field before anything starts."""

import tomllib
from importlib.resources import files
from typing import Any

import pytest

from streams.catalogue import SHIPPED, CatalogueError, load_catalogue
from streams.funnels import DEFAULT

ENTRY = """
version = 1

[kpi.close_rate]
names = { en = "Close rate", ru = "Закрытие" }
description = { en = "Won of closed.", ru = "Выиграно из закрытых." }
sources = ["S1"]
level = "result"
perspective = "processes"
formula = "won_deals / (won_deals + lost_deals)"
unit = "ratio"
direction = "up"
dimensions = ["department", "channel", "rep"]
owner = "head_of_sales"
"""


def changed(field: str, value: str | None) -> str:
    """The entry above with one field written another way, added, or (None) left out."""
    lines = [line for line in ENTRY.splitlines() if not line.startswith(f"{field} =")]
    return "\n".join([*lines, *([] if value is None else [f"{field} = {value}"])])


def test_an_entry_becomes_a_kpi() -> None:
    """With the sample that follows from the ratio, and the defaults of what is not written."""
    kpi = load_catalogue(ENTRY).kpis["close_rate"]
    assert (kpi.period, kpi.entry.weight, kpi.entry.min_sample) == ("window", 1.0, 1)
    assert kpi.totals == {"won_deals", "lost_deals"}
    counts = {"won_deals": 3, "lost_deals": 1}
    assert kpi.formula.evaluate(lambda total, _: counts[total]) == 0.75
    assert kpi.sample.evaluate(lambda total, _: counts[total]) == 4


@pytest.mark.parametrize(
    "field",
    [
        "names",
        "description",
        "sources",
        "level",
        "perspective",
        "formula",
        "unit",
        "direction",
        "dimensions",
        "owner",
    ],
)
def test_a_missing_field_is_named(field: str) -> None:
    """Entry and field stand in the message."""
    with pytest.raises(CatalogueError, match=rf"^kpi close_rate: {field}: .*missing"):
        load_catalogue(changed(field, None))


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("names", '{ en = "Close rate" }', "kpi close_rate: names: .*`ru`"),
        ("names", '{ en = "Close rate", ru = " " }', "names: is empty in one language"),
        ("description", '{ en = "", ru = "Текст" }', "description: is empty"),
        ("note", '{ en = "", ru = "Текст" }', "note: is empty"),
        ("sources", '["S5"]', r"sources\[0\]: Invalid enum value 'S5'"),
        ("level", '"high"', "level: Invalid enum value 'high'"),
        ("perspective", '"money"', "perspective: Invalid enum value"),
        ("formula", '"won / lost"', "formula: 'won' is no total: use one of"),
        ("formula", '"won_deals ** 2"', "formula: .* is not allowed"),
        ("formula", '"revenue_minor + cycle_ms"', "formula: .* match the units"),
        ("formula", '"cycle_ms / cycles"', "unit: the formula gives no ratio"),
        ("sample", '"cycle_ms"', "sample: is no count"),
        ("sample", '"closed"', "sample: 'closed' is no total"),
        ("unit", '"percent"', "unit: Invalid enum value 'percent'"),
        ("unit", '"money"', "unit: the formula gives no money"),
        ("direction", '"higher"', "direction: Invalid enum value"),
        ("min", "1", "min: a scale needs both ends"),
        ("weight", "-1", "weight: is -1.0"),
        ("min_sample", "0", "min_sample: is 0"),
        ("min_sample", '"many"', "min_sample: Expected `int`"),
        ("dimensions", "[]", "dimensions: is empty"),
        ("dimensions", '["team"]', r"dimensions\[0\]: Invalid enum value 'team'"),
        ("dimensions", '["stage"]', "dimensions: (won|lost)_deals is not kept by stage"),
        ("channels", '["active"]', "channels: a rep's sums know no channel"),
        ("formula", '"won_deals / ripe(open_deals)"', "formula: open_deals is kept for no period before"),
        ("formula", '"won_deals / previous(open_deals)"', "formula: open_deals is kept for no period before"),
        ("windows", '["5y"]', "windows: '5y' is none of 1h"),
        ("alert", '{ when = "below", value = 0.1 }', "alert: .*`severity`"),
        ("aliases", '["Close Rate"]', "id: 'Close Rate'"),
        ("aliases", '["close_rate"]', "aliases: 'close_rate' has an entry already"),
        ("owner", '" "', "owner: is empty"),
        ("colour", '"red"', "colour"),
    ],
)
def test_a_wrong_field_is_named_with_what_to_mend(field: str, value: str, complaint: str) -> None:
    """Nobody has to guess which of seventy entries is wrong."""
    with pytest.raises(CatalogueError, match=complaint):
        load_catalogue(changed(field, value))


def test_a_value_by_stage_cannot_look_ahead_elsewhere() -> None:
    """Only a stage has a next one."""
    text = changed("formula", '"next_stage(stage_entered) / stage_entered"').replace('"rep"', '"stage"')
    with pytest.raises(CatalogueError, match=r"next_stage\(\) has a value by stage only"):
        load_catalogue(text)


def test_different_customers_of_a_period_that_has_ended_are_not_known() -> None:
    """Sliding windows of customers cannot be summed, so no formula may ask for them."""
    text = changed("formula", '"active_customers / previous(active_customers)"').replace(', "rep"]', "]")
    with pytest.raises(CatalogueError, match="formula: active_customers is kept for no period before"):
        load_catalogue(text)


def test_only_what_is_told_apart_by_region_has_values_by_region() -> None:
    """Leads and deals have regions; customers and amounts of the ledger have none."""
    own = ENTRY.replace('"rep"]', '"region"]')
    assert load_catalogue(own).kpis["close_rate"].supports("region", "prev_30d")
    text = own.replace("won_deals / (won_deals + lost_deals)", "won_deals / new_customers")
    with pytest.raises(CatalogueError, match="dimensions: not all of it is told apart by region"):
        load_catalogue(text)


def test_money_needs_a_sample() -> None:
    """A sum of money says nothing about how many deals it rests on."""
    text = changed("formula", '"revenue_minor"').replace('unit = "ratio"', 'unit = "money"')
    with pytest.raises(CatalogueError, match="sample: is missing"):
        load_catalogue(text)


@pytest.mark.parametrize("text", ["version = ", "", "version = 1\nkpi = 3", 'version = 1\n[kpi]\nid = "x"'])
def test_a_file_that_is_no_catalogue_is_refused(text: str) -> None:
    """Also with a `CatalogueError`, which says what a catalogue looks like."""
    with pytest.raises(CatalogueError, match="version and"):
        load_catalogue(text)


def test_an_id_is_a_name_that_fits_everywhere() -> None:
    """It becomes part of rule names and JSON keys."""
    with pytest.raises(CatalogueError, match="'Close-Rate'"):
        load_catalogue(ENTRY.replace("[kpi.close_rate]", "[kpi.Close-Rate]"))


OF_THE_SOURCES = [
    # The funnel
    *("initial_enquiries", "prospects_added", "reach_rate", "passthrough_rate"),
    *("conversation_to_qualified_rate", "qualified_close_rate", "sales_conversion_rate"),
    *("qualified_conversion_rate", "lead_to_opportunity_ratio", "sql_to_opportunity_rate"),
    *("stage_conversion_rate", "required_enquiries", "required_reps", "qualified_leads"),
    *("invalid_lead_share", "lead_quality_score", "opportunity_count_open", "opportunity_count_new"),
    *("pipeline_value_open", "potential_revenue_forecast", "opportunity_score", "stuck_deals"),
    # Speed
    *("lead_response_time", "response_within_1h_share", "response_uplift_1h", "sales_cycle_days"),
    "stage_dwell_time",
    # Money
    *("revenue", "sales_growth_rate", "plan_attainment", "cac", "cac_payback_months", "arpu"),
    *("avg_deal_value", "deal_size_mix", "ltv", "ltv_cac_ratio", "cpl", "revenue_per_rep", "margin_per_rep"),
    *("contribution_margin", "return_on_sales", "vfp_coverage", "upsell_rate", "cross_sell_rate"),
    *("incremental_sales", "mrr", "roi_upsell"),
    # Retention and loyalty
    *("repeat_customer_share", "churn_rate", "retention_rate", "nps"),
    # Activity
    *("contact_attempts", "decision_maker_attempts", "first_touches", "partner_contacts"),
    *("meetings_scheduled", "meetings_held", "meeting_show_rate", "offers_sent", "avg_offers_per_client"),
    *("offers_reviewed", "contracts_agreed", "invoices_issued", "invoices_amount", "payments_received"),
    *("regulated_contacts", "activities_per_deal"),
]
OTHER_NAMES = ["opp_to_win_ratio", "win_rate", "lead_conversion_rate", "lead_to_sql_rate"]


def test_every_kpi_of_the_sources_has_its_entry_or_alias() -> None:
    """68 of 68, and the names that sources use besides."""
    assert len(set(OF_THE_SOURCES)) == 68
    assert [name for name in OF_THE_SOURCES + OTHER_NAMES if name not in SHIPPED.by_alias] == []


def test_texts_are_in_their_language() -> None:
    """Russian is written in Cyrillic, English without it; aliases share their entry's texts."""
    for kpi in SHIPPED.kpis.values():
        for text in (kpi.entry.names, kpi.entry.description, *([kpi.entry.note] if kpi.entry.note else [])):
            assert any("а" <= letter <= "я" for letter in text.ru.lower()), kpi.id
            assert not any("а" <= letter <= "я" for letter in text.en.lower()), kpi.id


def test_names_differ() -> None:
    """Two KPIs of one name would be one KPI with two values."""
    for language in ("en", "ru"):
        names = [getattr(kpi.entry.names, language) for kpi in SHIPPED.kpis.values()]
        assert len(set(names)) == len(names)


def test_channels_of_the_shipped_entries_exist() -> None:
    """In the shipped funnels."""
    for kpi in SHIPPED.kpis.values():
        assert set(kpi.entry.channels) <= set(DEFAULT.channels)


def test_scales_of_the_first_source_are_kept() -> None:
    """0 to 2.88 %, 0 to 3.6 %, 0 to 80 %, 80 to 0 days, 48 to 0 hours; 15 % as S1's least win rate."""

    def scale(kpi_id: str) -> tuple[Any, ...]:
        entry = SHIPPED.kpis[kpi_id].entry
        return entry.min, entry.max, entry.direction

    assert scale("sales_conversion_rate") == (0, 0.0288, "up")
    assert scale("qualified_conversion_rate") == (0, 0.036, "up")
    assert scale("win_rate_qualified") == (0, 0.8, "up")
    assert scale("sales_cycle_days") == (0, 80, "down")
    assert scale("lead_response_time") == (0, 48, "down")
    alert = SHIPPED.kpis["win_rate_qualified"].entry.alert
    assert alert is not None
    assert (alert.when, alert.value) == ("below", 0.15)


def test_the_file_says_nothing_that_is_not_read() -> None:
    """Every table of the file is an entry of the catalogue, in the file's order."""
    text = files("streams").joinpath("kpis.toml").read_text(encoding="utf-8")
    assert list(tomllib.loads(text)["kpi"]) == list(SHIPPED.kpis)
