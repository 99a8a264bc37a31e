"""What decides how journeys are counted, in one short text: totals of another one are folded anew."""

from __future__ import annotations

import hashlib
from functools import cache, lru_cache
from pathlib import Path

import msgspec

import streams
from streams.rules import Rules


@cache
def _code() -> bytes:
    sources = sorted(Path(streams.__file__).parent.glob("*.py"))
    return b"".join(hashlib.sha256(source.name.encode() + source.read_bytes()).digest() for source in sources)


@lru_cache(4)
def fingerprint(rules: Rules) -> str:
    """A hash of the deployment's rules and of the code that applies them."""
    funnels = rules.funnels.by_channel.items()
    told = (
        [(channel, [(stage.id, stage.evidence) for stage in stages]) for channel, stages in funnels],
        sorted(rules.funnels.with_enquiries),
        rules.calendar.consists_of(),
        rules.currency,
        rules.rates.version,
        [(cut, sorted(names)) for cut, names in rules.cuts.items()],
        rules.silence_ms,
    )
    return hashlib.sha256(msgspec.msgpack.encode(told) + _code()).hexdigest()
