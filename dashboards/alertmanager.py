"""Alertmanager's configuration: who hears of what, when, and what is not worth a message of its own."""

from __future__ import annotations

from dashboards.yaml import Value, dump

SECRETS = "/etc/alertmanager/secrets"
"""One file a secret; none stands in a configuration."""
LOCATION = "Europe/Moscow"
ANSWERING = "answering-hours"
"""Working hours but the first: a lead of the night has until their end to be answered."""
WORKING = "working-hours"
_TITLE = "{{ .CommonLabels.alertname }} ({{ .Alerts.Firing | len }})"
_TEXT = (
    '{{ range .Alerts }}{{ if eq .Status "resolved" }}✅ {{ end }}{{ .Annotations.summary_ru }}. '
    "{{ .Annotations.description_ru }}\n"
    "{{ .Annotations.summary }}. {{ .Annotations.description }}\n"
    "{{ .Annotations.dashboard_url }}\n{{ .Annotations.runbook_url }}\n{{ end }}"
)


def alertmanager(*, telegram: bool) -> str:
    """The configuration; Telegram with its token in a file needs Alertmanager 0.26 or newer."""
    return dump(
        {
            "global": {
                "resolve_timeout": "5m",
                "smtp_smarthost": "mail.example.com:587",
                "smtp_from": "voronka@example.com",
                "smtp_auth_username": "voronka@example.com",
                "smtp_auth_password_file": f"{SECRETS}/smtp-password",
                "slack_api_url_file": f"{SECRETS}/slack-url",
            },
            "route": _route(),
            "inhibit_rules": _inhibitions(),
            "time_intervals": [_hours(WORKING, "09:00"), _hours(ANSWERING, "10:00")],
            "receivers": _receivers(telegram=telegram),
        }
    )


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


def _hours(name: str, start: str) -> Value:
    times = [{"start_time": start, "end_time": "18:00"}]
    interval: Value = {"weekdays": ["monday:friday"], "times": times, "location": LOCATION}
    return {"name": name, "time_intervals": [interval]}


def _receivers(*, telegram: bool) -> Value:
    chat: dict[str, Value] = {
        "telegram_configs": [
            {
                "bot_token_file": f"{SECRETS}/telegram-token",
                "chat_id": -1,
                "parse_mode": "",
                "message": _TEXT,
                "send_resolved": True,
            }
        ]
    }
    urgent = {**_slack("#sales-ops"), **_mail("sales-ops@example.com")}
    platform = {**_slack("#platform"), **_webhook("http://127.0.0.1:9095/alerts", "webhook-token")}
    alive = _webhook("http://127.0.0.1:9096/alive", "dead-mans-switch-token")
    receivers: dict[str, dict[str, Value]] = {
        "sales-ops": _slack("#sales-ops"),
        "sales-ops-urgent": urgent | chat if telegram else urgent,
        "team-leads": chat if telegram else _slack("#team-leads"),
        "platform": platform,
        "dead-mans-switch": alive,
    }
    return [{"name": name, **configs} for name, configs in receivers.items()]


def _slack(channel: str) -> dict[str, Value]:
    return {"slack_configs": [{"channel": channel, "send_resolved": True, "title": _TITLE, "text": _TEXT}]}


def _mail(to: str) -> dict[str, Value]:
    return {"email_configs": [{"to": to, "send_resolved": True}]}


def _webhook(url: str, secret: str) -> dict[str, Value]:
    http: Value = {"authorization": {"credentials_file": f"{SECRETS}/{secret}"}}
    return {"webhook_configs": [{"url": url, "send_resolved": True, "http_config": http}]}
