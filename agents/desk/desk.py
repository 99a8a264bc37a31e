"""The desk of one worker: it tells the others of its shards and hears of theirs, on `voronka-totals`.

A cache beside the stream: while the topic cannot be reached the worker goes on, and what it shows is marked.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from agents.desk import parts
from agents.desk.book import Book, Heard
from agents.desk.parts import Beat, ShardKey, WorkerKey
from agents.desk.teller import BUDGET_BYTES, Account, stands
from agents.desk.told import Elsewhere
from agents.desk.topic import Totals, TotalsLostError
from agents.journeys.pace import BEHIND_SECONDS
from agents.readings import DeskFigures, ShardView, shard_mark
from agents.settings import Settings

logger = logging.getLogger(__name__)

TELL_SECONDS = 1.0
"""Changes are told together, at most once in this time."""
BEAT_SECONDS, BEAT_ALONE_SECONDS = 1.0, 5.0
ALONE_AFTER_SECONDS = 60.0
"""A worker that has heard of no other for so long tells only that it is there."""
FORGET_SECONDS = 600.0
LOOK_SECONDS = 0.1
PAUSE_SECONDS = 2.0
"""After a loss of the topic."""
REST, MOST_REST_SECONDS = 9, 4.0
"""Telling takes a tenth of the time: the stream comes first."""


class Member(Protocol):
    """What the desk knows of its worker."""

    @property
    def settings(self) -> Settings: ...
    @property
    def generation(self) -> int:
        """The group's count of rebalances; a later owner of a shard has a greater one."""
        ...

    def ready_shards(self) -> Sequence[ShardView]: ...
    def now_ms(self) -> int: ...
    def observe(self, event_ms: int) -> None:
        """Some worker has applied an event of that time."""
        ...

    def lags(self) -> Mapping[str, int | None]:
        """What this worker has to read, by topic."""
        ...

    def behind(self) -> bool:
        """Whether so much is to be read that totals follow seldom."""
        ...

    @property
    def address(self) -> str:
        """Where other workers reach its pages."""
        ...

    def leads(self) -> bool:
        """Whether this is the owner of shard 0."""
        ...

    async def still_member(self) -> bool:
        """Whether our shards are still ours; waits while nobody can tell."""
        ...


class Lead(Protocol):
    """What this worker does for all while it leads."""

    @property
    def redis_up(self) -> bool | None: ...
    def figures(self, missing: int) -> DeskFigures: ...


