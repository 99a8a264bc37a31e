"""The KPI handbook: a catalogue as a document that people read, in English or Russian."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from streams.kpis import PERIODS, Catalogue, Kpi, Text
from streams.total_events import events_of
from streams.wording import Language, number, said, unit_name

_TITLE = Text("KPI handbook", "Справочник KPI")
_INTRO = Text(
    "Every KPI of the catalogue (version {version}): what it means, how and from which events it is made. "
    "S0 to S4 are the documents below; where they contradict each other or err, the decision is noted. "
    "Generated from the catalogue: change that, then run `make dashboards`.",
    "Все показатели каталога (версия {version}): что означают, как считаются и из каких событий. "
    "S0–S4 – документы, названные ниже; где они противоречат друг другу или ошибаются, записано решение. "
    "Создано из каталога: меняйте его, затем запустите `make dashboards`.",
)
_SOURCES = Text(
    "S0: a balanced scorecard for sales (\u201cKPI для продаж\u201d, 13.08.19); "
    "S1: \u201cKPI для отдела продаж\u201d; S2: \u201cКлючевые показатели отдела продаж\u201d; "
    "S3: \u201cKPI для оценки эффективности цикла продаж в сервисной компании\u201d; "
    "S4: \u201cОсновные показатели воронки продаж\u201d.",
    "S0: «KPI для продаж», сбалансированная система показателей от 13.08.19; S1: «KPI для отдела продаж»; "
    "S2: «Ключевые показатели отдела продаж»; "
    "S3: «KPI для оценки эффективности цикла продаж в сервисной компании»; "
    "S4: «Основные показатели воронки продаж».",
)
_LABELS = {
    "formula": Text("Formula", "Формула"),
    "sample": Text("Rests on", "Основание"),
    "unit": Text("Unit", "Единица"),
    "direction": Text("Better", "Лучше"),
    "level": Text("Level", "Уровень"),
    "perspective": Text("Perspective", "Перспектива"),
    "dimensions": Text("By", "Разрезы"),
    "channels": Text("Channels", "Каналы"),
    "windows": Text("Periods", "Периоды"),
    "scale": Text("Scale (0 to 100 %)", "Шкала (0–100 %)"),
    "baseline": Text("Baseline", "Начальное значение"),
    "target": Text("Target", "Цель"),
    "weight": Text("Weight", "Вес"),
    "min_sample": Text("Minimum sample", "Минимум данных"),
    "alert": Text("Alert", "Оповещение"),
    "panels": Text("Boards", "Доски"),
    "alerts": Text("Watched by", "Отслеживается"),
    "owner": Text("Owner", "Отвечает"),
    "aliases": Text("Also called", "Другие имена"),
    "events": Text("Events", "События"),
    "told": Text("Has to be told", "Нужно сообщать"),
    "sources": Text("Sources", "Источники"),
    "note": Text("Decision", "Решение"),
}
_WORDS = {
    "up": Text("higher", "больше"),
    "down": Text("lower", "меньше"),
    "context": Text("depends", "зависит от обстоятельств"),
    "level:result": Text("result", "результат"),
    "level:predictive": Text("predictive", "предсказывающий"),
    "level:context": Text("big picture", "общая картина"),
    "finance": Text("Finance", "Финансы"),
    "customers": Text("Customers", "Клиенты"),
    "processes": Text("Processes", "Бизнес-процессы"),
    "learning": Text("Learning and growth", "Обучение и рост"),
    "department": Text("department", "отдел"),
    "channel": Text("channel", "канал"),
    "stage": Text("stage", "этап"),
    "source": Text("source", "источник"),
    "rep": Text("rep", "продавец"),
    "region": Text("region", "регион"),
    "industry": Text("industry", "отрасль"),
    "below": Text("below", "ниже"),
    "above": Text("above", "выше"),
    "not": Text("other than", "не равно"),
    "critical": Text("critical", "критично"),
    "warning": Text("warning", "предупреждение"),
    "info": Text("information", "к сведению"),
    "ledger": Text("ledger", "бухгалтерия и планы"),
    "no_value": Text("Until then it has no value.", "До этого значения нет."),
    "every": Text("every event", "все события"),
}


References = Mapping[str, Mapping[str, str]]
"""By KPI and field (`panels`, `alerts`): links to where it is shown and watched, as Markdown."""


def handbook(catalogue: Catalogue, language: Language, references: References | None = None) -> str:
    """The whole document, as Markdown."""
    kpis = tuple(catalogue.kpis.values())
    lines = [f"# {said(_TITLE, language)}", "", said(_INTRO, language).format(version=catalogue.version), ""]
    lines += [said(_SOURCES, language), ""]
    for perspective in dict.fromkeys(kpi.entry.perspective for kpi in kpis):
        chosen = [kpi for kpi in kpis if kpi.entry.perspective == perspective]
        links = ", ".join(f"[{said(kpi.entry.names, language)}](#{kpi.id})" for kpi in chosen)
        lines += [f"**{_word(perspective, language)}**: {links}", ""]
    for kpi in kpis:
        lines += _section(kpi, language, (references or {}).get(kpi.id, {}))
    return "\n".join(lines)


def _section(kpi: Kpi, language: Language, links: Mapping[str, str]) -> Iterator[str]:
    yield f'## <a id="{kpi.id}"></a>{said(kpi.entry.names, language)}'
    yield ""
    yield f"`{kpi.id}`. {said(kpi.entry.description, language)}"
    yield ""
    for field, value in (*_fields(kpi, language), *links.items()):
        if value:
            yield f"- {said(_LABELS[field], language)}: {value}"
    yield ""


def _fields(kpi: Kpi, language: Language) -> Iterator[tuple[str, str]]:
    entry = kpi.entry
    yield "formula", f"`{entry.formula}`"
    yield "sample", f"`{entry.sample}`" if entry.sample else ""
    yield "unit", unit_name(entry.unit, language)
    yield "direction", _word(entry.direction, language)
    yield "level", _word(f"level:{entry.level}", language)
    yield "perspective", _word(entry.perspective, language)
    yield "dimensions", ", ".join(_word(dimension, language) for dimension in entry.dimensions)
    yield "channels", ", ".join(entry.channels)
    yield "windows", ", ".join(f"`{window}`" for window in PERIODS if window in kpi.windows)
    yield from _numbers(kpi, language)
    yield "owner", f"`{entry.owner}`"
    yield "aliases", ", ".join(f"`{alias}`" for alias in entry.aliases)
    events = ", ".join(f"`{name}`" for name in events_of(kpi.totals))
    yield "events", events or _word("every", language)
    told = ", ".join(f"`{total}` ({_word('ledger', language)})" for total in kpi.told_totals)
    yield "told", told and f"{told}. {_word('no_value', language)}"
    yield "sources", ", ".join(entry.sources)
    yield "note", said(entry.note, language) if entry.note else ""


def _numbers(kpi: Kpi, language: Language) -> Iterator[tuple[str, str]]:
    entry = kpi.entry
    if entry.min is not None and entry.max is not None:
        ends = (entry.max, entry.min) if entry.direction == "down" else (entry.min, entry.max)
        yield "scale", " → ".join(_value(kpi, end, language) for end in ends)
    for field, told in (("baseline", entry.baseline), ("target", entry.target)):
        yield field, "" if told is None else _value(kpi, told, language)
    yield "weight", "" if entry.weight == 1 else number(entry.weight, language)
    yield "min_sample", "" if entry.min_sample == 1 else number(entry.min_sample, language)
    if entry.alert is not None:
        value = _value(kpi, entry.alert.value, language)
        yield (
            "alert",
            f"{_word(entry.alert.when, language)} {value} ({_word(entry.alert.severity, language)})",
        )


def _value(kpi: Kpi, value: float, language: Language) -> str:
    unit = kpi.entry.unit
    shown = number(value * 100 if unit == "ratio" else value, language)
    return shown if unit == "count" else f"{shown} {unit_name(unit, language)}"


def _word(key: str, language: Language) -> str:
    return said(_WORDS[key], language)
