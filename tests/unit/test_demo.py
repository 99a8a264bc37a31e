"""What the demo shows, and when and where it starts."""

import socket
from datetime import datetime
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from agents.demo import choose_port, demo_env
from agents.demo.department import last_busy_ms
from agents.demo.table import MAIN, heading, main_lines, plain, shown, tables
from agents.settings import load_settings
from streams.calendar import BusinessCalendar
from streams.catalogue import SHIPPED
from streams.funnels import DEFAULT

CALENDAR = BusinessCalendar("Europe/Moscow", dict.fromkeys(range(5), ((540, 1080),)), "RU")


def ms(local: str) -> int:
    return int(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo("Europe/Moscow")).timestamp() * 1000)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "ratio", "–"),
        (0.63218, "ratio", "63.2%"),
        (0.0, "ratio", "0.0%"),
        (1653, "count", "1,653"),
        (85_250.4, "money", "85,250 RUB"),
        (76_239_700.0, "money", "76.24 M RUB"),
        (0.49, "hours", "29 min"),
        (6.46, "hours", "6.5 h"),
        (12.455, "days", "12.5 d"),
    ],
)
def test_a_value_is_shown_with_its_unit(value: float | None, unit: str, text: str) -> None:
    """No data is a dash and never a zero."""
    assert shown(value, unit, "RUB") == text


def test_what_the_demo_shows_is_in_the_catalogue() -> None:
    """The main KPIs exist for today as well as for 30 days."""
    for kpi in MAIN:
        windows = SHIPPED.kpis[kpi].windows
        assert not windows or {"30d", "today"} <= set(windows)


def answer(**values: float | None) -> dict[str, object]:
    kpis: dict[str, object] = {
        kpi.id: {
            "value": values.get(kpi.id),
            "n": 1,
            "unit": kpi.entry.unit,
            "by_channel": {"inbound": {"value": 0.25, "n": 4}},
            "by_rep": {"r02": {"value": 2, "n": 4}, "r01": {"value": 1, "n": 4}},
            "by_stage": {"inbound": {"enquiry": {"value": 40, "n": 40}, "won": {"value": 3, "n": 3}}},
        }
        for kpi in SHIPPED.kpis.values()
    }
    return {"now_ms": ms("2026-03-02 14:05"), "window": "30d", "currency": "RUB", "kpis": kpis}


def test_plain_lines_hold_the_clock_and_every_main_kpi_twice() -> None:
    """Where there is no terminal each KPI is a line: its name, 30 days, today."""
    month, today = answer(won_deals=12, revenue=1.5e6), answer(won_deals=1)
    lines = plain(month, today, heading(month, "Europe/Moscow", "fast")).splitlines()
    assert lines[0] == "Monday 02 March 2026, 14:05 in the simulated department; fast"
    assert len(lines) == 2 + len(MAIN)
    assert ["Deals", "won", "12", "1"] in [line.split() for line in lines]
    assert ("Revenue", "1.50 M RUB", "–") in main_lines(month, today)


def test_tables_show_channels_funnels_and_reps_in_order() -> None:
    """The funnel of a channel is a row of its stages' entries; stages nobody entered are 0."""
    console = Console(width=220, record=True, file=StringIO())
    console.print(tables(answer(), answer(), DEFAULT, "the title"))
    text = console.export_text()
    assert "the title" in text
    assert "40 › 0 › 0 › 0 › 0 › 0 › 3" in text
    assert text.index("r01") < text.index("r02")
    assert "inbound" in text


@pytest.mark.parametrize(
    ("now", "busy"),
    [
        ("2026-03-03 15:00", "2026-03-03 15:00"),
        ("2026-03-03 23:00", "2026-03-03 11:00"),
        ("2026-03-03 08:00", "2026-03-02 11:00"),
        ("2026-03-02 03:00", "2026-02-27 11:00"),  # Monday night: Friday
        ("2026-03-09 12:00", "2026-03-06 11:00"),  # the day off after Women's Day
        ("2026-01-05 12:00", "2025-12-30 11:00"),
    ],
)
def test_the_demo_goes_live_when_somebody_works(now: str, busy: str) -> None:
    """Now within working hours; otherwise at eleven of the last working day."""
    assert last_busy_ms(CALENDAR, ms(now)) == ms(busy)


def test_a_busy_port_is_told_and_another_one_taken() -> None:
    """A free port is kept in silence; a busy one is replaced, and both numbers are said."""
    said: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        busy = server.getsockname()[1]
        other = choose_port(busy, said.append)
    assert other != busy
    assert said == [f"port {busy} is busy: the demo takes {other} instead (choose one with --port)"]
    assert choose_port(other, said.append) == other
    assert len(said) == 1


def test_the_callers_own_settings_stay_out_of_the_demo(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A deployment's variables in the shell neither reach the demo nor break it."""
    monkeypatch.setenv("VORONKA_BROKER", "kafka.example:9092")
    monkeypatch.setenv("VORONKA_PARTITIONS", "many")
    settings = load_settings(demo_env("127.0.0.1:12345", 6067, tmp_path))
    assert settings.brokers == ["127.0.0.1:12345"]
    assert settings.http_port == 6067
    assert settings.clock == "event"
    assert len(settings.reps) == 12
