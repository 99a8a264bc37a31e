"""The ledger by definition: for every day each entry that covers it is looked at, and the shortest stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from tests.oracle.calendar import Calendar, Config
from tests.oracle.labels import Fact, Key, Labels
from tests.oracle.rates import worth
from tests.oracle.wire import CHANNELS, Event

BY_DAYS: Final = {"plan_minor plan_deals": "channel rep", "spend_minor": "channel source"}
"""Totals that are kept for every window of whole days."""
TOLD: Final = {
    "expense_minor reserve_minor ledger_unconverted": "channel",
    "baseline_minor": "channel source",
    "handling_ms handling_told capacity_ms": "channel",
    "nps_answers nps_promoters nps_detractors care_contacts": "channel rep",
}
"""Those that are kept for six windows."""
AIMS: Final = {"baseline baselines target targets": ""}
TOTALS: Final = {
    "revenue": "plan_minor",
    "deals": "plan_deals",
    "baseline": "baseline_minor",
    "handling_hours": "handling_ms",
    "capacity_hours": "capacity_ms",
}
_MILLION: Final = 1_000_000
_HOUR_MS: Final = 3_600_000
_OWNED: Final = ("channel/", "source/", "rep/", "team/")


@dataclass(frozen=True)
class LedgerFact(Fact):
    """An amount in one family alone: what is told of reps is no part of what is told of channels."""

    family: str = "channel"

    def sums(self, families: tuple[str, ...]) -> list[Key]:
        """The sum that it belongs to."""
        if self.family == "team":
            return [("team", self.total, self.labels.rep, "")]
        if self.family == "kpi":
            return [("kpi", self.total, self.labels.rep, self.labels.source)]
        return super().sums(tuple(family for family in families if family == self.family))


@dataclass(frozen=True)
class Entry:
    """An amount for a period."""

    first: date
    last: date
    amount: int
    currency: str | None
    order: tuple[int, int, str, str]

    def shares(self, calendar: Calendar, *, spread: bool) -> dict[date, int]:
        """What each of its days has of it."""
        every = [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]
        days = [each for each in every if calendar.working_hours(each)] or every
        if not spread:
            return dict.fromkeys(days, self.amount)
        upto = [self.amount * number // len(days) for number in range(len(days) + 1)]
        return {day: upto[number + 1] - upto[number] for number, day in enumerate(days)}


def ledger_facts(events: Iterable[Event], config: Config) -> Iterator[Fact]:
    """All facts of the ledger."""
    of: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        if event.entity == "ledger":
            of[event.verb].append(event)
    yield from _plans(of["plan_set"], config)
    yield from _spend(of["spend_reported"], config)
    yield from _expenses(of["expense_reported"], config)
    yield from _voices([*of["nps_answered"], *of["care_contacted"]])
    yield from _aims(of["target_set"], config.calendar)


def _last_writers(written: Iterable[tuple[Any, Event, Any]]) -> dict[Any, tuple[Event, Any]]:
    """By what it is about, the event and value of the last writer."""
    last: dict[Any, tuple[Event, Any]] = {}
    for about, event, value in written:
        if about not in last or (event.order, value) > (last[about][0].order, last[about][1]):
            last[about] = event, value
    return last


def _by_day(
    entries: Sequence[Entry], channel: str, config: Config, *, spread: bool = True
) -> tuple[dict[date, int], list[Fact]]:
    """What stands on each day in the reporting currency, and the days that are not converted."""
    amounts: dict[date, int] = {}
    unconverted: list[Fact] = []
    days = {e.first + timedelta(days=n) for e in entries for n in range((e.last - e.first).days + 1)}
    shares = {entry: entry.shares(config.calendar, spread=spread) for entry in entries}
    for day in sorted(days):
        covering = [entry for entry in entries if entry.first <= day <= entry.last]
        shortest = min(entry.last - entry.first for entry in covering)
        stands = max(
            (e for e in covering if e.last - e.first == shortest),
            key=lambda entry: (entry.order, entry.first),
        )
        share = shares[stands].get(day)
        if share is None:
            continue
        at_ms = config.calendar.instant(day)
        converted = worth((share, stands.currency), at_ms, config) if stands.currency else share
        if converted is None:
            unconverted.append(LedgerFact("ledger_unconverted", Labels(channel), 1, at_ms))
        else:
            amounts[day] = converted
    return amounts, unconverted


def _entries(last: Mapping[Any, tuple[Event, Any]]) -> dict[Any, list[Entry]]:
    """Entries by what they are about besides their days."""
    found: defaultdict[Any, list[Entry]] = defaultdict(list)
    for about, (event, value) in last.items():
        amount, currency = value if isinstance(value, tuple) else (value, None)
        entry = Entry(event.get("first_day"), event.get("last_day"), amount, currency, event.order)
        found[about[:-2]].append(entry)
    return found


def _period(event: Event) -> tuple[date, date]:
    return event.get("first_day"), event.get("last_day")


def _known(channel: str | None) -> str:
    return channel if channel in CHANNELS else "unknown"


def _planned(event: Event) -> Any:
    match event.get("measure"):
        case "revenue" | "baseline":
            return event.get("amount")
        case "deals":
            return round(event.get("quantity") * _MILLION)
        case _:
            return round(event.get("quantity") * _HOUR_MS)


def _plans(events: list[Event], config: Config) -> Iterator[Fact]:
    for measure, total in TOTALS.items():
        mine = [event for event in events if event.get("measure") == measure]
        entries = _entries(_last_writers(((e.entity_id, *_period(e)), e, _planned(e)) for e in mine))
        told: defaultdict[date, defaultdict[tuple[str, str], int]] = defaultdict(lambda: defaultdict(int))
        for (subject,), of_subject in entries.items():
            place = _place(subject)
            channel = place[0] if place and place[0] else "unknown"
            amounts, lost = _by_day(of_subject, channel, config, spread=measure != "handling_hours")
            yield from lost
            for day, amount in amounts.items():
                if place is not None:
                    told[day][place] += amount
                elif measure in ("revenue", "deals"):
                    family, _, name = subject.partition("/")
                    labels = Labels("", rep=name)
                    yield LedgerFact(total, labels, amount, config.calendar.instant(day), family=family)
        for day, by_place in told.items():
            at_ms = config.calendar.instant(day)
            if measure in ("handling_hours", "capacity_hours"):
                yield from _levels(total, _channels(by_place), by_place.get(("", "")), at_ms)
            else:
                yield from _adding_up(total, by_place, at_ms)


def _place(subject: str) -> tuple[str, str] | None:
    """Channel and source of a plan, ("", "") for the department, None for those of reps and teams."""
    kind, _, name = subject.partition("/")
    if kind in ("rep", "team"):
        return None
    if kind == "source":
        return "unknown", name
    if kind == "channel":
        channel, _, source = name.partition("/")
        return _known(channel), source
    return "", ""


def _channels(by_place: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """Each channel's own plan, else the sum of its sources' plans."""
    of_sources: defaultdict[str, int] = defaultdict(int)
    for (channel, source), amount in by_place.items():
        if source:
            of_sources[channel] += amount
    own = {channel: amount for (channel, source), amount in by_place.items() if channel and not source}
    return {**of_sources, **own}


def _with_rest(told: Mapping[str, int], whole: int | None) -> dict[str, int]:
    """What parts and their whole say; what is left goes to `unknown`, rounding to the first part."""
    parts = defaultdict(int, told)
    if whole is not None:
        left = whole - sum(told.values())
        parts[min(told) if told and abs(left) <= len(told) else "unknown"] += left
    return dict(parts)


def _adding_up(total: str, by_place: Mapping[tuple[str, str], int], at_ms: int) -> Iterator[Fact]:
    for channel, amount in _with_rest(_channels(by_place), by_place.get(("", ""))).items():
        yield LedgerFact(total, Labels(channel), amount, at_ms)
        if total == "baseline_minor":
            sources = {source: part for (c, source), part in by_place.items() if c == channel and source}
            for source, part in _with_rest(sources, amount).items():
                yield LedgerFact(total, Labels(channel, source), part, at_ms, family="source")


def _levels(total: str, told: Mapping[str, int], department: int | None, at_ms: int) -> Iterator[Fact]:
    """What does not add up: channels have their own or the department's, `unknown` makes up the sum."""
    whole = sum(told.values()) // len(told) if department is None else department
    here = {
        channel: told.get(channel, department)
        for channel in CHANNELS
        if channel != "unknown" and (channel in told or department is not None)
    }
    here["unknown"] = whole - sum(amount or 0 for amount in here.values())
    for channel, amount in here.items():
        yield LedgerFact(total, Labels(channel), amount or 0, at_ms)
        if total == "handling_ms":
            number = 1 - (len(here) - 1) if channel == "unknown" else 1
            yield LedgerFact("handling_told", Labels(channel), number, at_ms)


