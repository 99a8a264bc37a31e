"""The checked-in handbook says what the catalogue says."""

from tools.handbook import handbook_files


def test_the_handbook_is_as_the_catalogue_has_it() -> None:
    """docs/handbook.md and docs/handbook.ru.md are exactly what `python -m tools.handbook` writes."""
    for path, text in handbook_files().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run `python -m tools.handbook`"
