"""The KPI handbook as files: docs/handbook.md and docs/handbook.ru.md, made from the catalogue."""

from pathlib import Path

from streams.catalogue import SHIPPED
from streams.handbook import handbook

_DOCS = Path(__file__).parents[2] / "docs"


def handbook_files() -> dict[Path, str]:
    """Each file and what it has to say."""
    return {
        _DOCS / "handbook.md": handbook(SHIPPED, "en"),
        _DOCS / "handbook.ru.md": handbook(SHIPPED, "ru"),
    }
