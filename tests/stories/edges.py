"""Stories of edges: exactly an hour, exactly the same instant, the second of two, the same name twice."""

from __future__ import annotations

from tests.stories.telling import Story, deal, lead, told

IN = {"channel": "inbound"}

EDGES: list[Story] = [
    # An edge belongs to its bucket; an hour to the millisecond is within the hour.
    told(
        "a response at the edge of a bucket is in it",
        "2026-03-20 12:00",
        [
            *(lead(name, "created", "2026-03-02 10:00", **IN) for name in "12345678"),
            lead("1", "responded", "2026-03-02 10:05", by="human"),
            lead("2", "responded", "2026-03-02 10:05:00.001", by="human"),
            lead("3", "responded", "2026-03-02 11:00", by="human"),
            lead("4", "responded", "2026-03-02 11:00:00.001", by="human"),
            lead("5", "responded", "2026-03-02 18:00", by="human"),
            lead("6", "responded", "2026-03-04 10:00", by="human"),
            lead("7", "responded", "2026-03-09 10:00", by="human"),
            lead("8", "responded", "2026-03-09 10:00:00.001", by="human"),
        ],
        """
        all channel response_bucket inbound 300 1
        all channel response_bucket inbound 900 1
        all channel response_bucket inbound 3600 1
        all channel response_bucket inbound 14400 1
        all channel response_bucket inbound 28800 1
        all channel response_bucket inbound 172800 1
        all channel response_bucket inbound 604800 1
        all channel response_bucket inbound +Inf 1
        all channel answered_1h inbound 3
        all channel answered_1wh inbound 3
        30d rep answered_1h unassigned 3
        30d source due_1h inbound unknown 8
        """,
    ),
    # One id of two systems is two answers, so is one told again with other content: the earliest counts.
    told(
        "a response told again with other content is two responses",
        "2026-03-02 18:00",
        [
            lead("1", "created", "2026-03-02 10:00", **IN),
            lead("1", "responded", "2026-03-02 10:10", id="x", crm="/one", by="human"),
            lead("1", "responded", "2026-03-02 10:50", id="x", crm="/two", by="human"),
            lead("2", "created", "2026-03-02 10:00", **IN),
            lead("2", "responded", "2026-03-02 10:30", id="y", by="auto"),
            lead("2", "responded", "2026-03-02 10:20", id="y", by="human"),
        ],
        """
        all channel responses inbound 2
        all channel response_ms inbound 30min
        all channel waiting -
        """,
    ),
    # The deal says what it is itself; the lead's channel is the journey's, and the funnel's.
    told(
        "a deal has its own channel, source and owner where it tells them",
        "2026-03-12 12:00",
        [
            lead("1", "created", "2026-03-02 10:00", **IN, source="web", owner="ann"),
            deal("1", "created", "2026-03-03 10:00", journey="lead/1", channel="vip", source="fair"),
            deal("1", "updated", "2026-03-04 10:00", journey="lead/1", owner="bob"),
            deal("2", "created", "2026-03-03 10:00", journey="lead/1"),
            deal("1", "lost", "2026-03-04 10:00", journey="lead/1"),
        ],
        """
        all source deals_created vip fair 1
        all source deals_created inbound web 1
        all rep deals_created bob 1
        all rep deals_created ann 1
        7d channel lost_deals -
        30d source lost_deals vip fair 1
        month rep lost_deals bob 1
        all channel open_deals inbound 1
        all stage stage_entered inbound enquiry 1
        """,
    ),
    # Assigned at the very instant of the qualification: the new owner's. Nobody had lead 2.
    told(
        "an owner has a fact from the instant of the assignment",
        "2026-04-01 12:00",
        [
            lead("1", "created", "2026-03-02 10:00", **IN, owner="ann"),
            lead("1", "assigned", "2026-03-05 10:00", owner="bob"),
            lead("1", "qualified", "2026-03-05 10:00"),
            lead("1", "qualified", "2026-04-01 10:00", id="again"),
            lead("2", "qualified", "2026-03-05 10:00"),
        ],
        """
        prev_month rep qualified_leads bob 1
        prev_month rep qualified_leads unassigned 1
        prev_month source enquiries_qualified inbound unknown 1
        month rep qualified_leads -
        30d rep enquiries_qualified -
        """,
    ),
    # The machine's reply is no contact; a person's is a stage, and so is the invoice.
    told(
        "a person's answer and an invoice are stages",
        "2026-03-12 12:00",
        [
            lead("1", "created", "2026-03-02 10:00", channel="regular"),
            lead("1", "responded", "2026-03-02 11:00", by="auto"),
            deal("1", "created", "2026-03-03 10:00", journey="lead/1"),
            lead("1", "responded", "2026-03-04 10:00", by="human"),
            deal("1", "invoice_issued", "2026-03-06 10:00", journey="lead/1", invoice="17", amount="1.00"),
        ],
        """
        all stage dwell_ms regular deal_created 24h
        all stage dwell_ms regular contacted 2d
        all stage stage_still regular invoice_issued 1
        all stage occupancy regular invoice_issued 1
        all channel responses -
        """,
    ),
    # Journey 1 is won with its first win; journey 2 is lost with the disqualification, before its deals are.
    told(
        "the first win and the first loss date the journey",
        "2026-03-20 12:00",
        [
            lead("1", "created", "2026-03-02 10:00", **IN),
            deal("1", "won", "2026-03-12 10:00", journey="lead/1"),
            deal("2", "won", "2026-03-10 10:00", journey="lead/1"),
            lead("2", "created", "2026-03-02 10:00", **IN),
            deal("3", "lost", "2026-03-06 10:00", journey="lead/2"),
            lead("2", "disqualified", "2026-03-04 10:00", reason="price"),
        ],
        """
        all channel won_deals inbound 2
        all channel enquiries_won inbound 1
        all stage dwell_ms inbound enquiry 10d
        all stage dwells inbound enquiry 2
        all stage stage_lost inbound enquiry 1
        """,
    ),
    # Journey 2 is lost at the instant of its offer: no time was spent there, but that is told.
    told(
        "the last of several sightings is where a journey stands",
        "2026-03-12 12:00",
        [
            lead("1", "created", "2026-03-02 10:00", **IN),
            lead("1", "conversation_held", "2026-03-03 10:00"),
            lead("1", "offer_sent", "2026-03-04 10:00"),
            lead("1", "meeting_held", "2026-03-05 10:00"),
            deal("2", "created", "2026-03-02 10:00", channel="regular"),
            deal("2", "offer_sent", "2026-03-03 10:00"),
            deal("2", "lost", "2026-03-03 10:00"),
        ],
        """
        all stage occupancy inbound conversation_held 1
        all stage stage_still inbound offer_sent 1
        all stage stage_lost regular offer_sent 1
        all stage dwells inbound enquiry 1
        all stage dwells inbound conversation_held 1
        all stage dwells regular deal_created 1
        all stage dwells regular offer_sent 1
        """,
    ),
    # Told under the new lead alone, the link reaches no other key: lead 1 keeps what it was told.
    told(
        "a link keyed by the new lead leaves behind what the old one heard",
        "2026-03-12 12:00",
        [
            lead("1", "created", "2026-03-01 10:00", channel="inbound"),
            lead("2", "created", "2026-03-01 10:00", channel="partner"),
            deal("7", "created", "2026-03-03 10:00", journey="lead/1", amount="100.00"),
            deal("7", "linked", "2026-03-06 10:00", lead="2", journey="lead/2"),
            deal("7", "won", "2026-03-10 10:00", journey="lead/2", amount="90.00"),
        ],
        """
        all channel open_deals inbound 1
        all channel pipeline_minor inbound 10000
        all channel won_deals partner 1
        all channel revenue_minor partner 9000
        all channel deals_created inbound 1
        """,
    ),
]
