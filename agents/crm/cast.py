"""Who plays in the simulated department: reps, channels, sources, regions, and what deals are worth there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Rep:
    """A salesperson: how long things take (1 is usual), how well they go (odds), the share entered now."""

    code: str
    channels: tuple[str, ...]
    pace: float
    skill: float
    prompt: float


@dataclass(frozen=True)
class Source:
    """Where business comes from: its share of the channel, how good it is (odds), its campaigns and spend."""

    name: str
    weight: float
    quality: float = 1.0
    campaigns: tuple[str, ...] = ()
    spend_per_week: int = 0


REPS = (
    Rep("r01", ("inbound",), 0.6, 1.35, 0.97),
    Rep("r02", ("inbound",), 0.8, 1.15, 0.95),
    Rep("r03", ("inbound",), 1.0, 1.0, 0.90),
    Rep("r04", ("inbound",), 1.2, 0.9, 0.85),
    Rep("r05", ("inbound",), 2.2, 0.7, 0.70),
    Rep("r06", ("active",), 0.8, 1.4, 0.92),
    Rep("r07", ("active",), 1.0, 1.0, 0.85),
    Rep("r08", ("active", "inbound"), 1.5, 0.75, 0.75),
    Rep("r09", ("regular",), 0.9, 1.2, 0.93),
    Rep("r10", ("regular",), 1.2, 0.85, 0.80),
    Rep("r11", ("vip",), 0.9, 1.2, 0.95),
    Rep("r12", ("partner",), 1.1, 1.0, 0.85),
)
ROSTER = tuple(rep.code for rep in REPS)

SOURCES: Mapping[str, tuple[Source, ...]] = {
    "inbound": (
        Source("yandex_direct", 30, 0.9, ("direct_brand", "direct_generic"), 180_000),
        Source("seo", 22, 1.1),
        Source("vk_ads", 14, 0.7, ("vk_autumn", "vk_retarget"), 90_000),
        Source("site_form", 12, 1.0),
        Source("telegram", 10, 0.95, ("tg_channels",), 60_000),
        Source("referral", 7, 1.8),
        Source("exhibition", 5, 1.4, ("expo",), 40_000),
    ),
    "active": (Source("cold_base", 75, 0.9), Source("outreach", 25, 1.2)),
    "regular": (Source("own_base", 100),),
    "vip": (Source("own_base", 100),),
    "partner": (Source("partners", 100),),
}
SOURCE_NAMES = tuple(dict.fromkeys(source.name for sources in SOURCES.values() for source in sources))
CAMPAIGN_NAMES = tuple(
    name for sources in SOURCES.values() for source in sources for name in source.campaigns
)

REGIONS = {"msk": 38, "spb": 20, "krd": 14, "ekb": 11, "nsk": 9, "kzn": 8}
INDUSTRIES = {"retail": 26, "construction": 22, "it": 18, "logistics": 14, "food": 12, "health": 8}

LEADS_PER_DAY = 80.0
"""New leads and deals of a usual working day, all channels together; sources spend as much as these need."""
CHANNEL_SHARES = {"inbound": 0.42, "active": 0.34, "regular": 0.15, "vip": 0.03, "partner": 0.06}
"""Shares of the new business of a usual working day."""

MEDIAN_AMOUNTS = {
    "inbound": 120_000,
    "active": 240_000,
    "regular": 85_000,
    "vip": 900_000,
    "partner": 420_000,
}
"""Usual size of a deal in whole units of the currency."""

LOST_REASONS = {"price": 34, "competitor": 24, "no_decision": 18, "timing": 14, "terms": 10}
DISQUALIFIED_REASONS = {"no_need": 36, "bad_contact": 22, "no_budget": 20, "not_target": 14, "spam": 8}


def pick(random: Random, weights: Mapping[str, float]) -> str:
    """One of the names, by its weight."""
    return random.choices(tuple(weights), tuple(weights.values()))[0]


def pick_rep(random: Random, channel: str, *, but: Rep | None = None) -> Rep:
    """A rep of the channel, another than `but` where there is one."""
    team = [rep for rep in REPS if channel in rep.channels]
    return random.choice([rep for rep in team if rep is not but] or team)


def pick_source(random: Random, channel: str) -> Source:
    """A source of the channel, by its weight."""
    sources = SOURCES[channel]
    return random.choices(sources, [source.weight for source in sources])[0]
