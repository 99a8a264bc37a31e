"""Stories of leads: enquiries, answers, waiting, qualification, owners."""

from __future__ import annotations

from tests.stories.telling import Story, lead, told

NEW = {"channel": "inbound", "source": "web", "owner": "ann"}

LEADS: list[Story] = [
    # Monday. The machine answers after 1 minute, a person tries after 5 and answers after 40.
    told(
        "an automatic reply does not count as an answer",
        "2026-03-02 12:00",
        [
            lead("1", "created", "2026-03-02 10:00", **NEW),
            lead("1", "responded", "2026-03-02 10:01", by="auto"),
            lead("1", "contact_attempted", "2026-03-02 10:05", by="human"),
            lead("1", "responded", "2026-03-02 10:40", by="human"),
        ],
        """
        all channel enquiries inbound 1
        all source enquiries inbound web 1
        all rep enquiries ann 1
        all channel responses inbound 1
        all rep responses ann 1
        all channel response_ms inbound 40min
        all channel response_working_ms inbound 40min
        all channel response_bucket inbound 3600 1
        all channel response_working_bucket inbound 3600 1
        all channel answered_1h inbound 1
        all source due_1h inbound web 1
        all rep due_1wh ann 1
        all channel waiting -
        """,
    ),
    # A touch the day before lead 1 wrote is no answer; the one 2 h after is. Lead 2 was answered at once.
    told(
        "a contact before the enquiry is no response, one at the same instant is",
        "2026-03-02 18:00",
        [
            lead("1", "first_touch", "2026-03-01 15:00"),
            lead("1", "created", "2026-03-02 10:00", **NEW),
            lead("1", "responded", "2026-03-02 12:00", by="human"),
            lead("2", "created", "2026-03-02 11:00", channel="inbound", owner="bob"),
            lead("2", "first_touch", "2026-03-02 11:00"),
        ],
        """
        all channel responses inbound 2
        all channel response_ms inbound 2h
        all rep response_ms ann 2h
        all channel response_bucket inbound 14400 1
        all channel response_bucket inbound 300 1
        all channel answered_1h inbound 1
        all rep answered_1h bob 1
        all channel due_1h inbound 2
        """,
    ),
    # The answer arrives before the enquiry, and a second, later `created` says 11:00: the earliest holds.
    told(
        "a late created leads to the same as a punctual one",
        "2026-03-03 09:00",
        [
            lead("1", "responded", "2026-03-02 10:30", by="human"),
            lead("1", "created", "2026-03-02 11:00", id="again", channel="active"),
            lead("1", "updated", "2026-03-02 11:05", channel="inbound"),
            lead("1", "created", "2026-03-02 10:00", channel="vip", source="fair"),
        ],
        """
        all channel enquiries inbound 1
        all source enquiries inbound fair 1
        all channel responses inbound 1
        all channel response_ms inbound 30min
        prev_today channel response_ms inbound 30min
        today channel enquiries -
        """,
    ),
    told(
        "an unanswered enquiry is not due before its hour has passed",
        "2026-03-02 10:59:59.999",
        [lead("1", "created", "2026-03-02 10:00", **NEW)],
        """
        all channel due_1h -
        1h channel due_1h -
        all channel due_1wh -
        1h channel enquiries inbound 1
        all channel waiting inbound 1
        all rep waiting ann 1
        all waiting_since inbound 2026-03-02T10:00
        """,
    ),
    # At 11:00:00 the window `1h` is [10:01, 11:01): the fact is dated 10:00 and just outside.
    told(
        "an unanswered enquiry is due when its hour has passed",
        "2026-03-02 11:00",
        [lead("1", "created", "2026-03-02 10:00", **NEW)],
        """
        all channel due_1h inbound 1
        all channel due_1wh inbound 1
        month rep due_1h ann 1
        1h channel due_1h -
        all channel answered_1h -
        all channel responses -
        all channel waiting inbound 1
        """,
    ),
    # Friday 17:30 to Tuesday 09:30, Monday 9 March a holiday: half an hour on each of two days.
    told(
        "working time runs over a weekend and a holiday",
        "2026-03-10 12:00",
        [
            lead("1", "created", "2026-03-06 17:30", **NEW),
            lead("1", "responded", "2026-03-10 09:30", by="human"),
        ],
        """
        all channel response_ms inbound 88h
        all channel response_working_ms inbound 1h
        all channel response_bucket inbound 604800 1
        all channel response_working_bucket inbound 3600 1
        all channel answered_1h -
        all channel due_1h inbound 1
        all channel answered_1wh inbound 1
        all channel due_1wh inbound 1
        """,
    ),
    # Saturday 1 November 2025 was worked for Monday the 3rd: Friday 17:00-18:00 and Saturday 09:00-10:00.
    told(
        "a moved working Saturday is worked like Friday",
        "2025-11-01 12:00",
        [
            lead("1", "created", "2025-10-31 17:00", **NEW),
            lead("1", "responded", "2025-11-01 10:00", by="human"),
        ],
        """
        all channel response_ms inbound 17h
        all channel response_working_ms inbound 2h
        all channel response_bucket inbound 86400 1
        all channel response_working_bucket inbound 14400 1
        all channel answered_1wh -
        all channel due_1wh inbound 1
        """,
    ),
    # Saturday 17:30 is due on Wednesday 09:30 (Monday moved, Tuesday Unity Day), 17:31 a minute later.
    told(
        "a working hour pauses over moved holidays",
        "2025-11-05 09:30",
        [
            lead("1", "created", "2025-11-01 17:30", channel="inbound", owner="ann"),
            lead("2", "created", "2025-11-01 17:31", channel="inbound", owner="bob"),
        ],
        """
        all channel due_1h inbound 2
        all channel due_1wh inbound 1
        all rep due_1wh ann 1
        all channel waiting inbound 2
        all waiting_since inbound 2025-11-01T17:30
        """,
    ),
    told(
        "a lead disqualified and qualified again is qualified",
        "2026-03-06 12:00",
        [
            lead("1", "created", "2026-03-02 10:00", **NEW),
            lead("1", "disqualified", "2026-03-03 10:00", reason="no budget"),
            lead("1", "qualified", "2026-03-04 10:00"),
        ],
        """
        all channel qualified_leads inbound 1
        prev_today channel qualified_leads -
        all rep enquiries_qualified ann 1
        all stage stage_still inbound qualified 1
        all stage stage_lost -
        all channel waiting inbound 1
        """,
    ),
    # Lost on the 4th: the repeated mark moves nothing. Qualified on the 3rd stays a fact, a day before.
    told(
        "a lead qualified and then disqualified twice is lost since the first time",
        "2026-03-05 12:00",
        [
            lead("1", "created", "2026-03-02 10:00", **NEW),
            lead("1", "qualified", "2026-03-03 10:00"),
            lead("1", "disqualified", "2026-03-05 10:00", reason="spam", id="repeated"),
            lead("1", "disqualified", "2026-03-04 10:00", reason="spam"),
        ],
        """
        all channel qualified_leads inbound 1
        all channel enquiries_qualified inbound 1
        all stage stage_advanced inbound enquiry 1
        all stage stage_lost inbound qualified 1
        prev_today stage dwells inbound qualified 1
        prev_today stage dwell_ms inbound qualified 24h
        all stage dwell_ms inbound enquiry 24h
        all stage dwell_ms inbound qualified 24h
        all channel waiting -
        all stage occupancy -
        all channel due_1h inbound 1
        """,
    ),
    # Ann had lead 1 when it came, Bob when it was qualified. Lead 2 had nobody at first: Cid was the first.
    told(
        "an owner change leaves earlier facts with the earlier owner",
        "2026-03-06 12:00",
        [
            lead("1", "created", "2026-03-02 10:00", **NEW),
            lead("1", "assigned", "2026-03-04 10:00", owner="bob"),
            lead("1", "qualified", "2026-03-05 10:00"),
            lead("2", "created", "2026-03-02 10:00", channel="inbound"),
            lead("2", "assigned", "2026-03-02 11:00", owner="cid"),
            lead("2", "assigned", "2026-03-03 11:00", owner="bob"),
            lead("3", "created", "2026-03-02 10:00", channel="inbound"),
        ],
        """
        all rep enquiries ann 1
        all rep enquiries cid 1
        all rep enquiries unassigned 1
        all rep enquiries_qualified ann 1
        all rep qualified_leads bob 1
        all rep waiting bob 2
        all rep waiting unassigned 1
        """,
    ),
    # 256 attempts from 10:01 to 14:16; the answer of 10:30 comes last and pushes the last attempt out.
    # The offer is beyond the limit as well: it is no activity any more, but the stage is reached.
    told(
        "activities keep the 256 earliest whenever they come",
        "2026-03-02 20:00",
        [
            lead("1", "created", "2026-03-02 10:00", **NEW),
            lead("1", "offer_sent", "2026-03-02 18:00", id="offer"),
            *(
                lead("1", "contact_attempted", f"2026-03-02 {10 + n // 60}:{n % 60:02}", id=f"try {n}")
                for n in range(1, 257)
            ),
            lead("1", "responded", "2026-03-02 10:30", by="human"),
        ],
        """
        all channel response_ms inbound 30min
        all stage stage_still inbound offer_sent 1
        """,
        ("offer", "over_limit"),
        ("try 256", "over_limit"),
    ),
]
