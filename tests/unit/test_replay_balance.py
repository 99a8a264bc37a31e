"""Published = applied + quarantined, in distinct events, however often rows are repeated."""

from agents.quarantine import Quarantined
from agents.replay.compiler import make_plan
from agents.replay.follow import Balance, count
from agents.replay.mapping import find_mapping
from agents.replay.publish import Sent
from agents.replay.report import shown
from streams.funnels import DEFAULT

PLAN = make_plan(find_mapping("maven-crm"), DEFAULT)


def sent(*ids: str) -> Sent:
    """These events were published, some of them repeatedly."""
    published = Sent()
    for event_id in ids:
        published.note(event_id)
    return published


def rejected(event_id: str, reason: str = "no_date", *, name_only: bool = False) -> Quarantined:
    """A quarantined record of this event."""
    extra = "" if name_only else ', "type": "crm.deal.created"'
    return Quarantined(
        reason=reason,
        field="time",
        fix="say when",
        topic="crm.deals",
        partition=0,
        offset=1,
        timestamp_ms=0,
        key=b"deal/1",
        value=f'{{"source": "/import/maven-crm", "id": "{event_id}"{extra}}}'.encode(),
        headers=(("import-file", b"a.csv"), ("import-row", b"7")),
    )


def test_repeated_rows_are_one_event_each() -> None:
    """Three copies of a good row and two of a bad one are two events."""
    balance = count([rejected("bb"), rejected("bb")], PLAN, sent("aa", "aa", "aa", "bb", "bb"), 3)
    assert (balance.published, balance.applied, balance.quarantined) == (2, 1, 1)
    assert balance.records == 5
    assert balance.problem is None


def test_a_reason_is_told_with_its_column_and_rows() -> None:
    """The stream's `time` is the file's engage_date."""
    (rows,) = count([rejected("aa")], PLAN, sent("aa"), 0).by_reason
    assert (rows.reason, rows.columns, rows.events, rows.rows) == (
        "no_date",
        ("engage_date",),
        1,
        ("a.csv row 7",),
    )


def test_an_event_that_was_pushed_out_later_counts_as_quarantined() -> None:
    """It was applied at first, and of a second copy only the record came back."""
    pushed = [rejected("bb", "over_limit", name_only=True), rejected("bb", "over_limit")]
    balance = count(pushed, PLAN, sent("aa", "bb", "bb"), 2)
    assert (balance.published, balance.applied, balance.quarantined) == (2, 1, 1)


def test_an_event_that_vanished_is_a_problem() -> None:
    """One record too few in the worker's count and nothing in quarantine."""
    balance = count([], PLAN, sent("aa", "bb"), 1)
    assert balance.problem is not None
    assert "1 too few" in balance.problem


def test_an_event_that_counts_twice_is_a_problem() -> None:
    """A rejected event must not have been applied as well."""
    problem = count([rejected("aa")], PLAN, sent("aa", "bb"), 2).problem
    assert problem is not None
    assert "1 too many" in problem


def test_a_record_that_nobody_sent_is_a_problem() -> None:
    """Somebody else's records on our topics would spoil the figures."""
    for stranger in (rejected("cc"), rejected("not hex")):
        balance = count([stranger], PLAN, sent("aa"), 1)
        assert balance.problem is not None
        assert "1 strange record" in balance.problem


def test_values_are_rounded_only_for_the_eye() -> None:
    """Ratios as percent, money with its currency, cents only where there are some."""
    assert shown(0.6315005, "ratio", "USD") == "63.150%"
    assert shown(10005534.0, "money", "USD") == "10,005,534 USD"
    assert shown(2360.906, "money", "USD") == "2,360.91 USD"
    assert shown(51.78197, "days", "USD") == "51.782 days"
    assert shown(4238, "count", "USD") == "4,238"


def test_a_balance_without_events_is_balanced() -> None:
    """Rows that say nothing publish nothing."""
    assert Balance(0, 0, 0, 0, 0, ()).problem is None
