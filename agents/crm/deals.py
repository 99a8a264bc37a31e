"""A deal from its creation to its money: steps, loss, second thoughts, invoice, payment, lines."""

from __future__ import annotations

import math

from agents.crm.cast import LOST_REASONS, MEDIAN_AMOUNTS, pick, pick_rep
from agents.crm.paths import INVOICE_HOURS, INVOICED, STEPS, WON, WON_HOURS, Step
from agents.crm.rhythm import DAY_MS, MINUTE_MS
from agents.crm.story import Story
from streams.events import (
    AmountChanged,
    Assigned,
    Created,
    Deleted,
    InvoiceIssued,
    JourneyPayload,
    LineKind,
    LineSold,
    Linked,
    Lost,
    Money,
    PaymentReceived,
    PaymentReversed,
    Reopened,
    StageChanged,
    Won,
)

_BY_BOARD = 0.1
_STALLS = 0.18
_REOPENED = 0.07
_FOREIGN = 0.05


class Deal:
    """A deal of a story; `journey` is the key that its events carry, its own until it is linked to a lead."""

    def __init__(self, story: Story, number: int, journey: str | None = None) -> None:
        random = story.random
        self.story, self.id = story, f"{story.name}-d{number}"
        self.subject = f"deal/{self.id}"
        self.journey = journey or self.subject
        units = random.lognormvariate(math.log(MEDIAN_AMOUNTS[story.channel]), 0.7)
        if story.channel in ("vip", "partner") and story.chance(_FOREIGN):
            self.amount = Money(_rounded(units), "EUR")  # that many cents: about a hundredth in value
        else:
            self.amount = Money(_rounded(units) * story.world.minor_per_unit, story.world.currency)

    def tell(self, time_ms: int, data: JourneyPayload, *, by_hand: bool = True) -> None:
        """Record an event of this deal."""
        self.story.tell(self.subject, self.journey, time_ms, data, by_hand=by_hand)

    def create(self, time_ms: int, *, by_hand: bool = True) -> None:
        """The deal's card is made, with the amount that the customer has in mind."""
        story = self.story
        created = Created(
            channel=story.channel,
            source=story.source.name,
            region=story.region,
            owner=story.rep.code,
            customer=story.customer,
            amount=self.amount,
        )
        self.tell(time_ms, created, by_hand=by_hand)

    def link(self, time_ms: int, lead_id: str) -> None:
        """The rep finds the lead that the deal belongs to; from now on the deal carries its key."""
        self.tell(time_ms, Linked(lead=lead_id))
        self.journey = f"lead/{lead_id}"

    def run(self, time_ms: int) -> int | None:
        """Play the deal to its end; the time of the sale, or None where there was none."""
        story = self.story
        if story.chance(0.007):
            self.tell(story.later(time_ms, 2), Deleted())  # made by mistake
            return None
        if story.chance(0.04):
            story.rep = pick_rep(story.random, story.channel, but=story.rep)
            self.tell(story.later(time_ms, 6), Assigned(owner=story.rep.code))
        return self._walk(STEPS[story.channel], time_ms, reopened=False)

    def _walk(self, steps: tuple[Step, ...], time_ms: int, *, reopened: bool) -> int | None:
        for at, step in enumerate(steps):
            if not self.story.succeeds(step.succeeds):
                return self._fail(steps[at:], self.story.later(time_ms, step.hours * 1.6), reopened=reopened)
            time_ms = self.story.later(time_ms, step.hours)
            by_board = step.stage is not None and self.story.chance(_BY_BOARD)
            self.tell(time_ms, StageChanged(stage=step.stage) if by_board and step.stage else step.data)
            if self.story.chance(0.06):
                self._haggle(time_ms + MINUTE_MS)
        return self._close(time_ms, reopened=reopened)

    def _haggle(self, time_ms: int) -> None:
        percent = self.story.random.randint(80, 115)
        self.amount = Money(self.amount.amount_minor * percent // 100, self.amount.currency)
        self.tell(time_ms, AmountChanged(amount=self.amount))

    def _fail(self, ahead: tuple[Step, ...], time_ms: int, *, reopened: bool) -> int | None:
        story = self.story
        if story.chance(_STALLS):
            return None  # nobody says that it is over
        reason = None if story.chance(0.1) else pick(story.random, LOST_REASONS)
        self.tell(time_ms, Lost(reason=reason))
        if reopened or not story.chance(_REOPENED):
            return None
        again = story.later(time_ms, 20)
        self.tell(again, Reopened())
        return self._walk(ahead, again, reopened=True)

    def _close(self, time_ms: int, *, reopened: bool) -> int | None:
        story = self.story
        if not story.succeeds(INVOICED):
            return self._fail((), story.later(time_ms, INVOICE_HOURS), reopened=reopened)
        invoiced = story.later(time_ms, INVOICE_HOURS)
        self.tell(invoiced, InvoiceIssued(invoice=f"{self.id}-i{int(reopened)}", amount=self.amount))
        if not story.succeeds(WON):
            return self._fail((), story.later(invoiced, WON_HOURS), reopened=True)
        sold = story.later(invoiced, WON_HOURS)
        self.tell(sold, Won(amount=self.amount) if story.chance(0.7) else Won())
        if story.chance(0.02):
            self.tell(story.later(sold, 1), Won())  # a second "won" under an id of its own
        self._lines(sold)
        self._payments(sold)
        if story.chance(0.015):  # the customer backs out after all
            self.tell(story.later(sold, 30), Reopened())
            self.tell(story.later(sold, 60) + DAY_MS, Lost(reason="terms"))
        return sold

    def _lines(self, sold_ms: int) -> None:
        story, random = self.story, self.story.random
        first: LineKind = "repeat" if story.channel in ("regular", "vip") else "new"
        left = self.amount.amount_minor
        for number in range(1, 4):
            last = number == 3 or story.chance(0.55)
            part = left if last else round(left * random.uniform(0.5, 0.8))
            kind: LineKind = first if number == 1 else random.choice(("upsell", "cross_sell"))
            line = LineSold(
                line=f"{self.id}-l{number}",
                amount=Money(part, self.amount.currency),
                cost=Money(round(part * random.uniform(0.45, 0.75)), self.amount.currency),
                kind=kind,
                recurring=story.chance(0.12),
            )
            self.tell(sold_ms + number * 1_000, line, by_hand=False)
            left -= part
            if last:
                return

    def _payments(self, sold_ms: int) -> None:
        story, total = self.story, self.amount.amount_minor
        first = total if story.chance(0.7) else total // 2
        paid = story.later(sold_ms, 12)
        self._pay(paid, 1, first)
        if story.chance(0.03):
            self.tell(paid + DAY_MS, PaymentReversed(payment=f"{self.id}-p1"), by_hand=False)
            self._pay(story.later(paid + DAY_MS, 8), 3, first)
        if first < total:
            self._pay(story.later(paid, 40), 2, total - first)

    def _pay(self, time_ms: int, number: int, amount_minor: int) -> None:
        payment = PaymentReceived(
            payment=f"{self.id}-p{number}", amount=Money(amount_minor, self.amount.currency)
        )
        self.tell(time_ms, payment, by_hand=False)


def _rounded(units: float) -> int:
    return max(1, round(units / 100)) * 100
