"""Who is written to: a file of a deployment's own, checked before it becomes a configuration."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from agents.cli import main
from dashboards.alertmanager import Delivery, alertmanager
from dashboards.opening_hours import without_first_hour
from dashboards.receivers import NAMES, ReceiversError, load_receivers

TEAM = '[receiver.team-leads]\ntelegram = -100\nemail = "leads@example.com"\n'
MAIL = '[mail]\nserver = "mail.example.com:25"\nsender = "a@example.com"\naccount = "b"\n'


def test_only_who_is_told_is_written_to() -> None:
    """The others stay receivers without a way to anybody, so that every route has an end."""
    made = yaml.safe_load(alertmanager(Delivery(receivers=load_receivers(TEAM + MAIL))))
    found = {each["name"]: set(each) - {"name"} for each in made["receivers"]}
    assert found == {name: set() for name in NAMES} | {"team-leads": {"telegram_configs", "email_configs"}}
    assert made["global"]["smtp_smarthost"] == "mail.example.com:25"
    assert "slack_api_url_file" not in made["global"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("receiver = ", "no TOML"),
        ("[route]", r"\[route\]: there is no such table"),
        ("receiver = 3", "receiver: this is no table"),
        ('[receiver.boss]\nslack = "#a"', "no such receiver, use one of sales-ops"),
        ('[receiver.platform]\npager = "x"', "pager: use slack"),
        ('[receiver.platform]\nslack = ""', "slack: write a text"),
        ("[receiver.platform]\ntelegram = true", "telegram: write the number of a chat"),
        ('[receiver.platform]\nwebhook = "pager.example.com"', "webhook: write an address"),
        ("[receiver]\nplatform = 1", r"\[receiver.platform\]"),
        (TEAM, r"\[mail\]: e-mail needs an account"),
        (TEAM + '[mail]\nserver = "a:1"', r"\[mail\]: write account, sender, server"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(text: str, says: str) -> None:
    """With the table and the fix; nothing is silently left out."""
    with pytest.raises(ReceiversError, match=says):
        load_receivers(text)


def test_the_first_hour_is_one_of_work() -> None:
    """A break does not shorten it, and where no day has a second hour all hours are kept."""
    assert without_first_hour({0: [(540, 570), (600, 700)], 1: [(540, 580)]}) == {0: [(630, 700)]}
    assert without_first_hour({1: [(540, 580)]}) == {1: [(540, 580)]}


def test_the_command_takes_receivers_zone_and_hours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`voronka dashboards` writes the hours of the settings; a wrong file is named with its fix."""
    monkeypatch.setenv("VORONKA_ZONE", "Asia/Omsk")
    monkeypatch.setenv("VORONKA_WORKING_HOURS", "mon-sat 08:00-17:00")
    (tmp_path / "who.toml").write_text('[receiver.platform]\nwebhook = "http://pager:9/"\n')
    argv = ["dashboards", "--out", str(tmp_path / "out"), "--receivers", str(tmp_path / "who.toml")]
    done = CliRunner().invoke(main, argv)
    assert done.exit_code == 0, done.output
    made = yaml.safe_load((tmp_path / "out" / "alertmanager.yml").read_text("utf-8"))
    (part,) = made["time_intervals"][0]["time_intervals"]
    assert part == {
        "weekdays": ["monday:saturday"],
        "times": [{"start_time": "08:00", "end_time": "17:00"}],
        "location": "Asia/Omsk",
    }
    assert [each["name"] for each in made["receivers"] if len(each) > 1] == ["platform"]
    (tmp_path / "who.toml").write_text("[receiver.boss]\n")
    refused = CliRunner().invoke(main, argv)
    assert refused.exit_code == 2
    assert "[receiver.boss]: there is no such receiver" in refused.output
