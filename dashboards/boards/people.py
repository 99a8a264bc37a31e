"""The board that compares reps: fairly with each other, and each with the own past."""

from __future__ import annotations

from dashboards.boards.frame import Board
from dashboards.boards.kpi_panels import KpiPanels
from dashboards.boards.panels import About, Panel, Query, bars, lines, number
from dashboards.boards.speech import Link
from dashboards.per_rep import per_rep
from dashboards.rules import fairly_compared
from dashboards.shrinkage import FORMULA, NOT_REPS, shrunk_name
from streams.kpis import Text
from streams.promql import rule_name
from streams.windows import WINDOWS_EXPORTED_BY_SOURCE_AND_REP

_COLUMNS = (
    *("initial_enquiries", "qualified_leads", "response_within_1h_share_working", "lead_response_time"),
    *("leads_waiting", "won_deals", "win_rate_closed", "revenue", "plan_attainment", "avg_deal_value"),
    *("sales_cycle_days", "opportunity_count_open", "pipeline_value_open"),
)
_ACTIVITY = (
    *("contact_attempts", "first_touches", "meetings_scheduled", "meetings_held", "offers_sent"),
    *("activities_per_deal", "leads_waiting", "pipeline_value_open", "entry_lag_hours"),
)
_CHANGES = ("revenue", "won_deals", "win_rate_closed")
_COURSES = (
    *("response_within_1h_share_working", "win_rate_closed", "initial_enquiries", "sales_cycle_days"),
    *("plan_attainment", "nps", "entry_lag_hours"),
)


def reps(panels: KpiPanels) -> Board:
    """Reps beside each other and each beside the own past."""
    say = panels.speech
    only = Link(
        say("Only this rep", "Только этот продавец"), f"/d/{say.uid('reps')}?var-rep=${{__data.fields.rep}}"
    )
    fair = [_fair(panels, kpi.id) for kpi in fairly_compared(panels.catalogue)]
    money = [_with_average(panels, kpi_id) for kpi_id in ("revenue", "won_deals")]
    return Board(
        "reps",
        say("Reps", "Продавцы"),
        say("Who needs help, and whose way of working is worth spreading?", "Кому помочь и у кого учиться?"),
        ("window", "rep"),
        (
            (
                say("All reps", "Все продавцы"),
                [panels.table(Text("Reps", "Продавцы"), _COLUMNS, "rep", only)],
            ),
            (say("Teams", "Команды"), [_teams(panels)]),
            (say("Fair comparison", "Честное сравнение"), fair),
            (say("Beside the average", "Рядом со средним"), [*_per_rep(panels), *money]),
            (
                say("This month against the last", "Этот месяц по сравнению с прошлым"),
                [*panels.changes_by("rep", *_CHANGES), *panels.changes_by("team", *_CHANGES)],
            ),
            (say("Activity", "Активность"), panels.rankings("rep", *_ACTIVITY)),
            (say("Each over time", "Каждый во времени"), panels.courses("rep", *_COURSES)),
        ),
    )


def _teams(panels: KpiPanels) -> Panel:
    """What is by rep, for those who are in a team."""
    say = panels.speech
    to_all = Link(say("All reps", "Все продавцы"), f"/d/{say.uid('reps')}?var-rep=$__all")
    title = Text("Teams (VORONKA_TEAMS)", "Команды (VORONKA_TEAMS)")
    return panels.table(title, _COLUMNS, "team", to_all)


def _fair(panels: KpiPanels, kpi_id: str) -> Panel:
    """A share drawn towards everybody's: three leads make nobody the best or the worst."""
    say = panels.speech
    everybody = f'{rule_name(kpi_id, "rep")}:mean{{window="$window"}}'
    queries = [
        Query(f'sort_desc({shrunk_name(kpi_id)}{{window="$window",rep=~"$rep"}})', "{{rep}}"),
        Query(everybody, say("all reps", "все продавцы")),
    ]
    healthy = say(
        "Each rep's share drawn towards that of all reps, the more the fewer things it rests on (empirical "
        f"Bayes), so that chance makes nobody first or last. {FORMULA}. Healthy: nobody far below the line "
        "of all reps. Otherwise listen to calls together, and let the first tell how it is done.",
        "Доля каждого продавца, подтянутая к доле всех, тем сильнее, чем меньше за ней случаев "
        f"(эмпирический Байес): случай никого не делает лучшим или худшим. {FORMULA}. Норма: никто не отстал "
        "далеко от всех. Иначе послушайте звонки вместе, и пусть лучший расскажет, как работает.",
    )
    title = f"{panels.title(kpi_id)}, {say('fairly compared', 'честное сравнение')}"
    return bars(About(title, healthy, panels.unit(kpi_id)), queries)


def _per_rep(panels: KpiPanels) -> list[Panel]:
    """What a rep brings on average: the line that the department sets itself."""
    say = panels.speech
    kept = ", ".join(WINDOWS_EXPORTED_BY_SOURCE_AND_REP)
    healthy = say(
        "Only reps who sold in the period are counted. Healthy: not below the previous period. Otherwise "
        f"see below who fell behind. Empty while reps are folded into one (VORONKA_REPS). Periods: {kept}.",
        "Считаются только продавцы, у которых были продажи за период. Норма: не ниже предыдущего периода. "
        "Иначе посмотрите ниже, кто отстал. Пусто, пока продавцы свёрнуты в одного (VORONKA_REPS). Периоды: "
        f"{kept}.",
    )
    return [
        number(
            About(say.of(kpi.entry.names), f"{say.of(kpi.entry.description)} {healthy}", panels.unit(kpi.id)),
            f'{rule_name(kpi.id, "department")}{{window="$window"}}',
            span=12,
        )
        for kpi in per_rep(panels.catalogue)
    ]


def _with_average(panels: KpiPanels, kpi_id: str) -> Panel:
    say, expr = panels.speech, panels.expr(kpi_id, "rep")
    everybody = expr.replace('rep=~"$rep"', f'rep!~"{NOT_REPS}"')
    healthy = say(
        "Each rep and the average of all reps, which is the line to reach. Healthy: nobody far below it for "
        "weeks. Otherwise look at the rep's enquiries and answers first.",
        "Каждый продавец и среднее по всем: это линия цели. Норма: никто не отстаёт неделями. "
        "Иначе посмотрите сначала на запросы и ответы этого продавца.",
    )
    title = f"{panels.title(kpi_id)}, {say('as published', 'как показывалось')}"
    queries = [Query(expr, "{{rep}}"), Query(f"avg({everybody})", say("average", "среднее"))]
    return lines(About(title, healthy, panels.unit(kpi_id)), queries, say)
