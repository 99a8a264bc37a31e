"""KPIs of the shards that were read: for the department and by channel, stage, source, rep and team."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from agents.readings import Readings
from agents.settings import Settings
from agents.sums import Sums, joined, stocks
from streams.base_totals import MILLION
from streams.formulas import before, ripe, told_of
from streams.funnels import WON
from streams.kpis import ALL_TIME, CLOCK, Kpi
from streams.money import EXPONENTS
from streams.reported_totals import TOTALS, WHOLE_TOTALS
from streams.stories import UNASSIGNED
from streams.windows import RIPE_WINDOW, WINDOWS_BY_SOURCE_AND_REP

BY_CUTS = (*WINDOWS_BY_SOURCE_AND_REP, ALL_TIME)
"""The windows in which regions and industries are told apart."""
Value = dict[str, int | float | None]
"""`value` in the KPI's unit (None: no data) and `n`, the sample that it rests on."""


class View:
    """Evaluates the catalogue on the sums of one period; everything it returns is ready for JSON.

    Stocks stand as they do now, or as they did before the window `until`.
    """

    def __init__(
        self, readings: Readings, period: str, settings: Settings, *, until: str | None = None
    ) -> None:
        self._now_ms, self._period = readings.now_ms, period
        self._funnels, self._catalogue = settings.funnels, settings.kpis
        self._currency = settings.currency
        self._exponent = EXPONENTS[settings.currency]
        self._partial = bool(readings.missing) or len(readings.partitions) < settings.partitions
        self._channels: defaultdict[str, Sums] = defaultdict(dict)
        self._stages: defaultdict[tuple[str, str], Sums] = defaultdict(dict)
        self._sources: defaultdict[tuple[str, str], Sums] = defaultdict(dict)
        self._reps: defaultdict[str, Sums] = defaultdict(dict)
        self._teams: defaultdict[str, Sums] = defaultdict(dict)
        """What was told of teams alone: their plans."""
        self._members = settings.teams
        self._cuts: dict[str, defaultdict[str, Sums]] = {cut: defaultdict(dict) for cut in settings.cuts}
        self._told_aims: defaultdict[str, dict[tuple[str, str], int]] = defaultdict(dict)
        self._restatements = 0
        self._read(readings, until)
        self._winners = [
            rep for rep, sums in self._reps.items() if sums.get("won_deals") and rep != UNASSIGNED
        ]
        for rep in self._winners:
            self._reps[rep]["reps"] = 1

    @property
    def period(self) -> str:
        """The window that its values are of."""
        return self._period

    def head(self) -> dict[str, Any]:
        """What holds for all values; `partial` where shards are missing or as they were before."""
        return {
            "now_ms": self._now_ms,
            "window": self._period,
            "partial": self._partial,
            "currency": self._currency,
        }

    def kpis(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every KPI that this period and these funnels have, one at a time."""
        for kpi in self._catalogue.kpis.values():
            if self._scope(kpi) and (not kpi.windows or self._period in kpi.windows):
                yield kpi.id, self.kpi(kpi)

    def kpi(self, kpi: Kpi) -> dict[str, Any]:
        """One KPI by every dimension that it has in this period; places without any data are left out."""
        result: dict[str, Any] = {"value": None, "n": None}
        department = self._department(kpi)
        if kpi.supports("department", self._period):
            result |= self._value(kpi, department)
        result |= {
            "unit": kpi.entry.unit,
            "period": kpi.period if self._period != ALL_TIME and kpi.period != "window" else self._period,
            "min_sample": kpi.entry.min_sample,
        }
        result |= self._aims(kpi)
        if untold := [total for total in kpi.told_totals if total not in department]:
            result["not_reported"] = [f"ledger: {total}" for total in untold]
        if kpi.supports("channel", self._period):
            result["by_channel"] = self._values(kpi, ((c, self._channel(kpi, c)) for c in self._scope(kpi)))
        if kpi.supports("stage", self._period):
            result["by_stage"] = {c: stages for c in self._scope(kpi) if (stages := self._by_stage(kpi, c))}
        if kpi.supports("source", self._period):
            result["by_source"] = self._values(kpi, self._by_source(kpi))
        for cut, places in self._cuts.items() if self._period in BY_CUTS else ():
            if kpi.counts_by(cut):
                result[f"by_{cut}"] = self._values(kpi, sorted(places.items()))
        if kpi.supports("rep", self._period):
            result["by_rep"] = self._values(kpi, sorted(self._reps.items()))
            if self._members:
                result["by_team"] = self._values(kpi, self._by_team())
        return result

    def department(self, kpi: Kpi) -> Value:
        """The department's value alone, and the baseline and target that were told for it."""
        told = self._told_aims.get(kpi.id, {})
        aims: Value = {
            aim: told.get(("", aim), 0) / MILLION for aim in ("baseline", "target") if ("", f"{aim}s") in told
        }
        if not kpi.supports("department", self._period):
            return {"value": None, "n": None, **aims}
        return {**self._value(kpi, self._department(kpi)), **aims}

    def of_nothing(self, kpi: Kpi) -> Value:
        """What a place has where nothing was counted: 0 of a count, and no ratio."""
        return self._value(kpi, {})

    def money(self, total: str) -> dict[str, float]:
        """A total by channel in major units of the reporting currency; channels without it are left out."""
        scale = 10**self._exponent
        return {
            channel: self._channels[channel][total] / scale
            for channel in self._funnels.channels
            if total in self._channels[channel]
        }

    def _read(self, readings: Readings, until: str | None) -> None:
        for (family, total, first, second), amount in readings.sums[self._period].items():
            if amount and TOTALS[total].kind == "flow":
                self._put(family, total, first, second, amount)
        moved = {leaf.name for kpi in self._catalogue.kpis.values() for leaf in kpi.leaves}
        for window, named in ((f"prev_{self._period}", before), (RIPE_WINDOW, ripe)):
            for (family, total, first, second), amount in readings.sums.get(window, {}).items():
                if amount and (name := named(total)) in moved:
                    self._put(family, name, first, second, amount)
        for (_, total, first, second), amount in readings.sums[ALL_TIME].items():
            if amount and TOTALS[total].kind == "aim":
                self._told_aims[first][second, total] = amount
        for (family, total, first, second), amount in stocks(readings, until).items():
            self._put(family, total, first, second, amount)
        for channel, since_ms in readings.waiting_since.items():
            self._put("channel", "waiting_since", channel, "", since_ms)
        for stats in readings.stats:
            self._restatements += stats.restatements.total()
            for family, place, count, sum_ms in stats.lag_sums():
                sums = (self._reps if family == "rep" else self._channels)[place]
                sums["entry_lags"] = sums.get("entry_lags", 0) + count
                sums["entry_lag_ms"] = sums.get("entry_lag_ms", 0) + sum_ms

    def _put(self, family: str, total: str, first: str, second: str, amount: int) -> None:
        if total in TOTALS and TOTALS[total].edges:
            return
        match family:
            case "channel":
                self._channels[first][total] = amount
            case "stage":
                self._stages[first, second][total] = amount
            case "source":
                self._sources[first, second][total] = amount
            case "rep":
                self._reps[first][total] = amount
            case cut if cut in self._cuts:
                self._cuts[cut][first][total] = amount
            case _:
                self._teams[first][total] = amount

    def _aims(self, kpi: Kpi) -> dict[str, Any]:
        """Baseline and target as they were told last, else as the catalogue has them."""
        told = self._told_aims.get(kpi.id, {})
        catalogue = {"baseline": kpi.entry.baseline, "target": kpi.entry.target}
        return {
            aim: told.get(("", aim), 0) / MILLION if ("", f"{aim}s") in told else shipped
            for aim, shipped in catalogue.items()
        }

    def _scope(self, kpi: Kpi) -> tuple[str, ...]:
        only = kpi.entry.channels
        return tuple(channel for channel in self._funnels.channels if not only or channel in only)

    def _department(self, kpi: Kpi) -> Sums:
        channels = {channel: self._channel(kpi, channel) for channel in self._scope(kpi)}
        sums = joined(channels.values())
        if kpi.entry.of_enquiries:
            whole = {total: amount for total, amount in sums.items() if total in WHOLE_TOTALS}
            asked = channels.keys() & self._funnels.with_enquiries
            sums = joined(channels[channel] for channel in sorted(asked)) | whole
        reps = {"reps": len(self._winners)} if self._winners else {}
        return sums | {"restatements": self._restatements} | reps

    def _channel(self, kpi: Kpi, channel: str) -> Sums:
        """A channel's own sums, and those of its stages as far as every part of the formula has them."""
        stages = joined(self._stages[channel, stage] for stage in self._stage_ids(kpi, channel))
        return stages | self._channels[channel]

    def _stage_ids(self, kpi: Kpi, channel: str) -> tuple[str, ...]:
        ids = (stage.id for stage in self._funnels.funnel(channel))
        return tuple(stage for stage in ids if not (kpi.stays_before_won and stage == WON.id))

    def _by_stage(self, kpi: Kpi, channel: str) -> dict[str, Value]:
        following = {
            stage.id: self._stages[channel, after.id]
            for stage, after in zip(
                self._funnels.funnel(channel), self._funnels.funnel(channel)[1:], strict=False
            )
        }
        return {
            stage: self._value(kpi, sums, following.get(stage, {}))
            for stage in self._stage_ids(kpi, channel)
            if _speaks(kpi, sums := self._stages[channel, stage])
        }

    def _by_source(self, kpi: Kpi) -> Iterable[tuple[str, Sums]]:
        scope = set(self._scope(kpi))
        parts: defaultdict[str, list[Sums]] = defaultdict(list)
        for (channel, source), sums in self._sources.items():
            if channel in scope:
                parts[source].append(sums)
        return ((source, joined(parts[source])) for source in sorted(parts))

    def _by_team(self) -> Iterable[tuple[str, Sums]]:
        """The sums of a team's reps; a plan of its own stands in for theirs."""
        for team, reps in self._members.items():
            yield team, joined(self._reps.get(rep, {}) for rep in reps) | self._teams.get(team, {})

    def _values(self, kpi: Kpi, places: Iterable[tuple[str, Sums]]) -> dict[str, Value]:
        return {name: self._value(kpi, sums) for name, sums in places if _speaks(kpi, sums)}

    def _value(self, kpi: Kpi, sums: Sums, following: Sums | None = None) -> Value:
        def lookup(total: str, next_stage: bool) -> int | float | None:
            if total == CLOCK:
                return self._now_ms
            absent = 0 if TOTALS[told_of(total)].absence == "zero" else None
            found = ((following or {}) if next_stage else sums).get(total, absent)
            micro = found is not None and TOTALS[told_of(total)].unit == "micro"
            return found / MILLION if found is not None and micro else found

        value, sample = kpi.formula.evaluate(lookup), kpi.sample.evaluate(lookup)
        return {"value": None if value is None else kpi.in_unit(value, self._exponent), "n": sample}


def _speaks(kpi: Kpi, sums: Sums) -> bool:
    """Whether a place has anything that the KPI is about."""
    return not kpi.names.isdisjoint(sums)
