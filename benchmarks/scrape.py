"""What a scrape of a full worker costs, beside prometheus_client's own way: `python -m benchmarks.scrape`."""

from __future__ import annotations

import asyncio
import itertools
import time

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from rich.console import Console
from rich.table import Table

from agents.scrape import Scrape
from tests.fixed_worker import full_worker

ROUNDS = 5
PLAIN_SERIES = 20_000


def plain() -> tuple[int, float, float]:
    """20,000 gauges of three labels kept by the client, rendered in one go, which holds the loop."""
    registry = CollectorRegistry()
    names = ("channel", "stage", "window")
    gauges = [Gauge(f"plain_{number}", "A plain gauge", names, registry=registry) for number in range(50)]
    for number in range(PLAIN_SERIES):
        gauges[number % 50].labels(f"channel-{number % 5}", f"stage-{number % 8}", f"{number}d").set(number)
    seconds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        generate_latest(registry)
        seconds.append(time.process_time() - began)
    return PLAIN_SERIES, min(seconds), min(seconds)


async def ours(accept: str) -> tuple[int, float, float]:
    """A worker within its series budget: seconds for a page, and the longest time that the loop was held."""
    scrape = Scrape(full_worker())
    body, _ = await scrape.render(accept)
    seconds, held = [], []
    for _ in range(ROUNDS):
        began = time.process_time()
        rendering = asyncio.ensure_future(scrape.render(accept))
        turns = [began]
        while not rendering.done():
            await asyncio.sleep(0)
            turns.append(time.process_time())
        seconds.append(turns[-1] - began)
        held.append(max(later - earlier for earlier, later in itertools.pairwise(turns)))
    series = sum(not line.startswith(b"#") for line in body.splitlines())
    return series, min(seconds), min(held)


def main() -> None:
    """Print the table: processor time, best of the rounds, as a shared machine only ever adds."""
    table = Table("rendering", "series", "ms", "longest loop block, ms")
    rows = {
        "prometheus_client, plain gauges": plain(),
        "voronka, text": asyncio.run(ours("")),
        "voronka, OpenMetrics": asyncio.run(ours("application/openmetrics-text; version=1.0.0")),
    }
    for name, (series, seconds, held) in rows.items():
        table.add_row(name, f"{series:,}", f"{seconds * 1000:.0f}", f"{held * 1000:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
