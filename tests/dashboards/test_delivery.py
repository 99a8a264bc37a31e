"""A real Alertmanager with the shipped routes and inhibitions: what is delivered, and to whom."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboards.files import GENERATED
from tests.dashboards.alertmanager import ALERTS, Alertmanager, running
from tests.integration.worker import until

pytestmark = pytest.mark.integration


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[Alertmanager]:
    """The shipped configuration, impatient."""
    with running(tmp_path, (GENERATED / "alertmanager.yml").read_text("utf-8")) as found:
        yield found


def test_a_team_gets_one_message_with_all_that_fires_and_hears_the_end(alertmanager: Alertmanager) -> None:
    """Two channels in which leads wait are one message to the team leads; when it is over, they are told."""
    alertmanager.ask("GET", "status")
    told = alertmanager.delivered.told
    alertmanager.post("LeadWaitingPastSla", channel="inbound")
    alertmanager.post("LeadWaitingPastSla", channel="unknown")
    until(lambda: ["LeadWaitingPastSla"] * 2 in told("team-leads"), lambda: str(alertmanager.delivered), 20)
    alertmanager.post("LeadWaitingPastSla", channel="inbound", ended=True)
    alertmanager.post("LeadWaitingPastSla", channel="unknown", ended=True)
    until(lambda: bool(told("team-leads", "resolved")), lambda: str(alertmanager.delivered), 20)
    assert {message["receiver"] for message in alertmanager.delivered.messages} == {"team-leads"}


def test_a_silent_feed_is_told_instead_of_falling_numbers(alertmanager: Alertmanager) -> None:
    """While numbers stand still every alert that judges them is inhibited, and platform hears of the feed."""
    judging = [name for name, alert in ALERTS.items() if alert.kind == "kpi"]
    alertmanager.post("FeedSilent")
    until(lambda: bool(alertmanager.delivered.told("platform")), lambda: str(alertmanager.delivered), 20)
    alertmanager.post(*judging, channel="inbound")
    alertmanager.post("QuarantineRateHigh")
    until(lambda: alertmanager.inhibited() == set(judging), lambda: str(alertmanager.inhibited()), 20)
    until(
        lambda: ["QuarantineRateHigh"] in alertmanager.delivered.told("platform"),
        lambda: str(alertmanager.delivered),
        20,
    )
    assert {message["receiver"] for message in alertmanager.delivered.messages} == {"platform"}


def test_the_louder_alert_of_a_channel_silences_the_softer_one_there(alertmanager: Alertmanager) -> None:
    """A forgotten lead is one message, not two; in another channel the softer alert is still told."""
    alertmanager.post("OldestLeadForgotten", "LeadWaitingPastSla", channel="inbound")
    until(
        lambda: alertmanager.inhibited() == {"LeadWaitingPastSla"}, lambda: str(alertmanager.inhibited()), 20
    )
    alertmanager.post("LeadWaitingPastSla", channel="vip")
    told = alertmanager.delivered.told
    until(lambda: bool(told("sales-ops-urgent")), lambda: str(alertmanager.delivered), 20)
    until(lambda: bool(told("team-leads")), lambda: str(alertmanager.delivered), 20)
    (channels,) = {
        tuple(alert["labels"]["channel"] for alert in message["alerts"])
        for message in alertmanager.delivered.messages
        if message["receiver"] == "team-leads"
    }
    assert channels == ("vip",)
