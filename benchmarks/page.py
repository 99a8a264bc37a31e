"""The page of results: tables and a picture, made from the file of results alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.engines.catalogue import ENGINES
from benchmarks.picture import Bar, picture

Report = dict[str, Any]
MAIN_JOB = "main_job"
TITLES = {name: engine.title for name, engine in ENGINES.items()} | {
    MAIN_JOB: "the lane, full main job",
    "main_job_compacted": "the same, its log compacted",
    "main_job_folded": "the same, every journey folded",
    "main_job_python": "the same, not compiled",
}
STATES = {name: ENGINES.get(name, ENGINES["lane"]).state for name in TITLES}
INTRODUCTION = """# Performance

Written by `make bench`; do not edit. "The lane" is how Voronka's worker takes events through a Faust app:
records by the chunk, state in one table, one write to its changelog for each journey and chunk.

Figures are medians with the least and the most of their runs, or of one run where nothing stands behind them.
They are worth as much as their ratios: another machine has other ones. A figure stands here only when every
counter that its engine made durable was the one that plain Python gets from the same events, or, for the main
job, when every total in every window was the batch truth. [profile.md](profile.md) says why an aim was not
reached, and what it would take.

The small reference job keeps a state for each of 50,000 leads, counts by channel, stage and minute, and a
histogram of response times. Slower engines get a shorter beginning of the same stream. The clock runs from
the first record to the last acknowledged write. Kafka is a real one with the heap and collector of its own
start script; nothing is compressed. The main job is `voronka worker` with every total of every KPI, on the
events of a simulated CRM, told many times over under other names; its hot modules are compiled (`make core`)
where the table does not say otherwise. Its totals follow seldom while much waits, so its clock runs on until
every total holds all; where it says "logged" it stops at the last acknowledged write, as everybody's.
"""


def write_page(results: Report, page: Path) -> None:
    """The Markdown page, and its picture beside it under the same name."""
    page.parent.mkdir(parents=True, exist_ok=True)
    parts: list[str] = [INTRODUCTION]
    for name, write in _WRITERS.items():
        if name in results and results[name]["measured"]:
            parts += write(results[name]["measured"], page.stem)
            parts += _about(results[name])
    page.write_text("\n".join(parts))
    if "throughput" in results:
        page.with_suffix(".svg").write_text(picture(_bars(results["throughput"]["measured"])))


def _about(part: Report) -> Iterator[str]:
    about, machine = part["about"], part["about"]["machine"]
    yield (
        f"\nMade by `{about['command']}` on {machine['cores']} cores of {machine['processor']},"
        f" {machine['memory_gib']} GiB, {machine['system']}, Python {machine['python']};"
        f" load before it {machine['load_at_start']}."
    )
    for what, why in part["failures"].items():
        yield f"\nDid not count: {what}: {why.splitlines()[0]}"
    yield ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "| --- |" + " ---: |" * (len(head) - 1)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def _spread(found: Report, digits: int = 0) -> str:
    low, high = (f"{found[end]:,.{digits}f}" for end in ("least", "most"))
    middle = f"{found['median']:,.{digits}f}"
    return middle if low == high else f"{middle} ({low}–{high})"


def _throughput(measured: Report, stem: str) -> Iterator[str]:
    yield "## Throughput, one worker\n"
    yield f"![Events a second of each engine]({stem}.svg)\n"
    rows: list[tuple[str, ...]] = []
    for name, found in measured.items():
        if alone := found.get("apart"):
            speed, cpu = _spread(alone["events_per_second"]), _spread(alone["cpu_seconds_per_million"], 1)
            events = f"{alone['events']:,}"
            rows.append((TITLES[name], speed, cpu, _spread(alone["peak_mib"]), events, STATES[name]))
    head = ("engine", "events/s", "CPU s a million events", "peak memory, MiB", "events", "state")
    yield from _table(head, rows)
    if alone := measured.get(MAIN_JOB, {}).get("apart"):
        logged = _spread(alone["durable_events_per_second"])
        yield f"\n{TITLES[MAIN_JOB].capitalize()}, logged: {logged} events/s."
    yield from _ratios(measured)
    yield "\n## Two workers\n"
    yield "Ratios are of medians; `one, shared` is one worker on one core together with the broker.\n"
    rows = []
    for name, found in measured.items():
        if {"apart", "shared", "pair"} <= found.keys():
            speeds = [found[place]["events_per_second"] for place in ("apart", "shared", "pair")]
            apart, shared, pair = (speed["median"] for speed in speeds)
            rows.append((TITLES[name], *map(_spread, speeds), f"{pair / shared:.2f}", f"{pair / apart:.2f}"))
    head = ("engine", "one, apart", "one, shared", "two", "two / one shared", "two / one apart")
    yield from _table(head, rows)
    yield "\nHow the engines are set up, as their own documentation advises:\n"
    for name in measured:
        if name in ENGINES:
            yield f"- {TITLES[name]}: {ENGINES[name].settings}"


def _ratios(measured: Report) -> Iterator[str]:
    """What was promised of the ratios, and what came of it."""
    alone = {name: found["apart"] for name, found in measured.items() if "apart" in found}
    speed = {name: found["events_per_second"]["median"] for name, found in alone.items()}
    cpu = {name: found["cpu_seconds_per_million"]["median"] for name, found in alone.items()}
    peers = {name: speed[name] for name, engine in ENGINES.items() if engine.kind == "peer" and name in speed}
    best = max(peers, key=peers.__getitem__, default=None)
    pairs = [("lane", "faust_tables", 50.0), ("lane", best, 3.0), ("lane", "confluent_loop", 0.7)]
    rows = []
    for one, other, aim in (*pairs, (MAIN_JOB, best, 1.0), (MAIN_JOB, "lane", 0.3)):
        if other is None or not {one, other} <= speed.keys():
            continue
        cheaper = f"{cpu[other] / cpu[one]:.2f}"
        rows.append((f"{TITLES[one]} / {TITLES[other]}", cheaper, *_aimed(speed[one] / speed[other], aim)))
        if one == MAIN_JOB:
            logged = alone[one]["durable_events_per_second"]["median"]
            pair = f"{TITLES[one]}, logged / {TITLES[other]}"
            rows.append((pair, "", *_aimed(logged / speed[other], aim)))
    yield ""
    yield from _table(("ratio", "of events a CPU second", "of events/s", "aim, of events/s"), rows)


def _aimed(ratio: float, aim: float) -> tuple[str, str]:
    return f"{ratio:.2f}", f"≥ {aim:g}{'' if ratio >= aim else ', not reached'}"


def _recovery(measured: Report, _stem: str) -> Iterator[str]:
    yield "## Recovery\n"
    yield "A worker started again: from the assignment of its partitions to totals that are served."
    yield "The main job goes on from checkpoints and folds what came after, but where the table says so.\n"
    rows = [
        (
            TITLES[name],
            _spread(found["records_per_second"]),
            _spread(found["journeys_per_second"]),
            _spread(found["journeys"]),
            _spread(found["seconds"], 2),
        )
        for name, found in measured.items()
    ]
    yield from _table(("engine", "changelog records/s", "journeys/s", "journeys", "seconds"), rows)


def _delay(measured: Report, _stem: str) -> Iterator[str]:
    yield "## Delay at half the peak\n"
    yield "From handing an event to the producer to totals that hold it, as a scrape would read them then.\n"
    rows = [
        (
            TITLES[name],
            f"{found['rate']:,.0f}",
            f"{found['p50_ms']:.0f}",
            f"{found['p99_ms']:.0f}",
            f"{found['most_ms']:.0f}",
        )
        for name, found in measured.items()
    ]
    yield from _table(("engine", "events/s", "p50, ms", "p99, ms", "most, ms"), rows)


def _slow(measured: Report, _stem: str) -> Iterator[str]:
    yield "## A slow consumer\n"
    yield (
        f"A job that rests after every chunk while {measured['waiting']:,} events wait on the broker:"
        f" {measured['resident_mib_halfway']:.0f} MiB halfway,"
        f" {measured['resident_mib_at_end']:.0f} MiB at the end."
    )


def _growth(measured: Report, _stem: str) -> Iterator[str]:
    yield "## Many journeys\n"
    each = measured["bytes_per_journey"]
    yield f"One worker of the main job: {each:,.0f} bytes of memory for each further journey.\n"
    rows = [
        (f"{mark['journeys']:,}", f"{mark['resident_mib']:,.0f}", f"{mark['events_per_second']:,.0f}")
        for mark in measured["marks"]
    ]
    yield from _table(("journeys", "memory, MiB", "events/s since the line before"), rows)


def _year(measured: Report, _stem: str) -> Iterator[str]:
    yield "## A year\n"
    yield (
        f"A year of {measured['reps']:,} reps, {measured['events']:,} simulated events of"
        f" {measured['journeys']:,} journeys, through two workers: {measured['seconds'] / 60:.1f} minutes,"
        f" {measured['events_per_second']:,.0f} events/s, {measured['peak_mib']:,.0f} MiB together."
    )


_WRITERS: dict[str, Callable[[Report, str], Iterator[str]]] = {
    "throughput": _throughput,
    "recovery": _recovery,
    "delay": _delay,
    "slow": _slow,
    "growth": _growth,
    "year": _year,
}


def _bars(measured: Report) -> list[Bar]:
    found = []
    for name, places in measured.items():
        if alone := places.get("apart"):
            speed = alone["events_per_second"]
            kind = ENGINES[name].kind if name in ENGINES else "lane"
            found.append(Bar(TITLES[name], kind, speed["median"], speed["least"], speed["most"]))
    return sorted(found, key=lambda bar: -bar.middle)
