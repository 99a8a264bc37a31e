"""Where one partition stands: what was applied, what of it is durable, and whether something is missing."""

import itertools
from collections import deque
from dataclasses import dataclass
from enum import Enum, auto

_epochs = itertools.count(1)


class Admission(Enum):
    """What to do with a chunk that arrives."""

    APPLY = auto()
    STALE = auto()  # applied before, or read before a rewind: drop it
    HOLE = auto()  # something before it never arrived: rewind and read again


@dataclass(slots=True)
class Ticket:
    """One applied chunk until its effects are acknowledged."""

    upto: int
    durable: bool = False


class Cursor:
    """Offsets of one partition; only a gapless prefix of durable chunks may be committed."""

    def __init__(self, offset: int) -> None:
        self.next_offset = offset
        self.durable_offset = offset
        self.epoch = next(_epochs)
        self.rewind_wanted = False
        self._open: deque[Ticket] = deque()
        self._handed_to = offset
        self._waiting: tuple[int, float] | None = None

    def admit(self, first: int, upto: int, epoch: int) -> Admission:
        """Judge a chunk that covers [first, upto) and was read in `epoch`; a hole asks for a rewind."""
        if epoch != self.epoch or upto <= self.next_offset or self.rewind_wanted:
            return Admission.STALE
        if first > self.next_offset:
            self.rewind_wanted = True
            return Admission.HOLE
        return Admission.APPLY

    def handed(self, upto: int) -> None:
        """Note that a chunk up to there is on its way to us."""
        self._handed_to = max(self._handed_to, upto)

    def watch(self, now_seconds: float, patience_seconds: float) -> None:
        """Ask for a rewind when what was handed over does not arrive, nor anything that shows the hole."""
        if self.next_offset >= self._handed_to:
            self._waiting = None
        elif self._waiting is None or self._waiting[0] != self.next_offset:
            self._waiting = self.next_offset, now_seconds
        elif now_seconds - self._waiting[1] > patience_seconds:
            self._waiting, self.rewind_wanted = None, True

    def apply(self, upto: int) -> Ticket:
        """Note that everything below `upto` is in memory; the ticket is settled when it is durable."""
        ticket = Ticket(upto)
        self.next_offset = upto
        self._open.append(ticket)
        return ticket

    def settle(self, ticket: Ticket) -> None:
        """Mark one chunk durable and move the committable offset over the durable prefix."""
        ticket.durable = True
        while self._open and self._open[0].durable:
            self.durable_offset = self._open.popleft().upto

    def rewound(self) -> None:
        """The partition will be read again from `next_offset`; what was read before is stale."""
        self.epoch = next(_epochs)
        self.rewind_wanted = False
        self._handed_to = self.next_offset
