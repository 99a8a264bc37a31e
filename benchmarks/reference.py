"""The small reference job: its events, and what must come of them, in plain Python.

State for each lead, counters by channel, stage and minute, and a histogram of response times by channel.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from random import Random

LEADS = 50_000
CHANNELS = ("inbound", "active", "partner", "vip")
STAGES = ("lead.created", "lead.contacted", "lead.qualified", "lead.won")
OWNERS = 40
START_SECONDS = 1_700_000_000.0
SECONDS_BETWEEN = 0.01
SEED = 7

Lead = list[float | str | int]
"""Created at, first response at (0 before), stage, owner, channel, events."""


@dataclass
class Counters:
    """The job's result, whoever computed it."""

    leads: dict[str, Lead] = field(default_factory=dict)
    funnel: Counter[str] = field(default_factory=Counter)
    responses: Counter[str] = field(default_factory=Counter)

    def differences(self, true: Counters) -> list[str]:
        """Every key of either whose value is another in the other."""
        found = []
        for name in ("leads", "funnel", "responses"):
            mine, wanted = getattr(self, name), getattr(true, name)
            found += [
                f"{name} {key}: {mine.get(key)}, not {wanted.get(key)}"
                for key in mine.keys() | wanted.keys()
                if mine.get(key) != wanted.get(key)
            ]
        return found


def bucket(seconds: float) -> int:
    """The bucket of a response time: powers of two."""
    return int(seconds).bit_length()


def events(count: int, leads: int = LEADS) -> Iterator[tuple[str, bytes]]:
    """The first `count` events of one endless seeded stream: a lead's id and a CloudEvent about it."""
    chance = Random(SEED).random  # noqa: S311 - a seeded stream, no secret
    for number in range(count):
        lead = f"lead-{int(chance() * leads)}"
        yield (
            lead,
            (
                f'{{"specversion":"1.0","id":"{number}","source":"crm","type":"{STAGES[number & 3]}",'
                f'"time":{START_SECONDS + number * SECONDS_BETWEEN:.2f},"subject":"{lead}",'
                f'"data":{{"channel":"{CHANNELS[int(chance() * 4)]}","owner":"rep-{int(chance() * OWNERS)}",'
                f'"amount":{int(chance() * 100_000)}}}}}'
            ).encode(),
        )


def partition_of(lead: str, partitions: int) -> int:
    """Where a lead's events are: any stable hash will do, for no engine moves leads."""
    return zlib.crc32(lead.encode()) % partitions


def fold(values: Iterable[bytes]) -> Counters:
    """What the events come to."""
    counters = Counters()
    leads, funnel, responses = counters.leads, counters.funnel, counters.responses
    for value in values:
        event = json.loads(value)
        data, stage, at = event["data"], event["type"], event["time"]
        lead = leads.get(event["subject"])
        if lead is None:
            leads[event["subject"]] = [at, 0.0, stage, data["owner"], data["channel"], 1]
        else:
            if lead[1] == 0.0:
                lead[1] = at
                responses[f"{data['channel']}:{bucket(at - float(lead[0]))}"] += 1
            lead[2], lead[3], lead[5] = stage, data["owner"], int(lead[5]) + 1
        funnel[f"{data['channel']}:{stage}:{int(at // 60)}"] += 1
    return counters
