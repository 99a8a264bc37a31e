"""The base totals: every sum of facts that is kept, its families, its unit and what its absence means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from streams.windows import WINDOWS_BY_SOURCE_AND_REP, WINDOWS_OF_DAYS, WINDOWS_OF_DISTINCT
from streams.zones import HOURS_OF_WEEK

Family = Literal["channel", "stage", "source", "rep", "campaign"]
Unit = Literal["count", "ms", "minor", "micro"]
"""`micro`: millionths of a count, for numbers that are no whole ones once they are spread over days."""
MILLION = 1_000_000
Kind = Literal["flow", "stock", "minimum", "stream", "derived", "aim"]
"""A flow is summed over windows, a stock and a minimum stand now, `stream` counts since the shard's start.

`derived` is read off other sums where they are evaluated: it is neither folded nor exported.
An `aim` is what was told of a KPI and stands now: it is folded and shown beside the KPI, not exported.
"""
Layout = Literal["journey", "customer", "distinct", "level", "days"]
"""Which rows hold a total: those of leads and deals, sums of customers, different customers (one that buys
twice in a window counts once), how many there were at the start of the window, or amounts of whole days.
"""
Absence = Literal["zero", "unknown"]
"""What a total without any fact means: nothing happened, or nobody told us."""

RESPONSE_EDGES_SECONDS = ("300", "900", "3600", "14400", "28800", "86400", "172800", "604800", "+Inf")
"""Upper edges of the response buckets, inclusive."""

NET = "net_"
"""Begins the name of what a stock has changed by."""
HOURLY_WINDOWS = ("30d",)
"""What hours of the week are compared over: each comes four times."""
BY_CAMPAIGN = ("spend_minor", "new_customers")
"""What campaigns have besides the totals of leads and deals: what they cost, and whom they won."""


@dataclass(frozen=True, slots=True)
class BaseTotal:
    """A sum of facts, kept by each of its families; amounts are whole milliseconds or minor units."""

    id: str
    families: tuple[Family, ...]
    help: str
    unit: Unit = "count"
    kind: Kind = "flow"
    absence: Absence = "zero"
    edges: tuple[str, ...] = ()
    """The values of its second label: the bucket edges of a histogram's total, or the hours of the week."""
    before_won: bool = False
    """Of a stage's total: it does not exist for the last stage, which nobody leaves."""
    monthly: bool = False
    """Kept for 7d, 30d, month and those before them alone, in every family, and exported by channel only."""
    layout: Layout = "journey"
    slow: bool = False
    """What nobody reads by the hour: exported, and read by KPIs, for the same windows alone."""
    net: bool = False
    """What came to a stock less what went from it: a stock before is that of now less the net of since."""

    @property
    def windows(self) -> tuple[str, ...]:
        """The only windows that it has in any family; none means all."""
        if self.edges == HOURS_OF_WEEK:
            return HOURLY_WINDOWS
        if self.slow:
            return WINDOWS_BY_SOURCE_AND_REP
        if self.layout in ("distinct", "level"):
            return WINDOWS_OF_DISTINCT
        return WINDOWS_OF_DAYS if self.layout == "days" else ()


_ALL: tuple[Family, ...] = ("channel", "source", "rep")
_CR: tuple[Family, ...] = ("channel", "rep")
_C: tuple[Family, ...] = ("channel",)
_CS: tuple[Family, ...] = ("channel", "source")
_G: tuple[Family, ...] = ("stage",)


def _stage(total: str, help_text: str, kind: Kind = "flow", *, slow: bool = False) -> BaseTotal:
    unit: Unit = "ms" if total.endswith("_ms") else "count"
    return BaseTotal(total, _G, help_text, unit, kind, before_won=True, slow=slow)


def _monthly(total: str, families: tuple[Family, ...], help_text: str, kind: Kind = "flow") -> BaseTotal:
    unit: Unit = "ms" if total.endswith("_ms") else "minor" if total.endswith("_minor") else "count"
    return BaseTotal(total, families, help_text, unit, kind, monthly=True)


