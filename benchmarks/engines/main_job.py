"""The main job as `voronka worker` runs it, with a task beside it that tells how it gets on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from agents.app import VoronkaWorker
from agents.settings import Settings
from benchmarks.engines.watch import run, watch
from benchmarks.task import Meter, Task
from streams.windows import WINDOWS


def settings_of(task: Task) -> Settings:
    """The deployment: its topics have the task's prefix, its clock is the events'."""
    return Settings(
        broker=task.bootstrap,
        app_id=task.name,
        topic_prefix=task.options["prefix"],
        partitions=task.partitions,
        http_port=task.options["ports"][task.number],
        clock="event",
        reject_limit=0,
        data_dir=Path(task.folder),
        checkpoints=task.options.get("checkpoints", True),
    )


def totals(worker: VoronkaWorker, now_ms: int) -> dict[str, list[list[Any]]]:
    """Every total of this worker's shards in every window that ends at `now_ms`; 0 asks for none."""
    told: dict[str, list[list[Any]]] = {}
    if not now_ms:
        return told
    for period in ("all", *WINDOWS):
        sums: Counter[tuple[str, ...]] = Counter()
        for shard in worker.ready_shards():
            shard.totals.advance(now_ms)
            sums.update(shard.totals.sums(period))
        told[period] = [[*key, amount] for key, amount in sums.items() if amount]
    return told


def follow(worker: VoronkaWorker) -> None:
    """Let every total hold all that was applied: amid a backlog they follow seldom."""
    for shard in worker.ready_shards():
        shard.totals.advance(worker.clock.now_ms())


def main() -> None:
    """Run one worker until it is told to end."""
    task = Task.taken()
    worker = VoronkaWorker(settings_of(task))
    watch(
        worker.app,
        task,
        Meter(task),
        lambda: sum(len(shard.journeys) for shard in worker.ready_shards()),
        lambda: totals(worker, task.options["now_ms"]),
        None if task.options.get("delays") else lambda: follow(worker),
        lambda: sum(shard.changes for shard in worker.ready_shards()),
    )
    run(worker.app)


if __name__ == "__main__":
    main()
