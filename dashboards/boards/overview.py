"""The board that is looked at first: is the department healthy, where does it leak, who is waiting."""

from __future__ import annotations

from dashboards.boards.days import by_day
from dashboards.boards.frame import Board
from dashboards.boards.kpi_panels import KpiPanels
from dashboards.boards.leaks import lost_in_money
from dashboards.boards.scorecard import levels
from dashboards.boards.speech import Link
from streams.kpis import Text


def overview(panels: KpiPanels) -> Board:
    """Numbers in the order of a working day, channels to go on from, then what is changing."""
    say = panels.speech
    columns = (
        *("initial_enquiries", "qualified_conversion_rate", "sales_conversion_rate"),
        *("response_within_1h_share_working", "win_rate_closed", "plan_attainment", "revenue"),
        *("opportunity_count_open", "stuck_deals"),
    )
    to_funnel = Link(
        say("Open the funnel", "Открыть воронку"),
        f"/d/{say.uid('funnel')}?var-channel=${{__data.fields.channel}}",
    )
    table = panels.table(Text("Channels", "Каналы"), columns, "channel", to_funnel)
    return Board(
        "overview",
        say("Overview", "Обзор"),
        say(
            "Is the department healthy, where does it leak, and who is waiting?",
            "Здоров ли отдел, где он теряет и кто ждёт?",
        ),
        ("window", "channel"),
        (
            (say("Is it healthy?", "Всё ли в порядке?"), panels.numbers(*_FIRST)),
            (say("Scorecard", "Карта показателей"), levels(panels)),
            (say("Where does it leak?", "Где теряем?"), [lost_in_money(say), table]),
            (
                say("The last days, as known now", "Последние дни, как известно сейчас"),
                by_day(say, "enquiries", "won_deals"),
            ),
            (
                say("What is changing?", "Что меняется?"),
                [*panels.changes(*_CHANGES, span=3), *panels.courses("channel", *_COURSES)],
            ),
        ),
    )


_FIRST = (
    *("plan_attainment", "revenue", "won_deals", "win_rate_closed", "pipeline_value_open"),
    *("initial_enquiries", "leads_waiting", "oldest_waiting_hours", "response_within_1h_share_working"),
    *("stuck_deals", "repeat_customer_share", "nps"),
)
_CHANGES = (
    *("revenue", "initial_enquiries", "won_deals", "win_rate_closed"),
    *("response_within_1h_share_working", "avg_deal_value"),
    *("opportunity_count_open", "pipeline_value_open"),
)
_COURSES = ("revenue", "initial_enquiries", "response_within_1h_share_working", "win_rate_closed")