class Desk:
    """What all workers hold together, as far as this one has heard."""

    def __init__(self, member: Member, topic: Callable[[], Totals], lead: Lead) -> None:
        settings = member.settings
        self._member, self._topic, self._lead = member, topic, lead
        self.id = secrets.token_hex(6)
        self.book = Book(settings.partitions, settings.clock)
        self.accounts: dict[int, Account] = {}
        self._generation = -1
        self._told_at = self._beat_at = self._rest_until = -float("inf")

    @property
    def version(self) -> int:
        """Moves whenever what was told has changed."""
        return self.book.version

    def elsewhere(self, here: Sequence[int]) -> Elsewhere:
        """The shards that are not here, as they were told."""
        own = {number: self.accounts[number].epoch for number in here if number in self.accounts}
        own |= {number: sys.maxsize for number in here if number not in self.accounts}
        return self.book.elsewhere(own, self._member.now_ms(), _now())

    def lags(self) -> Mapping[str, int | None]:
        """What other workers have to read, by topic."""
        lags: dict[str, int | None] = {}
        for worker, beat in self.book.beats(_now().seconds).items():
            for topic, lag in beat.lags.items() if worker != self.id else ():
                known = lags.get(topic, 0)
                lags[topic] = None if lag is None or known is None else known + lag
        return lags

    def address(self, shard: int) -> str:
        """Where another worker that answers for a shard serves its pages; empty while none does."""
        return self.book.address(shard, _now().seconds)

    def figures(self, missing: int) -> DeskFigures:
        """What is exported of the desk, when so many shards are missing."""
        return self._lead.figures(missing)

    def redis_up(self) -> bool | None:
        """Whether the mirror is written, by whichever worker does it; None where nobody does."""
        told = [beat.redis for worker, beat in self.book.beats(_now().seconds).items() if worker != self.id]
        known = [up for up in (self._lead.redis_up, *told) if up is not None]
        return all(known) if known else None

    async def hear(self) -> None:
        """Follow the topic for ever, from its beginning."""
        await self._again(self._hear)

    async def tell(self) -> None:
        """Tell the others for ever what is new here."""
        await self._again(self._tell)

    async def _again(self, follow: Callable[[Totals], Awaitable[None]]) -> None:
        while True:
            try:
                async with self._topic() as topic:
                    await follow(topic)
            except TotalsLostError as error:
                logger.warning("the desk's topic cannot be reached, its numbers grow old: %s", error)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _hear(self, topic: Totals) -> None:
        async for records, live in topic.records():
            now = _now()
            for key, value, told_ms in records:
                ago_ms = 0 if live else max(0, now.wall_ms - told_ms)
                self.book.put(key, value, Heard(now.wall_ms - ago_ms, now.seconds - ago_ms / 1000))
            self.book.caught_up = self.book.caught_up or live
            if self._member.settings.clock == "event":
                self._member.observe(self.book.latest_ms)

    async def _tell(self, topic: Totals) -> None:
        self.accounts = {}
        try:
            while True:
                await self._round(topic)
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await topic.leave([(bytes(WorkerKey(self.id)), None)])

    async def _round(self, topic: Totals) -> None:
        if not await self._member.still_member():
            return
        shards = {shard.partition: shard for shard in self._member.ready_shards()}
        left = self._open(shards)
        now_seconds, now_ms = time.monotonic(), self._member.now_ms()
        told = False
        if not self._alone and self._due(shards, now_ms, now_seconds):
            await self._tell_changes(topic, shards, now_ms)
            self._told_at, told = now_seconds, True
            took_seconds = time.monotonic() - now_seconds
            self._rest_until = time.monotonic() + min(MOST_REST_SECONDS, REST * took_seconds)
        pause_seconds = BEAT_ALONE_SECONDS if self._alone else BEAT_SECONDS
        if told or left or now_seconds - self._beat_at >= pause_seconds:
            shards_told = {} if self._alone else stands(self.accounts)
            lags, redis_up = dict(self._member.lags()), self._lead.redis_up
            beat = Beat(now_ms, shards_told, lags, redis_up, self._member.address)
            await topic.send([(bytes(WorkerKey(self.id)), parts.write(beat)), *self._forgotten()])
            self._beat_at = now_seconds

    def _open(self, shards: Mapping[int, ShardView]) -> bool:
        """An account for each shard of ours; whether we have lost one."""
        if self._generation != self._member.generation:
            self._generation, left = self._member.generation, bool(self.accounts)
            self.accounts = {}
        else:
            left = bool(self.accounts.keys() - shards.keys())
            self.accounts = {n: account for n, account in self.accounts.items() if n in shards}
        if self.book.caught_up:
            for number in shards.keys() - self.accounts.keys():
                epoch = max(self._generation, self.book.latest_epoch(number) + 1)
                self.accounts[number] = Account(number, epoch)
        return left

    @property
    def _alone(self) -> bool:
        """Whether nobody is there to be told."""
        return not self.book.beats(time.monotonic(), ALONE_AFTER_SECONDS).keys() - {self.id}

    def _due(self, shards: Mapping[int, ShardView], now_ms: int, now_seconds: float) -> bool:
        told_ago = now_seconds - self._told_at
        if told_ago < TELL_SECONDS or now_seconds < self._rest_until:
            return False
        if told_ago < BEHIND_SECONDS and self._member.behind():
            return False
        changed = [
            not account.unchanged(shards[number], now_ms) or bool(account.unsent)
            for number, account in self.accounts.items()
        ]
        return any(changed)

    async def _tell_changes(self, topic: Totals, shards: Mapping[int, ShardView], now_ms: int) -> None:
        budget_bytes, funnels = BUDGET_BYTES, self._member.settings.funnels
        for account in sorted(self.accounts.values(), key=lambda account: account.as_of_ms):
            shard = shards[account.shard]
            if account.mark != shard_mark(shard, now_ms):
                await account.look(shard, now_ms, funnels)
            chosen = account.next(budget_bytes)
            budget_bytes -= sum(len(body) for _, body in chosen)
            await topic.send([(self._key(account, name), body) for name, body in chosen])
            account.sent(chosen)
            if (manifest := account.manifest()) is not None:
                await topic.send([(self._key(account, parts.MANIFEST), manifest)])
                account.complete()

    def _key(self, account: Account, name: str) -> bytes:
        return bytes(ShardKey(account.shard, account.epoch, name))

    def _forgotten(self) -> list[tuple[bytes, None]]:
        """What former owners of our shards, and workers long gone, have left behind."""
        complete = {n: account.epoch for n, account in self.accounts.items() if account.as_of_ms >= 0}
        keys: list[Any] = self.book.leftovers(complete)
        if self._member.leads():
            keys += [key for key in self.book.silent(time.monotonic(), FORGET_SECONDS) if key.id != self.id]
        return [(bytes(key), None) for key in keys]


def _now() -> Heard:
    return Heard(int(time.time() * 1000), time.monotonic())
