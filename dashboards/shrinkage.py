"""Fair comparison of reps: each share drawn towards everybody's, the more the fewer things it rests on.

Empirical Bayes by moments: how much reps truly differ is what they differ beyond chance.
"""

from __future__ import annotations

from collections.abc import Sequence

from dashboards.recording import Rule
from streams.promql import rule_name, sample_name

UNASSIGNED, OTHER = "unassigned", "other"
NOT_REPS = f"{UNASSIGNED}|{OTHER}"
FORMULA = (
    "mean + w · (share − mean), w = T / (T + mean · (1 − mean) / n); "
    "T = max(0, Q − (R − 1) · mean · (1 − mean)) / (N − Σn² / N), Q = Σ n · (share − mean)², R reps, N = Σn"
)
"""As a board says it; every sum runs over the reps."""


def shrunk_name(kpi_id: str) -> str:
    """The rule that holds the fair share of each rep."""
    return f"{rule_name(kpi_id, 'rep')}:shrunk"


def shrunk(kpi_id: str) -> Sequence[Rule]:
    """Everybody's share, how much reps truly differ (a variance), and each rep's share drawn towards it."""
    name, everybody = rule_name(kpi_id, "rep"), f'{{rep!~"{NOT_REPS}"}}'
    mean, spread = f"{name}:mean", f"{name}:spread"
    share, n = f"{name}{everybody}", f"{sample_name(kpi_id, 'rep')}{everybody}"
    apart = f"({share} - on (window) group_left () {mean})"
    chance = f"({mean} * (1 - {mean}))"
    beyond = f"sum by (window) ({n} * {apart} ^ 2) - (count by (window) ({share}) - 1) * {chance}"
    room = f"sum by (window) ({n}) - sum by (window) ({n} ^ 2) / sum by (window) ({n})"
    own = f"{n} * on (window) group_left () {spread}"
    trust = f"({own} / ({own} + on (window) group_left () {chance} > 0) or 0 * {n})"
    return (
        Rule(mean, f"sum by (window) ({share} * {n}) / sum by (window) ({n})"),
        Rule(spread, f"clamp_min(({beyond}) / ({room} > 0), 0) or 0 * {mean}"),
        Rule(shrunk_name(kpi_id), f"{trust} * {apart} + on (window) group_left () {mean}"),
    )
