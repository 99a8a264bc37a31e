"""`/api/plan`: sales beside their plan, how far that is from what was planned so far, and where it leads."""

from __future__ import annotations

from typing import Any

from agents.readings import Readings, WorkerState, read_all
from agents.settings import Settings
from agents.turns import Turns
from agents.view import View
from agents.waiting import shards_of
from streams.calendar import BusinessCalendar
from streams.windows import bounds, period_end

PERIODS = ("month", "quarter", "year")
PLAN, REVENUE = "plan_minor", "revenue_minor"
BESIDES = ("potential_revenue_forecast", "required_enquiries", "required_reps")
"""What helps to judge the month: revenue that open enquiries promise, and what the plan takes."""


async def plan_of(state: WorkerState) -> dict[str, Any]:
    """The answer of `/api/plan`."""
    readings = await read_all(state, PERIODS)
    return {
        "now_ms": readings.now_ms,
        "currency": state.settings.currency,
        **shards_of(state, readings.partitions, readings.missing),
        **await plan_data(readings, state.settings),
    }


async def plan_data(readings: Readings, settings: Settings) -> dict[str, Any]:
    """Each period; channels of the month; a period without a plan has neither plan nor attainment."""
    calendar, turns = BusinessCalendar(settings.zone, settings.working_hours, settings.holidays), Turns()
    periods, by_channel, besides = {}, {}, {}
    for period in PERIODS:
        view = View(readings, period, settings)
        plan, revenue = view.money(PLAN), view.money(REVENUE)
        elapsed = elapsed_share(period, readings.now_ms, calendar)
        periods[period] = _judged(sum(plan.values()) if plan else None, sum(revenue.values()), elapsed)
        if period == "month":
            by_channel = {
                channel: _judged(plan.get(channel), revenue.get(channel, 0.0), elapsed)
                for channel in settings.funnels.channels
                if channel in plan or channel in revenue
            }
            known = settings.kpis.kpis
            besides = {kpi: view.department(known[kpi]) for kpi in BESIDES if kpi in known}
        await turns.give_way()
    return {"periods": periods, "by_channel": by_channel, "kpis": besides}


def elapsed_share(period: str, now_ms: int, calendar: BusinessCalendar) -> float:
    """How much of a period's working time is over."""
    start_ms, _ = bounds(period, now_ms, calendar)
    end_ms = calendar.day_start_ms(period_end(period, calendar.day_index(now_ms)))
    total_ms = calendar.working_ms(start_ms, end_ms)
    return calendar.working_ms(start_ms, now_ms) / total_ms if total_ms else 1.0


def _judged(plan: float | None, revenue: float, elapsed: float) -> dict[str, float | None]:
    """`plan` is for the days that have begun; `forecast` goes on at the pace of the working time so far."""
    return {
        "revenue": revenue,
        "plan": plan,
        "attainment": revenue / plan if plan else None,
        "gap": None if plan is None else revenue - plan,
        "elapsed": elapsed,
        "forecast": revenue / elapsed if elapsed > 0 else None,
    }
