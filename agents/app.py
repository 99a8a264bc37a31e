"""The worker: a Faust app whose agents fold leads, deals and the ledger into journeys, shard by shard."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import time
from collections.abc import Sequence
from typing import Any

import click
import faust
from faust.auth import SASLCredentials, SSLCredentials
from faust.types import TP

from agents.access import Security
from agents.broker import MAX_MESSAGE_BYTES, await_broker
from agents.desk.membership import desk_of
from agents.errors import UserError
from agents.journeys.audit import keep_auditing
from agents.journeys.checkpointing import Checkpointing
from agents.journeys.clock import WorkerClock
from agents.journeys.fingerprint import fingerprint
from agents.journeys.job import JourneyJob
from agents.journeys.pace import Pace
from agents.journeys.shard import JourneyShard
from agents.lane import LaneApp, LanePosition, LaneStats, LaneTable
from agents.page import register_live_page
from agents.pages import register_pages
from agents.settings import CHANGELOG_TABLE, Settings
from agents.topics import require_topics
from agents.turns import rest_seconds
from streams.calendar import BusinessCalendar
from streams.rules import Rules

FETCH_BYTES = 4 * 1024 * 1024
BEAT_SECONDS, MOST_BEAT_SECONDS = 0.5, 2.0
"""While a backlog is read, windows that follow events move far at each beat."""


class VoronkaWorker:
    """One worker: its app, its shards and its clock, as pages and exporters read them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.rules = rules_of(settings)
        self.clock = WorkerClock(settings.clock)
        self.app = LaneApp(settings.app_id, **app_options(settings))
        self._pace = Pace(self.clock, self.app.backlog)
        self.table: LaneTable[JourneyShard] = self.app.lane_table(
            CHANGELOG_TABLE, self._new_shard, partitions=settings.partitions
        )
        self._beat = time.monotonic()
        job = JourneyJob(settings, self.clock)
        sources = (settings.leads_topic, settings.deals_topic, settings.ledger_topic)
        for name in (*sources, settings.moves_topic):
            topic = self.app.lane_topic(name, partitions=settings.partitions)
            self.app.lane(topic, self.table, job)
        self.app.task(self._keep_time)
        self.app.task(self._keep_auditing)
        if settings.checkpoints:
            fingerprint(self.rules)  # takes a moment: now rather than while shards are missing
            self.app.task(Checkpointing(self.table.slots, self.app.lane_stats, self.behind).keep)
        self.desk = desk_of(self)
        register_pages(self.app, self)
        register_live_page(self.app, self)

    def _new_shard(self, partition: int) -> JourneyShard:
        resumes = self.settings.checkpoints
        return JourneyShard(partition, self.rules, self.clock, turn=self._pace.turn, resumes=resumes)

    def behind(self) -> bool:
        """Whether so much is to be read that totals follow seldom."""
        return self._pace.behind()

    async def _keep_time(self) -> None:
        """The loop beats, and windows move on while no event comes."""
        while not self.app.should_stop:
            self._beat = time.monotonic()
            took_seconds = 0.0
            for number in sorted(self.table.shards):
                shard = self.table.shards.get(number)
                if shard is None:
                    continue  # it was withdrawn meanwhile
                began = time.monotonic()
                shard.let_pass(self.now_ms())
                took_seconds += time.monotonic() - began
                await asyncio.sleep(0)
            await asyncio.sleep(rest_seconds(took_seconds, BEAT_SECONDS, MOST_BEAT_SECONDS))

    async def _keep_auditing(self) -> None:
        await keep_auditing(self.ready_shards)

    def ready_shards(self) -> Sequence[JourneyShard]:
        """Shards between recovery and revocation, by partition."""
        return [shard for _, shard in sorted(self.table.shards.items())]

    def leads(self) -> bool:
        """Whether what is done once for all is done here: by the owner of shard 0."""
        return 0 in self.table.shards

    def now_ms(self) -> int:
        """When windows end, UTC milliseconds: the clock, or amid a backlog that of the last turn."""
        return self._pace.now_ms()

    def beat_age_seconds(self) -> float:
        """How long ago the event loop last came round."""
        return time.monotonic() - self._beat

    def recovered(self) -> bool:
        """Whether this worker has joined the group and its shards, if any, are complete.

        Faust says too early that a rebalance is over, where another one came amid the folding.
        """
        complete = all(slot.ready for slot in self.table.slots.values())
        return complete and self.app.lane_stats.recoveries > 0 and not self.app.rebalancing

    @property
    def lane_stats(self) -> LaneStats:
        return self.app.lane_stats

    def lane_positions(self) -> dict[TP, LanePosition]:
        """Where each source partition of this worker stands."""
        return self.app.lane_positions()


