"""What was rejected and why; after a fix the raw records are sent again to where they came from."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import click
import msgspec

from agents.broker import producer, read_to_end
from agents.settings import Settings, load_settings
from streams.instants import format_instant

OURS = "voronka-"
EXCERPT = 120


class EventName(msgspec.Struct, frozen=True):
    """The attributes that tell one event from another."""

    source: str
    id: str
    type: str = ""


class Quarantined(msgspec.Struct, frozen=True, kw_only=True):
    """One record of the quarantine: why it is there, where it came from, and the raw record itself."""

    reason: str
    field: str
    fix: str
    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]

    @property
    def event(self) -> EventName | None:
        """What the raw record says of itself, where it is an event at all."""
        try:
            return msgspec.json.decode(self.value or b"", type=EventName)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None

    @property
    def pushed_out(self) -> bool:
        """An event that had to make room for another: only its name is here, so it cannot be sent again."""
        try:
            return set(msgspec.json.decode(self.value or b"", type=dict[str, msgspec.Raw])) == {
                "source",
                "id",
            }
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return False

    @property
    def content(self) -> bytes:
        """Equal for records that are the same but for their place."""
        parts = [self.topic, self.timestamp_ms, self.key, self.value, self.headers]
        return hashlib.sha256(msgspec.msgpack.encode(parts)).digest()


def read_quarantine(settings: Settings) -> Iterator[Quarantined]:
    """All of it, from its start to the end that it had when we came."""
    for record in read_to_end(settings, settings.quarantine_topic):
        yield parse_quarantined(record.key, record.value, record.headers)


def parse_quarantined(
    key: bytes | None, value: bytes | None, headers: Iterable[tuple[str, bytes]]
) -> Quarantined:
    """Our own headers tell why and whence; the others are the CRM's."""
    pairs = tuple((name, content or b"") for name, content in headers)
    ours = {name[len(OURS) :]: content.decode() for name, content in pairs if name.startswith(OURS)}
    return Quarantined(
        reason=ours.get("reason", "unknown"),
        field=ours.get("field", ""),
        fix=ours.get("fix", ""),
        topic=ours.get("topic", ""),
        partition=int(ours.get("partition", -1)),
        offset=int(ours.get("offset", -1)),
        timestamp_ms=int(ours.get("timestamp", 0)),
        key=key,
        value=value,
        headers=tuple(pair for pair in pairs if not pair[0].startswith(OURS)),
    )


def send_again(settings: Settings, found: Iterable[Quarantined], *, dry_run: bool) -> Counter[str]:
    """Send each record once to its origin with its own key, headers and time; counts by what became of it."""
    sources = frozenset({settings.leads_topic, settings.deals_topic, settings.ledger_topic})
    outcome: Counter[str] = Counter()
    if dry_run:
        outcome["sent"] = sum(1 for _ in _sendable(found, sources, outcome))
        return outcome
    with producer(settings) as client:
        sent = [
            client.send(
                each.topic,
                key=each.key,
                value=each.value,
                headers=list(each.headers),
                partition=each.partition if each.key is None else None,
                timestamp_ms=each.timestamp_ms,
            )
            for each in _sendable(found, sources, outcome)
        ]
        client.flush()
        for future in sent:
            future.get(timeout=0)
    outcome["sent"] = len(sent)
    return outcome


def _sendable(
    found: Iterable[Quarantined], sources: frozenset[str], outcome: Counter[str]
) -> Iterator[Quarantined]:
    """Those that can be sent and were not yet; the others are counted in `outcome`."""
    seen: set[bytes] = set()
    for each in found:
        content = each.content
        if each.topic not in sources:
            outcome["foreign"] += 1
        elif each.pushed_out:
            outcome["pushed out"] += 1
        elif content in seen:
            outcome["repeated"] += 1
        else:
            seen.add(content)
            yield each


def _chosen(found: Iterable[Quarantined], reason: str | None) -> Iterator[Quarantined]:
    return (each for each in found if reason is None or each.reason == reason)


def _shown(each: Quarantined, show_values: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "time": format_instant(each.timestamp_ms),
        "reason": each.reason,
        "field": each.field,
        "fix": each.fix,
        "topic": each.topic,
        "partition": each.partition,
        "offset": each.offset,
    }
    if show_values:
        shown["value"] = None if each.value is None else each.value[:EXCERPT].decode(errors="replace")
    return shown


@click.group("quarantine")
def command() -> None:
    """Rejected records: why they were rejected, and sending them again after a fix."""


@command.command("list")
@click.option("--reason", help="Only this reason, such as no_date.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="Show so many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--show-values", is_flag=True, help="With the start of each value: it may hold personal data.")
def list_command(reason: str | None, limit: int, as_json: bool, show_values: bool) -> None:
    """Show what was rejected, with reason, field, fix and origin."""
    counts: Counter[str] = Counter()
    for each in _chosen(read_quarantine(load_settings(os.environ)), reason):
        counts[each.reason] += 1
        if counts.total() > limit:
            continue
        shown = _shown(each, show_values)
        if as_json:
            click.echo(msgspec.json.encode(shown))
            continue
        click.echo(f"{shown['time']}  {each.reason}  {each.field or '-'}: {each.fix}")
        click.echo(f"    {each.topic}[{each.partition}] offset {each.offset}")
        if show_values:
            click.echo(f"    {shown['value']!r}")
    parts = ", ".join(f"{count} {name}" for name, count in counts.most_common())
    hidden = f"; {limit} shown, see --limit" if counts.total() > limit else ""
    click.echo(f"{counts.total()} records{': ' if parts else ''}{parts}{hidden}", err=as_json)


@command.command("replay")
@click.option("--reason", help="Only this reason, such as unknown_stage.")
@click.option("--dry-run", is_flag=True, help="Only say how many would be sent.")
def replay_command(reason: str | None, dry_run: bool) -> None:
    """Send rejected records again to the topics they came from, after a fix.

    Key, headers and time are the original ones. A repeat changes nothing: what was applied already is
    the same event, and what is still wrong comes back here.
    """
    settings = load_settings(os.environ)
    outcome = send_again(settings, _chosen(read_quarantine(settings), reason), dry_run=dry_run)
    click.echo(f"{outcome['sent']} records {'would be' if dry_run else 'were'} sent again")
    for name, why in (
        ("repeated", "are repeats of these"),
        ("pushed out", "were over a limit and are known by name only: send them from the CRM"),
        ("foreign", "came from topics that are not ours and stay"),
    ):
        if outcome[name]:
            click.echo(f"{outcome[name]} {why}")
