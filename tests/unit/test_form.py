"""The form in which journeys lie in Kafka: whoever changes it says so, and other forms are refused."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from faust.types import TP

from agents.journeys import records
from agents.journeys.clock import WorkerClock
from agents.journeys.job import JourneyJob
from agents.journeys.shard import JourneyShard
from agents.lane import StopWorker
from agents.settings import Settings
from streams import events as ev
from streams.journeys import Journey, advance, merge, to_bytes
from tests.cluster import Cluster

KEY = "lead/1"
PAGE = (Path(__file__).parents[2] / "docs" / "settings.md").read_text("utf-8")
SETTINGS = Settings(clock="event", reject_limit=0)
TOLD: list[ev.Payload] = [
    ev.Created(channel="inbound", source="ads", owner="r1", customer="c1"),
    ev.ContactAttempted(),
    ev.Scored(score=4),
    ev.LineSold(line="1", amount=ev.Money(1_000, "RUB"), cost=ev.Money(400, "RUB")),
    ev.Linked(lead="1"),
    ev.Won(amount=ev.Money(1_000, "RUB")),
]


def _journey() -> Journey:
    journey = Journey()
    for number, data in enumerate(TOLD):
        deal = data.rank >= ev.LineSold.rank or isinstance(data, ev.Linked)
        event = ev.Event(
            id=f"e{number}",
            source="/crm",
            entity="deal" if deal else "lead",
            entity_id="1",
            journey=KEY,
            time_ms=1_790_000_000_000 + number,
            data=data,
        )
        advance(journey, event)
    merge(journey, Journey({}, {"lead/2": journey.fragments}))
    return journey


def _foreign(journey: Journey) -> list[bytes]:
    """Without a number as before there were any, under another number, and something else."""
    plain = msgspec.msgpack.decode(to_bytes(journey))
    fragment = plain[0][KEY]
    earlier = [{KEY: [*fragment[:2], {}, *fragment[3:]]}, {}]
    told = [earlier, [*plain[:2], 2], "lead", 7]
    return [*map(msgspec.msgpack.encode, told), b"\xc1\xc1", b"{}"]


def _shard() -> JourneyShard:
    return JourneyShard(0, Cluster(SETTINGS).new_rules(), WorkerClock("event"))


def _record(value: bytes, **more: Any) -> Any:
    return SimpleNamespace(key=KEY.encode(), value=value, offset=0, timestamp=0, **{"headers": (), **more})


def test_the_form_of_a_journey_is_the_one_of_its_number() -> None:
    """Where this fails, journeys lie in another form: count `Journey.form` on and tell it in CHANGELOG.md."""
    digest = hashlib.sha256(to_bytes(_journey())).hexdigest()
    assert (Journey().form, digest[:16]) == (1, "f79925e65cc9d133")


@pytest.mark.parametrize("number", range(6))
def test_journeys_of_another_form_stop_the_worker(number: int) -> None:
    """At the recovery, with what to do: nothing of them is guessed, and nothing is written over them."""
    shard = _shard()
    shard.restore([_record(_foreign(_journey())[number])])
    with pytest.raises(StopWorker, match="Another version") as stopped:
        list(shard.recovered())
    assert stopped.value.exit_code == 78
    assert "## Another version\n" in PAGE


def test_parts_of_another_form_stop_the_worker() -> None:
    """What another version's worker sent to a journey here is not dropped."""
    job, part = JourneyJob(SETTINGS, WorkerClock("event")), [(records.KIND, records.PART)]
    for raw in _foreign(_journey()):
        with pytest.raises(StopWorker, match="Another version"):
            job(_shard(), TP(SETTINGS.moves_topic, 0), [_record(raw, headers=part)])
    job(_shard(), TP(SETTINGS.moves_topic, 0), [_record(to_bytes(_journey()), headers=part)])
