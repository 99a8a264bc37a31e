"""Lives of leads and deals: ordinary ones, and every odd one that a CRM can produce."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Final

from tests.simulator.books import booking
from tests.simulator.telling import CHANNELS, DEAL_VERBS, LEAD_VERBS, Told, below, data_of, pick

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS

LEAD_WAY: Final = (
    ("contact_attempted", 0.5),
    ("responded", 0.6),
    ("first_touch", 0.5),
    ("scored", 0.2),
    ("assigned", 0.4),
    ("qualified", 0.5),
    ("conversation_held", 0.4),
    ("meeting_set", 0.3),
    ("meeting_held", 0.3),
    ("disqualified", 0.12),
)
DEAL_WAY: Final = (
    ("first_touch", 0.4),
    ("assigned", 0.2),
    ("meeting_set", 0.3),
    ("meeting_held", 0.4),
    ("offer_sent", 0.7),
    ("offer_reviewed", 0.5),
    ("amount_changed", 0.2),
    ("contract_agreed", 0.6),
    ("invoice_issued", 0.5),
    ("line_sold", 0.2),
    ("payment_received", 0.3),
    ("payment_reversed", 0.03),
)
CLOSINGS: Final = (
    ("won",),
    ("won",),
    ("won", "won"),
    ("lost",),
    ("lost",),
    ("lost", "lost"),
    (),
    (),
    ("won", "reopened"),
    ("lost", "reopened"),
    ("lost", "reopened", "won"),
    ("won", "reopened", "lost"),
)
ACTIVITY: Final = ("contact_attempted", "first_touch", "responded", "meeting_held", "offer_sent")


class Life:
    """Tells journeys one after the other; leads and deals are named by number and known to each other."""

    def __init__(self, rng: Random, start_ms: int, length_ms: int) -> None:
        self.rng = rng
        self.start_ms, self.length_ms = start_ms, length_ms
        self.leads: list[str] = []
        self.deals = 0

    def journey(self) -> list[Told]:
        """One more journey."""
        kind = self.rng.random()
        if kind < 0.55:
            told = list(self._lead())
        elif kind < 0.8:
            told = list(self._deal(None, self._some_time()))
        elif kind < 0.9:
            told = list(self._odd())
        else:
            told = self._date_only()
        if self.rng.random() < 0.05:
            told += self._moves_in_a_ring()
        if self.rng.random() < 0.2:
            told.append(self._leaving())
        if self.rng.random() < 0.5:
            told.append(booking(self.rng, self._some_time()))
        return told

    def _leaving(self) -> Told:
        """A customer leaves, or stays for another term; the ledger knows both by a subject of its own."""
        subject = pick(self.rng, ("c1", "c2", "terms"))
        verb = pick(self.rng, ("customer_churned", "customer_churned", "customer_renewed"))
        return self._say("ledger", subject, verb, self._some_time(), f"ledger/{subject}")

    def busy_lead(self) -> list[Told]:
        """A lead with more than 256 activities, owners and marks."""
        rng, name, at = self.rng, self._new_lead(), self._some_time()
        told = [self._say("lead", name, "created", at, f"lead/{name}")]
        for _ in range(300):
            at += below(rng, HOUR_MS)
            verbs = (pick(rng, ACTIVITY), "assigned", pick(rng, ("qualified", "disqualified")))
            told += [self._say("lead", name, verb, at, f"lead/{name}") for verb in verbs]
        return told

    def _some_time(self) -> int:
        """Within the world's days; now and then up to three years before: what a CRM remembers late."""
        at = self.start_ms + below(self.rng, self.length_ms)
        return at if self.rng.random() < 0.98 else at - below(self.rng, 1_100) * DAY_MS

    def _later(self, at: int) -> int:
        """Minutes, hours or days after; now and then at the same instant or before."""
        rng = self.rng
        step = pick(rng, (below(rng, 10 * MINUTE_MS), below(rng, 5 * HOUR_MS), below(rng, 6 * DAY_MS)))
        odd = rng.random()
        return at if odd < 0.04 else at - step if odd < 0.1 else at + step

    def _new_lead(self) -> str:
        self.leads.append(str(len(self.leads) + 1))
        return self.leads[-1]

    def _say(self, entity: str, name: str, verb: str, at: int, journey: str) -> Told:
        target = pick(self.rng, self.leads) if self.leads else "1"
        return Told(at, entity, name, verb, journey, data_of(self.rng, verb, entity, target))

    def _lead(self) -> Iterator[Told]:
        rng, name, at = self.rng, self._new_lead(), self._some_time()
        key = f"lead/{name}"
        if rng.random() < 0.95:
            yield self._say("lead", name, "created", at, key)
        for verb, chance in LEAD_WAY:
            if rng.random() < chance:
                at = self._later(at)
                yield self._say("lead", name, verb, at, key)
        yield from self._now_and_then("lead", name, key, at, LEAD_VERBS)
        for _ in range(pick(rng, (0, 0, 1, 1, 1, 2, 3))):
            yield from self._deal(name, self._later(at))
        for verb, chance in (("merged", 0.15), ("merged", 0.04), ("deleted", 0.05)):
            if rng.random() < chance:
                yield self._say("lead", name, verb, self._later(at), key)

    def _deal(self, lead: str | None, at: int) -> Iterator[Told]:
        """A deal of a lead, or one of its own; a link may change the key that it is told under, or not."""
        rng = self.rng
        self.deals += 1
        name = str(self.deals)
        key = f"lead/{lead}" if lead else f"deal/{name}"
        if rng.random() < 0.95:
            yield self._say("deal", name, "created", at, key)
        for verb, chance in (*DEAL_WAY, *((verb, 1.0) for verb in pick(rng, CLOSINGS))):
            if rng.random() < chance:
                at = self._later(at)
                yield self._say("deal", name, verb, at, key)
            if rng.random() < 0.04 and self.leads:
                link = self._say("deal", name, "linked", at, key)
                yield link
                key = pick(rng, (key, f"lead/{link.data['lead']}", f"deal/{name}"))
        yield from self._now_and_then("deal", name, key, at, DEAL_VERBS)
        if rng.random() < 0.04:
            yield self._say("deal", name, "deleted", self._later(at), key)

    def _now_and_then(
        self, entity: str, name: str, key: str, at: int, verbs: Sequence[str]
    ) -> Iterator[Told]:
        if self.rng.random() < 0.3:
            verb = pick(self.rng, [verb for verb in verbs if verb not in ("deleted", "merged", "linked")])
            yield self._say(entity, name, verb, self._later(at), key)

    def _odd(self) -> Iterator[Told]:
        """Anything at any time: mostly without a beginning, often without sense."""
        rng = self.rng
        lead = pick(rng, self.leads) if self.leads and rng.random() < 0.5 else self._new_lead()
        self.deals += 1
        middle = self._some_time()
        for _ in range(rng.randint(1, 10)):
            at = middle + below(rng, 40 * DAY_MS) - 20 * DAY_MS
            if rng.random() < 0.5:
                yield self._say("lead", lead, pick(rng, LEAD_VERBS), at, f"lead/{lead}")
            else:
                name = str(rng.randint(max(1, self.deals - 3), self.deals))
                key = pick(rng, (f"lead/{lead}", f"deal/{name}"))
                yield self._say("deal", name, pick(rng, DEAL_VERBS), at, key)

    def _date_only(self) -> list[Told]:
        """An export that knows days only: everything of a day has the time of midnight in Moscow."""
        told = [*self._lead(), *self._deal(None, self._some_time())]
        for one in told:
            one.time_ms -= (one.time_ms + 3 * HOUR_MS) % DAY_MS
            one.source = "/import/csv"
        return told

    def _moves_in_a_ring(self) -> list[Told]:
        """Two to four leads merged in a chain, which may close."""
        names = [self._new_lead() for _ in range(self.rng.randint(2, 4))]
        at = self._some_time()
        told = [
            self._say("lead", name, "created", at + place, f"lead/{name}") for place, name in enumerate(names)
        ]
        for name, into in zip(names, [*names[1:], pick(self.rng, (*names, *self.leads))], strict=True):
            merge = self._say("lead", name, "merged", self._later(at), f"lead/{name}")
            merge.data = {"into": into}
            told.append(merge)
        for one in told[: len(names)]:
            one.data.setdefault("channel", pick(self.rng, CHANNELS))
        return told
