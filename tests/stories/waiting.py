"""Stories of waiting, of channels, windows and of what is no event."""

from __future__ import annotations

from tests.stories.telling import Story, deal, lead, told

WAITING: list[Story] = [
    # Leads 1 to 7 stop waiting each in its own way; 8 waits on, although its deal was lost and reopened.
    told(
        "waiting ends by answer, disqualification, loss, win, deletion, merge or another channel",
        "2026-03-06 12:00",
        [
            *(
                lead(str(n), "created", f"2026-03-02 10:0{n}", channel="inbound", owner="ann")
                for n in range(1, 9)
            ),
            lead("1", "responded", "2026-03-03 10:00", by="human"),
            lead("2", "disqualified", "2026-03-03 10:00", reason="spam"),
            deal("3", "lost", "2026-03-03 10:00", journey="lead/3"),
            deal("4", "won", "2026-03-03 10:00", journey="lead/4"),
            lead("5", "deleted", "2026-03-03 10:00"),
            lead("6", "merged", "2026-03-03 10:00", into="1"),
            lead("7", "updated", "2026-03-03 10:00", channel="vip"),
            deal("8", "lost", "2026-03-03 10:00", journey="lead/8"),
            deal("8", "reopened", "2026-03-04 10:00", journey="lead/8"),
        ],
        """
        all channel waiting inbound 1
        all rep waiting ann 1
        all waiting_since inbound 2026-03-02T10:08
        all channel enquiries inbound 5
        all channel enquiries vip 1
        all channel due_1h inbound 5
        """,
    ),
    # Everything that was counted for inbound is counted for active instead; active asks for no answers.
    told(
        "a channel change moves all facts of the journey",
        "2026-03-06 12:00",
        [
            lead("1", "created", "2026-03-02 10:00", channel="inbound", source="web"),
            lead("1", "responded", "2026-03-02 10:30", by="human"),
            lead("1", "first_touch", "2026-03-02 12:00"),
            deal("1", "created", "2026-03-03 10:00", journey="lead/1", amount="100.00"),
            lead("1", "updated", "2026-03-05 10:00", channel="active", source="list"),
        ],
        """
        all channel enquiries active 1
        all source enquiries active list 1
        all channel responses -
        all channel due_1h -
        all channel deals_created active 1
        all channel pipeline_minor active 10000
        all stage stage_entered active prospect_added 1
        all stage stage_entered active first_touch 1
        all stage stage_advanced active prospect_added 1
        all stage stage_still active first_touch 1
        all stage dwell_ms active prospect_added 2h
        """,
    ),
    # Without a channel there is no funnel, but the enquiry wants an answer all the same.
    told(
        "an enquiry of an unknown channel waits but has no funnel",
        "2026-03-02 12:00",
        [lead("1", "created", "2026-03-02 10:00")],
        """
        all channel enquiries unknown 1
        all source enquiries unknown unknown 1
        all rep enquiries unassigned 1
        all channel waiting unknown 1
        all channel due_1h unknown 1
        all stage stage_entered -
        all stage occupancy -
        """,
    ),
    # Wednesday 15 April 2026, 12:34:30. One enquiry at the first and one before each window's start.
    told(
        "windows begin and end where they should",
        "2026-04-15 12:34:30",
        [
            lead("in the next minute", "created", "2026-04-15 12:35"),
            lead("later in this one", "created", "2026-04-15 12:34:59.999"),
            lead("1h", "created", "2026-04-15 11:35"),
            lead("before 1h", "created", "2026-04-15 11:34:59.999"),
            lead("today", "created", "2026-04-15 00:00"),
            lead("yesterday", "created", "2026-04-14 23:59:59.999"),
            lead("24h", "created", "2026-04-14 12:35"),
            lead("before 24h", "created", "2026-04-14 12:34:59.999"),
            lead("week", "created", "2026-04-13 00:00"),
            lead("before the week", "created", "2026-04-12 23:59:59.999"),
            lead("7d", "created", "2026-04-08 13:00"),
            lead("before 7d", "created", "2026-04-08 12:59:59.999"),
            lead("month and quarter", "created", "2026-04-01 00:00"),
            lead("March", "created", "2026-03-31 23:59:59.999"),
            lead("30d", "created", "2026-03-16 13:00"),
            lead("before 30d", "created", "2026-03-16 12:59:59.999"),
            lead("90d", "created", "2026-01-15 13:00"),
            lead("before 90d", "created", "2026-01-15 12:59:59.999"),
            lead("year", "created", "2026-01-01 00:00"),
            lead("last year", "created", "2025-12-31 23:59:59.999"),
            lead("before last year", "created", "2024-12-31 23:59:59.999"),
        ],
        """
        all channel enquiries unknown 21
        1h channel enquiries unknown 2
        prev_1h channel enquiries unknown 1
        today channel enquiries unknown 4
        prev_today channel enquiries unknown 3
        24h channel enquiries unknown 6
        prev_24h channel enquiries unknown 1
        week channel enquiries unknown 8
        prev_week channel enquiries unknown 3
        7d channel enquiries unknown 10
        prev_7d channel enquiries unknown 1
        month channel enquiries unknown 12
        prev_month channel enquiries unknown 3
        30d channel enquiries unknown 14
        prev_30d channel enquiries unknown 1
        quarter channel enquiries unknown 12
        prev_quarter channel enquiries unknown 6
        90d channel enquiries unknown 16
        prev_90d channel enquiries unknown 3
        year channel enquiries unknown 18
        prev_year channel enquiries unknown 1
        """,
    ),
    # An id says nothing twice; told again with other content it is one more write; the greater one stands.
    told(
        "a name repeated with other content is one more write",
        "2026-03-06 12:00",
        [
            lead("1", "created", "2026-03-02 10:00", id="x", channel="inbound", source="web", owner="ann"),
            lead("1", "created", "2026-03-02 10:00", id="x", channel="inbound", source="web", owner="ann"),
            lead("1", "created", "2026-03-02 10:00", id="x", channel="inbound", source="fair"),
            deal("1", "created", "2026-03-03 10:00", id="y", journey="lead/1", amount="200.00"),
            deal("1", "created", "2026-03-03 10:00", id="y", journey="lead/1", amount="1000.00"),
        ],
        """
        all source enquiries inbound web 1
        all rep enquiries ann 1
        all source deals_created inbound web 1
        all channel pipeline_minor inbound 100000
        """,
    ),
    # 16 minutes ahead of the record is a wrong clock, 15 minutes is not.
    told(
        "an event from the future is quarantined",
        "2026-03-02 12:00",
        [
            lead("1", "created", "2026-03-02 12:15", record_at="2026-03-02 12:00"),
            lead("2", "created", "2026-03-02 12:15:00.001", record_at="2026-03-02 12:00", id="ahead"),
        ],
        """
        all channel enquiries unknown 1
        today channel enquiries -
        """,
        ("ahead", "future"),
    ),
]