def _spend(events: list[Event], config: Config) -> Iterator[Fact]:
    def about(e: Event) -> tuple[Any, ...]:
        return (e.entity_id, e.get("source"), e.get("campaign"), e.get("channel"), *_period(e))

    entries = _entries(_last_writers((about(event), event, event.get("amount")) for event in events))
    for (_, source, campaign, told), of_campaign in entries.items():
        channel = _known(told)
        amounts, lost = _by_day(of_campaign, channel, config)
        yield from lost
        for day, amount in amounts.items():
            at_ms = config.calendar.instant(day)
            whole = Labels(channel, campaign=campaign or "unknown")
            yield LedgerFact("spend_minor", whole, amount, at_ms, family="channel")
            by_source = Labels(channel, source or "unknown")
            yield LedgerFact("spend_minor", by_source, amount, at_ms, family="source")


def _expenses(events: list[Event], config: Config) -> Iterator[Fact]:
    written = (((e.entity_id, e.get("kind"), *_period(e)), e, e.get("amount")) for e in events)
    for (subject, kind), entries in _entries(_last_writers(written)).items():
        owner, _, name = subject.partition("/")
        channel = _known(name) if owner == "channel" else "unknown"
        amounts, lost = _by_day(entries, channel, config)
        yield from lost
        for day, amount in amounts.items():
            yield LedgerFact(f"{kind}_minor", Labels(channel), amount, config.calendar.instant(day))


