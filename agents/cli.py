"""The command `voronka`: hands over to the rooms and turns what a person can mend into one clear message."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any, NamedTuple

import click

from agents.child import ChildError
from agents.errors import UserError

EXIT_USER_ERROR = 2


class _Target(NamedTuple):
    """Where a command lives; it is imported only when it is called or asked for its own help."""

    module: str
    attribute: str
    summary: str


TARGETS = {
    "demo": _Target("agents.demo", "command", "Watch a sales department live, with a simulated CRM."),
    "replay": _Target("agents.replay.command", "command", "Get the KPIs of a CRM export (CSV files)."),
    "worker": _Target("agents.cli", "worker", "Run a worker: fold events into KPIs, serve /metrics."),
    "topics": _Target("agents.topics", "command", "Create the topics and check them."),
    "quarantine": _Target("agents.quarantine", "command", "List rejected records; replay them after a fix."),
    "kpis": _Target("agents.kpi_list", "command", "List every KPI with its value, from a running worker."),
    "catalogue": _Target("agents.kpi_catalogue", "command", "Check, compare and explain KPI catalogues."),
    "dashboards": _Target("agents.board_files", "command", "Write rules, alerts, boards and handbook."),
    "scorecard": _Target("agents.scorecard", "command", "Score KPIs under goals, and say what is wrong."),
    "backfill": _Target("agents.backfill.command", "command", "Write past KPIs for Prometheus."),
    "simulate": _Target("agents.crm.command", "command", "Publish the events of a simulated CRM."),
}


class _Commands(click.Group):
    """Knows its commands by name, so that `--help` and a typing error cost no imports."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(TARGETS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - as above
        cmd_name: str,
    ) -> click.Command | None:
        if (target := TARGETS.get(cmd_name)) is None:
            return None
        command: click.Command = getattr(importlib.import_module(target.module), target.attribute)
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - as above
        formatter: click.HelpFormatter,
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, target.summary) for name, target in TARGETS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (UserError, ChildError) as error:
            click.echo(f"voronka: {error}", err=True)
            ctx.exit(EXIT_USER_ERROR)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="voronka", message="%(package)s %(version)s")
def main() -> None:
    """The live pulse of a sales department: CRM events in Kafka become exact rolling KPIs.

    Settings are VORONKA_* variables of the environment; a wrong one is named with its fix.
    """


@click.command("worker")
def worker() -> None:
    """Run a worker until it is told to stop (SIGTERM or Ctrl-C).

    It reads its share of the topics, keeps the journeys, and serves /metrics, /healthz and /readyz at
    VORONKA_HTTP_HOST:VORONKA_HTTP_PORT (127.0.0.1:6066 unless set). Start as many as there are partitions.
    """
    settings = importlib.import_module("agents.settings").load_settings(os.environ)
    importlib.import_module("agents.app").run_worker(settings)


if __name__ == "__main__":
    sys.exit(main())
