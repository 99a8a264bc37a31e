"""Leads and deals by the hundred thousand, as raw records: repeated, disordered, wrongly keyed, moved.

Every event leaves a trace of its own in the state, under its name: so a lost one can be named.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from time import gmtime, strftime

from agents.crm.cast import ROSTER, SOURCE_NAMES
from tests.oracle import Record
from tests.simulator import partition_of

START_MS = 1_760_000_000_000
SPAN_MS = 60 * 86_400_000
SOURCE = "/crm/chaos"
CHANNELS = ("inbound", "inbound", "active", "regular", "vip", "partner")
LABELS = {"VORONKA_REPS": ",".join(ROSTER), "VORONKA_SOURCES": ",".join(SOURCE_NAMES)}
"""Settings under which every rep and source of the workload is exported by name."""


class Teller:
    """Writes the events of one journey down, each entity with a sequence of its own."""

    def __init__(self, at_ms: int) -> None:
        self.at_ms = at_ms
        self.records: list[Record] = []
        self._next: dict[str, int] = {}

    def tell(self, random: Random, subject: str, verb: str, journey: str, data: str = "") -> None:
        """One event some minutes after the one before; `data` is the inside of a JSON object."""
        self.at_ms += 1 + int(random.random() * 3_600_000)
        number = self._next[subject] = self._next.get(subject, -1) + 1
        kind = subject.partition("/")[0]
        seconds, ms = divmod(self.at_ms, 1000)
        value = (
            f'{{"specversion":"1.0","id":"{subject}#{number}","source":"{SOURCE}","type":"crm.{kind}.{verb}",'
            f'"subject":"{subject}","partitionkey":"{journey}",'
            f'"time":"{strftime("%Y-%m-%dT%H:%M:%S", gmtime(seconds))}.{ms:03}Z","data":{{{data}}}}}'
        )
        key = journey if random.random() > 0.03 else "always the same"
        self.records.append(
            Record(
                f"crm.{kind}s", key.encode(), value.encode(), (), self.at_ms + int(random.random() * 60_000)
            )
        )


def journey(random: Random, number: int, at_ms: int) -> list[Record]:
    """What happens to one lead and its deal, in order."""
    teller, lead = Teller(at_ms), f"lead/{number}"
    channel, owner = random.choice(CHANNELS), random.choice(ROSTER)
    said = f'"channel":"{channel}","source":"{random.choice(SOURCE_NAMES)}","owner":"{owner}"'
    teller.tell(random, lead, "created", lead, said)
    for _ in range(random.randrange(4)):
        teller.tell(random, lead, "contact_attempted", lead, '"by":"human","party":"client"')
    if random.random() < 0.8:
        teller.tell(random, lead, "responded", lead, '"by":"human"')
    if random.random() < 0.2:
        teller.tell(random, lead, "assigned", lead, f'"owner":"{random.choice(ROSTER)}"')
    if random.random() < 0.3:
        teller.tell(random, lead, "disqualified", lead, '"reason":"price"')
        if random.random() < 0.1 and number:
            teller.tell(random, lead, "merged", lead, f'"into":"{random.randrange(number)}"')
        return teller.records
    teller.tell(random, lead, "qualified", lead)
    _deal(random, teller, f"deal/{number}", lead, said)
    return teller.records


def _deal(random: Random, teller: Teller, deal: str, lead: str, said: str) -> None:
    journey = deal if random.random() < 0.05 else lead
    amount = f'"amount":{random.randrange(1, 9_000_000)},"currency":"RUB"'
    teller.tell(random, deal, "created", journey, f"{said},{amount}")
    teller.tell(random, deal, "meeting_held", journey, '"party":"decision_maker"')
    teller.tell(random, deal, "offer_sent", journey)
    if journey != lead:
        teller.tell(random, deal, "linked", journey, f'"lead":"{lead[5:]}"')
        journey = lead
    if random.random() < 0.4:
        teller.tell(random, deal, "lost", journey, '"reason":"price"')
        return
    teller.tell(random, deal, "contract_agreed", journey)
    for invoice in range(1 + random.randrange(2)):
        teller.tell(random, deal, "invoice_issued", journey, f'"invoice":"i{invoice}",{amount}')
        teller.tell(random, deal, "payment_received", journey, f'"payment":"p{invoice}",{amount}')
    teller.tell(random, deal, "won", journey)


def records(random: Random, events: int, window: int = 400) -> Iterator[Record]:
    """At least so many distinct events, some of them twice, out of order within a window of neighbours."""
    told, number, journeys = 0, 0, max(1, events // 9)
    waiting: list[Record] = []
    while told < events:
        at_ms = START_MS + SPAN_MS * number // journeys + int(random.random() * 1000)
        story = journey(random, number, at_ms)
        number, told = number + 1, told + len(story)
        waiting += story
        waiting += [record for record in story if random.random() < 0.04]
        if len(waiting) > window:
            random.shuffle(waiting)
            yield from waiting[window // 2 :]
            del waiting[window // 2 :]
    random.shuffle(waiting)
    yield from waiting


def name(record: Record) -> str:
    """The id of an event of this workload, unique in it."""
    assert record.value is not None
    start = record.value.index(b'"id":"') + 6
    return record.value[start : record.value.index(b'"', start)].decode()


def beats(now_ms: int, partitions: int) -> list[Record]:
    """An event in each partition that says nothing but the time: it moves the event clock of every worker."""
    leads = {partition_of(f"lead/beat-{n}".encode(), partitions): f"lead/beat-{n}" for n in range(100)}
    seconds, ms = divmod(now_ms, 1000)
    time = f"{strftime('%Y-%m-%dT%H:%M:%S', gmtime(seconds))}.{ms:03}Z"
    return [
        Record(
            "crm.leads",
            lead.encode(),
            (
                f'{{"id":"{lead} {now_ms}","source":"/beat","type":"crm.lead.scored","subject":"{lead}",'
                f'"time":"{time}","data":{{"score":3}}}}'
            ).encode(),
            (),
            now_ms,
        )
        for lead in leads.values()
    ]