def _customers(
    total: str,
    help_text: str,
    layout: Layout = "customer",
    kind: Kind = "flow",
    families: tuple[Family, ...] = _C,
) -> BaseTotal:
    unit: Unit = "minor" if total.endswith("_minor") else "count"
    slow = unit == "minor" and kind == "flow"
    return BaseTotal(total, families, help_text, unit, kind, layout=layout, slow=slow)


def _net(stock: str, families: tuple[Family, ...], layout: Layout = "journey") -> BaseTotal:
    unit: Unit = "minor" if stock.endswith("_minor") else "count"
    help_text = f"What came to `{stock}` less what went from it"
    return BaseTotal(NET + stock, families, help_text, unit, layout=layout, net=True)


def _told(total: str, families: tuple[Family, ...], help_text: str, *, every: bool = False) -> BaseTotal:
    """Amounts of periods by day; `every`: for every window of whole days, not only the few."""
    unit: Unit = "ms" if total.endswith("_ms") else "minor" if total.endswith("_minor") else "count"
    unit = "micro" if total == "plan_deals" else unit
    layout: Layout = "days" if every else "journey"
    return BaseTotal(total, families, help_text, unit, "flow", "unknown", monthly=not every, layout=layout)


BASE_TOTALS: dict[str, BaseTotal] = {
    total.id: total
    for total in (
        BaseTotal("enquiries", _ALL, "Leads that came"),
        BaseTotal("enquiries_qualified", _ALL, "Leads that came in the window and have qualified since"),
        BaseTotal("enquiries_won", _ALL, "Leads that came in the window and have been won since"),
        BaseTotal("qualified_leads", _ALL, "Leads that qualified"),
        BaseTotal("qualified_won", _ALL, "Leads that qualified in the window and have been won since"),
        BaseTotal("responses", _CR, "Enquiries of the window that a person has answered"),
        BaseTotal("response_ms", _CR, "Time from enquiry to the first answer by a person", "ms"),
        BaseTotal("response_working_ms", _CR, "Working time from enquiry to the first answer", "ms"),
        BaseTotal("response_bucket", _C, "Answers by time", edges=RESPONSE_EDGES_SECONDS),
        BaseTotal("response_working_bucket", _C, "Answers by working time", edges=RESPONSE_EDGES_SECONDS),
        BaseTotal("answered_1h", _ALL, "Enquiries of the window answered within an hour"),
        BaseTotal("due_1h", _ALL, "Enquiries of the window answered, or older than an hour"),
        BaseTotal("answered_1wh", _ALL, "Enquiries of the window answered within a working hour"),
        BaseTotal("due_1wh", _ALL, "Enquiries of the window answered, or older than a working hour"),
        BaseTotal("hourly_due_1wh", _C, "Of those the ones due, by hour of the week", edges=HOURS_OF_WEEK),
        BaseTotal("hourly_answered_1wh", _C, "Those answered within a working hour", edges=HOURS_OF_WEEK),
        BaseTotal("waiting", _CR, "Leads that wait for their first answer", kind="stock"),
        BaseTotal("waiting_since", _C, "When the longest waiting lead came", "ms", "minimum", "unknown"),
        BaseTotal("stage_entered", _G, "Journeys that entered the stage"),
        _stage("stage_advanced", "Journeys that entered in the window and have gone further"),
        _stage("stage_lost", "Journeys that entered in the window and were lost here"),
        _stage("stage_still", "Journeys that entered in the window and are still here", slow=True),
        _stage("dwell_ms", "Time spent in the stage by the journeys that left it", slow=True),
        _stage("dwells", "Journeys that left the stage after a known time", slow=True),
        _stage("occupancy", "Open journeys that stand in the stage", "stock"),
        _stage("stuck", "Open journeys that stand in the stage for too long", "stock"),
        BaseTotal("deals_created", _ALL, "Deals that were opened"),
        BaseTotal("deals_created_won", _ALL, "Deals opened in the window that are won by now"),
        BaseTotal("deals_created_lost", _ALL, "Deals opened in the window that are lost by now"),
        BaseTotal("won_deals", _ALL, "Deals won"),
        BaseTotal("lost_deals", _ALL, "Deals lost"),
        BaseTotal("revenue_minor", _ALL, "Amount of won deals in the reporting currency", "minor"),
        BaseTotal("won_deals_valued", _ALL, "Won deals with an amount in the reporting currency"),
        BaseTotal("won_deals_unconverted", _ALL, "Won deals with an amount in another currency"),
        BaseTotal("cycle_ms", _ALL, "Time from first contact to sale of won deals", "ms"),
        BaseTotal("cycles", _ALL, "Won deals with a known cycle time"),
        BaseTotal("open_deals", _CR, "Deals that are open", kind="stock"),
        BaseTotal("open_deals_valued", _CR, "Open deals with an amount that is known", kind="stock"),
        BaseTotal("open_deals_unconverted", _CR, "Those with an amount in another currency", kind="stock"),
        BaseTotal("pipeline_minor", _CR, "Amount of open deals in the reporting currency", "minor", "stock"),
        *(_net(stock, _CR) for stock in ("open_deals", "open_deals_valued", "pipeline_minor")),
        *(_net(stock, _CR) for stock in ("waiting", "open_enquiries")),
        *(_net(stock, _CR) for stock in ("recurring_minor", "recurring_deals")),
        _monthly("enquiries_deal", _ALL, "Leads that came and have a deal since"),
        _monthly("enquiries_opportunity", _ALL, "Leads that came and have qualified or have a deal since"),
        _monthly("enquiries_invalid", _ALL, "Leads that came and were dropped for wrong contact data"),
        _monthly("leads_scored", _ALL, "Leads that came and have a score"),
        _monthly("lead_score", _ALL, "Scores of the leads that came"),
        _monthly("qualified_deal", _ALL, "Leads that qualified and have a deal"),
        _monthly("responses_qualified", _CR, "Enquiries that were answered and have qualified"),
        _monthly("answered_1h_qualified", _CR, "Enquiries answered within an hour that have qualified"),
        _monthly("assign_ms", _CR, "Of the time to the first answer, that to the first owner"),
        _monthly("attempt_ms", _CR, "Of the time to the first answer, that from there to the first attempt"),
        _monthly("opportunities", _ALL, "Journeys whose first deal was opened"),
        _monthly("opportunities_talked", _ALL, "Of them, those with a conversation or meeting"),
        _monthly("talked_leads", _ALL, "Leads with whom a first conversation or meeting was held"),
        _monthly("talked_qualified", _ALL, "Of them, those that have qualified"),
        _monthly("won_deals_small", _ALL, "Won deals with a small amount in the reporting currency"),
        _monthly("won_deals_upsell", _ALL, "Won deals with a line sold as upgrade"),
        _monthly("won_deals_cross", _ALL, "Won deals with a line sold as complement"),
        _monthly("won_activities", _ALL, "Attempts and meetings that won deals took"),
        _monthly("margin_minor", _ALL, "Amount less cost of the lines of won deals whose cost is known"),
        _monthly("margin_revenue_minor", _ALL, "Amount of those lines"),
        _monthly("upsell_revenue_minor", _ALL, "Amount of those lines that are upgrades or complements"),
        _monthly("upsell_cost_minor", _ALL, "Cost of those lines that are upgrades or complements"),
        _monthly("campaign_revenue_minor", _ALL, "Amount of won deals that came by a campaign"),
        _monthly("contact_attempts", _CR, "Attempts by a person to reach the other side"),
        _monthly("decision_maker_attempts", _CR, "Those of them that were for the decision maker"),
        _monthly("first_touches", _CR, "First contacts made"),
        _monthly("meetings_set", _CR, "Meetings that were arranged, at the time of arranging"),
        _monthly("meetings_held", _CR, "Meetings that were held"),
        _monthly("offers_sent", _CR, "Offers that went out"),
        _monthly("offers_reviewed", _CR, "Offers that the client has considered"),
        _monthly("contracts_agreed", _CR, "Contracts that were agreed"),
        _monthly("invoices", _CR, "Invoices that were issued"),
        _monthly("invoiced_minor", _CR, "Their amount in the reporting currency"),
        _monthly("invoices_unconverted", _CR, "Invoices in another currency"),
        _monthly("payments", _CR, "Payments that came in and were not reversed"),
        _monthly("paid_minor", _CR, "Their amount in the reporting currency"),
        _monthly("payments_unconverted", _CR, "Payments in another currency"),
        _monthly("offered_deals", _CR, "Deals in which a first offer was made"),
        _monthly("offered_offers", _CR, "All offers of those deals"),
        _monthly("open_enquiries", _CR, "Leads of open journeys", "stock"),
        _monthly("open_deals_scored", _CR, "Open deals with a score", "stock"),
        _monthly("open_deals_score", _CR, "Scores of open deals", "stock"),
        _monthly("recurring_minor", _CR, "Monthly amount of the recurring lines of won deals", "stock"),
        _monthly("recurring_deals", _CR, "Won deals with a recurring line", "stock"),
        _monthly("won_deals_unnamed", _ALL, "Won deals without a customer, out of all that counts customers"),
        _customers("new_customers", "Customers who bought for the first time", families=_CS),
        _customers("customer_revenue_minor", "Amount of won deals that have a customer"),
        _customers("customer_margin_minor", "Amount less cost of their lines whose cost is known"),
        _customers("active_customers", "Different customers who bought", "distinct"),
        _customers("repeat_customers", "Of them, those whose last purchase was not their first", "distinct"),
        _customers("churned_customers", "Customers at the start who have left by the end", "distinct"),
        _customers("customers_at_start", "Customers at the start of the window", "level"),
        _customers("customers", "Those who have bought and not left", kind="stock"),
        _customers("customers_told", "Those of whom a churn or renewal was ever told", kind="stock"),
        _customers("lifetime_customers", "Those who have bought for a known amount", kind="stock"),
        _customers("lifetime_revenue_minor", "Amount of all their won deals", kind="stock"),
        _customers("lifetime_costed_customers", "Those who have bought at a known cost", kind="stock"),
        _customers("lifetime_margin_minor", "Amount less cost of all their lines so far", kind="stock"),
        *(
            _net(f"lifetime_{what}", _C, "customer")
            for what in ("customers", "revenue_minor", "costed_customers", "margin_minor")
        ),
        _told("plan_minor", _CR, "Planned sales", every=True),
        _told("plan_deals", _CR, "Planned number of deals won", every=True),
        _told("spend_minor", _CS, "Marketing and sales spend", every=True),
        _told("expense_minor", _C, "Expenses"),
        _monthly("reserve_minor", _C, "Reserves"),
        _told("baseline_minor", _CS, "Sales that would come without campaigns"),
        _told("handling_ms", _C, "Working time that one enquiry takes, once for each day it is told for"),
        _told("handling_told", _C, "Days for which it is told"),
        _told("capacity_ms", _C, "Working time that one rep has for enquiries"),
        _monthly("ledger_unconverted", _C, "Days of plans and spend whose money is in another currency"),
        _monthly("nps_promoters", _CR, "Answers of 9 and 10 to the recommendation question"),
        _monthly("nps_detractors", _CR, "Answers of 0 to 6 to the recommendation question"),
        _monthly("nps_answers", _CR, "Answers to the recommendation question"),
        _monthly("care_contacts", _CR, "Contacts on regulated occasions"),
        BaseTotal("baseline", (), "Baseline that was told", "micro", "aim"),
        BaseTotal("baselines", (), "Whether a baseline was told", kind="aim"),
        BaseTotal("target", (), "Target that was told", "micro", "aim"),
        BaseTotal("targets", (), "Whether a target was told", kind="aim"),
        BaseTotal("reps", _CR, "Reps who won deals", kind="derived", absence="unknown"),
        BaseTotal("entry_lag_ms", _CR, "Time from event to its receipt", "ms", "stream", "unknown"),
        BaseTotal("entry_lags", _CR, "Events whose receipt is known", kind="stream", absence="unknown"),
        BaseTotal("restatements", (), "Changes of past buckets by late events", kind="stream"),
    )
}
NETS: dict[str, str] = {total.removeprefix(NET): total for total, base in BASE_TOTALS.items() if base.net}
"""By stock: the total that it has changed by."""
