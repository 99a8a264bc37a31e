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
@click.option("--grafana", metavar="URL", help="Where people open Grafana; alerts link there.")
@click.option("--runbook", metavar="URL", help="Where people read the runbook; alerts link there.")
def command(out: Path, grafana: str | None, runbook: str | None) -> None:
    """Write Prometheus rules and alerts, Grafana boards, runbook and handbook into a folder.

    They are made from the KPIs, funnels and currency of the settings (VORONKA_KPIS, VORONKA_FUNNELS,
    VORONKA_CURRENCY), so that a KPI of your own is in all of them.
    """
    settings = load_settings(os.environ)
    if importlib.util.find_spec("grafana_foundation_sdk") is None:
        raise BoardsError("what builds the boards is missing: pip install 'voronka[dashboards]'")
    if out.exists() and not out.is_dir():
        raise BoardsError(f"--out: {out} is no folder, name one")
    argv = [sys.executable, "-P", "-m", "dashboards", "--out", str(out), "--currency", settings.currency]
    chosen = {
        "--kpis": os.environ.get("VORONKA_KPIS", "").strip(),
        "--funnels": os.environ.get("VORONKA_FUNNELS", "").strip(),
        "--scorecard": os.environ.get("VORONKA_SCORECARD", "").strip(),
        "--grafana": grafana,
        "--runbook": runbook,
    }
    argv += [part for name, value in chosen.items() if value for part in (name, value)]
    made = subprocess.run(argv, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    if made.returncode:
        raise BoardsError(f"{out}: {(made.stderr or made.stdout).strip().splitlines()[-1]}")
    click.echo(made.stdout.strip())
