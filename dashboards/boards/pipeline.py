"""The board about the stream itself: is what the other boards show complete, fresh and right?"""

from __future__ import annotations

from dashboards.boards.causes import causes, merged
from dashboards.boards.frame import Board
from dashboards.boards.kpi_panels import KpiPanels
from dashboards.boards.panels import GREEN, ORANGE, RED, About, Panel, Query, Steps, lines, number
from dashboards.boards.speech import Speech
from dashboards.rules import COMPLETE
from streams import metrics

_SOME_IS_BAD: Steps = ((None, GREEN), (1, RED))
_NONE_IS_BAD: Steps = ((None, RED), (1, GREEN))


def pipeline(panels: KpiPanels) -> Board:
    """Readiness and lag first, then what comes, what is set aside, and what changes the past."""
    say = panels.speech
    return Board(
        "pipeline",
        say("Pipeline health", "Здоровье потока"),
        say("Are the numbers complete, fresh and right?", "Полны ли показатели, свежи ли и верны ли?"),
        ("window", "channel"),
        (
            (say("Is everything there?", "Всё ли на месте?"), _first(say)),
            (say("Is it fresh?", "Свежо ли?"), _fresh(say)),
            (say("What is set aside, what changes?", "Что отложено, что меняется?"), _wrong(panels)),
            (say("Causes", "Причины"), causes(say)),
            (say("All workers together", "Все воркеры вместе"), merged(say)),
        ),
        every="10s",
    )


def _first(say: Speech) -> list[Panel]:
    silent = say(
        "Healthy: 1. Otherwise a shard is being recovered or has no worker, and KPIs have a gap: see the "
        "workers.",
        "Норма: 1. Иначе шард восстанавливается или остался без воркера, и в показателях пробел: "
        "проверьте воркеры.",
    )
    return [
        number(About(say("All shards ready", "Все шарды готовы"), silent, steps=_NONE_IS_BAD), COMPLETE),
        number(
            About(
                say("Workers that answer", "Отвечающие воркеры"),
                say(
                    "Healthy: as many as you run. Otherwise read the log of the one that is missing.",
                    "Норма: столько, сколько вы запустили. Иначе прочитайте лог пропавшего.",
                ),
                steps=_NONE_IS_BAD,
            ),
            'count(up{job="voronka"} == 1)',
        ),
        number(
            About(
                say("Records not applied yet", "Ещё не применено записей"),
                say(
                    "Healthy: near 0, or falling after an import. Otherwise start more workers.",
                    "Норма: около 0 или убывает после импорта. Иначе запустите ещё воркеры.",
                ),
                steps=((None, GREEN), (1000, ORANGE)),
            ),
            f"sum({metrics.LAG.name})",
        ),
        number(
            About(
                say("Set aside in 24 h", "В карантине за 24 ч"),
                say(
                    "Healthy: 0. Otherwise `voronka quarantine list` names the reason, the field and the "
                    "fix.",
                    "Норма: 0. Иначе `voronka quarantine list` назовёт причину, поле и способ исправить.",
                ),
                steps=_SOME_IS_BAD,
                decimals=0,
            ),
            f"sum(increase({metrics.QUARANTINED.name}[24h])) or 0 * max({metrics.SHARDS.name})",
        ),
        number(
            About(
                say("Funnel imbalance", "Дисбаланс воронки"),
                say(
                    "Entered less advanced, lost and still there. Healthy: 0, always. Otherwise the "
                    "numbers are wrong: "
                    "keep the topics and report it.",
                    "Вошло минус прошло, потеряно и осталось. Норма: всегда 0. Иначе показатели неверны: "
                    "сохраните топики и сообщите.",
                ),
                steps=((None, RED), (0, GREEN), (0.5, RED)),
            ),
            f"sum(abs({metrics.FUNNEL_IMBALANCE.name}))",
        ),
        number(
            About(
                say("The clock of the numbers", "Часы показателей"),
                say(
                    "The time up to which windows run. Healthy: now. An older time belongs to a replay, "
                    "or to a feed "
                    "that is silent.",
                    "Время, до которого считаются периоды. Норма: сейчас. Более раннее – это "
                    "воспроизведение "
                    "прошлого или молчащий источник.",
                ),
                "dateTimeAsIso",
            ),
            f"max({metrics.CLOCK.name}) * 1000",
            trend=False,
        ),
    ]


