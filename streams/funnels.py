"""The funnels of the sales channels: which stages a journey passes and what proves that it reached them.

Funnels are configuration (`funnels.toml`), checked once by `load_funnels`; behind it they cannot be wrong.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any

import msgspec

UNKNOWN = "unknown"
"""The channel of journeys whose channel nobody has told yet; it has no funnel."""

EVIDENCE = (
    "created",
    "contact_attempted",
    "first_touch",
    "responded",
    "conversation_held",
    "qualified",
    "meeting_set",
    "meeting_held",
    "offer_sent",
    "offer_reviewed",
    "contract_agreed",
    "invoice_issued",
    "dm_reached",
)
_KNOWN_EVIDENCE = frozenset(EVIDENCE) | {
    f"{entity}:{name}" for entity in ("lead", "deal") for name in EVIDENCE
}
_VALUE = "value"
"""What the API calls a value; a stage beside it would be taken for one."""
_ID = re.compile(r"[a-z][a-z0-9_]{0,31}")
_MOST_CHANNELS = 8


class FunnelError(ValueError):
    """The funnels cannot be used; the message names the channel or stage, the field and the fix."""


@dataclass(frozen=True, eq=False)
class Stage:
    """A stage of a funnel: its names by language, and the evidence that reaches it (besides `stage:<id>`)."""

    id: str
    names: Mapping[str, str]
    evidence: tuple[str, ...]


WON = Stage("won", {"en": "Won", "ru": "Успешная сделка"}, ())
"""Where every funnel ends; it is reached by the journey's outcome, never by evidence."""


@dataclass(frozen=True, eq=False)
class Funnels:
    """All channels with their funnels, in the order of the configuration, `unknown` last."""

    by_channel: Mapping[str, tuple[Stage, ...]]
    channel_names: Mapping[str, Mapping[str, str]]
    with_enquiries: frozenset[str]
    """Channels whose leads wait for an answer."""

    @cached_property
    def channels(self) -> tuple[str, ...]:
        """Ids of the channels, `unknown` last."""
        return tuple(self.by_channel)

    @cached_property
    def stage_ids(self) -> frozenset[str]:
        """Every stage that a CRM may name in `stage_changed`: all but `won`."""
        return frozenset(stage.id for stages in self.by_channel.values() for stage in stages) - {WON.id}

    def funnel(self, channel: str) -> tuple[Stage, ...]:
        """The stages from the entry to `won`; empty for `unknown`."""
        return self.by_channel[channel]


class _Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    en: str
    ru: str


class _Stage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: _Names
    evidence: tuple[str, ...] = ()


class _Channel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    name: _Names
    entry: str
    stages: tuple[str, ...]
    enquiries: bool = False


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    channel: list[dict[str, Any]]
    stage: dict[str, dict[str, Any]]


def load_funnels(text: str) -> Funnels:
    """The funnels that a TOML text describes, or a `FunnelError` that says what to mend."""
    try:
        file = msgspec.convert(tomllib.loads(text), _File)
    except tomllib.TOMLDecodeError as error:
        raise FunnelError(f"the funnels are no valid TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise FunnelError(f"the funnels need [[channel]] and [stage.<id>] tables: {error}") from error
    stages = {stage_id: _stage(stage_id, raw) for stage_id, raw in file.stage.items()}
    channels = [_channel(number, raw, stages) for number, raw in enumerate(file.channel, start=1)]
    ids = [channel.id for channel in channels]
    if not 1 <= len(ids) <= _MOST_CHANNELS:
        raise FunnelError(f"there are {len(ids)} [[channel]] tables: describe 1 to {_MOST_CHANNELS} channels")
    for channel_id in ids:
        if ids.count(channel_id) > 1:
            raise FunnelError(f"channel {channel_id}: id: two channels have it, rename one")
    used = {stage for channel in channels for stage in (channel.entry, *channel.stages)}
    for stage_id in sorted(stages.keys() - used):
        raise FunnelError(
            f"stage {stage_id}: no channel lists it: add it to one or remove [stage.{stage_id}]"
        )
    return Funnels(
        by_channel={c.id: (*(stages[s] for s in (c.entry, *c.stages)), WON) for c in channels}
        | {UNKNOWN: ()},
        channel_names={c.id: msgspec.structs.asdict(c.name) for c in channels}
        | {UNKNOWN: {"en": "Unknown channel", "ru": "Канал неизвестен"}},
        with_enquiries=frozenset(c.id for c in channels if c.enquiries) | {UNKNOWN},
    )


def _stage(stage_id: str, raw: dict[str, Any]) -> Stage:
    where = f"stage {stage_id}"
    _check_id(where, stage_id, reserved=(WON.id, _VALUE))
    try:
        stage = msgspec.convert(raw, _Stage)
    except msgspec.ValidationError as error:
        raise FunnelError(f"{where}: {error}") from error
    for name in stage.evidence:
        if name not in _KNOWN_EVIDENCE:
            raise FunnelError(f"{where}: evidence: {name!r} is unknown, use one of {', '.join(EVIDENCE)}")
    return Stage(stage_id, _names(where, stage.name), stage.evidence)


def _channel(number: int, raw: dict[str, Any], stages: Mapping[str, Stage]) -> _Channel:
    where = f"channel {raw.get('id', number)}"
    try:
        channel = msgspec.convert(raw, _Channel)
    except msgspec.ValidationError as error:
        raise FunnelError(f"{where}: {error}") from error
    _check_id(where, channel.id, reserved=(UNKNOWN,))
    _names(where, channel.name)
    for field, listed in (("entry", (channel.entry,)), ("stages", channel.stages)):
        for stage_id in listed:
            if stage_id == WON.id:
                raise FunnelError(f"{where}: {field}: every funnel ends at won by itself, remove it")
            if stage_id not in stages:
                raise FunnelError(f"{where}: {field}: {stage_id!r} has no [stage.{stage_id}] table, add one")
            if (channel.entry, *channel.stages).count(stage_id) > 1:
                raise FunnelError(f"{where}: {field}: {stage_id!r} stands twice, remove one")
    if not 4 <= len(channel.stages) <= 6:
        count = len(channel.stages)
        raise FunnelError(f"{where}: stages: {count} between entry and won, a funnel has 4 to 6")
    return channel


def _names(where: str, names: _Names) -> Mapping[str, str]:
    for language, name in msgspec.structs.asdict(names).items():
        if not name.strip():
            raise FunnelError(f"{where}: name.{language}: is empty, write the name")
    return {"en": names.en, "ru": names.ru}


def _check_id(where: str, name: str, *, reserved: tuple[str, ...]) -> None:
    if name in reserved:
        raise FunnelError(f"{where}: id: {name!r} is reserved, choose another")
    if not _ID.fullmatch(name):
        raise FunnelError(f"{where}: id: use up to 32 of a-z, 0-9 and _, a letter first")


DEFAULT = load_funnels(files("streams").joinpath("funnels.toml").read_text(encoding="utf-8"))
"""The funnels that are shipped."""
