"""The score of an opportunity says why: the CRM's word counts, otherwise four questions and their answers."""

from typing import Any

from agents.deal_detail import journey_of
from streams.decode import decode
from streams.events import Event
from streams.funnels import DEFAULT
from streams.journeys import Journey, advance
from streams.opportunity import CRITERIA
from streams.stories import Story, story
from tests.fixed_worker import FixedShard, FixedWorker
from tests.oracle import Record
from tests.stories.telling import deal, lead, ms

LEAD = [
    lead("1", "created", "2026-03-02 10:00", channel="inbound", source="web", owner="ann"),
    lead("1", "qualified", "2026-03-02 12:00"),
]


def told(*records: Record) -> Story:
    """What these events of lead 1 say."""
    journey = Journey()
    for record in records:
        event = decode(record.value, list(record.headers), funnels=DEFAULT)
        assert isinstance(event, Event)
        advance(journey, event)
    found = story("lead/1", journey)
    assert found is not None
    return found


def asked(*records: Record) -> dict[str, Any]:
    """The page of lead 1."""
    worker = FixedWorker([FixedShard(0), FixedShard(1, stories={"lead/1": told(*records)})])
    found = journey_of(worker, "lead/1")
    assert found is not None
    return found


def test_a_page_tells_the_lead_and_its_deals() -> None:
    """Amounts are in major units of their own currency; a closed deal has no score any more."""
    page = asked(
        *LEAD,
        deal(
            "7", "created", "2026-03-03 10:00", journey="lead/1", owner="bob", amount="12.50", currency="USD"
        ),
        deal("7", "lost", "2026-03-04 10:00", journey="lead/1", reason="price"),
    )
    (seven,) = page.pop("deals")
    assert page == {
        "key": "lead/1",
        "outcome": "lost",
        "channel": "inbound",
        "source": "web",
        "owner": "ann",
        "created_ms": ms("2026-03-02 10:00"),
        "qualified_ms": ms("2026-03-02 12:00"),
    }
    assert seven == {
        "deal": "7",
        "outcome": "lost",
        "owner": "bob",
        "created_ms": ms("2026-03-03 10:00"),
        "closed_ms": ms("2026-03-04 10:00"),
        "amount": {"value": 12.5, "currency": "USD"},
        "score": None,
    }


def test_the_rule_gives_its_reasons_in_both_languages() -> None:
    """An amount and a qualified lead are two of four, so the score is 3."""
    page = asked(*LEAD, deal("7", "created", "2026-03-03 10:00", journey="lead/1", amount="12.50"))
    score = page["deals"][0]["score"]
    assert (score["value"], score["by"]) == (3, "rule")
    assert {reason["id"]: reason["met"] for reason in score["reasons"]} == {
        "budget": True,
        "authority": False,
        "need": True,
        "timing": False,
    }
    for reason, criterion in zip(score["reasons"], CRITERIA, strict=True):
        assert reason["says"] == (criterion.met if reason["met"] else criterion.unmet)
        assert "а" <= reason["says"].ru[-1] <= "я"
        assert reason["says"].en.isascii()


def test_what_the_crm_says_counts_and_the_reasons_stand_beside_it() -> None:
    """The deal's own score before its lead's, that before the rule's."""
    made = deal("7", "created", "2026-03-03 10:00", journey="lead/1")
    of_lead = lead("1", "scored", "2026-03-04 10:00", score=5)
    of_deal = deal("7", "scored", "2026-03-04 10:00", journey="lead/1", score=1)
    by_lead, by_deal = (
        asked(*LEAD, made, *scored)["deals"][0]["score"] for scored in ([of_lead], [of_lead, of_deal])
    )
    assert (by_lead["value"], by_lead["by"]) == (5, "crm")
    assert (by_deal["value"], by_deal["by"]) == (1, "crm")
    assert len(by_deal["reasons"]) == 4


def test_a_journey_that_is_elsewhere_is_none() -> None:
    """Another worker may hold it."""
    assert journey_of(FixedWorker([FixedShard(0)]), "lead/1") is None
