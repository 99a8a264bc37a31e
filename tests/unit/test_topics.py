"""What `voronka topics` finds wrong, and the fix that it names."""

from pathlib import Path

from agents.settings import Settings
from agents.topics import Found, differences, planned

SETTINGS = Settings(app_id="shop", topic_prefix="shop-")


def found_as_planned() -> dict[str, Found]:
    """Every topic exactly as it must be."""
    return {plan.name: Found(plan.partitions, dict(plan.configs)) for plan in planned(SETTINGS)}


def told(found: dict[str, Found]) -> list[str]:
    """The differences as they are printed."""
    return [str(each) for each in differences(planned(SETTINGS), found, SETTINGS.broker)]


def test_topics_as_planned_have_no_differences() -> None:
    """A right deployment is told nothing."""
    assert told(found_as_planned()) == []


def test_a_broker_that_tells_no_configs_is_believed() -> None:
    """The embedded broker only knows what it was given."""
    assert told({name: Found(topic.partitions, {}) for name, topic in found_as_planned().items()}) == []


def test_a_missing_topic_is_named() -> None:
    """The fix is one command."""
    found = found_as_planned()
    del found["shop-crm.deals"]
    assert told(found) == ["shop-crm.deals: is missing; create it with: voronka topics"]


def test_unequal_partition_counts_are_told_with_a_way_out() -> None:
    """Journeys would live in two places: counts that differ are never accepted."""
    found = found_as_planned()
    found["shop-crm.deals"] = Found(6, {})
    (line,) = told(found)
    assert "has 6 partitions, not 4" in line
    assert "docs/settings.md, More partitions" in line
    assert "## More partitions\n" in (Path(__file__).parents[2] / "docs" / "settings.md").read_text("utf-8")


def test_equal_counts_that_are_not_the_settings_ask_for_the_setting() -> None:
    """Five topics with 6 partitions are fine: only the setting is wrong."""
    found = {plan.name: Found(6 if plan.together else plan.partitions, {}) for plan in planned(SETTINGS)}
    lines = told(found)
    assert len(lines) == 5
    assert all("set VORONKA_PARTITIONS=6" in line for line in lines)


def test_truth_that_expires_is_told_with_the_command_that_mends_it() -> None:
    """Sources are what everything is replayed from."""
    found = found_as_planned()
    configs = {**found["shop-crm.leads"].configs, "retention.ms": "604800000"}
    found["shop-crm.leads"] = Found(4, configs)
    (line,) = told(found)
    assert "retention.ms is 604800000, not -1" in line
    assert "--entity-name shop-crm.leads --add-config retention.ms=-1" in line


def test_a_changelog_that_deletes_is_told() -> None:
    """A changelog with a time limit would forget journeys."""
    found = found_as_planned()
    found["shop-journeys-changelog"] = Found(4, {"cleanup.policy": "compact,delete"})
    (line,) = told(found)
    assert "cleanup.policy is compact,delete, not compact" in line


def test_more_than_asked_for_is_fine() -> None:
    """Longer retention and larger records do no harm."""
    found = found_as_planned()
    name = "shop-sales.quarantine"
    configs = {**found[name].configs, "retention.ms": "-1", "max.message.bytes": "99999999"}
    found[name] = Found(1, configs)
    assert told(found) == []
