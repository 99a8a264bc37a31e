"""Everything a deployment may choose: read once from `VORONKA_*` and checked before anything starts."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import msgspec

from agents.access import RedisAddress, Security, read_redis, read_security
from agents.environment import Reader
from agents.errors import UserError
from streams.catalogue import SHIPPED
from streams.funnels import DEFAULT as SHIPPED_FUNNELS
from streams.funnels import Funnels
from streams.kpis import Catalogue
from streams.rates import Rates
from streams.scorecard import Card
from streams.scorecard_file import shipped_scorecard
from streams.working_hours import OFFICE_HOURS
from streams.zones import DAY_MS

Clock = Literal["wall", "event"]
WorkingHours = Mapping[int, tuple[tuple[int, int], ...]]

CHANGELOG_TABLE = "journeys"


class SettingsError(UserError):
    """One or more settings are wrong; `problems` holds one line each, with the variable and the fix."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("wrong settings:\n" + "\n".join(f"  {problem}" for problem in problems))
        self.problems = problems


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """A checked configuration; `load_settings` is the only maker outside of tests."""

    broker: str = "127.0.0.1:9092"
    security: Security = Security()
    app_id: str = "voronka"
    topic_prefix: str = ""
    partitions: int = 4
    replication: int | None = None
    """Copies of each topic we create; None leaves it to the broker."""
    http_host: str = "127.0.0.1"
    http_port: int = 6066
    http_advertised: str = ""
    """Where other workers reach this one, `host:port`; empty: at its host's name."""
    clock: Clock = "wall"
    zone: str = "Europe/Moscow"
    working_hours: WorkingHours = MappingProxyType(dict.fromkeys(range(5), ((540, 1080),)))
    """Weekday (0 = Monday) to its working intervals in minutes of the local day, end excluded."""
    holidays: str | None = "RU"
    currency: str = "RUB"
    rates: Rates = Rates()
    """What other currencies are worth, by business day; without them their amounts are only counted."""
    customer_silence_days: int | None = None
    """A customer who neither buys nor renews for so long has left; None: only who was told to have left."""
    reps: tuple[str, ...] = ()
    """The roster: reps exported by code, everybody else as `other`."""
    teams: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    """Reps by team, each in one; they belong to the roster."""
    sources: tuple[str, ...] = ()
    """Lead sources exported by name, at most 12; the others as `other`."""
    regions: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    """Told apart in the API, at most 30 each, the others as `other`; none means not at all."""
    campaigns: tuple[str, ...] = ()
    """Told apart, at most 12, what each costs too; exported by name."""
    funnels: Funnels = SHIPPED_FUNNELS
    kpis: Catalogue = SHIPPED
    """The shipped KPIs with a deployment's own KPIs and targets."""
    scorecard: Card = msgspec.field(default_factory=shipped_scorecard)
    """Goals and perspectives, and the KPIs that tell of them."""
    redis: RedisAddress | None = None
    """The read side for other programs; none without it."""
    checkpoints: bool = True
    """Whether workers log what they have derived, and go on from there at a start."""
    reject_limit: int = 1000
    """Rejected records in a row that stop a worker; 0 never stops it."""
    session_timeout_seconds: float = 10.0
    data_dir: Path = Path(".voronka")
    log_level: str = "INFO"

    @property
    def customer_silence_ms(self) -> int | None:
        """The same in the unit of times."""
        return None if self.customer_silence_days is None else self.customer_silence_days * DAY_MS

    @property
    def cuts(self) -> dict[str, frozenset[str]]:
        """The further families that are counted, and the names that each tells apart."""
        told = {"region": self.regions, "industry": self.industries, "campaign": self.campaigns}
        return {cut: frozenset(names) for cut, names in told.items() if names}

    @property
    def leads_topic(self) -> str:
        return f"{self.topic_prefix}crm.leads"

    @property
    def deals_topic(self) -> str:
        return f"{self.topic_prefix}crm.deals"

    @property
    def ledger_topic(self) -> str:
        return f"{self.topic_prefix}crm.ledger"

    @property
    def signals_topic(self) -> str:
        return f"{self.topic_prefix}sales.signals"

    @property
    def quarantine_topic(self) -> str:
        return f"{self.topic_prefix}sales.quarantine"

    @property
    def moves_topic(self) -> str:
        return f"{self.topic_prefix}voronka-moves"

    @property
    def totals_topic(self) -> str:
        return f"{self.topic_prefix}voronka-totals"

    @property
    def changelog_topic(self) -> str:
        """Named by Faust after the app and its one table; the prefix therefore belongs into the app id."""
        return f"{self.app_id}-{CHANGELOG_TABLE}-changelog"

    @property
    def brokers(self) -> list[str]:
        """The bootstrap list as clients want it."""
        return self.broker.split(",")


