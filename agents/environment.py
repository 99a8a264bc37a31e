"""Typed reading of environment variables that collects every problem instead of stopping at the first."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays

from streams.catalogue import SHIPPED, CatalogueError, load_catalogue
from streams.funnels import DEFAULT, FunnelError, Funnels, load_funnels
from streams.kpis import Catalogue
from streams.money import minor_units
from streams.rates import Rates, RatesError, load_rates
from streams.scorecard import Card
from streams.scorecard_file import ScorecardError, load_scorecard, shipped_scorecard
from streams.working_hours import WorkingHoursError, parse_working_hours

PREFIX = "VORONKA_"
MOST_TEAMS = 20
ADDRESS = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\]):\d{1,5}")
_NAME = re.compile(r"[A-Za-z0-9._-]{0,100}")
_Choice = TypeVar("_Choice", bound=str)


class Reader:
    """Reads variables by their name without `VORONKA_`; what is wrong stands in `problems`."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._known: set[str] = set()
        self.problems: list[str] = []

    @property
    def known(self) -> frozenset[str]:
        return frozenset(self._known)

    def problem(self, name: str, what: str, fix: str) -> None:
        self.problems.append(f"{PREFIX}{name}: {what}; {fix}")

    def text(self, name: str, default: str) -> str:
        self._known.add(PREFIX + name)
        return self._env.get(PREFIX + name, "").strip() or default

    def name(self, name: str, default: str) -> str:
        """A part of topic names: letters, digits, dot, dash and underscore."""
        value = self.text(name, default)
        if not _NAME.fullmatch(value):
            self.problem(name, f"{value!r} cannot be in a topic's name", "use letters, digits, . _ -")
        return value

    def addresses(self, name: str, default: str) -> str:
        parts = [part.strip() for part in self.text(name, default).split(",")]
        for part in parts:
            host, colon, port = part.rpartition(":")
            if not (host and colon and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
                self.problem(name, f"{part!r} is no address", "write host:port, several with commas")
        return ",".join(parts)

    def address(self, name: str) -> str:
        """One `host:port`, or nothing."""
        text = self.addresses(name, "") if self.text(name, "") else ""
        if text and not ADDRESS.fullmatch(text):
            self.problem(name, f"{text!r} is no address of one machine", "write one host:port")
            return ""
        return text

    def whole(self, name: str, default: int, *, least: int, most: int) -> int:
        text = self.text(name, str(default))
        if not (text.isascii() and text.isdigit() and len(text) < 18 and least <= int(text) <= most):
            self.problem(name, f"{text!r} is not possible", f"write a whole number from {least} to {most}")
            return default
        return int(text)

    def seconds(self, name: str, default: float, *, least: float, most: float) -> float:
        text = self.text(name, str(default))
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            self.problem(name, f"{text!r} is not possible", f"write seconds from {least:g} to {most:g}")
            return default
        return value

    def choice(self, name: str, choices: Sequence[_Choice]) -> _Choice:
        """One of `choices` in any case; the first is the default."""
        text = self.text(name, choices[0])
        for choice in choices:
            if text.casefold() == choice.casefold():
                return choice
        self.problem(name, f"{text!r} is not known", f"write one of {', '.join(choices)}")
        return choices[0]

    def names(self, name: str, *, most: int | None = None) -> tuple[str, ...]:
        """A comma list without blanks and repeats, in the order given."""
        parts = [part.strip() for part in self.text(name, "").split(",")]
        unique = tuple(dict.fromkeys(part for part in parts if part))
        if most is not None and len(unique) > most:
            self.problem(name, f"{len(unique)} names are too many", f"keep the {most} that matter")
        return unique

    def teams(self, name: str) -> Mapping[str, tuple[str, ...]]:
        """`north:ann,bob; south:cid` as reps by team."""
        teams: dict[str, tuple[str, ...]] = {}
        for part in filter(None, map(str.strip, self.text(name, "").split(";"))):
            team, colon, listed = (piece.strip() for piece in part.partition(":"))
            reps = tuple(dict.fromkeys(filter(None, map(str.strip, listed.split(",")))))
            if not (colon and team and reps) or team in teams:
                self.problem(name, f"{part!r} is unclear", "write each team once, such as north:ann,bob")
                continue
            for rep in reps:
                if other := next((known for known, members in teams.items() if rep in members), None):
                    self.problem(name, f"{rep} is in {other} and {team}", "keep one: a sale counts once")
            teams[team] = reps
        if len(teams) > MOST_TEAMS:
            self.problem(name, f"{len(teams)} teams are too many", f"keep the {MOST_TEAMS} that matter")
        return MappingProxyType(teams)

    def zone(self, name: str, default: str) -> str:
        text = self.text(name, default)
        try:
            ZoneInfo(text)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.problem(name, f"{text!r} is no time zone", "write an IANA name such as Europe/Moscow or UTC")
            return default
        return text

    def country(self, name: str, default: str) -> str | None:
        text = self.text(name, default)
        if text.casefold() == "none":
            return None
        if text.upper() not in holidays.list_supported_countries():
            self.problem(name, f"no holidays known for {text!r}", "write a code such as RU or DE, or none")
            return None
        return text.upper()

    def currency(self, name: str, default: str) -> str:
        text = self.text(name, default).upper()
        if minor_units(text) is None:
            self.problem(name, f"{text!r} is no currency", "write an ISO 4217 code such as RUB or USD")
            return default
        return text

    def working_hours(self, name: str, default: str) -> Mapping[int, tuple[tuple[int, int], ...]]:
        """`mon-fri 09:00-13:00; mon-fri 14:00-18:00; sat 10:00-14:00` as minutes of the day by weekday."""
        try:
            return parse_working_hours(self.text(name, default))
        except WorkingHoursError as error:
            self.problem(name, str(error), error.fix)
            return {}

    def secret(self, name: str) -> str | None:
        """The value itself or, better, the content of the file named by `<name>_FILE`."""
        value = self.text(name, "")
        path = self.file(f"{name}_FILE")
        if value and path:
            self.problem(name, f"given twice, also as {PREFIX}{name}_FILE", "keep the file")
        if path is None:
            return value or None
        try:
            return path.read_text(encoding="utf-8").strip() or None
        except (OSError, UnicodeDecodeError):
            self.problem(f"{name}_FILE", "this file cannot be read", "check its permissions")
            return None

    def file(self, name: str) -> Path | None:
        text = self.text(name, "")
        if not text:
            return None
        path = Path(text)
        if not path.is_file():
            self.problem(name, f"there is no file {text}", "correct the path")
            return None
        return path

    def funnels(self, name: str) -> Funnels:
        path = self.file(name)
        if path is None:
            return DEFAULT
        try:
            return load_funnels(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, FunnelError) as error:
            self.problem(name, f"{path}: {error}", "correct the file")
            return DEFAULT

    def kpis(self, name: str) -> Catalogue:
        """A file of own KPIs and targets besides the shipped ones."""
        path = self.file(name)
        if path is None:
            return SHIPPED
        try:
            catalogue = load_catalogue(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, CatalogueError) as error:
            self.problem(name, f"{path}: {error}", "correct the file")
            return SHIPPED
        if missing := SHIPPED.kpis.keys() - catalogue.kpis.keys():
            some = ", ".join(sorted(missing)[:3])
            what = f"{path}: it has a version, so it would replace the shipped KPIs, such as {some}"
            self.problem(name, what, "remove the version: the file adds to them then")
            return SHIPPED
        return catalogue

    def rates(self, name: str, currency: str) -> Rates:
        """What other currencies are worth, from a CSV file; without one they are only counted."""
        path = self.file(name)
        if path is None:
            return Rates()
        try:
            return load_rates(path.read_text(encoding="utf-8"), currency)
        except (OSError, UnicodeDecodeError, RatesError) as error:
            self.problem(name, f"{path}: {error}", "correct the file")
            return Rates()

    def scorecard(self, name: str, catalogue: Catalogue) -> Card:
        """A file of own goals and perspectives; the shipped one otherwise."""
        path = self.file(name)
        if path is None:
            return shipped_scorecard(catalogue)
        try:
            return load_scorecard(path.read_text(encoding="utf-8"), catalogue)
        except (OSError, UnicodeDecodeError, ScorecardError) as error:
            self.problem(name, f"{path}: {error}", "correct the file")
            return shipped_scorecard(catalogue)

    def data_dir(self, name: str) -> Path:
        home = self._env.get("XDG_STATE_HOME") or f"{self._env.get('HOME') or '.'}/.local/state"
        path = Path(self.text(name, f"{home}/voronka"))
        if path.exists() and not path.is_dir():
            self.problem(name, f"{path} is no folder", "name a folder")
        return path
