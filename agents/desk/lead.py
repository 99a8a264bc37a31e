"""What only the owner of shard 0 does: score the card that is exported, and keep the mirror."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

from agents.desk.card import EXPORTED_WINDOW, compared_window, live_card, scorecard_of, scores
from agents.desk.mirror import Mirror
from agents.journeys.pace import BEHIND_SECONDS
from agents.pages import kpis_of
from agents.readings import DeskFigures, Score, WorkerState, read_all
from agents.turns import rest_seconds
from agents.view import View
from agents.waiting import waiting_of

SCORE_SECONDS = 5.0
GOOD_SECONDS = 30.0
MIRRORED_WINDOWS = ("today", "7d", "30d", "month")


class Post(WorkerState, Protocol):
    """A worker that may lead."""

    def leads(self) -> bool:
        """Whether this is the owner of shard 0."""
        ...

    def behind(self) -> bool:
        """Whether so much is to be read that totals follow seldom."""
        ...


class Lead:
    """Scores and mirror; where another worker leads, nothing is kept."""

    def __init__(self, worker: Post) -> None:
        self._worker = worker
        self._scores: tuple[Score, ...] = ()
        self._scored_at = -float("inf")
        redis = worker.settings.redis
        self.mirror = None
        if redis is not None:
            self.mirror = Mirror(redis.url, worker.settings.app_id, self._documents)

    async def score(self) -> None:
        """Score the card for ever, while we lead and no shard is missing."""
        while True:
            began = time.monotonic()
            if self._worker.leads():
                await self._score()
            took_seconds = time.monotonic() - began
            least_seconds = BEHIND_SECONDS if self._worker.behind() else SCORE_SECONDS
            await asyncio.sleep(rest_seconds(took_seconds, least_seconds, GOOD_SECONDS / 2))

    async def keep_mirror(self) -> None:
        """Keep the mirror, where there is one."""
        if self.mirror is not None:
            await self.mirror.follow(self._worker.leads)

    async def _score(self) -> None:
        settings = self._worker.settings
        readings = await read_all(self._worker, (EXPORTED_WINDOW, compared_window(EXPORTED_WINDOW)))
        if readings.missing:
            return
        card = live_card(settings, View(readings, EXPORTED_WINDOW, settings))
        self._scores, self._scored_at = tuple(scores(card.root)), time.monotonic()

    async def _documents(self) -> dict[str, object]:
        documents: dict[str, object] = {
            f"kpis:{window}": await kpis_of(self._worker, window) for window in MIRRORED_WINDOWS
        }
        documents["scorecard"] = await scorecard_of(self._worker, EXPORTED_WINDOW)
        documents["waiting"] = await waiting_of(self._worker)
        return documents

    def figures(self, missing: int) -> DeskFigures:
        """What is exported once for the whole application; scores only while they are fresh."""
        good = self._worker.leads() and time.monotonic() - self._scored_at <= GOOD_SECONDS
        return DeskFigures(missing, self._scores if good and not missing else (), self.redis_up)

    @property
    def redis_up(self) -> bool | None:
        """Whether the mirror is written; None where that is not our task."""
        return self.mirror.up if self.mirror is not None and self._worker.leads() else None
