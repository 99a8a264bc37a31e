"""Alertmanager's configuration: who hears of what, when, and what is not worth a message of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dashboards.opening_hours import Spans, interval, without_first_hour
from dashboards.receivers import NAMES, Receiver, Receivers
from dashboards.yaml import Value, dump
from streams.working_hours import OFFICE_HOURS, parse_working_hours

SECRETS = "/etc/alertmanager/secrets"
"""One file a secret; none stands in a configuration."""
ANSWERING = "answering-hours"
"""Working hours but the first: a lead of the night has until its end to be answered."""
WORKING = "working-hours"
_TITLE = "{{ .CommonLabels.alertname }} ({{ .Alerts.Firing | len }})"
_TEXT = (
    '{{ range .Alerts }}{{ $fires := eq .Status "firing" }}{{ if not $fires }}✅ {{ end }}'
    "{{ .Annotations.summary_ru }} {{ .Annotations.description_ru }}\n"
    "{{ if $fires }}{{ with .Annotations.next_step_ru }}→ {{ . }}\n{{ end }}{{ end }}"
    "{{ .Annotations.dashboard_url_ru }}\n{{ .Annotations.runbook_url_ru }}\n"
    "{{ .Annotations.summary }} {{ .Annotations.description }}\n"
    "{{ if $fires }}{{ with .Annotations.next_step }}→ {{ . }}\n{{ end }}{{ end }}"
    "{{ .Annotations.dashboard_url }}\n{{ .Annotations.runbook_url }}\n{{ end }}"
)


@dataclass(frozen=True)
class Delivery:
    """When people work, by the minutes of a weekday in their zone, and how they are reached."""

    zone: str = "Europe/Moscow"
    hours: Mapping[int, Spans] = field(default_factory=lambda: parse_working_hours(OFFICE_HOURS))
    receivers: Receivers = field(default_factory=Receivers)


def alertmanager(delivery: Delivery) -> str:
    """The configuration of a deployment; a receiver that is not told is one without a way to anybody."""
    told = delivery.receivers
    return dump(
        {
            "global": {"resolve_timeout": "5m", **_mail(told), **_slack_url(told)},
            "route": _route(),
            "inhibit_rules": _inhibitions(),
            "time_intervals": [
                interval(WORKING, delivery.hours, delivery.zone),
                interval(ANSWERING, without_first_hour(delivery.hours), delivery.zone),
            ],
            "receivers": [_receiver(name, told.ways.get(name, Receiver())) for name in NAMES],
        }
    )


def _mail(told: Receivers) -> Mapping[str, Value]:
    if told.mail is None:
        return {}
    return {
        "smtp_smarthost": told.mail.server,
        "smtp_from": told.mail.sender,
        "smtp_auth_username": told.mail.account,
        "smtp_auth_password_file": f"{SECRETS}/smtp-password",
    }


def _slack_url(told: Receivers) -> Mapping[str, Value]:
    used = any(receiver.slack for receiver in told.ways.values())
    return {"slack_api_url_file": f"{SECRETS}/slack-url"} if used else {}


def _route() -> Value:
    return {
        "receiver": "platform",
        "group_by": ["alertname", "team"],
        "group_wait": "30s",
        "group_interval": "5m",
        "repeat_interval": "4h",
        "routes": [
            {
                "receiver": "dead-mans-switch",
                "matchers": ['alertname="Watchdog"'],
                "group_wait": "0s",
                "group_interval": "1m",
                "repeat_interval": "1m",
            },
            {
                "receiver": "platform",
                "matchers": ['alertname="FeedSilent"'],
                "active_time_intervals": [WORKING],
            },
            _sales("sales-ops-urgent", "sales-ops", 'severity="critical"', "1h"),
            _sales("sales-ops", "sales-ops", 'severity!="critical"', "24h"),
            _sales("team-leads", "team-leads", 'severity=~".+"', "24h"),
        ],
    }


def _sales(receiver: str, team: str, severity: str, repeat: str) -> Value:
    return {
        "receiver": receiver,
        "matchers": [f'team="{team}"', severity],
        "active_time_intervals": [ANSWERING],
        "repeat_interval": repeat,
    }


def _inhibitions() -> Value:
    return [
        # Numbers that stand still say nothing about the department.
        {"source_matchers": ['kind="stale"'], "target_matchers": ['kind="kpi"']},
        _louder("OldestLeadForgotten", "LeadWaitingPastSla", "channel"),
        _louder("ResponseBudgetBurnsFast", "ResponseShareUnderTarget", "channel"),
        _louder("WorkersAbsent", "WorkerDown|ShardNotReady|FeedSilent|LagHigh"),
        _louder("ShardNotReady", "LagHigh"),
    ]


def _louder(name: str, others: str, *equal: str) -> Value:
    rule: dict[str, Value] = {
        "source_matchers": [f'alertname="{name}"'],
        "target_matchers": [f'alertname=~"{others}"'],
    }
    return rule | ({"equal": list(equal)} if equal else {})


def _receiver(name: str, told: Receiver) -> Value:
    ways: dict[str, Mapping[str, Value]] = {}
    if told.slack:
        ways["slack_configs"] = {"channel": told.slack, "title": _TITLE, "text": _TEXT}
    if told.email:
        ways["email_configs"] = {"to": told.email}
    if told.telegram:
        chat: Mapping[str, Value] = {"chat_id": told.telegram, "parse_mode": "", "message": _TEXT}
        ways["telegram_configs"] = {"bot_token_file": f"{SECRETS}/telegram-token", **chat}
    if told.webhook:
        token = f"{name}-token" if name == "dead-mans-switch" else "webhook-token"
        http: Value = {"authorization": {"credentials_file": f"{SECRETS}/{token}"}}
        ways["webhook_configs"] = {"url": told.webhook, "http_config": http}
    return {"name": name, **{way: [{**how, "send_resolved": True}] for way, how in ways.items()}}