def _fresh(say: Speech) -> list[Panel]:
    return [
        lines(
            About(
                say("Events applied", "Применено событий"),
                say(
                    "Healthy: follows the working day. At zero in working hours the CRM's feed is broken.",
                    "Норма: следует за рабочим днём. Ноль в рабочее время – сломана интеграция с CRM.",
                ),
                "cps",
            ),
            [
                Query(f"sum(rate({metrics.APPLIED.name}[$__rate_interval]))", say("applied", "применено")),
                Query(f"sum(rate({metrics.DUPLICATES.name}[$__rate_interval]))", say("repeated", "повторы")),
                Query(
                    f"sum(rate({metrics.FORWARDED.name}[$__rate_interval]))", say("forwarded", "переслано")
                ),
            ],
            say,
        ),
        lines(
            About(
                say("Records not applied yet, by topic", "Ещё не применено, по топикам"),
                say(
                    "Healthy: near 0. A lag that only grows needs more workers, up to the number of "
                    "partitions.",
                    "Норма: около 0. Растущее отставание требует ещё воркеров, до числа партиций.",
                ),
            ),
            [Query(f"sum by (topic) ({metrics.LAG.name})", "{{topic}}")],
            say,
        ),
        lines(
            About(
                say("Time from event to entry", "Время от события до занесения"),
                say(
                    "Nine of ten events are entered within this time. Healthy: under a day. Otherwise ask "
                    "who enters "
                    "their week on Friday.",
                    "За это время заносят девять из десяти событий. Норма: меньше суток. Иначе узнайте, "
                    "кто вносит "
                    "всю неделю в пятницу.",
                ),
                "s",
            ),
            [
                Query(
                    f"histogram_quantile(0.9, sum by (channel, le) ({metrics.ENTRY_LAG.name}_bucket"
                    '{channel=~"$channel"}) > 0)',
                    "{{channel}}",
                )
            ],
            say,
        ),
        lines(
            About(
                say("How long a scrape takes", "Сколько длится опрос"),
                say(
                    "Healthy: well under the scrape interval. Otherwise fewer sources and reps are worth "
                    "exporting.",
                    "Норма: намного меньше интервала опроса. Иначе сократите список источников и продавцов.",
                ),
                "s",
            ),
            [Query('scrape_duration_seconds{job="voronka"}', "{{instance}}")],
            say,
        ),
    ]


def _wrong(panels: KpiPanels) -> list[Panel]:
    say = panels.speech
    return [
        lines(
            About(
                say("Set aside, by reason", "В карантине, по причинам"),
                say(
                    "Records since the worker got its shards. Healthy: none. Otherwise mend the sender, "
                    "then "
                    "`voronka quarantine replay`.",
                    "Записи с тех пор, как воркер получил шарды. Норма: нет. Иначе исправьте отправителя, "
                    "затем "
                    "`voronka quarantine replay`.",
                ),
            ),
            [Query(f"sum by (reason) ({metrics.QUARANTINED.name})", "{{reason}}")],
            say,
        ),
        lines(
            About(
                say("Past numbers changed, by total", "Изменения прошлых периодов"),
                say(
                    "Late events correct the bucket they belong to. Healthy: a slow rise. A jump is an "
                    "import or a "
                    "clean-up of old deals: tell those who have reports.",
                    "Поздние события исправляют свой период. Норма: медленный рост. Скачок – импорт или "
                    "чистка "
                    "старых сделок: предупредите тех, у кого есть отчёты.",
                ),
            ),
            [Query(f"sum by (total) ({metrics.RESTATEMENTS.name})", "{{total}}")],
            say,
        ),
        panels.lines("entry_lag_hours", "channel"),
        panels.number("restatements", span=12),
    ]
