"""`voronka catalogue`: check a KPI file of one's own, compare two, print the handbook of what is in force."""

from __future__ import annotations

import os
from pathlib import Path
from typing import get_args

import click
import msgspec

from agents.environment import Reader
from agents.errors import UserError
from agents.settings import SettingsError
from streams.catalogue import SHIPPED, CatalogueError, load_catalogue
from streams.catalogue_diff import Change, What, catalogue_changes
from streams.handbook import handbook
from streams.kpis import Catalogue
from streams.wording import Language

SHIPPED_NAME = "shipped"
_WHAT = {
    "removed": "removed",
    "values": "changes the numbers",
    "judgement": "changes how the numbers are judged",
    "words": "changes words only",
    "added": "added",
}


class CatalogueFileError(UserError):
    """A file cannot be used as a KPI catalogue."""


@click.group("catalogue")
def command() -> None:
    """The KPI catalogue: check your own KPIs, compare two catalogues, read the handbook.

    Your own KPIs stand in a TOML file that VORONKA_KPIS names: [kpi.<id>] tables like those that are
    shipped, for new ids whole ones, for shipped ids only targets, weights, scales, alerts and owners.
    """


@command.command("check")
@click.argument("file", type=click.Path(path_type=Path))
def check(file: Path) -> None:
    """Check FILE and say what it adds to the shipped KPIs."""
    changes = catalogue_changes(SHIPPED, read_catalogue(file))
    _print(changes, f"{file} is right and changes nothing")


@command.command("diff")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--json", "json_output", is_flag=True, help="One JSON object with every change.")
def diff(old: Path, new: Path, json_output: bool) -> None:
    """Say what changes from catalogue OLD to NEW; the word `shipped` names the shipped one."""
    before, after = read_catalogue(old), read_catalogue(new)
    changes = catalogue_changes(before, after)
    if json_output:
        versions = {"old_version": before.version, "new_version": after.version}
        click.echo(msgspec.json.encode({**versions, "changes": changes}))
        return
    if before.version != after.version:
        click.echo(f"version {before.version} -> {after.version}")
    _print(changes, "nothing changes")


@command.command("handbook")
@click.option(
    "--lang",
    "language",
    type=click.Choice(["en", "ru"]),
    default="en",
    show_default=True,
    help="Language of the handbook.",
)
def print_handbook(language: Language) -> None:
    """Print the handbook of the KPIs in force, with those of VORONKA_KPIS, as Markdown."""
    reader = Reader(os.environ)
    catalogue = reader.kpis("KPIS")
    if reader.problems:
        raise SettingsError(tuple(reader.problems))
    click.echo(handbook(catalogue, language))


def read_catalogue(file: Path) -> Catalogue:
    """The checked catalogue of a file, or the shipped one."""
    if str(file) == SHIPPED_NAME:
        return SHIPPED
    try:
        return load_catalogue(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CatalogueFileError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CatalogueFileError(f"{file}: is not UTF-8: save it so") from error
    except CatalogueError as error:
        raise CatalogueFileError(f"{file}: {error}") from error


def _print(changes: tuple[Change, ...], nothing: str) -> None:
    if not changes:
        click.echo(nothing)
    for what in get_args(What):
        for change in (each for each in changes if each.what == what):
            values = f".{change.field}: {change.old} -> {change.new}" if change.field else ""
            click.echo(f"{_WHAT[what]}: {change.kpi}{values}")
