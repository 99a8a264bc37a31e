"""CSV files as rows, checked as a whole before the first row is used: every error names file, row and fix."""

from __future__ import annotations

import contextlib
import csv
import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

import msgspec

from agents.errors import UserError
from agents.replay.events import Lookups, Row
from agents.replay.plan import Plan, Table

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}


class FileError(UserError):
    """A file cannot be used; nothing has been published yet."""


class Source(msgspec.Struct, frozen=True):
    """A file whose header has been read: the table that it belongs to and how its lines are cut."""

    path: Path
    table: str
    encoding: str
    delimiter: str
    header: tuple[str, ...]


def open_source(given: str, plan: Plan) -> Source:
    """Look at the header of `FILE` or `TABLE=FILE` and find the table whose columns it has."""
    name, equals, rest = given.partition("=")
    named = plan.tables.get(name) if equals else None
    path = Path(rest if named else given)
    encoding = _encoding(path, plan)
    header, delimiter = _header(path, encoding, plan)
    if named is not None:
        table = named
    else:
        usable = [table for table in plan.tables.values() if table.columns]
        table = max(usable, key=lambda each: _fit(each, header))
    missing = sorted(table.columns - set(header))
    if missing:
        raise FileError(_what_is_missing(path, table, missing, header, plan))
    return Source(path, table.name, encoding, delimiter, _unique(header))


def check_sources(sources: Sequence[Source], plan: Plan) -> int:
    """Read everything once, before anything is published: the number of rows, or the first error."""
    for table in plan.tables.values():
        if not (table.optional or any(source.table == table.name for source in sources)):
            columns = ", ".join(sorted(table.columns))
            raise FileError(
                f"no file for the table {table.name} was given: add one with the columns {columns}"
            )
    total = 0
    for source in sources:
        count = sum(1 for _ in rows(source))
        if count == 0:
            raise FileError(f"{source.path}: has a header and no rows: export it again")
        total += count
    return total


def rows(source: Source) -> Iterator[Row]:
    """The rows below the header; row numbers are those that a spreadsheet shows."""
    with _opened(source.path, source.encoding) as text:
        number = 0
        lines = csv.reader(text, delimiter=source.delimiter, strict=True)
        try:
            for number, cells in enumerate(lines, start=1):
                if number == 1 or not any(cells):
                    continue
                if len(cells) != len(source.header):
                    raise FileError(
                        f"{source.path}, row {number}: has {len(cells)} cells, the header "
                        f"{len(source.header)}: put quotes around a cell that holds a "
                        f"{DELIMITERS.get(source.delimiter, source.delimiter)}"
                    )
                named = {name: cell.strip() for name, cell in zip(source.header, cells, strict=True)}
                yield Row(source.table, source.path.name, number, named)
        except csv.Error as error:
            raise FileError(
                f"{source.path}, row {number + 1}: {error}: close or double its quotes"
            ) from error


def load_lookups(sources: Sequence[Source], plan: Plan) -> Lookups:
    """The tables with a key, in memory; two different rows of one key are an error."""
    found: dict[str, dict[str, Mapping[str, str]]] = {}
    wanted = {name for table in plan.tables.values() for name in table.lookups}
    for source in sources:
        key = plan.tables[source.table].key
        if key is None or source.table not in wanted:
            continue
        by_key = found.setdefault(source.table, {})
        for row in rows(source):
            if by_key.setdefault(row.cells[key], row.cells) != row.cells:
                raise FileError(
                    f"{source.path}, row {row.number}, column {key}: {row.cells[key]!r} stands on two "
                    "different rows: keep one"
                )
    return Lookups(found)


def _fit(table: Table, header: Sequence[str]) -> tuple[bool, int, float]:
    """How well a header suits a table: whether it has all columns, then how many, then their share."""
    present = len(table.columns & set(header))
    return present == len(table.columns), present, present / len(table.columns)


def _encoding(path: Path, plan: Plan) -> str:
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except FileNotFoundError as error:
        raise FileError(f"{path}: there is no such file") from error
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from error
    if not start:
        raise FileError(f"{path}: is empty: export it again")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    return "utf-8-sig" if plan.encoding.lower() in ("utf-8", "utf8") else plan.encoding


@contextlib.contextmanager
def _opened(path: Path, encoding: str) -> Iterator[TextIO]:
    try:
        with path.open(encoding=encoding, newline="") as text:
            # A spreadsheet may write its delimiter into a first line of its own, `sep=;`.
            if not text.readline(8).startswith("sep="):
                text.seek(0)
            yield text
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise FileError(
            f"{path}, line {_first_undecodable(path, encoding)}: is not {encoding.removesuffix('-sig')}: "
            'save the file as UTF-8, or set encoding in the mapping, such as "cp1251"'
        ) from error


def _first_undecodable(path: Path, encoding: str) -> int:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                line.decode(encoding)
            except UnicodeDecodeError:
                return number
    return 1


def _header(path: Path, encoding: str, plan: Plan) -> tuple[tuple[str, ...], str]:
    """The header as cut by the delimiter under which it looks most like one of the tables."""
    cut: dict[str, tuple[str, ...]] = {}
    for delimiter in {**DELIMITERS, **({plan.delimiter: ""} if plan.delimiter else {})}:
        with _opened(path, encoding) as text:
            try:
                cells = next(csv.reader(text, delimiter=delimiter), [])
            except csv.Error as error:
                raise FileError(f"{path}, row 1: {error}: is it a CSV file?") from error
            cut[delimiter] = tuple(cell.strip() for cell in cells)
    if not any(any(cells) for cells in cut.values()):
        raise FileError(f"{path}: its first row is blank: it must hold the names of the columns")
    tables = [table for table in plan.tables.values() if table.columns]
    best = max(cut, key=lambda each: (max(_fit(table, cut[each]) for table in tables), len(cut[each])))
    if plan.delimiter and best != plan.delimiter and len(cut[plan.delimiter]) < len(cut[best]):
        raise FileError(
            f"{path}: is cut by {DELIMITERS[best]}, the mapping says delimiter = {plan.delimiter!r}: "
            "correct the mapping or export it again"
        )
    return cut[best], best


def _unique(header: Sequence[str]) -> tuple[str, ...]:
    """Names without repeats: a second `note` becomes `note#2`."""
    seen: dict[str, int] = {}
    names = []
    for name in header:
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return tuple(names)


def _what_is_missing(
    path: Path, table: Table, missing: Sequence[str], header: Sequence[str], plan: Plan
) -> str:
    if len(header) == 1:
        known = ", ".join(DELIMITERS.values())
        return (
            f"{path}: its header {header[0][:80]!r} is one single column: wrong delimiter; "
            f"export it with one of {known}, or set delimiter in the mapping"
        )
    hints = []
    for name in missing:
        close = difflib.get_close_matches(name, header, n=1)
        hints.append(f"{name!r}" + (f" (is it {close[0]!r}?)" if close else ""))
    plural = "columns" if len(missing) > 1 else "column"
    return (
        f"{path}: {plural} {', '.join(hints)} missing, needed for table {table.name} of mapping {plan.name}; "
        f"the file has {', '.join(header)}: rename it there, or correct the mapping"
    )
