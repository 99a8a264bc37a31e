"""The laws for journeys of the ledger, and what amounts by day promise for any periods."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from streams import events as ev
from streams.book import Facts
from streams.calendar import BusinessCalendar
from streams.facts import difference, unpacked
from streams.folding import counted
from streams.funnels import DEFAULT
from streams.journeys import Journey, advance, from_bytes, latest_ms, merge, to_bytes
from streams.ledger_days import Entry, level, shares, standing, whole
from streams.ledger_keys import home_key
from streams.rows import Key
from streams.rules import Rules
from streams.totals import Totals
from streams.windows import WINDOWS, WINDOWS_OF_DAYS
from tests.properties.events import T0_MS

RULES = Rules(
    DEFAULT, BusinessCalendar("Europe/Moscow", dict.fromkeys(range(5), ((540, 1080),)), "RU"), "RUB"
)
T0_DAY = RULES.calendar.day_index(T0_MS)
KEY = "ledger/plan/revenue"
SUBJECTS = ("department", "channel/vip", "channel/inbound", "channel/inbound/web", "channel/elsewhere")
_first = st.integers(T0_DAY - 40, T0_DAY + 40)
_length = st.sampled_from([0, 1, 6, 6, 29, 89])
_amounts = st.integers(0, 1_000_000)


def _text(day: int) -> str:
    return str(date(1970, 1, 1) + timedelta(days=day))


@st.composite
def plans(draw: st.DrawFn) -> ev.Event:
    """A plan of revenue that shares its key with the others."""
    first, subject = draw(_first), draw(st.sampled_from(SUBJECTS))
    return ev.Event(
        id=draw(st.sampled_from(["a", "b", "c", "d"])),
        source=draw(st.sampled_from(["/crm", "/books"])),
        entity="ledger",
        entity_id=subject,
        journey=f"ledger/{subject}",
        time_ms=T0_MS + draw(st.sampled_from([0, 0, 1, 86_400_000])),
        data=ev.PlanSet(
            measure="revenue",
            first_day=_text(first),
            last_day=_text(first + draw(_length)),
            amount=ev.Money(draw(_amounts), draw(st.sampled_from(["RUB", "RUB", "RUB", "USD"]))),
        ),
    )


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """An amount of a period."""
    first = draw(_first)
    order = (draw(st.integers(0, 3)), 30, "/crm", draw(st.sampled_from(["a", "b"])))
    return Entry(first, first + draw(_length), draw(_amounts), "RUB", order)


HISTORY = st.lists(plans(), max_size=10)


def journey_of(history: list[ev.Event]) -> Journey:
    """The journey that these plans make."""
    journey = Journey()
    for event in history:
        assert home_key(event) == KEY
        advance(journey, event)
    return journey


def totals_of(history: list[ev.Event]) -> Totals:
    """Totals with all facts of these plans."""
    totals = Totals(RULES.calendar, RULES.rows)
    totals.advance(T0_MS)
    totals.apply(counted(KEY, journey_of(history), RULES)[0].items())
    return totals


@given(HISTORY, st.randoms(use_true_random=False))
def test_join_any_order_and_repeats_of_plans_give_the_same_journey(
    history: list[ev.Event], random: Random
) -> None:
    """Law 1, and law 3: the bytes are the journey."""
    delivered = history + random.choices(history, k=len(history)) if history else []
    random.shuffle(delivered)
    journey = journey_of(history)
    assert to_bytes(journey_of(delivered)) == to_bytes(journey)
    assert from_bytes(to_bytes(journey)) == journey
    assert not any(advance(journey, event).changed for event in history)


@given(HISTORY)
def test_every_event_of_the_ledger_leaves_its_time(history: list[ev.Event]) -> None:
    """After a restart a clock that follows events stands where it stood."""
    assert latest_ms(journey_of(history)) == max((event.time_ms for event in history), default=0)


@given(HISTORY, HISTORY)
def test_join_copies_of_a_ledger_journey_merge(a: list[ev.Event], b: list[ev.Event]) -> None:
    """Law 1: copies that grew apart merge to the one that saw everything."""
    merged = journey_of(a)
    merge(merged, journey_of(b))
    assert to_bytes(merged) == to_bytes(journey_of(b + a))


@given(st.lists(HISTORY, max_size=4))
def test_sums_totals_by_differences_equal_a_refold(pieces: list[list[ev.Event]]) -> None:
    """Law 2: as plans come in and time goes on, and all at once."""
    by_steps, journey, known = Totals(RULES.calendar, RULES.rows), Journey(), Facts()
    now_ms = T0_MS - 60 * 86_400_000
    for piece in pieces:
        for event in piece:
            advance(journey, event)
        new, *_ = counted(KEY, journey, RULES)
        by_steps.apply(difference(new, known))
        known = new
        now_ms += 25 * 86_400_000
        by_steps.advance(now_ms)
    at_once = Totals(RULES.calendar, RULES.rows)
    at_once.advance(now_ms)
    at_once.apply(known.items())
    assert all(by_steps.sums(window) == at_once.sums(window) for window in (*WINDOWS, "all"))


@given(HISTORY)
def test_no_data_is_not_zero_and_hours_have_no_plan(history: list[ev.Event]) -> None:
    """Law 7: what comes to nothing is not there; windows of hours hold no day's plan."""
    facts, *_ = counted(KEY, journey_of(history), RULES)
    assert all(facts.values())
    totals = totals_of(history)
    for window in WINDOWS:
        planned = {key for key in totals.sums(window) if key[1] == "plan_minor"}
        assert window in WINDOWS_OF_DAYS or not planned


