"""The simulated CRM: repeatable, complete, and plausible enough to watch."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from itertools import islice, pairwise
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from agents.crm.cast import CHANNEL_SHARES, ROSTER, SOURCE_NAMES
from agents.crm.story import Timed
from agents.crm.world import simulate
from streams import events as ev
from streams.calendar import BusinessCalendar
from streams.decode import check_future, decode
from streams.encode import encode
from streams.windows import DAY_MS, HOUR_MS

MOSCOW = ZoneInfo("Europe/Moscow")
CALENDAR = BusinessCalendar("Europe/Moscow", dict.fromkeys(range(5), ((540, 1080),)), "RU")


def ms(local: str) -> int:
    return int(datetime.fromisoformat(local).replace(tzinfo=MOSCOW).timestamp() * 1000)


START, END = ms("2026-03-02"), ms("2026-05-01")


@lru_cache
def two_months(seed: int = 7) -> list[Timed]:
    return list(simulate(seed, START, END, CALENDAR))


@pytest.fixture(scope="module")
def told() -> list[Timed]:
    return two_months()


@pytest.fixture(scope="module")
def events(told: list[Timed]) -> list[ev.Event]:
    """Distinct events."""
    return list({(e.source, e.id): e for e, _ in told}.values())


def of(events: Iterable[ev.Event], *payloads: type) -> list[ev.Event]:
    return [event for event in events if isinstance(event.data, payloads)]


def local(time_ms: int) -> datetime:
    return datetime.fromtimestamp(time_ms / 1000, MOSCOW)


def test_the_same_seed_tells_the_same_story(told: list[Timed]) -> None:
    """Events, ids and times of receipt are equal, another seed's are not."""
    assert list(simulate(7, START, END, CALENDAR)) == told
    assert two_months(8) != told


def test_a_day_is_the_same_whenever_the_simulation_starts(told: list[Timed]) -> None:
    """A journey that began on a day is told alike by a simulation that starts on that day."""
    day = ms("2026-04-06")
    later = {t.event.id: t for t in simulate(7, day, END, CALENDAR, ledger=False)}
    again = {t.event.id: t for t in told if t.event.id in later}
    assert len(later) > 5_000
    assert {name: t.event for name, t in later.items()} == {name: t.event for name, t in again.items()}


def test_events_come_in_the_order_of_receipt(told: list[Timed]) -> None:
    """Kafka's timestamps never go back and stay in the span; no event is ahead of its own."""
    assert all(first.kafka_time_ms <= second.kafka_time_ms for first, second in pairwise(told))
    assert told[0].kafka_time_ms >= START
    assert told[-1].kafka_time_ms < END
    assert all(check_future(event, kafka_ms) is None for event, kafka_ms in told)
    assert all(event.time_ms <= (event.received_ms or 0) <= kafka_ms for event, kafka_ms in told)


def test_every_event_is_one_of_the_contract(events: list[ev.Event]) -> None:
    """What is published is read back as the very same event: nothing would be quarantined."""
    assert [decode(encode(event)) for event in events] == events


def test_it_goes_on_for_ever_when_no_end_is_given() -> None:
    """A simulation without an end is read as far as one likes, with the same events."""
    first = list(islice(simulate(7, START, None, CALENDAR), 1_000))
    assert first == two_months()[:1_000]


def test_every_kind_of_event_occurs(events: list[ev.Event]) -> None:
    """All payloads of leads, deals and the ledger are told within two months."""
    assert {type(e.data) for e in events} == {*get_args(ev.JourneyPayload), *get_args(ev.LedgerPayload)}


