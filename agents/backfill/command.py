"""`voronka backfill`: the command."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from agents.backfill.blocks import make_blocks, promtool
from agents.backfill.past import Past, in_order
from agents.backfill.text import Sheet
from agents.broker import read_to_end
from agents.errors import UserError
from agents.programs import HOW_TO_GET_PROMETHEUS
from agents.settings import Settings, load_settings

SAMPLES_A_TEXT = 6_000_000
"""How much is held in memory before it is written: about 100 MB."""
MOST_INSTANTS = 200_000
_STEP = re.compile(r"([1-9]\d{0,4})([mhd])")
_UNITS_MS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BackfillError(UserError):
    """The period cannot be written."""


def instants(settings: Settings, first: str, last: str, step: str) -> range:
    """The instants of a period, in ms; a day begins and ends on the business zone's wall."""
    start, end = _moment(settings, "--from", first, 0), _moment(settings, "--to", last, 1)
    match = _STEP.fullmatch(step)
    if match is None:
        raise BackfillError(f"--step: {step!r} is no step; write such as 15m, 1h or 1d")
    step_ms = int(match[1]) * _UNITS_MS[match[2]]
    found = range(start, end, step_ms)
    if not found:
        raise BackfillError(f"--to: {last} is not after --from {first}; exchange them")
    if len(found) > MOST_INSTANTS:
        raise BackfillError(f"--step: {len(found):,} instants are too many; take a longer step than {step}")
    return found


def _moment(settings: Settings, option: str, text: str, days: int) -> int:
    """A day means its start, or with 1 the start of the next one."""
    try:
        if len(text) == len("2026-03-31"):
            day = date.fromisoformat(text) + timedelta(days=days)
            there = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(settings.zone))
        else:
            there = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        fix = "write such as 2026-03-31 or 2026-03-31T18:00"
        raise BackfillError(f"{option}: {text!r} is no moment; {fix}") from error
    if there.tzinfo is None:
        there = there.replace(tzinfo=ZoneInfo(settings.zone))
    if not 1970 <= there.year <= 2100:
        raise BackfillError(f"{option}: {text!r} is out of reach; name a year from 1970 to 2100")
    return (there - _EPOCH) // timedelta(milliseconds=1)


def texts(settings: Settings, period: range, out: Path, say: Callable[[str], None]) -> Iterator[Path]:
    """Write the period as OpenMetrics texts, each as soon as it is full; holds the events up to its end."""
    topics = (settings.leads_topic, settings.deals_topic, settings.ledger_topic)
    told = in_order(settings, ((topic, read_to_end(settings, topic)) for topic in topics), period[-1])
    say(f"{len(told):,} events up to the end, {len(period):,} instants")
    past, sheet, held = Past(settings, told, period[0]), Sheet(), 0
    out.mkdir(parents=True, exist_ok=True)
    first_ms = period[0]
    for at_ms in period:
        held += sheet.add(at_ms, past.at(at_ms))
        if held < SAMPLES_A_TEXT and at_ms != period[-1]:
            continue
        path = out / f"{datetime.fromtimestamp(first_ms / 1000, UTC):%Y-%m-%dT%H%M%SZ}.om"
        with path.open("w", encoding="utf-8") as text:
            sheet.write(text)
        say(f"wrote {held:,} samples to {path}")
        yield path
        held, first_ms = 0, at_ms + period.step


@click.command("backfill")
@click.option("--from", "first", required=True, metavar="DAY", help="2026-01-01, or 2026-01-01T09:00.")
@click.option("--to", "last", required=True, metavar="DAY", help="The last day, whole, or a moment.")
@click.option("--step", default="1h", show_default=True, help="Time between samples: 15m, 1h, 1d.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="An empty or new folder.")
def command(first: str, last: str, step: str, out: Path) -> None:
    """Write a past period from Kafka for Prometheus: OpenMetrics texts, and blocks of them by promtool.

    Series and labels are those that workers export, with job="voronka" and instance="backfill". The period
    is told as known now: what came late or was corrected counts at its own time, which the series that were
    scraped then do not know. Move OUT/blocks/* into Prometheus' storage, which must keep data long enough
    (--storage.tsdb.retention.time). It shows a sample for five minutes: with a longer step raise its
    --query.lookback-delta to the step, or ask for last_over_time. Recorded series follow with promtool tsdb
    create-blocks-from rules (at most two hours between its evaluations, and twice: rules rest on rules).
    """
    settings = load_settings(os.environ)
    period = instants(settings, first, last, step)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BackfillError(f"--out: {out} is not an empty folder; name a new one")

    def say(text: str) -> None:
        click.echo(text, err=True)

    program, blocks = promtool(), out / "blocks"
    for path in texts(settings, period, out / "openmetrics", say):
        if program is not None:
            make_blocks(program, path, blocks)
    if program is None:
        say(f"promtool is missing, so there are no blocks: {HOW_TO_GET_PROMETHEUS}")
        sys.exit(1)
    click.echo(f"{sum(1 for _ in blocks.iterdir())} blocks in {blocks}")
