"""Stories of money in several currencies: each fact at the rate of its own business day, rounded once."""

from __future__ import annotations

from datetime import date
from typing import Final

from tests.oracle import Config
from tests.stories.telling import Story, deal

VIP: Final = {"channel": "vip", "source": "fair", "owner": "bob"}
ROUBLES: Final = Config(
    rates={
        "USD": {date(2026, 3, 1): "90", date(2026, 3, 10): "95.5", date(2026, 3, 19): "101.25"},
        "JPY": {date(2026, 3, 1): "0.605"},
        "KWD": {date(2026, 3, 1): "300.1"},
    }
)
DOLLARS: Final = Config(currency="USD", rates={"RUB": {date(2026, 3, 1): "0.005"}})


def _usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


CURRENCIES: list[Story] = [
    # Won on the 9th at 90, on the 10th at 95.5; what is open stands at the latest rate, 101.25; no euros.
    Story(
        "a won deal is worth what the rate of its day says, an open one what the latest says",
        "2026-03-20 12:00",
        (
            deal("1", "created", "2026-03-02 10:00", **VIP, **_usd("10.00")),
            deal("1", "won", "2026-03-09 23:59"),
            deal("2", "created", "2026-03-02 10:00", **VIP, **_usd("10.00"), campaign="spring"),
            deal("2", "won", "2026-03-10 00:00"),
            deal("3", "created", "2026-03-02 10:00", **VIP, **_usd("4.00")),
            deal("4", "created", "2026-03-02 10:00", **VIP, amount="7.00", currency="EUR"),
            deal("5", "created", "2026-03-02 10:00", **VIP, amount="7.00", currency="EUR"),
            deal("5", "won", "2026-03-10 10:00"),
            deal("6", "created", "2026-03-02 10:00", **VIP, **_usd("1047.13")),
            deal("6", "won", "2026-03-10 10:00"),
        ),
        """
        all channel revenue_minor vip 10185592
        all rep won_deals_valued bob 3
        all channel won_deals_unconverted vip 1
        all channel won_deals_small vip 2
        all channel campaign_revenue_minor vip 95500
        all channel pipeline_minor vip 40500
        all rep open_deals_valued bob 1
        all channel open_deals_unconverted vip 1
        """,
        config=ROUBLES,
    ),
    # 14 days after its own a rate still holds, the day after no more; before the first there is none.
    Story(
        "a rate holds for fourteen days, and never backwards",
        "2026-04-20 12:00",
        (
            deal("1", "created", "2026-02-20 10:00", **VIP),
            deal("1", "payment_received", "2026-02-28 23:59", payment="a", **_usd("1.00")),
            deal("1", "payment_received", "2026-03-01 00:00", payment="b", **_usd("1.00")),
            deal("1", "payment_received", "2026-04-02 23:59", payment="c", **_usd("2.00")),
            deal("1", "payment_received", "2026-04-03 00:00", payment="d", **_usd("4.00")),
        ),
        """
        all channel payments vip 4
        all channel paid_minor vip 29250
        all channel payments_unconverted vip 2
        """,
        config=ROUBLES,
    ),
    # Yen have no minor units, dinars three decimals: 3 JPY are 1.815 RUB, half to even 1.82; 1 fils is 30.01.
    Story(
        "decimals of both currencies count, and half a minor unit goes to the even one",
        "2026-03-13 12:00",
        (
            deal("1", "created", "2026-03-02 10:00", **VIP),
            deal("1", "invoice_issued", "2026-03-03 10:00", invoice="a", amount="3", currency="JPY"),
            deal("1", "payment_received", "2026-03-03 10:00", payment="a", amount="1", currency="JPY"),
            deal("2", "created", "2026-03-02 10:00", **VIP),
            deal("2", "payment_received", "2026-03-03 10:00", payment="b", amount="0.005", currency="KWD"),
        ),
        """
        all channel invoiced_minor vip 182
        all channel paid_minor vip 210
        """,
        config=ROUBLES,
    ),
    # Reported in dollars: 1 RUB is half a cent, so 1 and 5 go to 0 and 2 (even), 3 to 2, and 1.50 RUB to 1.
    Story(
        "any currency can be the one of the reports",
        "2026-03-13 12:00",
        (
            deal("1", "created", "2026-03-02 10:00", **VIP),
            deal("1", "payment_received", "2026-03-03 10:00", payment="a", amount="1.00"),
            deal("1", "payment_received", "2026-03-03 11:00", payment="b", amount="5.00"),
            deal("2", "created", "2026-03-02 10:00", channel="inbound"),
            deal("2", "payment_received", "2026-03-03 10:00", payment="a", amount="3.00"),
            deal("3", "created", "2026-03-02 10:00", channel="partner"),
            deal("3", "payment_received", "2026-03-03 10:00", payment="a", amount="1.50"),
        ),
        """
        all channel paid_minor vip 2
        all channel paid_minor inbound 2
        all channel paid_minor partner 1
        """,
        config=DOLLARS,
    ),
    # Sold for 2 and 1 dollars at 95.5; amounts and costs are rounded once each; what recurs is at 101.25.
    Story(
        "lines are converted at the day of the sale, what recurs at the latest rate",
        "2026-03-20 12:00",
        (
            deal("1", "created", "2026-03-02 10:00", **VIP, amount="300.00"),
            deal("1", "line_sold", "2026-03-02 10:00", line="a", cost="0.33", **_usd("2.00")),
            deal("1", "line_sold", "2026-03-02 10:00", line="b", cost="0.01", kind="upsell", **_usd("1.00")),
            deal("1", "line_sold", "2026-03-02 10:00", line="c", recurring=True, **_usd("8.00")),
            deal("1", "won", "2026-03-10 10:00"),
        ),
        """
        all channel margin_revenue_minor vip 28650
        all channel margin_minor vip 25402
        all channel upsell_revenue_minor vip 9550
        all channel upsell_cost_minor vip 96
        all channel recurring_minor vip 81000
        """,
        config=ROUBLES,
    ),
]
