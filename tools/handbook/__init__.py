"""The KPI handbook as files: docs/handbook.md and docs/handbook.ru.md, made from the catalogue."""

from pathlib import Path

from dashboards.files import GENERATED, HANDBOOKS, generated


def handbook_files() -> dict[Path, str]:
    """Each file and what it has to say."""
    texts = generated()
    return {(GENERATED / name).resolve(): texts[name] for name in HANDBOOKS.values()}
