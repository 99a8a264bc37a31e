"""Stories of stocks before: what has come to them and gone from them within a window, as known now."""

from __future__ import annotations

from tests.stories.telling import Story, deal, lead, told

VIP = {"channel": "vip", "source": "base", "owner": "ann"}
INBOUND = {"channel": "inbound", "source": "ads", "owner": "ann"}

STANDING: list[Story] = [
    # Since the 6th: deal 3 came (30), deal 1 went (10), deal 2 (20) stood all the time: 50 now, 30 before.
    told(
        "a pipeline has changed by what came less what went",
        "2026-03-12 12:30",
        [
            deal("1", "created", "2026-03-02 10:00", **VIP, amount="10.00"),
            deal("2", "created", "2026-03-03 10:00", **VIP, amount="20.00"),
            deal("3", "created", "2026-03-09 10:00", **VIP, amount="30.00"),
            deal("1", "lost", "2026-03-10 10:00", reason="price"),
            deal("2", "amount_changed", "2026-03-11 10:00", amount="25.00"),
        ],
        """
        all channel open_deals vip 2
        all channel pipeline_minor vip 5500
        7d channel net_open_deals -
        7d channel net_open_deals_valued -
        7d channel net_pipeline_minor vip 2000
        prev_7d channel net_pipeline_minor vip 3500
        prev_7d rep net_open_deals ann 2
        today channel net_pipeline_minor -
        """,
    ),
    # Won on the 4th, open again from the 10th: within the week it came, on the 6th it did not stand.
    told(
        "a reopened deal did not stand while it was won",
        "2026-03-12 12:30",
        [
            deal("1", "created", "2026-03-02 10:00", **VIP, amount="10.00"),
            deal("1", "won", "2026-03-04 10:00"),
            deal("1", "line_sold", "2026-03-04 10:00", line="a", amount="3.00", recurring=True),
            deal("1", "reopened", "2026-03-10 10:00"),
        ],
        """
        all channel open_deals vip 1
        all channel recurring_deals -
        7d channel net_open_deals vip 1
        7d channel net_open_deals_valued vip 1
        7d channel net_pipeline_minor vip 1000
        prev_7d channel net_open_deals -
        7d channel net_recurring_deals vip -1
        7d rep net_recurring_minor ann -300
        prev_7d rep net_recurring_minor ann 300
        """,
    ),
    # Ann's until the 10th, then bob's: of the department nothing came or went; the first owner had it before.
    told(
        "a deal that is handed on goes from one rep and comes to the other",
        "2026-03-12 12:30",
        [
            deal("1", "created", "2026-03-02 10:00", **VIP, amount="10.00"),
            deal("1", "assigned", "2026-03-10 10:00", owner="bob"),
        ],
        """
        all rep open_deals bob 1
        7d channel net_open_deals -
        7d rep net_open_deals ann -1
        7d rep net_open_deals bob 1
        7d rep net_pipeline_minor ann -1000
        7d rep net_pipeline_minor bob 1000
        prev_7d rep net_open_deals ann 1
        """,
    ),
    # The lead waited from the 5th to the 9th; its only deal is lost on the 10th, another comes on the 11th.
    told(
        "an enquiry waits until it is answered and stands while its journey is open",
        "2026-03-12 12:30",
        [
            lead("1", "created", "2026-03-05 10:00", **INBOUND),
            lead("1", "responded", "2026-03-09 10:00", by="human"),
            deal("1", "created", "2026-03-09 11:00", journey="lead/1"),
            deal("1", "lost", "2026-03-10 10:00", journey="lead/1", reason="price"),
            deal("2", "created", "2026-03-11 10:00", journey="lead/1"),
            deal("2", "won", "2026-03-12 10:00", journey="lead/1", amount="10.00"),
        ],
        """
        prev_7d channel net_waiting inbound 1
        7d rep net_waiting ann -1
        prev_7d channel net_open_enquiries inbound 1
        7d channel net_open_enquiries inbound -1
        24h channel net_open_enquiries inbound -1
        prev_24h channel net_open_enquiries inbound 1
        7d channel net_open_deals -
        """,
    ),
    # A deal without a creation has stood ever since; a deleted one never has.
    told(
        "what nobody told the beginning of has always stood",
        "2026-03-12 12:30",
        [
            deal("1", "amount_changed", "2026-03-10 10:00", amount="10.00"),
            deal("2", "lost", "2026-03-11 10:00", reason="price"),
            deal("3", "created", "2026-03-10 10:00", **VIP, amount="10.00"),
            deal("3", "deleted", "2026-03-11 10:00"),
        ],
        """
        all channel open_deals unknown 1
        7d channel net_open_deals unknown -1
        7d channel net_pipeline_minor -
        """,
    ),
    # 40 (cost 10) in the first week, 60 (cost 45) in the second: 60 of 100 came since, 15 of 45.
    told(
        "a customer has brought the more with every purchase",
        "2026-03-12 12:30",
        [
            deal("1", "created", "2026-03-02 10:00", **VIP, customer="acme"),
            deal("1", "line_sold", "2026-03-04 10:00", line="a", amount="40.00", cost="10.00"),
            deal("1", "won", "2026-03-04 10:00", amount="40.00"),
            deal("2", "created", "2026-03-09 10:00", **VIP, customer="acme"),
            deal("2", "won", "2026-03-10 10:00", amount="60.00"),
            deal("2", "line_sold", "2026-03-10 10:00", line="a", amount="60.00", cost="45.00"),
        ],
        """
        all channel lifetime_revenue_minor vip 10000
        prev_7d channel net_lifetime_customers vip 1
        prev_7d channel net_lifetime_revenue_minor vip 4000
        prev_7d channel net_lifetime_costed_customers vip 1
        prev_7d channel net_lifetime_margin_minor vip 3000
        7d channel net_lifetime_customers -
        7d channel net_lifetime_revenue_minor vip 6000
        7d channel net_lifetime_costed_customers -
        7d channel net_lifetime_margin_minor vip 1500
        """,
    ),
]
