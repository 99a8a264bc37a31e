"""Bars on a logarithmic scale as an SVG that reads on light and dark pages."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT, ROW, TOP = 760, 210, 90, 34, 46
COLOURS = {"lane": "#2f7d5b", "peer": "#b5643c", "limit": "#7a8794"}
KINDS = {"lane": "the lane", "peer": "durable peers", "limit": "loops by hand, inexact after a kill"}


@dataclass(frozen=True)
class Bar:
    """A median with its least and most."""

    title: str
    kind: str
    middle: float
    least: float
    most: float


def picture(bars: Sequence[Bar]) -> str:
    """Events a second, one bar an engine."""
    height = TOP + ROW * len(bars) + 44
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"',
            ' font-family="sans-serif" font-size="13">',
            "<title>Events a second of each engine, logarithmic</title>",
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
            '<text x="10" y="20" font-weight="bold">events/s, one worker, logarithmic</text>',
            *(_drawn(bars) if bars else ()),
            *_legend(height - 12),
            "</svg>\n",
        )
    )


def _drawn(bars: Sequence[Bar]) -> Iterator[str]:
    low = math.floor(math.log10(min(bar.least for bar in bars)))
    high = max(low + 1, math.ceil(math.log10(max(bar.most for bar in bars))))
    bottom = TOP + ROW * len(bars)

    def place(value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(value) - low) / (high - low)

    for power in range(low, high + 1):
        x = place(10**power)
        yield f'<line x1="{x:.0f}" y1="{TOP - 6}" x2="{x:.0f}" y2="{bottom}" stroke="#d5dade"/>'
        yield f'<text x="{x:.0f}" y="{TOP - 10}" text-anchor="middle" fill="#55606a">{10**power:,}</text>'
    for number, bar in enumerate(bars):
        y = TOP + ROW * number
        yield f'<text x="{LEFT - 8}" y="{y + 20}" text-anchor="end">{escape(bar.title)}</text>'
        yield (
            f'<rect x="{LEFT}" y="{y + 6}" width="{max(place(bar.middle) - LEFT, 1):.0f}" height="20"'
            f' fill="{COLOURS[bar.kind]}"/>'
        )
        yield (
            f'<line x1="{place(bar.least):.0f}" y1="{y + 16}" x2="{place(bar.most):.0f}" y2="{y + 16}"'
            ' stroke="#1d2429" stroke-width="2"/>'
        )
        yield f'<text x="{place(bar.most) + 6:.0f}" y="{y + 20}">{bar.middle:,.0f}</text>'


def _legend(y: int) -> Iterator[str]:
    x = 10
    for kind, text in KINDS.items():
        yield f'<rect x="{x}" y="{y - 10}" width="12" height="12" fill="{COLOURS[kind]}"/>'
        yield f'<text x="{x + 18}" y="{y}">{text}</text>'
        x += 60 + 7 * len(text)
