"""The board about customers: who comes again, who leaves, what they are worth and what they say."""

from __future__ import annotations

from dashboards.boards.frame import Board
from dashboards.boards.kpi_panels import KpiPanels
from dashboards.boards.speech import Link
from streams.kpis import Text

_FIRST = (
    *("repeat_customer_share", "churn_rate", "retention_rate", "nps", "ltv_profit", "ltv_net_of_cac"),
    *("ltv_cac_ratio", "arpu", "mrr", "upsell_rate", "cross_sell_rate", "regulated_contacts"),
)
_COLUMNS = (
    *("repeat_customer_share", "churn_rate", "retention_rate", "nps", "ltv_profit", "ltv_net_of_cac"),
    *("arpu", "mrr", "avg_deal_value", "regulated_contacts"),
)
_COURSES = (
    *("repeat_customer_share", "churn_rate", "retention_rate", "nps", "ltv_profit", "ltv_net_of_cac"),
    *("ltv_cac_ratio", "arpu", "mrr", "upsell_rate", "cross_sell_rate", "regulated_contacts"),
)


def customers(panels: KpiPanels) -> Board:
    """The department's numbers, then channels beside each other, then their course."""
    say = panels.speech
    to_funnel = Link(
        say("Open the funnel", "Открыть воронку"),
        f"/d/{say.uid('funnel')}?var-channel=${{__data.fields.channel}}",
    )
    table = panels.table(Text("Customers by channel", "Клиенты по каналам"), _COLUMNS, "channel", to_funnel)
    return Board(
        "customers",
        say("Customers", "Клиенты"),
        say(
            "Who buys again, who leaves, what is a customer worth, and what do customers say?",
            "Кто покупает снова, кто уходит, чего стоит клиент и что говорят клиенты?",
        ),
        ("window", "channel"),
        (
            (say("Do they stay?", "Остаются ли?"), panels.numbers(*_FIRST)),
            (say("By channel", "По каналам"), [table]),
            (say("How does it change?", "Как меняется?"), panels.courses("channel", *_COURSES)),
        ),
    )