def test_the_volume_is_that_of_a_department_of_twelve(told: list[Timed], events: list[ev.Event]) -> None:
    """Two months hold some twenty-odd thousand events of all five channels, by all reps and known sources."""
    assert 18_000 < len(told) < 32_000
    created = [e.data for e in of(events, ev.Created) if isinstance(e.data, ev.Created)]
    assert {c.channel for c in created} == {*CHANNEL_SHARES, None}
    assert {c.source for c in created} == set(SOURCE_NAMES)
    owners = {c.owner for c in created} | {e.data.owner for e in events if isinstance(e.data, ev.Assigned)}
    assert owners - {None} == set(ROSTER)
    assert len(SOURCE_NAMES) <= 12


def test_enquiries_follow_the_day_and_the_week(events: list[ev.Event]) -> None:
    """Most come in working hours, some at night; weekends bring less than half of a weekday."""
    times = [local(at) for at in enquiries(events).values()]
    in_hours = sum(9 <= t.hour < 18 for t in times) / len(times)
    assert 0.6 < in_hours < 0.9
    assert any(t.hour in (1, 2, 3, 4) for t in times)
    weekend = sum(t.weekday() >= 5 for t in times) / 2
    assert 0.1 < weekend / (sum(t.weekday() < 5 for t in times) / 5) < 0.5


def test_reps_work_on_working_days_only(events: list[ev.Event]) -> None:
    """Prospects and deals of regular customers come in working hours; nobody sells on Women's Day."""
    work = [e for e in of(events, ev.Created) if channel_of(e) in ("active", "regular", "vip", "partner")]
    assert all(CALENDAR.working_ms(e.time_ms - 1, e.time_ms) for e in work)
    assert not [e for e in work if local(e.time_ms).date().isoformat() in ("2026-03-08", "2026-03-09")]


def channel_of(event: ev.Event) -> str | None:
    return event.data.channel if isinstance(event.data, ev.Created) else None


def enquiries(events: list[ev.Event]) -> dict[str, int]:
    """When each inbound lead was created."""
    leads = (e for e in of(events, ev.Created) if e.entity == "lead")
    return {lead.journey: lead.time_ms for lead in leads if channel_of(lead) == "inbound"}


def waits(events: list[ev.Event]) -> dict[str, int | None]:
    """Wall time to the first human answer, by lead of the inbound channel."""
    created = enquiries(events)
    answers = defaultdict(list)
    for event in events:
        human = isinstance(event.data, ev.FirstTouch) or event.data == ev.Responded(by="human")
        if event.entity == "lead" and human and event.time_ms >= created.get(event.journey, END):
            answers[event.journey].append(event.time_ms)
    return {lead: min(answers[lead]) - at if lead in answers else None for lead, at in created.items()}


def test_most_enquiries_are_answered_within_an_hour(events: list[ev.Event]) -> None:
    """The share is between 55 and 75 %, and some enquiries are never answered."""
    waited = list(waits(events).values())
    within = sum(w is not None and w <= HOUR_MS for w in waited) / len(waited)
    assert 0.55 < within < 0.75
    assert 0.01 < waited.count(None) / len(waited) < 0.12


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_slow_answers_convert_worse(seed: int) -> None:
    """An enquiry answered within the hour becomes qualified at least twice as often as a slower one."""
    events = [t.event for t in two_months(seed)]
    qualified = {e.journey for e in of(events, ev.Qualified)}
    waited = {lead: wait for lead, wait in waits(events).items() if wait is not None}
    fast = [lead in qualified for lead, wait in waited.items() if wait <= HOUR_MS]
    slow = [lead in qualified for lead, wait in waited.items() if wait > HOUR_MS]
    assert min(len(fast), len(slow)) > 200
    assert sum(fast) / len(fast) > 2 * sum(slow) / len(slow)


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_a_quarter_or_so_of_the_closed_deals_is_won(seed: int) -> None:
    """The win rate lies between 20 and 35 %, and each channel wins some and loses some."""
    last: dict[str, ev.Event] = {}
    events = [t.event for t in two_months(seed)]
    for event in sorted(of(events, ev.Won, ev.Lost, ev.Reopened), key=lambda e: e.time_ms):
        last[event.entity_id] = event
    outcomes = Counter(type(event.data) for event in last.values())
    assert 0.2 < outcomes[ev.Won] / (outcomes[ev.Won] + outcomes[ev.Lost]) < 0.35
    channels = {e.entity_id: channel_of(e) for e in of(events, ev.Created) if e.entity == "deal"}
    for outcome in (ev.Won, ev.Lost):
        closed = {channels.get(e.entity_id) for e in last.values() if type(e.data) is outcome}
        assert closed - {None} == set(CHANNEL_SHARES)  # some deals are entered after they are lost


