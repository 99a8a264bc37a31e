"""What is lost or stands still at each stage, in money: journeys × chance of a sale × average deal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dashboards.recording import Rule
from streams import promql
from streams.funnels import WON
from streams.promql import rule_name, sample_name
from streams.series import exported
from streams.windows import WINDOWS_OF_LOSSES

WIN_FROM, WIN_BEYOND = (rule_name(f"win_chance_{where}", "stage") for where in ("from", "beyond"))
VALUE_LOST, VALUE_STILL, VALUE_STUCK, VALUE_POINT = (
    rule_name(f"value_{what}", "stage") for what in ("lost", "still", "stuck", "of_a_point")
)
LOST, STUCK = rule_name("value_lost", "department"), rule_name("value_stuck", "channel")
_SOME = f'window=~"{"|".join(WINDOWS_OF_LOSSES)}"'
_STAGES = f'{{{_SOME},stage!="{WON.id}"}}'


def leaks() -> Iterator[Sequence[Rule]]:
    """Chances first, then values by stage, then their sums."""
    entered, passed = rule_name("stage_entries", "stage"), "stage_conversion_rate_period"
    sales = (
        f'on (channel, window) group_left () sum by (channel, window) ({entered}{{{_SOME},stage="{WON.id}"}})'
    )
    ahead = f"({rule_name(passed, 'stage')}{_STAGES} * {sample_name(passed, 'stage')}{_STAGES} > 0)"
    deal = f"on (channel, window) group_left () {rule_name('avg_deal_value', 'channel')}{{{_SOME}}}"
    stuck = f"{rule_name('stuck_deals', 'stage')} * on (channel, stage) group_right () {WIN_FROM}"
    yield (
        Rule(WIN_FROM, f"clamp_max(1 / ({entered}{_STAGES} > 0) * {sales}, 1)"),
        Rule(WIN_BEYOND, f"clamp_max(1 / {ahead} * {sales}, 1)"),
        Rule(VALUE_LOST, f"{_now('stage_lost')} * {WIN_BEYOND} * {deal}"),
        Rule(VALUE_STILL, f"{_now('stage_still')} * {WIN_FROM} * {deal}"),
        Rule(VALUE_POINT, f"0.01 * {entered}{_STAGES} * {WIN_BEYOND} * {deal}"),
        Rule(VALUE_STUCK, f"{stuck} * {deal}"),
        Rule(LOST, f"sum by (window) ({VALUE_LOST})"),
        Rule(STUCK, f"sum by (channel, window) ({VALUE_STUCK})"),
    )


def _now(total: str) -> str:
    journeys = f"sum by (channel, stage, window) ({exported(total, 'stage')}{_STAGES})"
    return f"({promql.gated(journeys)})"
