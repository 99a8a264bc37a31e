"""The laws for customers: what they hear joins in any order, and sums count each of them once a window."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from streams import events as ev
from streams.book import Facts
from streams.calendar import BusinessCalendar
from streams.customer_facts import customer_facts
from streams.customers import NOTHING, part_for_customers
from streams.facts import difference
from streams.funnels import DEFAULT
from streams.journeys import Journey, advance, from_bytes, merge, to_bytes
from streams.rules import Rules
from streams.totals import Totals
from streams.windows import WINDOWS
from tests.oracle import Config
from tests.oracle.customers import COUNTED, Customer, Purchase, customers_in
from tests.properties.events import T0_MS, histories, journey_of

KEY, CUSTOMER = "lead/1", "customer/a"
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
SILENCE_DAYS = 45
CALENDAR = BusinessCalendar("Europe/Moscow", dict.fromkeys(range(5), ((540, 1080),)), "RU")
COUNTS = frozenset(total for totals in COUNTED for total in totals.split()) | {"customers"}
TOLD: dict[str, ev.Payload] = {
    "churned": ev.CustomerChurned(customer="a"),
    "renewed": ev.CustomerRenewed(customer="a"),
}

Turn = tuple[int, str]
"""(time in ms, a channel in which something was bought, or what the ledger told)."""
TURNS = st.lists(
    st.tuples(
        st.integers(0, 500).map(lambda days: T0_MS - days * DAY_MS)
        | st.integers(0, 60).map(lambda hours: T0_MS - hours * HOUR_MS),
        st.sampled_from(["vip", "regular", "vip", "churned", "renewed"]),
    ),
    max_size=9,
)
LATER = st.integers(0, 100 * 24).map(lambda hours: hours * HOUR_MS + 1)


def heard(*parts: bytes) -> Journey:
    """A customer who heard these parts in this order."""
    customer = Journey()
    for part in parts:
        merge(customer, from_bytes(part))
    return customer


@given(histories(KEY), st.randoms(use_true_random=False))
def test_join_a_customer_hears_parts_in_any_order_and_often(history: list[ev.Event], random: Random) -> None:
    """Law 1: whatever parts of a growing journey come late, twice or not at all, the last one tells all."""
    journey, parts = Journey(), []
    for event in history:
        advance(journey, event)
        if (part := part_for_customers(KEY, journey)) != NOTHING:
            parts.append(part)
    if parts:
        shuffled = [*random.choices(parts, k=len(parts)), parts[-1]]
        random.shuffle(shuffled)
        assert to_bytes(heard(*shuffled)) == to_bytes(heard(parts[-1]))


@given(histories(KEY), histories(KEY))
def test_join_parts_of_two_copies_are_the_part_of_both(a: list[ev.Event], b: list[ev.Event]) -> None:
    """Law 1: a customer who heard both of two copies knows what the copies together know."""
    parts = [part_for_customers(KEY, journey_of(history)) for history in (a, b)]
    if NOTHING not in parts:
        together = part_for_customers(KEY, journey_of(a + b))
        assert to_bytes(heard(*parts)) == to_bytes(heard(together))


@given(st.lists(TURNS, min_size=1, max_size=4), LATER, st.sampled_from([None, SILENCE_DAYS]))
def test_sums_count_each_customer_once_a_window(
    people: list[list[Turn]], later_ms: int, silence_days: int | None
) -> None:
    """Law 5: a window holds what looking at each customer anew finds, by differences and when refolded."""
    rules = Rules(
        DEFAULT, CALENDAR, "RUB", silence_ms=None if silence_days is None else silence_days * DAY_MS
    )
    by_steps, at_once = Totals(CALENDAR, rules.rows), Totals(CALENDAR, rules.rows)
    by_steps.advance(T0_MS)
    now_ms = T0_MS + later_ms
    at_once.advance(now_ms)
    for turns in people:
        known = Facts()
        for size in range(len(turns) + 1):
            written = customer_facts(CUSTOMER, journey_told(turns[:size]), rules)
            by_steps.apply(difference(written, known))
            known = written
        at_once.apply(known.items())
    by_steps.advance(now_ms)
    truth = [customer for turns in people if (customer := customer_told(turns, silence_days)).purchases]
    calendar = Config().calendar
    for window in (*WINDOWS, "all"):
        start_ms, end_ms = calendar.bounds(window, now_ms) if window != "all" else (0, 0)
        expected = customers_in(truth, window, start_ms, end_ms, now_ms)
        for totals in (by_steps, at_once):
            found = {key: amount for key, amount in totals.sums(window).items() if key[1] in COUNTS}
            assert found == expected, window


def journey_told(turns: list[Turn]) -> Journey:
    """A customer's journey after these turns: a deal for each purchase."""
    customer = Journey()
    for number, (at_ms, what) in enumerate(turns):
        if what in TOLD:
            advance(customer, _event("ledger", "a", CUSTOMER, at_ms, TOLD[what], number))
            continue
        name, deal = f"deal/{number}", Journey()
        created = ev.Created(channel=what, customer="a")
        advance(deal, _event("deal", str(number), name, at_ms - DAY_MS, created, number))
        advance(deal, _event("deal", str(number), name, at_ms, ev.Won(), number))
        merge(customer, from_bytes(part_for_customers(name, deal)))
    return customer


def _event(
    entity: ev.Entity, name: str, journey: str, at_ms: int, payload: ev.Payload, number: int
) -> ev.Event:
    return ev.Event(
        id=f"{number} {type(payload).__name__}",
        source="/crm",
        entity=entity,
        entity_id=name,
        journey=journey,
        time_ms=at_ms,
        data=payload,
    )


def customer_told(turns: list[Turn], silence_days: int | None) -> Customer:
    """The same for the batch truth."""
    bought = [
        Purchase(at_ms, f"deal/{number}", f"deal/{number}", what, "unknown", "unknown", None, ())
        for number, (at_ms, what) in enumerate(turns)
        if what not in TOLD
    ]
    told = {(at_ms, f"customer_{what}") for at_ms, what in turns if what in TOLD}
    silence_ms = None if silence_days is None else silence_days * DAY_MS
    order = sorted(bought, key=lambda one: (one.at_ms, one.deal, one.journey))
    return Customer(tuple(order), tuple(sorted(told)), silence_ms)
