"""Stories of the work on leads and deals: milestones, activities, papers, lines, stocks of scores."""

from __future__ import annotations

from tests.stories.telling import Story, deal, lead, told

IN = {"channel": "inbound", "source": "web", "owner": "ann"}
VIP = {"channel": "vip", "source": "fair", "owner": "bob"}

WORK: list[Story] = [
    # Lead 1 goes all the way, lead 2 qualifies without a deal, lead 3 has a wrong number, lead 4 is new.
    told(
        "milestones are counted by the leads and deals that reach them",
        "2026-03-20 12:00",
        [
            lead("1", "created", "2026-03-02 10:00", **IN),
            lead("1", "responded", "2026-03-02 10:30", by="human"),
            lead("1", "conversation_held", "2026-03-03 11:00"),
            lead("1", "qualified", "2026-03-03 12:00"),
            lead("1", "scored", "2026-03-03 12:00", score=2),
            lead("1", "scored", "2026-03-04 12:00", score=5),
            deal("7", "created", "2026-03-04 10:00", journey="lead/1", owner="bob"),
            deal("8", "created", "2026-03-05 10:00", journey="lead/1", owner="cid"),
            lead("2", "created", "2026-03-02 10:00", **IN),
            lead("2", "responded", "2026-03-02 12:00", by="human"),
            lead("2", "qualified", "2026-03-05 12:00"),
            lead("2", "scored", "2026-03-05 13:00", score=3),
            lead("3", "created", "2026-03-02 10:00", **IN),
            lead("3", "disqualified", "2026-03-02 11:00", reason="Bad contact"),
            lead("4", "created", "2026-03-06 10:00", **IN),
            lead("4", "meeting_held", "2026-03-07 10:00"),
        ],
        """
        all channel enquiries_deal inbound 1
        all source enquiries_deal inbound web 1
        all rep enquiries_opportunity ann 2
        all channel enquiries_invalid inbound 1
        all source enquiries_invalid inbound web 1
        all channel leads_scored inbound 2
        all rep lead_score ann 8
        all channel qualified_deal inbound 1
        all rep responses_qualified ann 2
        all channel answered_1h_qualified inbound 1
        all channel opportunities inbound 1
        all rep opportunities bob 1
        all source opportunities_talked inbound web 1
        all channel talked_leads inbound 2
        all rep talked_leads ann 2
        all channel talked_qualified inbound 1
        all channel open_enquiries inbound 3
        all rep open_enquiries ann 3
        30d channel enquiries_deal inbound 1
        month rep enquiries_opportunity ann 2
        prev_month channel enquiries_deal -
        7d channel opportunities -
        """,
    ),
    # A lead that was disqualified for its contact data and then reached after all is no useless one.
    told(
        "a reason counts while the lead stands disqualified",
        "2026-03-20 12:00",
        [
            lead("1", "created", "2026-03-02 10:00", **IN),
            lead("1", "disqualified", "2026-03-02 11:00", reason="bad_contact"),
            lead("1", "qualified", "2026-03-03 11:00"),
            lead("2", "created", "2026-03-02 10:00", **IN),
            lead("2", "disqualified", "2026-03-02 11:00", reason="wrong-contact"),
            lead("2", "disqualified", "2026-03-02 12:00", reason="no budget"),
        ],
        """
        all channel enquiries_invalid -
        all channel enquiries_opportunity inbound 1
        all channel open_enquiries inbound 1
        """,
    ),
    # Bob has the deal from the 10th; the machine tried too; meeting m1 is told twice, the later stands.
    told(
        "activities are counted once, for whoever had the lead or deal then",
        "2026-03-20 12:00",
        [
            lead("1", "created", "2026-03-02 10:00", **IN),
            lead("1", "contact_attempted", "2026-03-02 11:00", by="auto"),
            lead("1", "contact_attempted", "2026-03-02 12:00", by="human"),
            lead("1", "contact_attempted", "2026-03-03 12:00", party="decision_maker"),
            lead("1", "first_touch", "2026-03-03 13:00"),
            deal("7", "created", "2026-03-04 10:00", journey="lead/1", owner="ann"),
            deal("7", "assigned", "2026-03-10 10:00", journey="lead/1", owner="bob"),
            deal("7", "meeting_set", "2026-03-09 10:00", journey="lead/1"),
            deal("7", "meeting_held", "2026-03-10 12:00", journey="lead/1", id="m1"),
            deal("7", "meeting_held", "2026-03-11 12:00", journey="lead/1", id="m1"),
            deal("7", "offer_sent", "2026-03-11 13:00", journey="lead/1"),
            deal("7", "offer_sent", "2026-03-12 13:00", journey="lead/1"),
            deal("7", "offer_reviewed", "2026-03-13 13:00", journey="lead/1"),
            deal("7", "contract_agreed", "2026-03-14 13:00", journey="lead/1"),
            deal("7", "won", "2026-03-16 13:00", journey="lead/1"),
            deal("8", "created", "2026-03-15 10:00", journey="lead/1", owner="bob"),
            deal("8", "meeting_held", "2026-03-15 11:00", journey="lead/1"),
            deal("8", "won", "2026-03-17 13:00", journey="lead/1"),
        ],
        """
        all channel contact_attempts inbound 2
        all rep contact_attempts ann 2
        all rep decision_maker_attempts ann 1
        all channel first_touches inbound 1
        all rep meetings_set ann 1
        all channel meetings_held inbound 2
        all rep meetings_held bob 2
        all rep offers_sent bob 2
        all channel offers_reviewed inbound 1
        all channel contracts_agreed inbound 1
        all channel offered_deals inbound 1
        all rep offered_offers bob 2
        all channel won_activities inbound 4
        all rep won_activities bob 4
        7d channel won_activities inbound 4
        7d channel meetings_held inbound 1
        """,
    ),
    # Payment p2 was reversed; invoice i1 was rewritten to 120; i2 and p3 are in dollars.
    told(
        "invoices and payments are counted by their number, as they were last written",
        "2026-03-20 12:00",
        [
            deal("7", "created", "2026-03-02 10:00", **VIP),
            deal("7", "invoice_issued", "2026-03-03 10:00", invoice="i1", amount="100.00"),
            deal("7", "invoice_issued", "2026-03-04 10:00", invoice="i1", amount="120.00"),
            deal("7", "invoice_issued", "2026-03-05 10:00", invoice="i2", amount="5.00", currency="USD"),
            deal("7", "payment_received", "2026-03-06 10:00", payment="p1", amount="70.00"),
            deal("7", "payment_received", "2026-03-07 10:00", payment="p2", amount="50.00"),
            deal("7", "payment_reversed", "2026-03-08 10:00", payment="p2"),
            deal("7", "payment_received", "2026-03-15 10:00", payment="p3", amount="5.00", currency="USD"),
            deal("7", "payment_received", "2026-03-16 10:00", payment="p1", amount="9.00", crm="/other"),
        ],
        """
        all channel invoices vip 2
        all rep invoiced_minor bob 12000
        all channel invoices_unconverted vip 1
        all channel payments vip 3
        all rep paid_minor bob 7900
        all channel payments_unconverted vip 1
        7d channel payments vip 2
        7d rep paid_minor bob 900
        """,
    ),
    # Deal 7: lines of 100 (cost 60), 50 (cost 20, upgrade), 30 a month without a cost; deal 8 is open.
    told(
        "lines give margin, upgrades and what recurs, once the deal is won",
        "2026-03-20 12:00",
        [
            deal("7", "created", "2026-03-02 10:00", **VIP, campaign="spring", amount="180.00"),
            deal("7", "line_sold", "2026-03-03 10:00", line="a", amount="100.00", cost="60.00"),
            deal("7", "line_sold", "2026-03-03 10:00", line="b", amount="50.00", cost="20.00", kind="upsell"),
            deal(
                "7",
                "line_sold",
                "2026-03-03 10:00",
                line="c",
                amount="30.00",
                recurring=True,
                kind="cross_sell",
            ),
            deal("7", "line_sold", "2026-03-03 10:00", line="d", amount="9.00", cost="1.00", currency="USD"),
            deal("7", "won", "2026-03-10 10:00"),
            deal("8", "created", "2026-03-02 10:00", **VIP, campaign="spring", amount="90.00"),
            deal("8", "line_sold", "2026-03-03 10:00", line="a", amount="90.00", cost="10.00", kind="upsell"),
            deal("9", "created", "2026-03-02 10:00", channel="vip", owner="ann", amount="100000.00"),
            deal("9", "won", "2026-03-11 10:00"),
        ],
        """
        all channel margin_minor vip 7000
        all rep margin_minor bob 7000
        all source margin_revenue_minor vip fair 15000
        all channel upsell_revenue_minor vip 5000
        all channel upsell_cost_minor vip 2000
        all channel won_deals_upsell vip 1
        all rep won_deals_cross bob 1
        all channel recurring_minor vip 3000
        all rep recurring_minor bob 3000
        all rep recurring_deals bob 1
        all channel campaign_revenue_minor vip 18000
        all channel won_deals_small vip 1
        all rep won_deals_small bob 1
        """,
    ),
    told(
        "open deals have the score that was given last, else that of their lead",
        "2026-03-20 12:00",
        [
            deal("7", "created", "2026-03-02 10:00", **VIP),
            deal("7", "scored", "2026-03-03 10:00", score=4),
            deal("7", "scored", "2026-03-04 10:00", score=2),
            deal("8", "created", "2026-03-02 10:00", **VIP),
            deal("8", "scored", "2026-03-04 10:00", score=5),
            deal("9", "created", "2026-03-02 10:00", **VIP),
            deal("9", "scored", "2026-03-04 10:00", score=1),
            deal("9", "lost", "2026-03-05 10:00"),
            deal("10", "created", "2026-03-02 10:00", **VIP),
            lead("1", "scored", "2026-03-02 10:00", score=3),
            deal("11", "created", "2026-03-02 10:00", **VIP, journey="lead/1"),
            deal("12", "created", "2026-03-02 10:00", **VIP, journey="lead/1"),
            deal("12", "scored", "2026-03-03 10:00", journey="lead/1", score=1),
        ],
        """
        all channel open_deals_scored vip 5
        all rep open_deals_score bob 12
        """,
    ),
    # 7 has nothing: 1. 8: amount, decision maker by stage, talk by the lead's qualification, invoice: 5.
    # 9 has an amount of nothing and a sent offer: 1. 10: a meeting with the decision maker: 3; 11 is told: 2.
    told(
        "a deal without a score gets a point each for budget, authority, need and timing",
        "2026-03-20 12:00",
        [
            deal("7", "created", "2026-03-02 10:00", channel="active", owner="ann"),
            lead("1", "created", "2026-03-02 10:00", channel="inbound", owner="bob"),
            lead("1", "qualified", "2026-03-02 11:00"),
            deal("8", "created", "2026-03-02 10:00", journey="lead/1", amount="5.00", owner="bob"),
            deal("8", "stage_changed", "2026-03-03 10:00", journey="lead/1", stage="decision_maker_reached"),
            deal("8", "invoice_issued", "2026-03-04 10:00", journey="lead/1", invoice="i", amount="5.00"),
            deal("9", "created", "2026-03-02 10:00", channel="regular", amount="0.00", owner="cid"),
            deal("9", "offer_sent", "2026-03-03 10:00"),
            deal("10", "created", "2026-03-02 10:00", channel="vip", owner="dan"),
            deal("10", "meeting_held", "2026-03-03 10:00", party="decision_maker"),
            deal("11", "created", "2026-03-02 10:00", channel="partner", amount="5.00", owner="eve"),
            deal("11", "meeting_held", "2026-03-03 10:00"),
            deal("11", "scored", "2026-03-03 11:00", score=2),
        ],
        """
        all rep open_deals_score ann 1
        all rep open_deals_score bob 5
        all rep open_deals_score cid 1
        all rep open_deals_score dan 3
        all rep open_deals_score eve 2
        """,
    ),
    # Standing in a stage since the 2nd at 10:00: stuck from the 17th at 10:00 on.
    told(
        "a journey is stuck once it stands in a stage for fifteen days",
        "2026-03-17 10:00",
        [
            deal("7", "created", "2026-03-02 10:00", **VIP),
            deal("8", "created", "2026-03-02 10:01", **VIP),
            deal("9", "created", "2026-03-01 10:00", **VIP),
            deal("9", "offer_sent", "2026-03-05 10:00"),
            deal("6", "created", "2026-03-01 10:00", **VIP),
            deal("6", "lost", "2026-03-05 10:00"),
        ],
        """
        all stage stuck vip deal_created 1
        all stage occupancy vip deal_created 2
        all stage occupancy vip offer_sent 1
        """,
    ),
]
