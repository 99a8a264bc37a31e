"""Settings: what may be chosen, and how a wrong choice is told."""

from pathlib import Path

import pytest

from agents.settings import Settings, SettingsError, load_settings


def problem_of(**variables: str) -> str:
    """The one problem that these VORONKA_ variables have."""
    with pytest.raises(SettingsError) as caught:
        load_settings({f"VORONKA_{name}": text for name, text in variables.items()})
    (problem,) = caught.value.problems
    return problem


def test_an_empty_environment_gives_the_defaults() -> None:
    """Nothing has to be set: the documented defaults are those of the type."""
    settings = load_settings({})
    assert settings.broker == "127.0.0.1:9092"
    assert (settings.http_host, settings.http_port) == ("127.0.0.1", 6066)
    assert (settings.zone, settings.holidays, settings.currency) == ("Europe/Moscow", "RU", "RUB")
    assert settings.working_hours == Settings().working_hours == dict.fromkeys(range(5), ((540, 1080),))
    assert settings.reject_limit == 1000


def test_topics_carry_the_prefix_and_the_changelog_the_app() -> None:
    """Two deployments on one broker share nothing."""
    settings = load_settings({"VORONKA_TOPIC_PREFIX": "test-", "VORONKA_APP_ID": "test"})
    assert settings.leads_topic == "test-crm.leads"
    assert settings.deals_topic == "test-crm.deals"
    assert settings.ledger_topic == "test-crm.ledger"
    assert settings.signals_topic == "test-sales.signals"
    assert settings.quarantine_topic == "test-sales.quarantine"
    assert settings.moves_topic == "test-voronka-moves"
    assert settings.changelog_topic == "test-journeys-changelog"


def test_working_hours_take_several_spans_and_days() -> None:
    """A lunch break and a short Saturday can be written."""
    text = "mon-thu 09:00-13:00; mon-thu 14:00-18:00; Fri 10:00-16:30; sat 10:00-24:00"
    hours = load_settings({"VORONKA_WORKING_HOURS": text}).working_hours
    assert hours[0] == ((540, 780), (840, 1080))
    assert hours[4] == ((600, 990),)
    assert hours[5] == ((600, 1440),)
    assert 6 not in hours


def test_lists_drop_blanks_and_repeats() -> None:
    """A roster may be written with spaces and a trailing comma."""
    settings = load_settings({"VORONKA_REPS": " r1, r2,,r1 ,", "VORONKA_BROKER": "a:1, b:2"})
    assert settings.reps == ("r1", "r2")
    assert settings.brokers == ["a:1", "b:2"]


def test_holidays_can_be_switched_off() -> None:
    """A department without public holidays says none."""
    assert load_settings({"VORONKA_HOLIDAYS": "none"}).holidays is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("BROKER", "kafka"),
        ("BROKER", "kafka:99999"),
        ("APP_ID", "a b"),
        ("TOPIC_PREFIX", "a/"),
        ("PARTITIONS", "0"),
        ("PARTITIONS", "4.5"),
        ("HTTP_PORT", "-1"),
        ("CLOCK", "sun"),
        ("ZONE", "Moscow"),
        ("ZONE", "../etc/passwd"),
        ("WORKING_HOURS", "mon-fri 18:00-09:00"),
        ("WORKING_HOURS", "fri-mon 09:00-18:00"),
        ("WORKING_HOURS", "mon 09:00-13:00; mon 12:00-18:00"),
        ("HOLIDAYS", "Atlantis"),
        ("CURRENCY", "ROUBLE"),
        ("SOURCES", ",".join(f"s{number}" for number in range(13))),
        ("FUNNELS", "/nowhere/funnels.toml"),
        ("REJECT_LIMIT", "many"),
        ("SESSION_TIMEOUT_SECONDS", "nan"),
        ("KAFKA_SECURITY", "TLS"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_a_wrong_value_is_named_with_its_variable_and_the_fix(name: str, text: str) -> None:
    """Each message starts with the variable and says after the semicolon what to write."""
    problem = problem_of(**{name: text})
    assert problem.startswith(f"VORONKA_{name}: ")
    assert problem.partition("; ")[2]


def test_all_problems_are_told_at_once() -> None:
    """Nobody has to start a worker five times to find five typing errors."""
    with pytest.raises(SettingsError) as caught:
        load_settings({"VORONKA_ZONE": "x", "VORONKA_CURRENCY": "x", "VORONKA_PARTITIONS": "x"})
    assert len(caught.value.problems) == 3
    assert "VORONKA_ZONE" in str(caught.value)


def test_a_misspelt_variable_is_not_ignored() -> None:
    """A name that only resembles a setting would do nothing in silence."""
    assert "did you mean VORONKA_CURRENCY?" in problem_of(CURENCY="USD")


def test_a_foreign_variable_is_none_of_our_business() -> None:
    """Other tools may have variables of their own."""
    assert load_settings({"VORONKA_GRAFANA_DATA_SOURCE_ID": "1", "PATH": "/bin"}) == load_settings({})


def test_an_account_is_needed_where_the_protocol_asks_for_one() -> None:
    """SASL without an account cannot work."""
    assert "account" in problem_of(KAFKA_SECURITY="SASL_SSL")


def test_an_account_that_would_not_be_used_is_refused() -> None:
    """A password that goes nowhere hides a wrong protocol."""
    assert "unused" in problem_of(KAFKA_USERNAME="a", KAFKA_PASSWORD="b")  # noqa: S106 - no secret


def test_a_password_comes_from_a_file_and_shows_nowhere(tmp_path: Path) -> None:
    """Secrets as files, and no `repr` that a log could take."""
    secret = tmp_path / "password"
    secret.write_text("geheim\n")
    variables = {"KAFKA_SECURITY": "sasl_ssl", "KAFKA_USERNAME": "ann", "KAFKA_PASSWORD_FILE": str(secret)}
    settings = load_settings({f"VORONKA_{name}": text for name, text in variables.items()})
    assert settings.security.password == "geheim"  # noqa: S105 - no secret
    assert settings.security.protocol == "SASL_SSL"
    assert "geheim" not in repr(settings)


def test_wrong_funnels_are_told_with_their_file(tmp_path: Path) -> None:
    """What is wrong in the funnels' file is an error at start, not at the first event."""
    path = tmp_path / "funnels.toml"
    path.write_text("[stage]\n")
    problem = problem_of(FUNNELS=str(path))
    assert problem.startswith("VORONKA_FUNNELS: ")
    assert str(path) in problem
