"""`voronka simulate`: publishes the events of a simulated CRM, history first, then live."""

from __future__ import annotations

import os
import signal
import threading
import time
from datetime import date, datetime

import click

from agents.broker import producer
from agents.crm.cast import CAMPAIGN_NAMES, LEADS_PER_DAY, ROSTER, SOURCE_NAMES
from agents.crm.publish import Catching, Publisher, publish
from agents.crm.world import simulate
from agents.errors import UserError
from agents.settings import Settings, load_settings
from agents.topics import check_topics
from streams.calendar import BusinessCalendar
from streams.instants import AFTER_LAST_MS
from streams.zones import DAY_MS, EPOCH_ORDINAL

HISTORY_DAYS = 61


def calendar_of(settings: Settings) -> BusinessCalendar:
    """The business calendar by which the department works."""
    return BusinessCalendar(settings.zone, settings.working_hours, settings.holidays)


def run(
    settings: Settings,
    *,
    seed: int,
    start: date | None = None,
    days: int | None = None,
    live: bool = True,
    leads_per_day: float = LEADS_PER_DAY,
    rate: float = 0,
    speed: float | None = None,
    stop: threading.Event,
) -> dict[str, int]:
    """Publish from `start` (two months ago) for `days`, or up to now and then live; events by topic."""
    if differences := check_topics(settings):
        raise UserError("the topics are not as they must be:\n" + "\n".join(f"  {d}" for d in differences))
    calendar = calendar_of(settings)
    now_ms = time.time_ns() // 1_000_000
    today = calendar.day_index(now_ms)
    first = today - HISTORY_DAYS if start is None else start.toordinal() - EPOCH_ORDINAL
    start_ms = calendar.day_start_ms(first)
    if not 0 <= start_ms < AFTER_LAST_MS - DAY_MS:
        raise UserError(f"--start {start}: choose a day of the years 1970 to 2100")
    end_ms = None if live else now_ms
    if days is not None:
        end_ms = min(calendar.day_start_ms(first + days), AFTER_LAST_MS if live else now_ms)
    events = simulate(
        seed, start_ms, end_ms, calendar, leads_per_day=leads_per_day, currency=settings.currency
    )
    with producer(settings) as client:
        publisher = Publisher(settings, client)
        publish(publisher, events, Catching(start_ms, speed), stop, rate=rate)
    return dict(publisher.published)


@click.command("simulate")
@click.option("--seed", default=7, show_default=True, help="Another seed, another department.")
@click.option("--start", type=click.DateTime(["%Y-%m-%d"]), help="First day; two months ago unless given.")
@click.option(
    "--days", type=click.IntRange(1, 40_000), help="End after so many days instead of going on live."
)
@click.option("--live/--no-live", default=True, help="Go on in real time once history has reached now.")
@click.option(
    "--leads-per-day",
    type=click.FloatRange(1, 1_000_000),
    default=LEADS_PER_DAY,
    show_default=True,
    help="New leads and deals of a usual working day.",
)
@click.option(
    "--rate", type=click.FloatRange(0), default=0, help="At most so many events a second; 0: no limit."
)
@click.option(
    "--speed", type=click.FloatRange(1), help="History at so many times real time instead of at once."
)
def command(
    seed: int,
    start: datetime | None,
    days: int | None,
    live: bool,
    leads_per_day: float,
    rate: float,
    speed: float | None,
) -> None:
    """Publish the events of a simulated sales department of twelve reps and five channels.

    History comes first, then the simulation goes on in real time until it is told to stop (Ctrl-C).
    The same seed and day always give the same events, so publishing them again changes nothing.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    settings = load_settings(os.environ)
    click.echo(
        f"publishing to {settings.broker}; Ctrl-C ends. Workers export these by name with\n"
        f"  VORONKA_REPS={','.join(ROSTER)}\n  VORONKA_SOURCES={','.join(SOURCE_NAMES)}\n"
        f"  VORONKA_CAMPAIGNS={','.join(CAMPAIGN_NAMES)}",
        err=True,
    )
    published = run(
        settings,
        seed=seed,
        start=None if start is None else start.date(),
        days=days,
        live=live,
        leads_per_day=leads_per_day,
        rate=rate,
        speed=speed,
        stop=stop,
    )
    for topic, count in sorted(published.items()):
        click.echo(f"published {count:,} events to {topic}")
