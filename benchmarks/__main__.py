"""`make bench`: every engine side by side on a Kafka of its own; a file of results, a page, a picture."""

from __future__ import annotations

import argparse
import json
import logging
import shutil
import sys
import tempfile
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from benchmarks import machine, measures
from benchmarks.engines.catalogue import ENGINES
from benchmarks.page import write_page
from benchmarks.runs import PEERS_PYTHON
from benchmarks.session import MAIN_JOB, MAIN_PLAIN, PARTS, SCALES, Scale, Session, say

ENGINE_NAMES = (*ENGINES, MAIN_JOB, MAIN_PLAIN)


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("make bench ARGS=...", description=__doc__)
    parser.add_argument("--scale", choices=SCALES, default="full", help="how much (default: %(default)s)")
    parser.add_argument("--engines", default=",".join(ENGINE_NAMES), help="a comma list of %(default)s")
    parser.add_argument("--parts", help=f"a comma list of {','.join(PARTS)}")
    for option in ("events", "crm-events", "repeats", "growth-events", "year-events"):
        parser.add_argument(f"--{option}", type=int, help="in place of the scale's")
    parser.add_argument("--seconds", type=float, help="of a delay run, in place of the scale's")
    parser.add_argument("--results", type=Path, help="parts not measured now are kept there")
    parser.add_argument("--core", type=Path, help="where the main job's compiled modules are (make core)")
    parser.add_argument("--page", type=Path, help="the page in Markdown; its picture lies beside it")
    return parser.parse_args(arguments)


def _scale(given: argparse.Namespace) -> Scale:
    scale = SCALES[given.scale]
    told = {each.name: value for each in fields(Scale) if (value := getattr(given, each.name)) is not None}
    if given.parts:
        told["parts"] = tuple(given.parts.split(","))
    return replace(scale, **told)


def _told(arguments: list[str]) -> list[str]:
    """What a person has given: `make bench` itself adds where the compiled modules are."""
    return arguments[2:] if arguments[:1] == ["--core"] else arguments


def _problem(scale: Scale, engines: list[str]) -> str | None:
    if unknown := {*scale.parts} - {*PARTS} | {*engines} - {*ENGINE_NAMES}:
        return f"there is no {', '.join(sorted(unknown))}; see --help"
    peers = [name for name in engines if name in ENGINES and ENGINES[name].own_environment]
    if peers and not PEERS_PYTHON.exists():
        return "the peers are not installed: run make bench, which installs them"
    return None


def run(arguments: list[str]) -> int:
    """Measure, write the results, then the page; 1 when some figure is missing, 2 for a wrong argument."""
    given = _arguments(arguments)
    scale, engines = _scale(given), given.engines.split(",")
    if problem := _problem(scale, engines):
        say(problem)
        return 2
    told = _told(arguments)
    command = f'make bench ARGS="{" ".join(told)}"' if told else "make bench"
    logging.getLogger("aiokafka").setLevel(
        logging.ERROR
    )  # a new topic has no leader at first: it tries again
    about: dict[str, Any] = {"command": command, "machine": machine.describe()}
    folder = Path(tempfile.mkdtemp(prefix="voronka-bench-"))
    with measures.bench(folder, given.core and given.core.resolve()) as found:
        about["places"] = {name: place.text for name, place in found.places.items()}
        known: dict[str, Any] = json.loads(scale.results.read_text()) if scale.results.exists() else {}
        session = Session(found, scale, engines, known)
        scale.results.parent.mkdir(parents=True, exist_ok=True)
        for part in scale.parts:
            measured, failures = session.part(part)
            known[part] = {"about": about, "measured": measured, "failures": failures}
            scale.results.write_text(json.dumps(known, indent=1) + "\n")
    shutil.rmtree(folder)
    write_page(known, scale.page)
    say(f"written: {scale.results.name}, {scale.page.name}")
    return 1 if any(known[part]["failures"] for part in scale.parts) else 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