@given(HISTORY)
def test_channels_add_up_to_the_department_on_every_day(history: list[ev.Event]) -> None:
    """Whatever was told of channels and sources, a day's sum is the department's plan where there is one."""
    only = [event for event in history if event.entity_id == "department"]
    written = unpacked(counted(KEY, journey_of(history), RULES)[0], RULES.rows)
    alone = unpacked(counted(KEY, journey_of(only), RULES)[0], RULES.rows)

    def by_day(facts: dict[tuple[Key, int, int], int]) -> dict[int, int]:
        days: dict[int, int] = {}
        for (key, at_ms, _), amount in facts.items():
            if key[:2] == ("channel", "plan_minor"):
                days[at_ms] = days.get(at_ms, 0) + amount
        return days

    everywhere = by_day(written)
    assert all(everywhere[at_ms] == amount for at_ms, amount in by_day(alone).items())


@given(entries())
def test_shares_of_a_period_add_up_and_differ_by_one_at_most(entry: Entry) -> None:
    """To the last kopeck, on working days where there are any."""
    told = dict(shares(entry, RULES.calendar))
    assert sum(told.values()) == entry.amount
    assert max(told.values()) - min(told.values()) <= 1
    working = [RULES.calendar.is_working_day(day) for day in told]
    assert all(working) or not any(working)


@given(st.lists(entries(), max_size=6), st.randoms(use_true_random=False))
def test_what_stands_on_a_day_is_the_shortest_whatever_the_order(told: list[Entry], random: Random) -> None:
    """No day has more than one entry's share, and it is one of a shortest entry that covers it."""
    unique = list({(each.first, each.last): each for each in told}.values())
    random.shuffle(unique)
    found = standing(unique, RULES.calendar)
    assert found == standing(reversed(unique), RULES.calendar)
    for day in range(T0_DAY - 40, T0_DAY + 130):
        covering = [each for each in unique if each.first <= day <= each.last]
        if not covering:
            assert day not in found
            continue
        shortest = min(each.last - each.first for each in covering)
        equal = (each for each in covering if each.last - each.first == shortest)
        best = max(equal, key=lambda each: (each.order, each.first))
        share = dict(shares(best, RULES.calendar)).get(day)
        assert found.get(day) == (None if share is None else (share, "RUB"))


@given(st.dictionaries(st.sampled_from(DEFAULT.channels), _amounts), st.none() | _amounts)
def test_parts_make_the_whole(told: dict[str, int], department: int | None) -> None:
    """Adding up or not, the channels' sum is what the department has."""
    assert sum(whole(told, department).values()) == (sum(told.values()) if department is None else department)
    hours = level(told, department, DEFAULT.channels)
    if told or department is not None:
        mean = sum(told.values()) // len(told) if department is None else department
        assert sum(hours.values()) == mean
