"""The laws of the design, each held for any history that the strategies can think of."""

from __future__ import annotations

from random import Random
from typing import get_args

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from streams import events as ev
from streams.base_totals import BASE_TOTALS
from streams.book import STOCK, Facts
from streams.calendar import BusinessCalendar
from streams.facts import difference, facts, unpacked
from streams.funnels import DEFAULT
from streams.growth import GROWS
from streams.journeys import Journey, advance, from_bytes, latest_ms, merge, to_bytes
from streams.rows import Key
from streams.rules import Rules
from streams.totals import Totals
from streams.windows import WINDOWS, bounds
from tests.properties.events import T0_MS, histories, journey_of

RULES = Rules(
    DEFAULT, BusinessCalendar("Europe/Moscow", dict.fromkeys(range(5), ((540, 1080),)), "RU"), "RUB"
)
KEY = "lead/1"
HISTORY = histories(KEY)


@given(HISTORY, st.randoms(use_true_random=False))
def test_join_any_order_of_events_gives_the_same_journey(history: list[ev.Event], random: Random) -> None:
    """Law 1: shuffled and repeated deliveries end in the same bytes."""
    delivered = history + random.choices(history, k=len(history)) if history else []
    random.shuffle(delivered)
    assert to_bytes(journey_of(delivered)) == to_bytes(journey_of(history))


@given(HISTORY)
def test_join_a_repeated_event_is_no_news(history: list[ev.Event]) -> None:
    """Law 1: what `advance` reports as unchanged is unchanged, and every repeat is."""
    journey = journey_of(history)
    before = to_bytes(journey)
    assert not any(advance(journey, event).changed for event in history)
    assert to_bytes(journey) == before


@given(HISTORY, HISTORY, HISTORY)
def test_join_merging_copies_is_associative_and_commutative(
    a: list[ev.Event], b: list[ev.Event], c: list[ev.Event]
) -> None:
    """Law 1: copies of a journey that grew apart merge to the journey that saw everything."""

    def merged(*histories: list[ev.Event]) -> bytes:
        total = Journey()
        for history in histories:
            merge(total, journey_of(history))
        return to_bytes(total)

    whole = to_bytes(journey_of(a + b + c))
    assert merged(a, b, c) == merged(c, a, b) == merged(b, c, a, a) == whole


@given(HISTORY, HISTORY)
def test_join_merging_leaves_the_other_copy_alone(a: list[ev.Event], b: list[ev.Event]) -> None:
    """Nothing is shared between a journey and what it was merged from, whatever comes afterwards."""
    journey, other = journey_of(a), journey_of(b)
    before = to_bytes(other)
    later = [msgspec.structs.replace(event, id=f"later {event.id}", time_ms=event.time_ms + 1) for event in b]
    for told in (other, journey_of(later)):
        merge(journey, told)
        merge(journey, Journey({}, {"lead/2": told.fragments}))
    assert to_bytes(other) == before


@given(HISTORY)
def test_join_an_attribute_has_one_writer(history: list[ev.Event]) -> None:
    """Its last one; writers lie in order, and none without an attribute that still stands."""
    for fragment in journey_of(history).fragments.values():
        names = [name for writer in fragment.writers for name in writer[4]]
        orders = [writer[:4] for writer in fragment.writers]
        assert len(names) == len(set(names))
        assert orders == sorted(set(orders))
        assert all(writer[4] for writer in fragment.writers)


@given(HISTORY)
def test_join_bytes_and_journey_are_the_same_thing(history: list[ev.Event]) -> None:
    """Law 3: what the changelog holds is the whole journey."""
    journey = journey_of(history)
    assert from_bytes(to_bytes(journey)) == journey


@given(HISTORY)
def test_every_event_leaves_its_time(history: list[ev.Event]) -> None:
    """Law 3: after a restart a clock that follows events stands where it stood."""
    assert latest_ms(journey_of(history)) == max((event.time_ms for event in history), default=0)


