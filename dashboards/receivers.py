"""Who is written to, from a file of the deployment's own; without one nobody is, and nothing pretends."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

NAMES = ("sales-ops", "sales-ops-urgent", "team-leads", "platform", "dead-mans-switch")
"""The receivers that routes lead to."""


class ReceiversError(ValueError):
    """The file cannot be used; the message names the table and the fix."""


@dataclass(frozen=True)
class Mail:
    """The account that messages are sent from; its password is a secret, a file."""

    server: str
    sender: str
    account: str


@dataclass(frozen=True)
class Receiver:
    """The ways to one receiver, each None where it is not told."""

    slack: str | None = None
    """A channel such as `#sales`."""
    email: str | None = None
    telegram: int | None = None
    """The id of a chat; needs Alertmanager 0.26 or newer."""
    webhook: str | None = None


@dataclass(frozen=True)
class Receivers:
    """All receivers; who is not in it sees alerts on Alertmanager's own page alone."""

    mail: Mail | None = None
    ways: Mapping[str, Receiver] = field(default_factory=dict)


def load_receivers(text: str) -> Receivers:
    """The receivers that a TOML text names, or a `ReceiversError` that says what to mend."""
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ReceiversError(f"this is no TOML: {error}") from error
    if unknown := told.keys() - {"mail", "receiver"}:
        raise ReceiversError(f"[{min(unknown)}]: there is no such table, write [mail] or [receiver.platform]")
    ways = {name: _receiver(name, table) for name, table in _table("receiver", told).items()}
    mail = _mail(_table("mail", told)) if "mail" in told else None
    if mail is None and any(receiver.email for receiver in ways.values()):
        raise ReceiversError("[mail]: e-mail needs an account, write server, sender and account")
    return Receivers(mail, ways)


def _table(name: str, told: Mapping[str, Any]) -> Mapping[str, Any]:
    table = told.get(name, {})
    if not isinstance(table, dict):
        raise ReceiversError(f"{name}: this is no table")
    return table


def _mail(table: Mapping[str, Any]) -> Mail:
    wanted = {each.name for each in fields(Mail)}
    if table.keys() != wanted or not all(isinstance(text, str) and text for text in table.values()):
        raise ReceiversError(f"[mail]: write {', '.join(sorted(wanted))}, each a text")
    return Mail(**table)


def _receiver(name: str, table: object) -> Receiver:
    if name not in NAMES:
        raise ReceiversError(f"[receiver.{name}]: there is no such receiver, use one of {', '.join(NAMES)}")
    kinds = {each.name: int if each.name == "telegram" else str for each in fields(Receiver)}
    for way, value in table.items() if isinstance(table, dict) else ():
        if way not in kinds:
            raise ReceiversError(f"[receiver.{name}]: {way}: use {', '.join(kinds)}")
        if type(value) is not kinds[way] or not value:
            told = "the number of a chat" if kinds[way] is int else "a text"
            raise ReceiversError(f"[receiver.{name}]: {way}: write {told}")
    if not isinstance(table, dict) or not str(table.get("webhook", "http")).startswith("http"):
        raise ReceiversError(f"[receiver.{name}]: webhook: write an address that starts with http")
    return Receiver(**table)
