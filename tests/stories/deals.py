"""Stories of deals: outcomes, amounts, cycles."""

from __future__ import annotations

from tests.stories.telling import Story, deal, lead, told

REGULAR = {"channel": "regular", "source": "base", "owner": "ann"}

DEALS: list[Story] = [
    # Two deals under their own keys; nine days from the first day to the win, of the first only.
    told(
        "a deal without a lead is a journey of its own",
        "2026-03-12 12:00",
        [
            deal("7", "created", "2026-03-02 10:00", **REGULAR, amount="1500.50"),
            deal("7", "first_touch", "2026-03-03 10:00"),
            deal("7", "won", "2026-03-11 10:00"),
            deal("8", "created", "2026-03-04 10:00", channel="regular", amount="20.00"),
        ],
        """
        all channel enquiries -
        all channel responses -
        all channel deals_created regular 2
        all source deals_created_won regular base 1
        all rep won_deals ann 1
        prev_today channel revenue_minor regular 150050
        all channel cycle_ms regular 9d
        all rep open_deals unassigned 1
        all channel pipeline_minor regular 2000
        all stage stage_entered regular deal_created 2
        all stage stage_entered regular contacted 1
        all stage stage_entered regular offer_sent 1
        all stage stage_entered regular contract_agreed 1
        all stage stage_entered regular invoice_issued 1
        all stage stage_entered regular won 1
        all stage stage_still regular deal_created 1
        all stage dwell_ms regular deal_created 24h
        all stage dwell_ms regular contacted 8d
        """,
    ),
    told(
        "a reopened deal is no longer won",
        "2026-03-13 12:00",
        [
            deal("7", "created", "2026-03-02 10:00", **REGULAR, amount="100.00"),
            deal("7", "won", "2026-03-10 10:00"),
            deal("7", "reopened", "2026-03-12 10:00"),
        ],
        """
        all channel won_deals -
        all channel revenue_minor -
        all channel deals_created_won -
        all channel cycles -
        all channel open_deals regular 1
        all rep pipeline_minor ann 10000
        all stage stage_entered regular deal_created 1
        all stage stage_still regular deal_created 1
        all stage occupancy regular deal_created 1
        """,
    ),
    # The last run of wins starts on the 20th.
    told(
        "a deal reopened and won again is won the second time",
        "2026-03-21 12:00",
        [
            deal("7", "created", "2026-03-02 10:00", **REGULAR, amount="100.00"),
            deal("7", "won", "2026-03-10 10:00"),
            deal("7", "won", "2026-03-20 10:00", id="second"),
            deal("7", "reopened", "2026-03-12 10:00"),
        ],
        """
        all channel won_deals regular 1
        prev_today channel revenue_minor regular 10000
        all channel revenue_minor regular 10000
        all channel cycle_ms regular 18d
        """,
    ),
    # Won is won since the 10th; only its newer amount counts.
    told(
        "a won repeated under another id moves nothing but the amount",
        "2026-03-13 12:00",
        [
            deal("7", "created", "2026-03-02 10:00", **REGULAR, amount="100.00"),
            deal("7", "won", "2026-03-12 10:00", id="b", amount="120.00"),
            deal("7", "won", "2026-03-10 10:00", id="a", amount="110.00"),
        ],
        """
        all channel won_deals regular 1
        all channel revenue_minor regular 12000
        all channel cycle_ms regular 8d
        prev_today channel won_deals -
        """,
    ),
    # Deal 1 is the first: its cycle would start with the lead. Deal 2 starts with itself: ten days.
    told(
        "a second deal of a lead has a cycle of its own",
        "2026-03-17 12:00",
        [
            lead("1", "created", "2026-03-02 10:00", channel="inbound", owner="ann"),
            deal("1", "created", "2026-03-03 10:00", journey="lead/1", amount="100.00"),
            deal("1", "lost", "2026-03-05 10:00", journey="lead/1"),
            lead("1", "qualified", "2026-03-04 10:00"),
            deal("2", "created", "2026-03-06 10:00", journey="lead/1", amount="200.00", owner="bob"),
            deal("2", "won", "2026-03-16 10:00", journey="lead/1"),
        ],
        """
        all channel deals_created inbound 2
        all rep deals_created ann 1
        all rep deals_created bob 1
        all rep deals_created_lost ann 1
        all rep lost_deals ann 1
        all channel revenue_minor inbound 20000
        all rep cycle_ms bob 10d
        all channel enquiries_won inbound 1
        all rep qualified_won ann 1
        all stage stage_lost -
        """,
    ),
    # The lead was first touched two days before it was even created: from there the cycle runs.
    told(
        "the first deal's cycle starts with the lead's first contact",
        "2026-03-17 12:00",
        [
            lead("1", "first_touch", "2026-02-28 10:00"),
            lead("1", "created", "2026-03-02 10:00", channel="active", owner="ann"),
            deal("2", "won", "2026-03-10 10:00", journey="lead/1", amount="5.00"),
            deal("1", "created", "2026-03-03 10:00", journey="lead/1"),
            deal("1", "won", "2026-03-05 10:00", journey="lead/1"),
        ],
        """
        all channel won_deals active 2
        all channel cycles active 1
        all channel cycle_ms active 5d
        all channel deals_created active 1
        all channel deals_created_won active 1
        all channel won_deals_valued active 1
        """,
    ),
    # The week of the 9th got 150 roubles, dated on the day of the win and not of the correction.
    told(
        "an amount changed after the win corrects the day of the win",
        "2026-03-12 13:00",
        [
            deal("7", "created", "2026-03-02 10:00", **REGULAR, amount="100.00"),
            deal("7", "won", "2026-03-10 10:00"),
            deal("7", "amount_changed", "2026-03-12 12:00", amount="150.00"),
        ],
        """
        today channel revenue_minor -
        prev_today channel revenue_minor -
        week channel revenue_minor regular 15000
        prev_week channel revenue_minor -
        all source revenue_minor regular base 15000
        """,
    ),
    told(
        "another currency is counted but not summed",
        "2026-03-12 12:00",
        [
            deal("1", "created", "2026-03-02 10:00", **REGULAR, amount="100.00", currency="USD"),
            deal("1", "won", "2026-03-10 10:00"),
            deal("2", "created", "2026-03-02 10:00", **REGULAR, amount="7000", currency="JPY"),
            deal("3", "created", "2026-03-02 10:00", **REGULAR, amount="70.00"),
            deal("3", "won", "2026-03-11 10:00", amount="1.500", currency="KWD"),
            deal("3", "amount_changed", "2026-03-11 11:00", amount=30001),
        ],
        """
        all channel won_deals regular 2
        all channel won_deals_valued regular 1
        all channel won_deals_unconverted regular 1
        all rep revenue_minor ann 30001
        all channel open_deals regular 1
        all channel open_deals_valued -
        all rep open_deals_unconverted ann 1
        all channel pipeline_minor -
        """,
    ),
    told(
        "a deal won without an amount is won but not valued",
        "2026-03-12 12:00",
        [
            deal("1", "won", "2026-03-10 10:00"),
            deal("2", "created", "2026-03-02 10:00", channel="vip", amount="0"),
            deal("2", "won", "2026-03-12 10:00"),
        ],
        """
        all channel won_deals unknown 1
        all channel won_deals vip 1
        all channel won_deals_valued vip 1
        all channel revenue_minor -
        all channel cycles vip 1
        all channel cycle_ms vip 10d
        all channel deals_created vip 1
        """,
    ),
    # Everything of a day has the same time: by rank lost comes before reopened before won.
    told(
        "a tie on a date-only export is settled by the kind of event",
        "2026-03-03 12:00",
        [
            deal("7", "won", "2026-03-02 00:00"),
            deal("7", "offer_sent", "2026-03-02 00:00"),
            deal("7", "lost", "2026-03-02 00:00", reason="price"),
            deal("7", "reopened", "2026-03-02 00:00"),
            deal("7", "created", "2026-03-02 00:00", **REGULAR, amount="100.00"),
        ],
        """
        prev_today channel won_deals regular 1
        all channel lost_deals -
        all channel open_deals -
        all channel cycles regular 1
        all channel cycle_ms -
        all stage dwells regular deal_created 1
        all stage dwells regular offer_sent 1
        all stage dwell_ms -
        all stage stage_advanced regular deal_created 1
        all stage stage_advanced regular contacted 1
        all stage stage_advanced regular offer_sent 1
        all stage stage_advanced regular contract_agreed 1
        all stage stage_advanced regular invoice_issued 1
        """,
    ),
]
