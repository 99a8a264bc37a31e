"""When simulated events are sent: history at once or sped up, live ones in time or in lively succession."""

import time

import pytest

from agents.crm.publish import Catching, Lively

MINUTE_MS = 60_000


def test_history_is_due_at_once_and_the_present_in_its_time() -> None:
    """Without a speed an event is due at its own Kafka time: long ago for history, later for the future."""
    due = Catching(first_ms=0, speed=None)
    assert due(5_000) == 5.0
    assert due(10**13) == 10**10


def test_sped_up_history_catches_up_with_the_clock_but_never_passes_it() -> None:
    """An hour at 60 times real time takes a minute; what is not yet past waits for its own time."""
    began = 1_000_000.0
    due = Catching(first_ms=900_000_000, speed=60.0, began=began)
    assert due(900_000_000) == began
    assert due(900_000_000 + 60 * MINUTE_MS) == pytest.approx(began + 60, abs=1e-3)
    assert due(1_100_000_000) == 1_100_000.0


def test_lively_business_has_no_long_pauses() -> None:
    """History is due at once; then a minute takes half a second at speed 120, and a night two seconds."""
    due = Lively(live_from_ms=0, speed=120.0, longest_pause=2.0)
    assert due(-MINUTE_MS) == 0.0
    assert due(0) == 0.0
    before = time.time()
    first = due(MINUTE_MS)
    assert before + 0.5 <= first <= time.time() + 0.5
    assert due(2 * MINUTE_MS) == pytest.approx(first + 0.5, abs=1e-3)
    assert due(600 * MINUTE_MS) == pytest.approx(first + 2.5, abs=1e-3)
    assert due(600 * MINUTE_MS) == pytest.approx(first + 2.5, abs=1e-3)


def test_lively_business_that_was_held_up_does_not_rush() -> None:
    """After a hold-up the next event keeps its distance from now: nothing is made up for in a burst."""
    due = Lively(live_from_ms=0, speed=120.0, longest_pause=0.01)
    assert due(MINUTE_MS) < time.time() + 1
    while time.time() < (sent := due(2 * MINUTE_MS)):
        pass
    assert due(3 * MINUTE_MS) > sent
