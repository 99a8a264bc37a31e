"""Rows of totals: all totals that share labels, packed into one integer, so that adding rows is one addition.

What a journey does counts by channel, rep and source at once: that is one place, opened into its rows late.

Each total has a lane of 64 bits in the rows of its kind. A row's integer is the sum of amount x unit over its
totals; lanes may go below zero on the way, the sum is right whenever it is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from streams.base_totals import BASE_TOTALS, Layout
from streams.funnels import Funnels
from streams.ways import Way
from streams.windows import SLID_PERIODS

Key = tuple[str, str, str, str]
"""(family, total, label 1, label 2)."""
Cuts = tuple[tuple[str, str], ...]
"""(family, label) of each further family that a place counts in."""
RowKey = tuple[str, str, str]
"""(kind, label 1, label 2); kinds are the families, their monthly ones, and `edge` for the histograms."""

EDGE = "edge"
CUSTOMER, CUSTOMER_SOURCE, CUSTOMER_CAMPAIGN = "customer", "customer_source", "customer_campaign"
"""Sums of customers, by channel, by source too, and by campaign where a deployment lists them."""
CUSTOMER_NOW, CUSTOMER_LEVEL = "customer_now", "customer_level"
CUSTOMER_PERIODS = {period: f"customer_{period}" for period in ("today", "week", "month", "quarter", "year")}
"""Different customers of windows that end now and of calendar periods; how many there were at a start."""
CUSTOMER_SLID = {window: f"customer_{window}" for window in SLID_PERIODS}
"""Different customers of windows that slide and have ended: how many there were at any end."""
CHANNEL_DAYS, SOURCE_DAYS, REP_DAYS, TEAM_DAYS = (
    f"{family}_days" for family in ("channel", "source", "rep", "team")
)
"""Amounts of whole days."""
CAMPAIGN = "campaign"
CAMPAIGN_DAYS = f"{CAMPAIGN}_days"
"""Those of campaigns, where a deployment lists them."""
KPI = "kpi"
"""What was told of a KPI, by its id and whose aim it is."""
PLACE, PLACE_MONTHLY = "place", "place_monthly"
"""A channel, a rep and a source together: one place for a row of each."""
MONTHLY = "_monthly"
"""Ends the kinds of the rows whose totals are kept for few windows: `channel_monthly` and so on."""
CHANNEL_MONTHLY, SOURCE_MONTHLY, REP_MONTHLY = (
    f"{family}{MONTHLY}" for family in ("channel", "source", "rep")
)
CUTS = ("region", "industry", CAMPAIGN)
"""Families that a deployment may ask for besides, each by the names that it lists."""
_LANE_BITS = 64
_LANE = 1 << _LANE_BITS
_HALF = _LANE >> 1

_OFTEN = (
    "net_open_enquiries enquiries net_pipeline_minor net_open_deals net_open_deals_valued due_1h "
    "due_1wh responses response_ms net_waiting response_working_ms answered_1wh deals_created "
    "answered_1h lost_deals deals_created_lost enquiries_qualified qualified_leads deals_created_won "
    "won_deals cycle_ms cycles revenue_minor won_deals_valued enquiries_won qualified_won "
    "contact_attempts assign_ms attempt_ms first_touches opportunities leads_scored lead_score "
    "offers_sent offered_deals offered_offers enquiries_opportunity opportunities_talked talked_leads "
    "responses_qualified enquiries_deal talked_qualified meetings_set answered_1h_qualified "
    "qualified_deal meetings_held enquiries_invalid invoices invoiced_minor payments paid_minor "
    "contracts_agreed margin_minor margin_revenue_minor "
)
"""Totals that many rows hold, most of all the first: an integer is as long as its highest lane in use."""
_RANKS = {total: rank for rank, total in enumerate(_OFTEN.split())}


def _layout(kind: str, *, monthly: bool = False, layout: Layout = "journey") -> tuple[str, ...]:
    families = {"stage"} if kind == "stage" else {"channel", "source", "rep"}
    often_first = sorted(BASE_TOTALS.values(), key=lambda total: _RANKS.get(total.id, len(_RANKS)))
    return tuple(
        total.id
        for total in often_first
        if total.kind in ("flow", "stock")
        and bool(total.edges) == (kind == EDGE)
        and total.monthly == monthly
        and total.layout == layout
        and families.intersection(total.families)
    )


_JOURNEY = _layout("channel")
_SELDOM = _layout("channel", monthly=True)
_OF_CUSTOMERS = _layout("channel", layout="customer")
_DISTINCT = _layout("channel", layout="distinct")
LAYOUTS: dict[str, tuple[str, ...]] = {
    "channel": _JOURNEY,
    "source": _JOURNEY,
    "rep": _JOURNEY,
    "stage": _layout("stage"),
    EDGE: _layout(EDGE),
    **dict.fromkeys((CHANNEL_MONTHLY, SOURCE_MONTHLY, REP_MONTHLY), _SELDOM),
    **dict.fromkeys(CUTS, _JOURNEY),
    **dict.fromkeys((f"{cut}{MONTHLY}" for cut in CUTS), _SELDOM),
    **dict.fromkeys((CUSTOMER, CUSTOMER_SOURCE, CUSTOMER_CAMPAIGN), _OF_CUSTOMERS),
    **dict.fromkeys((CUSTOMER_NOW, *CUSTOMER_PERIODS.values(), *CUSTOMER_SLID.values()), _DISTINCT),
    CUSTOMER_LEVEL: _layout("channel", layout="level"),
    **dict.fromkeys(
        (CHANNEL_DAYS, SOURCE_DAYS, REP_DAYS, TEAM_DAYS, CAMPAIGN_DAYS), _layout("channel", layout="days")
    ),
    KPI: tuple(total.id for total in BASE_TOTALS.values() if total.kind == "aim"),
}
UNITS: dict[str, int] = {
    total: 1 << (_LANE_BITS * number)
    for totals in dict.fromkeys(LAYOUTS.values())
    for number, total in enumerate(totals)
}
"""What one of each total adds to its row."""
FAMILIES = {
    **dict.fromkeys((EDGE, CUSTOMER, CUSTOMER_NOW, CUSTOMER_LEVEL), "channel"),
    **dict.fromkeys((*CUSTOMER_PERIODS.values(), *CUSTOMER_SLID.values()), "channel"),
    CUSTOMER_SOURCE: "source",
    **{kind: kind.removesuffix("_days") for kind in (CHANNEL_DAYS, SOURCE_DAYS, REP_DAYS, TEAM_DAYS)},
    **dict.fromkeys((CAMPAIGN_DAYS, CUSTOMER_CAMPAIGN), CAMPAIGN),
}
"""The family of kinds that are not called by it."""
_SHOWN: dict[str, tuple[str | None, ...]] = LAYOUTS | {
    family + ending: tuple(total if family in BASE_TOTALS[total].families else None for total in layout)
    for ending, layout in (("", _JOURNEY), (MONTHLY, _SELDOM))
    for family in ("channel", "source", "rep")
}
"""The totals of each kind's lanes; None where a place brought what this family does not show."""