def _voices(events: list[Event]) -> Iterator[Fact]:
    def value(e: Event) -> tuple[Any, ...]:
        said = e.get("score") if e.verb == "nps_answered" else e.get("occasion")
        return (said, *(e.get(name) or "" for name in ("channel", "owner", "customer")))

    written = (((e.verb, e.entity_id, e.source, e.id), e, value(e)) for e in events)
    for event, (said, channel, owner, _) in _last_writers(written).values():
        if event.verb == "care_contacted":
            totals = ["care_contacts"]
        else:
            totals = ["nps_answers", *(["nps_promoters"] if said >= 9 else [])]
            totals += ["nps_detractors"] if said <= 6 else []
        labels = Labels(_known(channel), rep=owner or "unassigned")
        for total in totals:
            for family in ("channel", "rep"):
                yield LedgerFact(total, labels, 1, event.time_ms, family=family)


def _aims(events: list[Event], calendar: Calendar) -> Iterator[Fact]:
    written = [
        (
            (name, e.get("kpi"), e.entity_id if e.entity_id.startswith(_OWNED) else "", e.get("first_day")),
            e,
            round(e.get(name) * _MILLION),
        )
        for e in events
        for name in ("baseline", "target")
        if e.get(name) is not None
    ]
    before: dict[tuple[str, str, str], int] = {}
    for (name, kpi, whose, day), (_, value) in sorted(_last_writers(written).items(), key=lambda i: i[0]):
        labels, due_ms = Labels("", whose, kpi), calendar.instant(day)
        aim = (name, kpi, whose)
        yield LedgerFact(name, labels, value - before.get(aim, 0), None, due_ms, family="kpi")
        if aim not in before:
            yield LedgerFact(f"{name}s", labels, 1, None, due_ms, family="kpi")
        before[aim] = value
