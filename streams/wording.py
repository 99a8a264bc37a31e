"""Numbers and units as people read them, in English and Russian; rounding happens here and nowhere else."""

from __future__ import annotations

from typing import Literal, get_args

from streams.kpis import Text

Language = Literal["en", "ru"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
NOTHING = "–"
"""What is written where there is no value: never 0."""

_UNITS = {
    "count": Text("count", "шт."),
    "ratio": Text("%", "%"),
    "hours": Text("hours", "ч"),
    "days": Text("days", "дн."),
    "months": Text("months", "мес."),
    "money": Text("money", "деньги"),
    "score": Text("score", "балл"),
    "multiple": Text("×", "×"),
    "points": Text("points", "пункты"),
    "mixed": Text("mixed units", "разные единицы"),
}


def said(text: Text, language: Language) -> str:
    """A text in one of its languages."""
    return text.ru if language == "ru" else text.en


def unit_name(unit: str, language: Language) -> str:
    """How a unit is called; a ratio is written in percent."""
    return said(_UNITS[unit], language)


def number(value: float | None, language: Language, decimals: int = 2) -> str:
    """At most so many decimals, thousands apart: 19,903.05 or 19 903,05."""
    if value is None:
        return NOTHING
    text = f"{value:,.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    text = "0" if text == "-0" else text
    return text.translate(_RUSSIAN) if language == "ru" else text


_RUSSIAN = str.maketrans({",": "\u00a0", ".": ","})


def percent(value_percent: float | None, language: Language) -> str:
    """The same with its sign."""
    return NOTHING if value_percent is None else f"{number(value_percent, language)}%"
