"""`voronka scorecard`: a scorecard file as a scored tree, as its document printed it or as its data say."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agents.errors import UserError
from agents.settings import load_settings
from streams.catalogue import SHIPPED
from streams.kpis import ALL_TIME, Catalogue
from streams.scorecard import Card, Mode
from streams.scorecard_file import ScorecardError, load_scorecard
from streams.scorecard_lint import Finding, lint
from streams.scoring import Row, distinct_percent, score, shown
from streams.windows import WINDOWS
from streams.wording import NOTHING, Language, number, percent, said, unit_name

_HEADS = {
    "en": ("Name", "Performance", "Progress", "Value", "Unit", "Findings", "as of"),
    "ru": ("Имя", "Производительность", "Прогресс", "Значение", "Единица", "Замечания", "на дату"),
}
Line = tuple[int, Row]


class ScorecardFileError(UserError):
    """The file cannot be used as a scorecard."""


@click.command("scorecard")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--mode",
    type=click.Choice(["correct", "parity"]),
    default="correct",
    show_default=True,
    help="What the data say, or what the document printed, with its errors.",
)
@click.option(
    "--lang",
    "language",
    type=click.Choice(["en", "ru"]),
    default="en",
    show_default=True,
    help="Language of names and findings.",
)
@click.option("--json", "json_output", is_flag=True, help="One JSON object, with unrounded numbers.")
@click.option(
    "--as-of",
    "as_of",
    metavar="MOMENT",
    help="Score the values that KPIs had then, from Kafka: 2026-03-31 (its end), or with a time.",
)
@click.option("--window", default="30d", show_default=True, help="The period that ends at that moment.")
def command(
    file: Path, mode: Mode, language: Language, json_output: bool, as_of: str | None, window: str
) -> None:
    """Score FILE: KPIs under goals under perspectives, each from 0 to 100 %, and what is wrong with it.

    A scorecard file is TOML; examples/sales-scorecard.toml shows all that it can say. With --as-of the KPIs
    that it does not state itself have the values of the events up to then. A worker's /api/scorecard has what
    is now.
    """
    card = read_card(file) if as_of is None else _past(file, as_of, window)
    root, findings = score(card, mode), lint(card)
    if json_output:
        click.echo(msgspec.json.encode(as_data(card, mode, root, findings, language)))
        return
    console = Console(highlight=False)
    if console.is_terminal:
        _print_table(console, card, root, findings, language)
    else:
        click.echo("\n".join(plain(card, root, findings, language)))


def _past(file: Path, as_of: str, window: str) -> Card:
    from agents.as_of import card_as_of, moment_ms  # noqa: PLC0415 - Faust, which a file alone needs not

    settings = load_settings(os.environ)
    card = read_card(file, settings.kpis)
    measured = card_as_of(settings, card, moment_ms(as_of, settings.zone), _known(window))
    return replace(measured, as_of=as_of)


def _known(window: str) -> str:
    if window not in (*WINDOWS, ALL_TIME):
        raise ScorecardFileError(
            f"--window: {window!r} is none: write one of {', '.join((*WINDOWS, ALL_TIME))}"
        )
    return window


def read_card(file: Path, catalogue: Catalogue = SHIPPED) -> Card:
    """The checked card of a file."""
    try:
        return load_scorecard(file.read_text(encoding="utf-8"), catalogue)
    except OSError as error:
        raise ScorecardFileError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ScorecardFileError(f"{file}: is not UTF-8: save it so") from error
    except ScorecardError as error:
        raise ScorecardFileError(f"{file}: {error}") from error


def as_data(
    card: Card, mode: Mode, root: Row, findings: tuple[Finding, ...], language: Language
) -> dict[str, Any]:
    """The tree for other programs."""
    return {
        "as_of": card.as_of,
        "mode": mode,
        **_row_data(root, language),
        "distinct_performance_percent": distinct_percent(root),
        "findings": [
            {"rule": each.rule, "place": each.place, "message": said(each.message, language)}
            for each in findings
        ],
    }


def _row_data(row: Row, language: Language) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "name": said(row.names, language),
        "unit": row.unit,
        "value": row.value,
        "performance_percent": row.performance_percent,
        "progress_percent": row.progress_percent,
        "rows": [_row_data(below, language) for below in row.rows],
    }


def plain(card: Card, root: Row, findings: tuple[Finding, ...], language: Language) -> list[str]:
    """The tree as lines of text, for pipes and files."""
    heads = _HEADS[language]
    cells = [heads[:5]] + [_cells(depth, row, language) for depth, row in _lines(root)]
    widths = [max(len(line[column]) for line in cells) for column in range(5)]
    lines = [
        "  ".join(
            [line[0].ljust(widths[0])]
            + [line[column].rjust(widths[column]) for column in (1, 2, 3)]
            + [line[4]]
        ).rstrip()
        for line in cells
    ]
    told = [f"{each.rule}  {each.place}: {said(each.message, language)}" for each in findings]
    return [_title(card, language), *lines, *(["", heads[5], *told] if told else [])]


def _print_table(
    console: Console, card: Card, root: Row, findings: tuple[Finding, ...], language: Language
) -> None:
    heads = _HEADS[language]
    table = Table(title=_title(card, language), box=None, header_style="bold")
    table.add_column(heads[0])
    for head in heads[1:4]:
        table.add_column(head, justify="right")
    table.add_column(heads[4])
    for depth, row in _lines(root):
        style = "bold" if row.kind == "group" and depth == 1 else "dim" if row.kind == "driver" else ""
        table.add_row(*(Text(cell) for cell in _cells(depth, row, language)), style=style)
    console.print(table)
    if findings:
        console.print(Text(f"\n{heads[5]}", style="bold"))
    for each in findings:
        console.print(Text.assemble((each.rule, "yellow"), f"  {each.place}: {said(each.message, language)}"))


def _title(card: Card, language: Language) -> str:
    return f"{said(card.names, language)}, {_HEADS[language][6]} {card.as_of or NOTHING}"


def _lines(root: Row) -> list[Line]:
    return [(0, root), *((len(path) + 1, row) for path, row in root.walk())]


def _cells(depth: int, row: Row, language: Language) -> tuple[str, str, str, str, str]:
    mark = "← " if row.kind == "driver" else ""
    value = None if row.value is None or row.unit is None else shown(row.unit, row.value)
    return (
        f"{'  ' * depth}{mark}{said(row.names, language)}",
        percent(row.performance_percent, language),
        percent(row.progress_percent, language),
        number(value, language),
        "" if row.unit is None or value is None else unit_name(row.unit, language),
    )