def calendar_of(settings: Settings) -> BusinessCalendar:
    """The business calendar that the settings describe."""
    return BusinessCalendar(settings.zone, settings.working_hours, settings.holidays)


def rules_of(settings: Settings) -> Rules:
    """What the numbers of these settings depend on besides the events."""
    return Rules(
        settings.funnels,
        calendar_of(settings),
        settings.currency,
        rates=settings.rates,
        cuts=settings.cuts,
        silence_ms=settings.customer_silence_ms,
    )


def app_options(settings: Settings) -> dict[str, Any]:
    """Faust's configuration; topics are created and checked by `voronka topics`, never by a worker."""
    session = settings.session_timeout_seconds
    options: dict[str, Any] = {
        "broker": [f"kafka://{address}" for address in settings.brokers],
        "store": "memory://",
        "topic_partitions": settings.partitions,
        "topic_allow_declare": False,
        "datadir": str(settings.data_dir / settings.app_id),
        "web_host": settings.http_host,
        "web_bind": settings.http_host,
        "web_port": settings.http_port,
        "broker_session_timeout": session,
        "broker_heartbeat_interval": min(3.0, session / 5),
        "broker_commit_interval": 1.0,
        "consumer_max_fetch_size": FETCH_BYTES,
        "producer_max_request_size": MAX_MESSAGE_BYTES,
        "recovery_consistency_check": False,
    }
    credentials = credentials_of(settings.security)
    return options if credentials is None else options | {"broker_credentials": credentials}


def credentials_of(security: Security) -> Any:
    """What Faust needs to reach a guarded broker; nothing for a plain one."""
    context = None
    if security.tls:
        context = ssl.create_default_context(cafile=security.ca_file and str(security.ca_file))
        if security.cert_file is not None:
            context.load_cert_chain(security.cert_file, security.key_file)
    if security.sasl:
        return SASLCredentials(
            username=security.username,
            password=security.password,
            mechanism=security.mechanism,
            ssl_context=context,
        )
    return None if context is None else SSLCredentials(context=context)


def _require_port(settings: Settings) -> None:
    """Refuse to start where the pages could not be served: Faust would die with a traceback."""
    host, port = settings.http_host, settings.http_port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UserError(
                f"cannot serve at {host}:{port}: {error.strerror}; choose another VORONKA_HTTP_PORT for each"
                " worker of this machine, or correct VORONKA_HTTP_HOST"
            ) from error


def run_worker(settings: Settings) -> None:
    """Run until SIGTERM or Ctrl-C; ends the process. Raises `UserError` where it cannot start."""
    _require_port(settings)
    await_broker(settings)
    for difference in require_topics(settings):
        click.echo(f"voronka: {difference}", err=True)
    (settings.data_dir / settings.app_id).mkdir(parents=True, exist_ok=True)
    # At DEBUG it would write every record that we send, and so people's data, into the log.
    logging.getLogger("aiokafka").setLevel(logging.INFO)
    worker = VoronkaWorker(settings)
    faust.Worker(worker.app, loglevel=settings.log_level, redirect_stdouts=False).execute_from_commandline()
