"""Everything that is generated, as texts by path; what is checked in equals it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dashboards.alerting import Links, alert_rules, alert_tests
from dashboards.alertmanager import Delivery, alertmanager
from dashboards.alerts import alerts
from dashboards.boards import boards
from dashboards.linting import exclusions
from dashboards.references import references
from dashboards.rules import rules
from dashboards.runbook import runbook
from streams.catalogue import SHIPPED
from streams.funnels import DEFAULT, Funnels
from streams.handbook import handbook
from streams.kpis import Catalogue
from streams.scorecard import Card
from streams.scorecard_file import shipped_scorecard
from streams.wording import Language

GENERATED = Path(__file__).parent / "generated"
DOCS = "../../docs/"
RUNBOOKS: dict[Language, str] = {"en": f"{DOCS}runbook.md", "ru": f"{DOCS}runbook.ru.md"}
HANDBOOKS: dict[Language, str] = {"en": f"{DOCS}handbook.md", "ru": f"{DOCS}handbook.ru.md"}


def generated(
    catalogue: Catalogue = SHIPPED,
    funnels: Funnels = DEFAULT,
    links: Links | None = None,
    currency: str = "RUB",
    card: Card | None = None,
    delivery: Delivery | None = None,
) -> Mapping[str, str]:
    """The text of every generated file by its path within the folder of generated files."""
    links, every = links or Links(), alerts(catalogue, funnels, currency)
    shown = boards(catalogue, funnels, currency, card or shipped_scorecard(catalogue))
    handbooks = {
        name: handbook(catalogue, language, references(catalogue, shown, every, links, language))
        for language, name in HANDBOOKS.items()
    }
    return {
        "rules.yml": rules(catalogue, funnels),
        "alerts.yml": alert_rules(every, links),
        "alerts_test.yml": alert_tests(every, links, "alerts.yml"),
        "alertmanager.yml": alertmanager(delivery or Delivery()),
        **{name: runbook(every, language) for language, name in RUNBOOKS.items()},
        **handbooks,
        **shown,
        **exclusions(shown),
    }
