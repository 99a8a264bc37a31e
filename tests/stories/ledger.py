"""Stories of the ledger: plans by working day, whose plan it is, spend, voices and aims.

April 2026 has 22 working days: 1–3, 6–10, 13–17, 20–24, 27–30. It begins on a Wednesday.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

from tests.oracle import Config, Record
from tests.stories.telling import Story, moment, ms, told

APRIL = {"first_day": "2026-04-01", "last_day": "2026-04-30"}
WEEK = {"first_day": "2026-04-06", "last_day": "2026-04-12"}


def book(verb: str, about: str, at: str, /, *, name: str = "", key: str = "", **data: Any) -> Record:
    """An event of the ledger about a subject; `name` is its id, `key` what the CRM keyed the record by."""
    if "amount" in data:
        data.setdefault("currency", "RUB")
    envelope = {
        "id": name or f"{verb} {about} {at} {data.get('measure', '')}{data.get('campaign', '')}",
        "source": "/books",
        "type": f"crm.ledger.{verb}",
        "subject": f"ledger/{about}",
        "time": moment(at).isoformat(),
        "data": data,
    }
    keyed = (key or f"ledger/{about}").encode()
    return Record("crm.ledger", keyed, json.dumps(envelope).encode(), (), ms(at))


def plan(about: str, measure: str, at: str = "2026-03-30 10:00", **data: Any) -> Record:
    """A plan of April, unless other days are told."""
    return book("plan_set", about, at, measure=measure, **{**APRIL, **data})


def spend(at: str, amount: str, /, name: str = "", **data: Any) -> Record:
    """Spend of the week from 6 April, unless other days are told."""
    return book("spend_reported", "ads", at, name=name, amount=amount, **{**WEEK, **data})


LEDGER: list[Story] = [
    told(
        "a month's plan is spread over its working days, and no window of hours has it",
        "2026-04-15 12:00",
        [plan("department", "revenue", amount="2200.00")],
        """
        today channel plan_minor unknown 10000
        week channel plan_minor unknown 30000
        prev_week channel plan_minor unknown 50000
        7d channel plan_minor unknown 50000
        month channel plan_minor unknown 110000
        quarter channel plan_minor unknown 110000
        year channel plan_minor unknown 110000
        prev_month channel plan_minor -
        24h channel plan_minor -
        1h channel plan_minor -
        prev_24h channel plan_minor -
        all channel plan_minor unknown 220000
        month rep plan_minor -
        """,
    ),
    told(
        "the department's plan stands: what channels leave of it is unknown's, and reps are apart",
        "2026-04-01 12:00",
        [
            plan("department", "revenue", amount="2200.00"),
            plan("channel/vip", "revenue", amount="1100.00"),
            plan("channel/active", "revenue", amount="440.00"),
            plan("rep/r1", "revenue", amount="660.00"),
            plan("team/north", "revenue", amount="880.00"),
            plan("channel/vip", "deals", quantity=11),
            plan("channel/regular", "deals", quantity=5.5),
            plan("rep/r1", "deals", quantity=2.2),
        ],
        """
        today channel plan_minor vip 5000
        today channel plan_minor active 2000
        today channel plan_minor unknown 3000
        month rep plan_minor r1 3000
        month team plan_minor north 4000
        month source plan_minor -
        month channel plan_deals vip 500000
        month channel plan_deals regular 250000
        month rep plan_deals r1 100000
        """,
    ),
    told(
        "channels that go beyond the department's plan leave less than nothing to unknown",
        "2026-04-01 12:00",
        [
            plan("department", "revenue", amount="440.00"),
            plan("channel/vip", "revenue", amount="660.00"),
            plan("channel/nobody_knows_it", "revenue", amount="220.00"),
        ],
        """
        today channel plan_minor vip 3000
        today channel plan_minor unknown -1000
        """,
    ),
    told(
        "a kopeck of rounding is the first channel's",
        "2026-04-02 12:00",
        [
            plan("department", "revenue", amount="100.01"),
            plan("channel/active", "revenue", amount="50.00"),
            plan("channel/vip", "revenue", amount="50.01"),
        ],
        """
        month channel plan_minor active 455
        month channel plan_minor vip 454
        all channel plan_minor active 5000
        all channel plan_minor vip 5001
        """,
    ),
    told(
        "on each day the shortest period stands, and of the same days the last writer",
        "2026-04-15 12:00",
        [
            plan("channel/vip", "revenue", amount="2200.00"),
            plan("channel/vip", "revenue", "2026-04-03 10:00", amount="750.00", **WEEK),
            plan("channel/vip", "revenue", "2026-04-02 10:00", amount="1000.00", **WEEK),
            plan("channel/vip", "revenue", "2026-03-29 10:00", amount="9900.00"),
        ],
        """
        month channel plan_minor vip 135000
        prev_week channel plan_minor vip 75000
        all channel plan_minor vip 245000
        """,
    ),
    told(
        "of two weeks that share days the one told last stands there",
        "2026-04-20 12:00",
        [
            plan("channel/vip", "revenue", amount="500.00", **WEEK),
            plan(
                *("channel/vip", "revenue", "2026-03-31 10:00"),
                amount="250.00",
                first_day="2026-04-09",
                last_day="2026-04-15",
            ),
        ],
        """
        month channel plan_minor vip 55000
        prev_week channel plan_minor vip 15000
        """,
    ),
    told(
        "a channel without its own hours has the department's, and they never add up",
        "2026-04-02 12:00",
        [
            plan("department", "handling_hours", quantity=2),
            plan("channel/vip", "handling_hours", quantity=3),
            plan("department", "capacity_hours", quantity=88),
            plan("rep/r1", "capacity_hours", quantity=44),
        ],
        """
        month channel handling_ms active 4h
        month channel handling_ms inbound 4h
        month channel handling_ms regular 4h
        month channel handling_ms partner 4h
        month channel handling_ms vip 6h
        month channel handling_ms unknown -18h
        month channel handling_told active 2
        month channel handling_told inbound 2
        month channel handling_told regular 2
        month channel handling_told partner 2
        month channel handling_told vip 2
        month channel handling_told unknown -8
        month channel capacity_ms active 8h
        month channel capacity_ms inbound 8h
        month channel capacity_ms regular 8h
        month channel capacity_ms partner 8h
        month channel capacity_ms vip 8h
        month channel capacity_ms unknown -32h
        """,
    ),
    told(
        "hours that only channels told are their mean for the department",
        "2026-04-01 12:00",
        [
            plan("channel/vip", "handling_hours", quantity=3),
            plan("channel/active", "handling_hours", quantity=1),
        ],
        """
        month channel handling_ms vip 3h
        month channel handling_ms active 1h
        month channel handling_ms unknown -2h
        month channel handling_told vip 1
        month channel handling_told active 1
        month channel handling_told unknown -1
        """,
    ),
    told(
        "sources add up to their channel, channels to the department",
        "2026-04-01 12:00",
        [
            plan("channel/inbound/yandex", "baseline", amount="220.00"),
            plan("channel/inbound", "baseline", amount="440.00"),
            plan("source/old", "baseline", amount="110.00"),
            plan("channel/vip/club", "baseline", amount="66.00"),
            plan("department", "baseline", amount="726.00"),
        ],
        """
        month channel baseline_minor inbound 2000
        month channel baseline_minor vip 300
        month channel baseline_minor unknown 1000
        month source baseline_minor inbound yandex 1000
        month source baseline_minor inbound unknown 1000
        month source baseline_minor vip club 300
        month source baseline_minor unknown old 500
        month source baseline_minor unknown unknown 500
        """,
    ),
    told(
        "campaigns add up, the same told again is a correction, and any key will do",
        "2026-04-08 12:00",
        [
            spend("2026-04-13 09:00", "70.00", source="yandex", campaign="a", channel="inbound"),
            spend("2026-04-13 09:00", "99.00", source="yandex", campaign="b", channel="inbound"),
            spend("2026-04-14 09:00", "35.00", source="yandex", campaign="b", channel="inbound"),
            book("spend_reported", "print", "2026-04-13 09:00", key="x", amount="5.00", **WEEK),
            spend("2026-04-13 09:00", "9.00", campaign="usd", currency="USD"),
        ],
        """
        week channel spend_minor inbound 6300
        week channel spend_minor unknown 300
        month source spend_minor inbound yandex 6300
        month source spend_minor unknown unknown 300
        24h channel spend_minor -
        month channel ledger_unconverted unknown 3
        """,
    ),
    replace(
        told(
            "spend in another currency is worth its day's rate",
            "2026-04-08 12:00",
            [spend("2026-04-13 09:00", "5.00", source="google", channel="inbound", currency="USD")],
            """
            week channel spend_minor inbound 24160
            month channel ledger_unconverted -
            """,
        ),
        config=Config(rates={"USD": {date(2026, 4, 1): "80.5", date(2026, 4, 8): "80.6"}}),
    ),
    told(
        "days on which nobody works have what is told for them alone",
        "2026-04-06 12:00",
        [
            book(
                *("expense_reported", "fair", "2026-04-06 09:00"),
                amount="10.00",
                first_day="2026-04-04",
                last_day="2026-04-05",
            ),
            book("expense_reported", "rent", "2026-04-01 09:00", amount="22.00", **APRIL),
            book("expense_reported", "channel/vip", "2026-04-01 09:00", amount="44.00", **APRIL),
            book(
                "expense_reported",
                "rent",
                "2026-04-01 09:00",
                name="r",
                amount="11.00",
                kind="reserve",
                **APRIL,
            ),
        ],
        """
        month channel expense_minor unknown 1400
        month channel expense_minor vip 800
        month channel reserve_minor unknown 200
        """,
    ),
    told(
        "answers are promoters, detractors or neither; the last word of each counts",
        "2026-04-08 12:00",
        [
            book("nps_answered", "c1", "2026-04-01 10:00", score=9, channel="regular", owner="r1"),
            book("nps_answered", "c2", "2026-04-01 11:00", score=10, channel="regular"),
            book("nps_answered", "c3", "2026-04-01 12:00", score=8, channel="vip", owner="r1"),
            book("nps_answered", "c4", "2026-04-01 13:00", score=6),
            book("nps_answered", "c5", "2026-04-01 14:00", name="n5", score=10, owner="r1"),
            book("nps_answered", "c5", "2026-04-02 14:00", name="n5", score=0, owner="r2"),
            book("care_contacted", "c1", "2026-04-07 10:00", occasion="birthday", channel="vip", owner="r1"),
            book("care_contacted", "c1", "2026-04-08 10:00", occasion="survey"),
        ],
        """
        month channel nps_answers regular 2
        month channel nps_answers vip 1
        month channel nps_answers unknown 2
        month channel nps_promoters regular 2
        month channel nps_detractors unknown 2
        month rep nps_answers r1 2
        month rep nps_answers r2 1
        month rep nps_answers unassigned 2
        month rep nps_promoters r1 1
        month rep nps_promoters unassigned 1
        month rep nps_detractors r2 1
        month rep nps_detractors unassigned 1
        month channel care_contacts vip 1
        month channel care_contacts unknown 1
        month rep care_contacts r1 1
        month rep care_contacts unassigned 1
        """,
    ),
    told(
        "an aim holds from its day until the next one's, and 0 is an aim",
        "2026-04-09 12:00",
        [
            book(
                "target_set",
                "department",
                "2026-03-30 10:00",
                kpi="win_rate",
                first_day="2026-04-01",
                target=0.3,
            ),
            book(
                "target_set",
                "anything",
                "2026-03-31 10:00",
                kpi="win_rate",
                first_day="2026-04-01",
                target=0.35,
            ),
            book(
                "target_set",
                "department",
                "2026-04-02 10:00",
                kpi="win_rate",
                first_day="2026-04-10",
                target=0.4,
            ),
            book(
                "target_set",
                "department",
                "2026-03-01 10:00",
                kpi="growth",
                first_day="2026-01-01",
                baseline=-0.1,
            ),
            book(
                "target_set",
                "department",
                "2026-03-02 10:00",
                kpi="growth",
                first_day="2026-02-01",
                baseline=0,
            ),
            book("target_set", "rep/r1", "2026-03-01 10:00", kpi="growth", first_day="2026-01-01", target=2),
        ],
        """
        all kpi target win_rate 350000
        all kpi target growth rep/r1 2000000
        all kpi targets win_rate 1
        all kpi targets growth rep/r1 1
        all kpi baseline -
        all kpi baselines growth 1
        """,
    ),
    told(
        "what cannot be judged is refused by name",
        "2026-04-02 12:00",
        [
            plan("everybody", "revenue", amount="1.00"),
            plan("department", "revenue", quantity=1),
            plan("department", "turnover", quantity=1),
            plan("rep/r1", "deals", quantity=1, first_day="2016-01-01"),
            plan("rep/r2", "deals", quantity=1, last_day="2026-03-31"),
            book("nps_answered", "c1", "2026-04-01 10:00", score=11),
            book("spend_reported", "s", "2026-04-01 10:00", amount="1.00", channel="radio", **WEEK),
        ],
        """
        all channel plan_minor -
        all rep plan_deals -
        all channel spend_minor -
        """,
        ("plan_set everybody 2026-03-30 10:00 revenue", "bad_subject"),
        ("plan_set department 2026-03-30 10:00 revenue", "missing_field"),
        ("plan_set department 2026-03-30 10:00 turnover", "bad_value"),
        ("plan_set rep/r1 2026-03-30 10:00 deals", "bad_value"),
        ("plan_set rep/r2 2026-03-30 10:00 deals", "bad_value"),
        ("nps_answered c1 2026-04-01 10:00 ", "bad_value"),
        ("spend_reported s 2026-04-01 10:00 ", "unknown_channel"),
    ),
]
