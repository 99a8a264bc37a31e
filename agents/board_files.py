"""`voronka dashboards`: write rules, alerts, boards, runbook and handbook for the KPIs that are in force."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import click

from agents.errors import UserError
from agents.settings import load_settings


class BoardsError(UserError):
    """The files cannot be written."""


@click.command("dashboards")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to write to.")
@click.option(
    "--receivers",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Who is written to when alerts fire (TOML); without it nobody is.",
)
@click.option("--grafana", metavar="URL", help="Where people open Grafana; alerts link there.")
@click.option("--runbook", metavar="URL", help="Where people read runbook.md; runbook.ru.md lies beside it.")
def command(out: Path, receivers: Path | None, grafana: str | None, runbook: str | None) -> None:
    """Write Prometheus rules and alerts, Alertmanager's configuration, Grafana boards, runbook and handbook.

    They are made from the settings (VORONKA_KPIS, VORONKA_FUNNELS, VORONKA_SCORECARD, VORONKA_CURRENCY,
    VORONKA_ZONE, VORONKA_WORKING_HOURS), so that a KPI of your own is in all of them.
    """
    settings = load_settings(os.environ)
    if importlib.util.find_spec("grafana_foundation_sdk") is None:
        raise BoardsError("what builds the boards is missing: pip install 'voronka[dashboards]'")
    if out.exists() and not out.is_dir():
        raise BoardsError(f"--out: {out} is no folder, name one")
    argv = [sys.executable, "-P", "-m", "dashboards", "--out", str(out), "--zone", settings.zone]
    argv += ["--currency", settings.currency]
    chosen = {
        "--kpis": os.environ.get("VORONKA_KPIS", "").strip(),
        "--funnels": os.environ.get("VORONKA_FUNNELS", "").strip(),
        "--scorecard": os.environ.get("VORONKA_SCORECARD", "").strip(),
        "--working-hours": os.environ.get("VORONKA_WORKING_HOURS", "").strip(),
        "--receivers": receivers and str(receivers),
        "--grafana": grafana,
        "--runbook": runbook,
    }
    argv += [part for name, value in chosen.items() if value for part in (name, value)]
    made = subprocess.run(argv, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    if made.returncode:
        raise BoardsError(f"{out}: {(made.stderr or made.stdout).strip().splitlines()[-1]}")
    click.echo(made.stdout.strip())
