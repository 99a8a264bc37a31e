"""A mapping as it is written: which columns of which files become which fields of which events."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import msgspec

from agents.errors import UserError

Cell = str | int | bool


class MappingError(UserError):
    """The mapping cannot be used; the message names it, the place in it and the fix."""


class ValueFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A value that needs more than a template: other words for its texts, texts that mean nothing."""

    value: str
    map: str | None = None
    absent: tuple[str, ...] = ()


class NotFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"values": "not"}):
    """A condition that holds for every text but these."""

    values: tuple[str, ...]


When = str | bool | list[str] | NotFile


class EventFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One event that a row may become; `when` says which rows do."""

    type: str
    subject: str
    time: str | list[str]
    journey: str | None = None
    when: dict[str, When] = {}
    data: dict[str, Cell | ValueFile] = {}


class TableFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One kind of file: the events of its rows, and the other tables that its rows point to."""

    events: tuple[EventFile, ...] = ()
    optional: bool = False
    key: str | None = None
    lookups: dict[str, str] = {}


class MappingFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file; docs/replay.md explains every field."""

    name: str
    about: str
    currency: str
    zone: str
    dates: tuple[str, ...]
    encoding: str = "utf-8-sig"
    delimiter: str | None = None
    decimal: str = "."
    thousands: str = ""
    absent: tuple[str, ...] = ()
    tables: dict[str, TableFile]
    maps: dict[str, dict[str, str]] = {}


def shipped() -> Mapping[str, str]:
    """The texts of the mappings that come with Voronka, by name."""
    folder = files("agents.replay").joinpath("mappings")
    found = {}
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.name.endswith(".toml"):
            found[entry.name.removesuffix(".toml")] = entry.read_text(encoding="utf-8")
    return found


def find_mapping(wanted: str) -> MappingFile:
    """A shipped mapping by its name, or one's own by the path of its TOML file."""
    ours = shipped()
    if wanted in ours:
        return read_mapping(ours[wanted], wanted)
    path = Path(wanted)
    try:
        return read_mapping(path.read_text(encoding="utf-8"), wanted)
    except FileNotFoundError as error:
        raise MappingError(
            f"there is no mapping {wanted}: name one of {', '.join(ours)}, or the path of a TOML file"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(f"the mapping {wanted} cannot be read: {error}") from error


def read_mapping(text: str, where: str) -> MappingFile:
    """Parse the TOML; unknown fields and wrong types are errors that name their place."""
    try:
        return msgspec.convert(tomllib.loads(text), MappingFile)
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"the mapping {where} is no valid TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise MappingError(f"the mapping {where}: {error}; see docs/replay.md") from error
