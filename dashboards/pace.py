"""The funnel turned round: how many enquiries a working day the plan still takes, and how many come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dashboards.recording import Rule
from streams import metrics, promql
from streams.promql import rule_name
from streams.series import exported
from streams.windows import RIPE_WINDOW

PERIODS = ("month", "quarter")
NEEDED, CAME = rule_name("enquiries_needed_a_day", "channel"), rule_name("enquiries_came_a_day", "channel")
_WINS = '{window="90d"}'
"""Deals that were closed in the last 90 days are ripe, whenever they began."""
_RIPE = f'{{window="{RIPE_WINDOW}"}}'
"""The cohort of `ripe()`: most of who came 60 to 30 days ago have come to an end."""


def pace() -> Iterator[Sequence[Rule]]:
    """(planned deals of the whole period − won − expected of open deals) ÷ conversion ÷ working days left."""
    open_deals, wins = rule_name("opportunity_count_open", "channel"), rule_name("win_rate_closed", "channel")
    conversion = f"{rule_name('sales_conversion_rate', 'channel')}{_RIPE}"
    per_enquiry = f"sum by (channel) ({conversion})"
    expected = f"(sum by (channel) ({open_deals} * on (channel) {wins}{_WINS}) or 0 * {per_enquiry})"
    planned = f"({_sum('plan_deals')}) / {_days('begun')} * {_days('all')}"
    missing = f"({planned} - ({_sum('won_deals')} or 0 * {_sum('plan_deals')}))"
    still = f"clamp_min({missing} - on (channel) group_left () {expected}, 0)"
    needed = f"{still} / on (channel) group_left () ({per_enquiry} > 0) / {_days('left')}"
    yield (
        Rule(NEEDED, promql.gated(needed)),
        Rule(CAME, promql.gated(f"{_sum('enquiries')} / {_days('begun')}")),
    )


def _sum(total: str) -> str:
    some = f'{{window=~"{"|".join(PERIODS)}"}}'
    return f"sum by (channel, window) ({exported(total, 'channel')}{some})"


def _days(part: str) -> str:
    return f'on (window) group_left () (max by (window) ({metrics.WORKDAYS.name}{{part="{part}"}}) > 0)'