@given(st.lists(HISTORY, max_size=4))
def test_sums_totals_by_differences_equal_a_refold(pieces: list[list[ev.Event]]) -> None:
    """Law 2: folding differences as events come equals folding the final journey once."""
    by_steps, at_once = Totals(RULES.calendar, RULES.rows), Totals(RULES.calendar, RULES.rows)
    journey, known = Journey(), Facts()
    now_ms = T0_MS
    for piece in pieces:
        for event in piece:
            advance(journey, event)
        new = facts(KEY, journey, RULES)
        by_steps.apply(difference(new, known))
        known = new
        now_ms += 7 * 86_400_000
        by_steps.advance(now_ms)
    at_once.advance(now_ms)
    at_once.apply(facts(KEY, journey, RULES).items())
    assert all(by_steps.sums(window) == at_once.sums(window) for window in (*WINDOWS, "all"))
    assert by_steps.waiting_since() == at_once.waiting_since()


@given(HISTORY, st.integers(0, 90 * 24 * 60))
def test_time_windows_are_plain_sums_over_their_bounds(history: list[ev.Event], minutes: int) -> None:
    """Law 5: a window holds exactly the facts whose event time lies within it and that exist by now."""
    now_ms = T0_MS + minutes * 60_000
    totals = Totals(RULES.calendar, RULES.rows)
    totals.advance(T0_MS)
    written = facts(KEY, journey_of(history), RULES)
    totals.apply(written.items())
    totals.advance(now_ms)
    for window in ("1h", "24h", "7d", "30d", "today", "month", "prev_month", "prev_7d", "prev_30d"):
        start_ms, end_ms = bounds(window, now_ms, RULES.calendar)
        expected: dict[Key, int] = {}
        for (key, at_ms, due_ms), amount in unpacked(written, RULES.rows).items():
            everywhere = key[0] in ("channel", "stage") and not BASE_TOTALS[key[1]].monthly
            known = everywhere or window not in ("1h", "24h", "today")
            if at_ms != STOCK and known and start_ms <= at_ms < end_ms and due_ms <= now_ms:
                expected[key] = expected.get(key, 0) + amount
        assert totals.sums(window) == {key: amount for key, amount in expected.items() if amount}


@given(HISTORY, HISTORY)
def test_additive_totals_of_two_shards_sum_to_one(a: list[ev.Event], b: list[ev.Event]) -> None:
    """Law 6: what two workers export adds up to what one would."""
    here, there, both = (Totals(RULES.calendar, RULES.rows) for _ in range(3))
    now_ms = T0_MS + 86_400_000
    for totals in (here, there, both):
        totals.advance(now_ms)
    for totals, history in ((here, a), (there, b)):
        written = facts(KEY, journey_of(history), RULES)
        totals.apply(written.items())
        both.apply(written.items())
    for window in (*WINDOWS, "all"):
        summed = dict(here.sums(window))
        for key, amount in there.sums(window).items():
            summed[key] = summed.get(key, 0) + amount
        assert {key: amount for key, amount in summed.items() if amount} == both.sums(window)


@given(HISTORY)
def test_funnel_entered_equals_advanced_lost_and_still_there(history: list[ev.Event]) -> None:
    """No journey leaks out of its funnel: at every stage before the last it has exactly one fate."""
    written = unpacked(facts(KEY, journey_of(history), RULES), RULES.rows)
    for ((family, total, channel, stage), at_ms, due_ms), amount in written.items():
        if total == "stage_entered" and stage != "won":
            fates = [
                written.get(((family, fate, channel, stage), at_ms, due_ms), 0)
                for fate in ("stage_advanced", "stage_lost", "stage_still")
            ]
            assert sum(fates) == amount


@given(HISTORY)
def test_no_data_an_empty_or_deleted_journey_has_no_facts(history: list[ev.Event]) -> None:
    """Law 7: where everything was deleted nothing is counted, not even a zero."""
    assert facts(KEY, Journey(), RULES) == {}
    everything = {(event.entity, event.entity_id) for event in history}
    deletions = [
        ev.Event(
            id=f"d{n}",
            source="/x",
            entity=entity,
            entity_id=name,
            journey=KEY,
            time_ms=T0_MS,
            data=ev.Deleted(),
        )
        for n, (entity, name) in enumerate(sorted(everything))
    ]
    assert facts(KEY, journey_of(history + deletions), RULES) == {}
    assert all(amount for amount in facts(KEY, journey_of(history), RULES).values() if amount != 0)


def test_every_kind_of_event_grows_its_journey() -> None:
    """A new event type fails here, not in production."""
    assert set(GROWS) == {*get_args(ev.JourneyPayload), *get_args(ev.LedgerPayload)}
