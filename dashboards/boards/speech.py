"""One language of the boards: its texts, its names of channels and stages, its ids and links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from streams.funnels import DEFAULT, Funnels
from streams.kpis import Text

Language = Literal["en", "ru"]
_KNOWN_MONEY = (
    *("USD", "GBP", "EUR", "JPY", "RUB", "UAH", "BRL", "DKK", "ISK", "NOK", "SEK", "CZK", "CHF", "PLN"),
    *("ZAR", "INR", "KRW", "IDR", "PHP", "VND", "TRY", "MYR", "BGN", "ILS"),
)


@dataclass(frozen=True)
class Link:
    """From a row to its detail; variables and time go along."""

    title: str
    url: str

    @property
    def told(self) -> Mapping[str, object]:
        """As Grafana wants it."""
        url = f"{self.url}&${{window:queryparam}}&${{__url_time_range}}"
        return {"title": self.title, "url": url, "targetBlank": False}


@dataclass(frozen=True)
class Speech:
    """One language of the boards, and the names of channels and stages in it."""

    language: Language
    funnels: Funnels = DEFAULT
    currency: str = "RUB"
    """The reporting currency, the one that workers are configured with."""
    others: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Names by the values of other labels."""

    def knowing(self, label: str, names: Mapping[str, str]) -> Speech:
        """The same language with names for the values of one more label."""
        return replace(self, others={**self.others, label: names})

    @property
    def money(self) -> str:
        """The unit of money: Grafana's own where it knows the currency, else the code itself."""
        return f"currency{self.currency}" if self.currency in _KNOWN_MONEY else f"currency:{self.currency}"

    def __call__(self, en: str, ru: str) -> str:
        return en if self.language == "en" else ru

    def of(self, text: Text) -> str:
        """A text of the catalogue."""
        return self(text.en, text.ru)

    def channel(self, channel: str) -> str:
        """A channel's name."""
        if channel not in self.funnels.channel_names:
            return self("Unknown channel", "Канал неизвестен")
        return self.funnels.channel_names[channel][self.language]

    @property
    def stages(self) -> Mapping[str, str]:
        """Names of all stages by the legend `channel · stage`."""
        return {
            f"{channel} · {stage.id}": f"{self.channel(channel)} · {stage.names[self.language]}"
            for channel in self.funnels.channels
            for stage in self.funnels.funnel(channel)
        }

    def names(self, label: str) -> Mapping[str, object]:
        """A value mapping of Grafana: ids of channels or stages to names; other labels say it themselves."""
        told: dict[str, str] = dict(self.others.get(label, {}))
        for channel in self.funnels.channels:
            if label == "channel":
                told[channel] = self.channel(channel)
            elif label == "stage":
                told |= {stage.id: stage.names[self.language] for stage in self.funnels.funnel(channel)}
        return {"type": "value", "options": {name: {"text": text} for name, text in told.items()}}

    def uid(self, board: str) -> str:
        """The English board's id is the one that alerts link to."""
        return f"voronka-{board}{'' if self.language == 'en' else '-ru'}"