def load_settings(env: Mapping[str, str]) -> Settings:
    """Read and check all `VORONKA_*` variables of `env`; every wrong one is named in one `SettingsError`."""
    read = Reader(env)
    currency, teams = read.currency("CURRENCY", "RUB"), read.teams("TEAMS")
    catalogue = read.kpis("KPIS")
    settings = Settings(
        broker=read.addresses("BROKER", "127.0.0.1:9092"),
        security=read_security(read),
        app_id=read.name("APP_ID", "voronka"),
        topic_prefix=read.name("TOPIC_PREFIX", ""),
        partitions=read.whole("PARTITIONS", 4, least=1, most=1024),
        replication=read.whole("REPLICATION", 0, least=0, most=15) or None,
        http_host=read.text("HTTP_HOST", "127.0.0.1"),
        http_port=read.whole("HTTP_PORT", 6066, least=1, most=65535),
        http_advertised=read.address("HTTP_ADVERTISED"),
        clock=read.choice("CLOCK", ("wall", "event")),
        zone=read.zone("ZONE", "Europe/Moscow"),
        working_hours=read.working_hours("WORKING_HOURS", OFFICE_HOURS),
        holidays=read.country("HOLIDAYS", "RU"),
        currency=currency,
        rates=read.rates("RATES", currency),
        customer_silence_days=read.whole("CUSTOMER_SILENCE_DAYS", 0, least=0, most=3650) or None,
        reps=tuple(dict.fromkeys((*read.names("REPS"), *(rep for reps in teams.values() for rep in reps)))),
        teams=teams,
        sources=read.names("SOURCES", most=12),
        regions=read.names("REGIONS", most=30),
        industries=read.names("INDUSTRIES", most=30),
        campaigns=read.names("CAMPAIGNS", most=12),
        funnels=read.funnels("FUNNELS"),
        kpis=catalogue,
        scorecard=read.scorecard("SCORECARD", catalogue),
        redis=read_redis(read),
        checkpoints=read.choice("CHECKPOINTS", ("on", "off")) == "on",
        reject_limit=read.whole("REJECT_LIMIT", 1000, least=0, most=1_000_000_000),
        session_timeout_seconds=read.seconds("SESSION_TIMEOUT_SECONDS", 10.0, least=1.0, most=600.0),
        data_dir=read.data_dir("DATA_DIR"),
        log_level=read.choice("LOG_LEVEL", ("INFO", "DEBUG", "WARNING", "ERROR")),
    )
    problems = read.problems + _misspelt(env, read.known)
    if problems:
        raise SettingsError(tuple(problems))
    return settings


def _misspelt(env: Mapping[str, str], known: frozenset[str]) -> list[str]:
    """A variable that only resembles one of ours would be ignored in silence: say it instead."""
    found = []
    for variable in sorted(env):
        unknown = variable.startswith("VORONKA_") and variable not in known
        if unknown and (close := difflib.get_close_matches(variable, known, n=1, cutoff=0.85)):
            found.append(f"{variable}: there is no such setting; did you mean {close[0]}?")
    return found
