"""Packed journeys: the same bytes again, in two fifths of their room."""

from __future__ import annotations

from agents.settings import Settings
from benchmarks.crm import department
from streams.decode import decode
from streams.events import Event
from streams.journeys import Journey, advance, to_bytes
from streams.packing import packed, thawed


def _journeys() -> list[bytes]:
    journeys: dict[str, Journey] = {}
    for record in department(Settings(), 2_000, 1).records:
        event = decode(record.value)
        assert isinstance(event, Event)
        advance(journeys.setdefault(event.journey, Journey()), event)
    return [to_bytes(journey) for journey in journeys.values()]


def test_thawing_gives_back_the_very_same_bytes() -> None:
    """What is packed and thawed is what it was, and what never was packed stays as it is."""
    for raw in [*_journeys(), to_bytes(Journey())]:
        assert thawed(packed(raw)) == raw
        assert thawed(raw) == raw


def test_a_packed_journey_takes_less_than_150_bytes() -> None:
    """On the simulated department's mix, on average."""
    journeys = _journeys()
    assert sum(len(packed(raw)) for raw in journeys) / len(journeys) < 150
