"""`python -m dashboards`: write what is generated; `--check` only says what differs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from dashboards.alerting import Links
from dashboards.alertmanager import Delivery
from dashboards.files import DOCS, GENERATED, generated
from dashboards.receivers import Receivers, ReceiversError, load_receivers
from streams.catalogue import SHIPPED, load_catalogue
from streams.funnels import DEFAULT, load_funnels
from streams.money import minor_units
from streams.scorecard_file import load_scorecard
from streams.working_hours import OFFICE_HOURS, parse_working_hours


def main() -> int:
    """Exit code 1 where `--check` finds a difference."""
    parser = argparse.ArgumentParser(prog="python -m dashboards", description=__doc__)
    parser.add_argument("--out", type=Path, default=GENERATED, help="the folder to write to")
    parser.add_argument("--check", action="store_true", help="write nothing, name the files that differ")
    parser.add_argument("--kpis", type=Path, help="KPIs and targets of your own, the workers' VORONKA_KPIS")
    parser.add_argument("--funnels", type=Path, help="funnels of your own, the ones that workers use")
    parser.add_argument("--scorecard", type=Path, help="a scorecard of your own, VORONKA_SCORECARD")
    parser.add_argument("--currency", type=_currency, default="RUB", help="the workers' VORONKA_CURRENCY")
    parser.add_argument("--zone", default=Delivery().zone, help="the workers' VORONKA_ZONE")
    parser.add_argument("--working-hours", default=OFFICE_HOURS, help="the workers' VORONKA_WORKING_HOURS")
    parser.add_argument(
        "--receivers", type=_receivers, default=Receivers(), help="who is written to when alerts fire"
    )
    parser.add_argument("--grafana", default=Links().grafana, help="where people open Grafana")
    parser.add_argument(
        "--runbook",
        default=Links().runbook,
        help="where runbook.md is read",
    )
    chosen = parser.parse_args()
    catalogue = load_catalogue(chosen.kpis.read_text("utf-8")) if chosen.kpis else SHIPPED
    funnels = load_funnels(chosen.funnels.read_text("utf-8")) if chosen.funnels else DEFAULT
    card = load_scorecard(chosen.scorecard.read_text("utf-8"), catalogue) if chosen.scorecard else None
    links = Links(chosen.grafana, chosen.runbook)
    delivery = Delivery(chosen.zone, parse_working_hours(chosen.working_hours), chosen.receivers)
    texts = dict(generated(catalogue, funnels, links, chosen.currency, card, delivery))
    if chosen.out != GENERATED:
        texts = {name.removeprefix(DOCS): text for name, text in texts.items()}
    stale = [
        path
        for name, text in texts.items()
        if not (path := chosen.out / name).exists() or path.read_text("utf-8") != text
    ]
    if chosen.check:
        print("\n".join(f"differs: {path}" for path in stale) or "all generated files are up to date")
        return 1 if stale else 0
    for name, text in texts.items():
        path = chosen.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    print(f"wrote {len(texts)} files, {len(stale)} of them changed")
    return 0


def _currency(text: str) -> str:
    code = text.upper()
    if minor_units(code) is None:
        raise argparse.ArgumentTypeError(f"{text} is no currency, write an ISO 4217 code such as RUB or USD")
    return code


def _receivers(path: str) -> Receivers:
    try:
        return load_receivers(Path(path).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, ReceiversError) as error:
        raise argparse.ArgumentTypeError(f"{path}: {error}") from error


sys.exit(main())