class Places(dict[str, int]):
    """By rep: numbers that stand for a row by channel, one by rep, one by channel and source, one a cut."""

    def __init__(self, rows: Rows, kind: str, channel: str, source: str, cuts: Cuts) -> None:
        super().__init__()
        self._rows, self._kind, self._labels = rows, kind, (channel, source, cuts)

    def __missing__(self, rep: str) -> int:
        channel, source, cuts = self._labels
        ending = self._kind.removeprefix(PLACE)
        rows = (("channel", channel, ""), ("rep", rep, ""), ("source", channel, source), *cuts)
        parts = tuple(self._rows.number(family + ending, *labels) for family, *labels in rows)
        number = self[rep] = self._rows.add((self._kind, channel, rep), parts)
        return number


class Rows:
    """The rows that exist, by number: label combinations are few, so each gets a small integer for good."""

    def __init__(self) -> None:
        self._numbers: dict[RowKey, int] = {}
        self._places: dict[tuple[str, str, Cuts], tuple[Places, Places]] = {}
        self._ways: dict[str, Way] = {}
        self.keys: list[RowKey] = []
        self.parts: list[tuple[int, ...]] = []
        """The rows that each number stands for: those of a place, else the row itself."""
        self.shown: list[int] = []
        """Which of them is by channel or stage: there every total that changes is seen once; -1 for none."""

    def number(self, kind: str, label1: str, label2: str = "") -> int:
        """The row of these labels."""
        key = (kind, label1, label2)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.keys)
            self.add(key, (number,))
        return number

    def add(self, key: RowKey, parts: tuple[int, ...]) -> int:
        """The next number, for these parts."""
        self.keys.append(key)
        self.parts.append(parts)
        self.shown.append(next((part for part in parts if self.keys[part][0] in ("channel", "stage")), -1))
        return len(self.keys) - 1

    def places(self, channel: str, source: str, cuts: Cuts = ()) -> tuple[Places, Places]:
        """By rep the places of a channel and source: for most totals, and for those of few windows."""
        key = (channel, source, cuts)
        places = self._places.get(key)
        if places is None:
            places = self._places[key] = (
                Places(self, PLACE, channel, source, cuts),
                Places(self, PLACE_MONTHLY, channel, source, cuts),
            )
        return places

    def way(self, channel: str, funnels: Funnels) -> Way:
        """The way through a channel's funnel."""
        way = self._ways.get(channel)
        if way is None:
            funnel = funnels.funnel(channel)
            rows = [self.number("stage", channel, stage.id) for stage in funnel]
            way = self._ways[channel] = Way(funnel, rows)
        return way

    def table(self) -> list[tuple[RowKey, tuple[int, ...]]]:
        """Every row and place there is with its parts, for another process to `adopt`."""
        return list(zip(self.keys, self.parts, strict=True))

    def adopt(self, table: Sequence[tuple[RowKey, Sequence[int]]], numbers: list[int]) -> None:
        """Append to `numbers` those that the rest of a table has here; `IndexError` where it is torn."""
        for (kind, label1, label2), parts in table[len(numbers) :]:
            if not kind.startswith(PLACE):
                numbers.append(self.number(kind, label1, label2))
                continue
            ending = kind.removeprefix(PLACE)
            _, _, (_, _, source), *cuts = (table[part][0] for part in parts)
            named = tuple((family.removesuffix(ending), label) for family, label, _ in cuts)
            numbers.append(self.places(label1, source, named)[ending == MONTHLY][label2])

    def names(self, number: int, packed: int) -> list[str]:
        """The ids of a row's non-zero totals."""
        shown = _SHOWN.get(self.keys[number][0], ())
        return [total for lane, _ in _lanes(packed) if (total := shown[lane]) is not None]

    def totals(self, number: int, packed: int) -> Iterator[tuple[Key, int]]:
        """The non-zero totals of a row."""
        kind, label1, label2 = self.keys[number]
        shown = _SHOWN.get(kind, ())
        family = FAMILIES.get(kind) or kind.removesuffix(MONTHLY)
        for lane, amount in _lanes(packed) if shown else ():
            total = shown[lane]
            if total is not None:
                yield (family, total, label1, label2), amount


def _lanes(packed: int) -> list[tuple[int, int]]:
    """The number and amount of each lane that is not 0."""
    found = []
    while packed:
        lane = ((packed & -packed).bit_length() - 1) // _LANE_BITS
        shift = lane * _LANE_BITS
        amount = (packed >> shift) & (_LANE - 1)
        if amount >= _HALF:
            amount -= _LANE
        found.append((lane, amount))
        packed -= amount << shift
    return found
