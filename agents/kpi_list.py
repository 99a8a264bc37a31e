"""`voronka kpis`: every KPI with its value now, from a running worker."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agents.environment import ADDRESS
from agents.errors import UserError
from agents.settings import Settings, load_settings
from streams.kpis import PERIODS
from streams.wording import NOTHING, Language, number, said, unit_name

PLACES = ("channel", "stage", "source", "campaign", "rep", "team", "region", "industry")
_TIMEOUT_SECONDS = 30
_HEADS = {
    "en": ("KPI", "value", "", "n", "change", "id"),
    "ru": ("KPI", "значение", "", "n", "изменение", "id"),
}
_DIGITS, _MOST_DECIMALS = 3, 9
_FEW = {"en": "few", "ru": "мало"}
Line = tuple[str, str, str, str, str, str]


class WorkerError(UserError):
    """No worker answers as one does."""


@click.command("kpis")
@click.option("--address", metavar="HOST:PORT", help="A worker's pages; without it, those of the settings.")
@click.option(
    "--window",
    type=click.Choice(PERIODS),
    default="30d",
    show_default=True,
    metavar="WINDOW",
    help="The period, such as 24h or month.",
)
@click.option(
    "--by",
    type=click.Choice(PLACES),
    help="List the places of each KPI, such as reps, with their changes, and not the department.",
)
@click.option(
    "--as-of",
    metavar="MOMENT",
    help="Past KPIs from the topics: 2026-03-31 (its end), 2026-03-31T18:00, or with an offset.",
)
@click.option(
    "--lang",
    "language",
    type=click.Choice(["en", "ru"]),
    default="en",
    show_default=True,
    help="Language of names.",
)
@click.option(
    "--json", "json_output", is_flag=True, help="The worker's answer with names, by all dimensions."
)
def command(
    address: str | None,
    window: str,
    by: str | None,
    as_of: str | None,
    language: Language,
    json_output: bool,
) -> None:
    """List every KPI with its value of a WINDOW (such as 24h, 30d, month, prev_month) from a running worker.

    A KPI that has no data has no value, and never 0. n is the number of cases that a value rests on; it is
    marked where that is less than the catalogue asks for. With --as-of no worker is asked: the events up to
    that moment are read from Kafka and folded anew.
    """
    settings = load_settings(os.environ)
    if as_of is None:
        answer = ask(address or f"{settings.http_host}:{settings.http_port}", window)
    else:
        answer = _past(settings, as_of, window)
    if json_output:
        click.echo(msgspec.json.encode(_named(answer, settings, language)))
        return
    console = Console(highlight=False)
    if console.is_terminal:
        _print_table(console, lines(answer, settings, language, by))
    else:
        for line in lines(answer, settings, language, by):
            click.echo("\t".join(line))
    if answer["partial"]:
        click.echo("voronka: partial: nobody answers for some of the shards", err=True)


def ask(address: str, window: str) -> dict[str, Any]:
    """A worker's `/api/kpis`."""
    host, _, port = address.rpartition(":")
    if not ADDRESS.fullmatch(address):
        raise WorkerError(f"--address: {address!r} is no address: write host:port")
    connection = HTTPConnection(host, int(port), timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", f"/api/kpis?window={window}")
        response = connection.getresponse()
        answer: dict[str, Any] = msgspec.json.decode(response.read(), type=dict[str, Any])
    except (OSError, HTTPException, UnicodeError, msgspec.MsgspecError) as error:
        raise WorkerError(
            f"no worker answers at {address} ({error}): start `voronka worker`, or name its --address"
        ) from error
    finally:
        connection.close()
    if response.status != 200:
        raise WorkerError(f"{address} answers {response.status}: {answer.get('error', 'ask another worker')}")
    return answer


def _past(settings: Settings, as_of: str, window: str) -> dict[str, Any]:
    from agents.as_of import kpis_as_of, moment_ms  # noqa: PLC0415 - Faust, which asking a worker needs not

    answer = kpis_as_of(settings, moment_ms(as_of, settings.zone), window)
    if not answer["from_start"]:
        click.echo("voronka: Kafka has dropped the oldest events: what they told is missing here", err=True)
    return answer


def lines(
    answer: dict[str, Any], settings: Settings, language: Language, by: str | None = None
) -> list[Line]:
    """Head and one line a KPI (or place of it): name, value, unit or what is missing, sample, change, id."""
    return [
        _HEADS[language],
        *(
            (
                " · ".join((_name(kpi_id, settings, language), *place)),
                _value(shown, language),
                _unit(shown, answer["currency"], language),
                _sample(shown, language),
                _change(shown.get("change"), language),
                kpi_id,
            )
            for kpi_id, kpi in answer["kpis"].items()
            for place, shown in (_places(kpi, by) if by else [((), kpi)])
        ),
    ]


def _places(kpi: dict[str, Any], by: str) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """The places of a KPI as if each were the department; stages stand behind their channel."""
    about = {"unit": kpi["unit"], "min_sample": kpi["min_sample"]}
    changes = kpi.get(f"change_by_{by}", {})
    for name, value in kpi.get(f"by_{by}", {}).items():
        if "value" in value:
            yield (name,), {**about, **value, "change": changes.get(name)}
        else:
            for stage, inner in value.items():
                yield (name, stage), {**about, **inner, "change": changes.get(name, {}).get(stage)}


def _value(kpi: dict[str, Any], language: Language) -> str:
    """Two decimals; of what is below 1 three digits, so that 0.0088 % is not shown as 0.01 %."""
    value = kpi["value"]
    if not value:
        return number(value, language)
    shown = value * 100 if kpi["unit"] == "ratio" else value
    before_point = math.floor(math.log10(abs(shown))) + 1
    return number(shown, language, 2 if before_point > 0 else min(_DIGITS - before_point, _MOST_DECIMALS))


def _unit(kpi: dict[str, Any], currency: str, language: Language) -> str:
    """Why there is no value, as far as the worker knows."""
    if kpi["value"] is None:
        return "; ".join(kpi.get("not_reported", ()))
    return currency if kpi["unit"] == "money" else unit_name(kpi["unit"], language)


def _sample(kpi: dict[str, Any], language: Language) -> str:
    if kpi["n"] is None:
        return NOTHING
    few = f" ({_FEW[language]})" if kpi["n"] < kpi["min_sample"] else ""
    return number(kpi["n"], language) + few


def _change(change: float | None, language: Language) -> str:
    sign = "+" if change is not None and change > 0 else ""
    return NOTHING if change is None else f"{sign}{number(change * 100, language, 1)}%"


def _named(answer: dict[str, Any], settings: Settings, language: Language) -> dict[str, Any]:
    named = {
        kpi_id: {"name": _name(kpi_id, settings, language), **kpi} for kpi_id, kpi in answer["kpis"].items()
    }
    return {**answer, "kpis": named}


def _name(kpi_id: str, settings: Settings, language: Language) -> str:
    """A KPI of the worker's own file that is not in ours is called by its id."""
    kpi = settings.kpis.kpis.get(kpi_id)
    return kpi_id if kpi is None else said(kpi.entry.names, language)


def _print_table(console: Console, shown: list[Line]) -> None:
    head, *body = shown
    table = Table(box=None, header_style="bold")
    for column, title in enumerate(head):
        table.add_column(title, justify="right" if column in (1, 3, 4) else "left")
    for line in body:
        table.add_row(*(Text(cell) for cell in line), style="dim" if line[1] == NOTHING else "")
    console.print(table)
