"""Stories of answers by the hour of the week, and of what an answer's time is made of."""

from __future__ import annotations

from tests.stories.telling import Story, lead, told

HOURS: list[Story] = [
    # Lead 1 gets an owner after 20 minutes and a person's attempt after 40; a machine's attempt is none.
    # Lead 2 came on Saturday evening and was answered at 9:10 on Monday, after ten working minutes.
    # Lead 3 was assigned after its answer, lead 4 is not answered and due, lead 5 is not due yet.
    told(
        "an answer's time is that to an owner, to an attempt and to the contact, by the hour of the week",
        "2026-03-02 15:30",
        [
            lead("1", "created", "2026-03-02 10:00", channel="inbound"),
            lead("1", "assigned", "2026-03-02 10:20", owner="ann"),
            lead("1", "contact_attempted", "2026-03-02 10:25", by="auto", party="client"),
            lead("1", "contact_attempted", "2026-03-02 10:40", by="human", party="client"),
            lead("1", "responded", "2026-03-02 11:30", by="human"),
            lead("2", "created", "2026-02-28 23:30", channel="inbound", owner="ann"),
            lead("2", "responded", "2026-03-02 09:10", by="human"),
            lead("3", "created", "2026-03-02 10:10", channel="inbound"),
            lead("3", "responded", "2026-03-02 10:15", by="human"),
            lead("3", "assigned", "2026-03-02 10:30", owner="bob"),
            lead("4", "created", "2026-03-02 14:00", channel="inbound", owner="bob"),
            lead("5", "created", "2026-03-02 14:45", channel="inbound", owner="bob"),
        ],
        """
        all channel responses inbound 3
        all channel assign_ms inbound 25min
        all channel attempt_ms inbound 2040min
        all rep assign_ms ann 20min
        all rep assign_ms bob 5min
        all rep attempt_ms ann 2040min
        all channel hourly_due_1wh inbound mon-10 2
        all channel hourly_due_1wh inbound sat-23 1
        all channel hourly_due_1wh inbound mon-14 1
        all channel hourly_answered_1wh inbound sat-23 1
        all channel hourly_answered_1wh inbound mon-10 1
        """,
    ),
]