@pytest.mark.parametrize(("seed", "leads_per_day"), [(7, 80.0), (8, 80.0), (7, 12.0)])
def test_a_customer_brings_more_than_the_spend_that_won_him(seed: int, leads_per_day: float) -> None:
    """Of whatever size, the department is healthy: inbound sales are worth several times what was spent."""
    told = (
        two_months(seed)
        if leads_per_day == 80
        else simulate(seed, START, END, CALENDAR, leads_per_day=leads_per_day)
    )
    events = list({(e.source, e.id): e for e, _ in told}.values())
    spent = sum(e.data.amount.amount_minor for e in events if isinstance(e.data, ev.SpendReported))
    inbound = {
        e.entity_id for e in of(events, ev.Created) if e.entity == "deal" and channel_of(e) == "inbound"
    }
    sold = sum(
        e.data.amount.amount_minor
        for e in events
        if isinstance(e.data, ev.LineSold) and e.entity_id in inbound
    )
    assert 0 < 3 * spent < sold


def test_reps_differ_in_speed(events: list[ev.Event]) -> None:
    """The quickest rep answers in less than half of the slowest one's median time."""
    owner = {e.entity_id: e.data.owner for e in events if isinstance(e.data, ev.Assigned)}
    by_rep = defaultdict(list)
    for lead, wait in waits(events).items():
        if wait is not None and lead[5:] in owner:
            by_rep[owner[lead[5:]]].append(wait)
    medians = {rep: sorted(waited)[len(waited) // 2] for rep, waited in by_rep.items() if len(waited) > 50}
    assert medians["r01"] * 2 < medians["r05"]


def test_events_are_repeated_and_entered_late(told: list[Timed]) -> None:
    """About one in a hundred comes twice; some are entered a day later, mostly on Friday evening."""
    names = Counter((e.source, e.id) for e, _ in told)
    assert 0.005 < sum(n > 1 for n in names.values()) / len(names) < 0.03
    late = [t for t in told if (t.event.received_ms or 0) - t.event.time_ms > DAY_MS]
    assert len(late) > 100
    fridays = [t for t in late if local(t.kafka_time_ms).weekday() == 4 and local(t.kafka_time_ms).hour >= 17]
    assert len(fridays) > len(late) / 2


def test_money_adds_up(events: list[ev.Event]) -> None:
    """The lines of a won deal sum to its amount; payments never exceed it."""
    amount: dict[str, int] = {}
    for event in sorted(events, key=lambda e: (e.time_ms, e.data.rank)):
        if isinstance(event.data, ev.Created | ev.AmountChanged) and event.data.amount:
            amount[event.entity_id] = event.data.amount.amount_minor
    sums: dict[type, Counter[str]] = defaultdict(Counter)
    reversed_payments = {e.data.payment for e in events if isinstance(e.data, ev.PaymentReversed)}
    for event in events:
        if isinstance(event.data, ev.LineSold | ev.PaymentReceived):
            if isinstance(event.data, ev.PaymentReceived) and event.data.payment in reversed_payments:
                continue
            sums[type(event.data)][event.entity_id] += event.data.amount.amount_minor
    assert len(sums[ev.LineSold]) > 100
    assert all(amount[deal] == total for deal, total in sums[ev.LineSold].items())
    assert all(amount[deal] >= total for deal, total in sums[ev.PaymentReceived].items())
