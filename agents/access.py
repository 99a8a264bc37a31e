"""How to reach Kafka and Redis: protocol, account, TLS files, address; nothing of it shows in a log."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
from redis.asyncio import Redis

from agents.environment import Reader

_REDIS = re.compile(r"rediss?://(\S*@)?([^\s@/:\[]+|\[[\da-f:]+\])(:\d{1,5})?(/\d*)?(\?\S*)?|unix://\S+")

LAST_PORT = 65_535


class Security(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach Kafka: protocol, SASL account and TLS files. The password never shows in a `repr`."""

    protocol: str = "PLAINTEXT"
    mechanism: str = "SCRAM-SHA-512"
    username: str | None = None
    password: str | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    @property
    def sasl(self) -> bool:
        return self.protocol.startswith("SASL")

    @property
    def tls(self) -> bool:
        return self.protocol.endswith("SSL")

    def __repr__(self) -> str:
        return f"Security({self.protocol}, user={self.username})"


class RedisAddress(msgspec.Struct, frozen=True):
    """Where the mirror is; an address may hold a password, so it never shows in a `repr`."""

    url: str

    def __repr__(self) -> str:
        return f"RedisAddress({self.url.partition('://')[0]}://...)"


def read_redis(read: Reader) -> RedisAddress | None:
    """The mirror's address from the environment; None without one."""
    url = read.secret("REDIS")
    if url is not None and not _is_redis(url):
        read.problem(
            "REDIS", "this is no address of a Redis", "write redis://host:port/0, rediss:// with TLS"
        )
        return None
    return None if url is None else RedisAddress(url)


def _is_redis(url: str) -> bool:
    """Whether a client can be made of the address: its options are checked nowhere else before a write."""
    if not _REDIS.fullmatch(url):
        return False
    try:
        pool: Any = Redis.from_url(url).connection_pool
        connection = pool.make_connection()
    except (TypeError, ValueError):
        return False
    return 0 < getattr(connection, "port", LAST_PORT) <= LAST_PORT


def read_security(read: Reader) -> Security:
    """The way to Kafka from the environment; what is given and unused is a problem too."""
    security = Security(
        protocol=read.choice("KAFKA_SECURITY", ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")),
        mechanism=read.choice("KAFKA_SASL_MECHANISM", ("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN")),
        username=read.text("KAFKA_USERNAME", "") or None,
        password=read.secret("KAFKA_PASSWORD"),
        ca_file=read.file("KAFKA_CA_FILE"),
        cert_file=read.file("KAFKA_CERT_FILE"),
        key_file=read.file("KAFKA_KEY_FILE"),
    )
    if security.sasl and not (security.username and security.password):
        read.problem(
            "KAFKA_USERNAME", f"{security.protocol} needs an account", "set it and KAFKA_PASSWORD or _FILE"
        )
    if not security.sasl and (security.username or security.password):
        read.problem(
            "KAFKA_SECURITY", "an account is given but unused", "set SASL_SSL, or remove the account"
        )
    if not security.tls and (security.ca_file or security.cert_file or security.key_file):
        read.problem("KAFKA_SECURITY", "TLS files are given but unused", "set SSL or SASL_SSL, or drop them")
    return security
