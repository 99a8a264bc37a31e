"""`voronka replay`: the KPIs of CSV files on the terminal."""

from __future__ import annotations

import os

import click
from rich.console import Console

from agents.replay.report import as_json, print_report
from agents.replay.run import read_input, replay
from agents.settings import load_settings

EXIT_UNBALANCED = 1


@click.command("replay")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--mapping",
    required=True,
    metavar="NAME|FILE.toml",
    help="What the columns mean: maven-crm, leads-and-deals, or a file of your own (docs/replay.md).",
)
@click.option("--broker", metavar="HOST:PORT", help="Run on this Kafka; without it, one is started for you.")
@click.option("--json", "json_output", is_flag=True, help="One JSON object, with every channel and rep.")
def command(files: tuple[str, ...], mapping: str, broker: str | None, json_output: bool) -> None:
    """Get the KPIs of a CRM export: CSV files become events and run through the real stream.

    Several files may belong together, such as leads and deals: each is recognised by its columns, or named
    as TABLE=FILE. A file that cannot be read as a whole is an error before anything is published (exit
    code 2); a row that cannot be, such as one with an impossible date, is quarantined with its reason.
    A repeated or shuffled file changes nothing. Topics and worker are the replay's own and go with it.
    """
    given = read_input(files, mapping, os.environ)
    outcome = replay(given, broker, os.environ, Console(stderr=True))
    if json_output:
        click.echo(as_json(given.plan.name, outcome.kpis, outcome.balance))
    else:
        print_report(Console(), outcome.kpis, outcome.balance, load_settings(os.environ).kpis)
    if problem := outcome.balance.problem:
        click.echo(f"voronka: {problem}", err=True)
        raise SystemExit(EXIT_UNBALANCED)
