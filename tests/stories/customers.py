"""Stories of customers: who is new, buys again, leaves and comes back, and what happens to their deals."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.oracle import Config, Record
from tests.stories.telling import Story, deal, lead, moment, ms, told


def said(name: str, verb: str, at: str, *, subject: str = "") -> Record:
    """The ledger's event that a customer left or stayed for another term."""
    subject = f"ledger/{subject or name}"
    envelope = {
        "id": f"{name} {verb} {at}",
        "source": "/books",
        "type": f"crm.ledger.customer_{verb}",
        "subject": subject,
        "time": moment(at).isoformat(),
        "data": {"customer": name},
    }
    return Record("crm.ledger", subject.encode(), json.dumps(envelope).encode(), (), ms(at))


CUSTOMERS: list[Story] = [
    told(
        "a customer who buys again is new once and active once a window",
        "2026-04-20 12:00",
        [
            deal("1", "created", "2026-03-01 10:00", channel="vip", source="web", customer="c1"),
            deal("1", "won", "2026-03-02 10:00", amount="100.00"),
            deal("2", "created", "2026-04-01 10:00", channel="regular", customer="c1"),
            deal("2", "won", "2026-04-10 10:00", amount="50.00"),
        ],
        """
        all channel new_customers vip 1
        all source new_customers vip web 1
        prev_month channel new_customers vip 1
        month channel new_customers -
        month channel active_customers regular 1
        month channel repeat_customers regular 1
        90d channel active_customers regular 1
        90d channel repeat_customers regular 1
        prev_month channel active_customers vip 1
        prev_month channel repeat_customers -
        prev_quarter channel active_customers vip 1
        prev_week channel active_customers -
        prev_30d channel active_customers vip 1
        prev_30d channel repeat_customers -
        prev_7d channel active_customers regular 1
        prev_7d channel repeat_customers regular 1
        prev_90d channel active_customers -
        prev_today channel active_customers -
        month channel customers_at_start regular 1
        prev_month channel customers_at_start -
        prev_7d channel customers_at_start regular 1
        all channel customers regular 1
        all channel customers_told -
        all channel churned_customers -
        all channel customer_revenue_minor vip 10000
        all channel customer_revenue_minor regular 5000
        all channel lifetime_customers regular 1
        all channel lifetime_revenue_minor regular 15000
        all channel lifetime_costed_customers -
        all channel won_deals_unnamed -
        """,
    ),
    # c1 left on March 11th, before the 21st on which the last 30 days began; c2 left with c1 and came back on
    # the 15th; c3 was no customer 60 days ago, so within those 30 days that have ended c3 came and went.
    told(
        "who was a customer 60 days ago and none 30 days ago has left in between",
        "2026-04-20 12:00",
        [
            deal("1", "created", "2026-02-02 10:00", channel="vip", customer="c1"),
            deal("1", "won", "2026-02-02 10:00"),
            said("c1", "churned", "2026-03-11 10:00"),
            deal("2", "created", "2026-02-02 10:00", channel="vip", customer="c2"),
            deal("2", "won", "2026-02-02 10:00"),
            said("c2", "churned", "2026-03-11 10:00"),
            said("c2", "renewed", "2026-03-15 10:00"),
            deal("3", "created", "2026-03-02 10:00", channel="vip", customer="c3"),
            deal("3", "won", "2026-03-02 10:00"),
            said("c3", "churned", "2026-03-11 10:00"),
            deal("4", "created", "2026-04-19 10:00", channel="vip", customer="c4"),
            deal("4", "won", "2026-04-19 10:00"),
            deal("5", "created", "2026-04-19 11:00", channel="vip", customer="c4"),
            deal("5", "won", "2026-04-19 11:00"),
        ],
        """
        prev_30d channel customers_at_start vip 2
        prev_30d channel churned_customers vip 1
        prev_30d channel active_customers vip 1
        30d channel churned_customers -
        prev_7d channel churned_customers -
        prev_90d channel churned_customers -
        prev_today channel active_customers vip 1
        prev_today channel repeat_customers vip 1
        """,
    ),
    # Who buys twice at one instant has bought again: the second by the deals' ids.
    told(
        "two deals of one instant are a repeated purchase",
        "2026-03-02 12:00",
        [
            deal("1", "created", "2026-03-01 10:00", channel="vip", source="web", customer="c1"),
            deal("2", "created", "2026-03-01 10:00", channel="regular", source="fair", customer="c1"),
            deal("2", "won", "2026-03-02 10:00"),
            deal("1", "won", "2026-03-02 10:00"),
        ],
        """
        all source new_customers vip web 1
        today channel active_customers regular 1
        today channel repeat_customers regular 1
        all channel lifetime_customers -
        """,
    ),
    # Left in the last month of the quarter: of those at its start, and of the month's; back is not there yet.
    told(
        "a customer who left counts where the window began before",
        "2026-04-20 12:00",
        [
            deal("1", "created", "2025-12-01 10:00", channel="vip", customer="c1"),
            deal("1", "won", "2025-12-20 10:00"),
            said("c1", "churned", "2026-03-10 10:00"),
            said("c1", "churned", "2026-03-12 10:00"),
            deal("2", "created", "2026-03-01 10:00", channel="regular", customer="c2"),
            deal("2", "won", "2026-03-05 10:00"),
            said("c2", "churned", "2026-03-25 10:00"),
        ],
        """
        prev_month channel customers_at_start vip 1
        prev_month channel churned_customers vip 1
        prev_quarter channel churned_customers vip 1
        prev_week channel churned_customers -
        90d channel customers_at_start vip 1
        90d channel churned_customers vip 1
        30d channel customers_at_start regular 1
        30d channel churned_customers regular 1
        month channel customers_at_start -
        month channel churned_customers -
        all channel customers -
        all channel churned_customers vip 1
        all channel churned_customers regular 1
        all channel customers_told vip 1
        all channel customers_told regular 1
        """,
    ),
    told(
        "a churned customer who buys again is a customer again",
        "2026-04-20 12:00",
        [
            deal("1", "created", "2025-12-01 10:00", channel="vip", customer="c1"),
            deal("1", "won", "2025-12-20 10:00"),
            said("c1", "churned", "2026-02-15 10:00"),
            deal("2", "created", "2026-03-01 10:00", channel="vip", customer="c1"),
            deal("2", "won", "2026-04-05 10:00"),
        ],
        """
        prev_quarter channel customers_at_start vip 1
        prev_quarter channel churned_customers vip 1
        prev_month channel customers_at_start -
        month channel customers_at_start -
        90d channel customers_at_start vip 1
        90d channel churned_customers -
        all channel customers vip 1
        all channel churned_customers -
        """,
    ),
    # A renewal takes the churn back within the month; one before the first purchase says nothing.
    told(
        "a renewal brings a customer back",
        "2026-04-20 12:00",
        [
            said("c1", "renewed", "2025-11-01 10:00"),
            deal("1", "created", "2025-12-01 10:00", channel="vip", customer="c1"),
            deal("1", "won", "2025-12-20 10:00"),
            said("c1", "churned", "2026-03-10 10:00"),
            said("c1", "renewed", "2026-03-20 10:00", subject="term 7"),
            said("nobody", "churned", "2026-03-10 10:00"),
            said("nobody", "renewed", "2026-03-11 10:00"),
        ],
        """
        prev_month channel customers_at_start vip 1
        prev_month channel churned_customers -
        prev_year channel customers_at_start -
        all channel customers vip 1
        all channel customers_told vip 1
        """,
    ),
    # The deal was c1's only purchase: with it c1 is nobody, and c2 is new.
    told(
        "a deal whose customer was corrected leaves the one it had",
        "2026-03-20 12:00",
        [
            deal("1", "created", "2026-03-01 10:00", channel="vip", source="web", customer="c1"),
            deal("1", "won", "2026-03-02 10:00", amount="100.00"),
            deal("2", "created", "2026-03-01 10:00", channel="regular", customer="c2"),
            deal("2", "won", "2026-03-12 10:00", amount="70.00"),
            deal("1", "updated", "2026-03-15 10:00", customer="c2"),
        ],
        """
        all channel new_customers vip 1
        all source new_customers vip web 1
        month channel active_customers regular 1
        month channel repeat_customers regular 1
        all channel lifetime_customers regular 1
        all channel lifetime_revenue_minor regular 17000
        """,
    ),
    told(
        "a deleted deal and a reopened one are no purchases",
        "2026-03-20 12:00",
        [
            deal("1", "created", "2026-03-01 10:00", channel="vip", customer="c1"),
            deal("1", "won", "2026-03-02 10:00", amount="100.00"),
            deal("1", "deleted", "2026-03-03 10:00"),
            deal("2", "created", "2026-03-01 10:00", channel="regular", customer="c2"),
            deal("2", "won", "2026-03-02 10:00", amount="100.00"),
            deal("2", "reopened", "2026-03-04 10:00"),
            deal("3", "created", "2026-03-01 10:00", channel="partner", customer="c3"),
            deal("3", "won", "2026-03-02 10:00", amount="100.00"),
            deal("3", "reopened", "2026-03-04 10:00"),
            deal("3", "won", "2026-03-08 10:00", amount="90.00"),
        ],
        """
        all channel new_customers partner 1
        month channel active_customers partner 1
        month channel repeat_customers -
        all channel customers partner 1
        all channel customer_revenue_minor partner 9000
        all channel customers_at_start partner 1
        """,
    ),
    # The deal has no customer of its own: it is the lead's, wherever lead and deal have gone together.
    told(
        "a merged lead and a linked deal take their customer along",
        "2026-03-20 12:00",
        [
            lead("1", "created", "2026-03-01 10:00", channel="inbound", source="web", customer="c1"),
            deal("1", "created", "2026-03-02 10:00", journey="lead/1"),
            deal("1", "won", "2026-03-05 10:00", journey="lead/1", amount="100.00"),
            lead("2", "created", "2026-03-01 11:00", channel="partner", customer="c2"),
            lead("1", "merged", "2026-03-06 10:00", into="2"),
            lead("2", "updated", "2026-03-07 10:00", customer="c3"),
            deal("7", "created", "2026-03-02 10:00", amount="30.00"),
            deal("7", "linked", "2026-03-03 10:00", lead="2"),
            deal("7", "won", "2026-03-08 10:00", journey="lead/2"),
        ],
        """
        all channel won_deals partner 2
        all channel new_customers partner 1
        all source new_customers partner web 1
        month channel repeat_customers partner 1
        all channel lifetime_revenue_minor partner 13000
        all channel won_deals_unnamed -
        """,
    ),
    told(
        "deals without a customer are counted as that and nowhere else",
        "2026-03-20 12:00",
        [
            deal("1", "created", "2026-03-01 10:00", channel="vip", source="web", owner="ann"),
            deal("1", "won", "2026-03-02 10:00", amount="100.00"),
            deal("2", "created", "2026-03-01 10:00", channel="vip", customer="unknown"),
            deal("2", "won", "2026-03-02 10:00", amount="100.00"),
        ],
        """
        all channel won_deals_unnamed vip 2
        all rep won_deals_unnamed ann 1
        all rep won_deals_unnamed unassigned 1
        all source won_deals_unnamed vip web 1
        all source won_deals_unnamed vip unknown 1
        all channel new_customers -
        all channel active_customers -
        all channel customers -
        all channel customer_revenue_minor -
        all channel lifetime_customers -
        """,
    ),
    # c1: 60 − 40 of one line, the other's cost is unknown; c2 buys for dollars that have no rate.
    told(
        "what a customer brought is counted as far as amounts and costs are known",
        "2026-03-20 12:00",
        [
            deal("1", "created", "2026-03-01 10:00", channel="vip", customer="c1"),
            deal("1", "won", "2026-03-02 10:00", amount="100.00"),
            deal("1", "line_sold", "2026-03-02 10:00", line="1", amount="60.00", cost="40.00"),
            deal("1", "line_sold", "2026-03-02 10:00", line="2", amount="40.00"),
            deal("2", "created", "2026-03-01 10:00", channel="vip", customer="c2"),
            deal("2", "won", "2026-03-02 10:00", amount="100.00", currency="USD"),
            deal("2", "line_sold", "2026-03-02 10:00", line="1", amount="9.00", cost="1.00", currency="USD"),
        ],
        """
        all channel new_customers vip 2
        all channel customer_revenue_minor vip 10000
        all channel customer_margin_minor vip 2000
        all channel lifetime_customers vip 1
        all channel lifetime_revenue_minor vip 10000
        all channel lifetime_costed_customers vip 1
        all channel lifetime_margin_minor vip 2000
        """,
    ),
    # 60 days after the purchase of 10 January, on 11 March, c1 has left; c2 renewed in time; c3 came back.
    replace(
        told(
            "where silence means leaving, a customer leaves when it has lasted long enough",
            "2026-04-20 12:00",
            [
                deal("1", "created", "2026-01-01 10:00", channel="vip", customer="c1"),
                deal("1", "won", "2026-01-10 10:00"),
                deal("2", "created", "2026-01-01 10:00", channel="regular", customer="c2"),
                deal("2", "won", "2026-01-10 10:00"),
                said("c2", "renewed", "2026-03-01 10:00"),
                deal("3", "created", "2026-01-01 10:00", channel="partner", customer="c3"),
                deal("3", "won", "2026-01-10 10:00"),
                deal("4", "created", "2026-01-01 10:00", channel="partner", customer="c3"),
                deal("4", "won", "2026-04-01 10:00"),
            ],
            """
            all channel customers regular 1
            all channel customers partner 1
            all channel churned_customers vip 1
            all channel customers_told vip 1
            all channel customers_told regular 1
            all channel customers_told partner 1
            prev_month channel customers_at_start vip 1
            prev_month channel customers_at_start regular 1
            prev_month channel customers_at_start partner 1
            prev_month channel churned_customers vip 1
            prev_month channel churned_customers partner 1
            month channel customers_at_start regular 1
            month channel churned_customers -
            90d channel churned_customers vip 1
            """,
        ),
        config=Config(silence_days=60),
    ),
    # c1's first deal tells no campaign, so it is the lead's; buying again by another one changes nothing.
    # c2's deal tells its own, c3's was corrected, c4's is not listed, c5 came by none.
    replace(
        told(
            "a new customer is the campaign's by which the first purchase came",
            "2026-04-20 12:00",
            [
                lead("1", "created", "2026-04-01 10:00", channel="inbound", campaign="spring"),
                deal("1", "created", "2026-04-01 11:00", journey="lead/1", customer="c1"),
                deal("1", "won", "2026-04-02 10:00", journey="lead/1", amount="100.00"),
                deal("9", "created", "2026-04-03 10:00", channel="vip", customer="c1", campaign="autumn"),
                deal("9", "won", "2026-04-04 10:00", amount="70.00"),
                lead("2", "created", "2026-04-01 10:00", channel="inbound", campaign="autumn"),
                deal("2", "created", "2026-04-01 11:00", journey="lead/2", customer="c2", campaign="spring"),
                deal("2", "won", "2026-04-02 10:00", journey="lead/2"),
                deal("3", "created", "2026-04-01 10:00", channel="vip", customer="c3", campaign="autumn"),
                deal("3", "won", "2026-04-03 10:00"),
                deal("3", "updated", "2026-04-05 10:00", campaign="spring"),
                deal("4", "created", "2026-03-01 10:00", channel="vip", customer="c4", campaign="autumn"),
                deal("4", "won", "2026-03-03 10:00"),
                deal("5", "created", "2026-04-01 10:00", channel="regular", customer="c5"),
                deal("5", "won", "2026-04-03 10:00"),
                deal("6", "created", "2026-04-01 10:00", channel="vip", campaign="spring"),
                deal("6", "won", "2026-04-03 10:00"),
            ],
            """
            month campaign new_customers spring 3
            month campaign new_customers unknown 1
            prev_month campaign new_customers other 1
            all campaign new_customers spring 3
            all campaign new_customers other 1
            all campaign new_customers unknown 1
            1h campaign new_customers -
            90d campaign new_customers -
            all channel new_customers inbound 2
            all channel new_customers vip 2
            all channel new_customers regular 1
            month campaign customer_revenue_minor -
            month campaign revenue_minor spring 10000
            month campaign revenue_minor other 7000
            """,
        ),
        config=Config(campaigns=frozenset(("spring",))),
    ),
]
