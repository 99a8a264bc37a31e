"""Answers by the hour of the week with weekday and hour apart, as a table wants them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dashboards.recording import Rule
from streams import promql
from streams.promql import rule_name
from streams.series import exported

DUE, ANSWERED = (rule_name(f"hourly_{what}_1wh", "channel") for what in ("due", "answered"))


def hours() -> Iterator[Sequence[Rule]]:
    """By channel, `day` such as `mon` and `clock` such as `09:00`."""
    yield tuple(
        Rule(name, promql.gated(_apart(f"sum by (channel, hour, window) ({exported(total, 'channel')})")))
        for name, total in ((DUE, "hourly_due_1wh"), (ANSWERED, "hourly_answered_1wh"))
    )


def _apart(series: str) -> str:
    day = f'label_replace({series}, "day", "$1", "hour", "(.+)-.+")'
    clock = f'label_replace({day}, "clock", "$1:00", "hour", ".+-(.+)")'
    return f"sum by (channel, day, clock, window) ({clock})"
