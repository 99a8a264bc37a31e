"""The last row of the pipeline board: why something is not complete, fresh or right."""

from __future__ import annotations

from dashboards.boards.panels import About, Panel, Query, lines
from dashboards.boards.speech import Speech
from streams import metrics


def merged(say: Speech) -> list[Panel]:
    """Whether workers know of each other, and how far their clock is behind."""
    return [
        lines(
            About(
                say("How far the clock is behind now", "Насколько часы отстают от текущего момента"),
                say(
                    "The time up to which windows run, before now. Healthy: seconds. Otherwise the machine's "
                    "time is wrong, or workers replay the past.",
                    "На сколько периоды заканчиваются раньше текущего момента. Норма: секунды. Иначе время "
                    "на машине неверно или воркеры воспроизводят прошлое.",
                ),
                "s",
            ),
            [Query(f"time() - max by (instance) ({metrics.CLOCK.name})", "{{instance}}")],
            say,
        ),
        lines(
            About(
                say("Shards missing in the merged view", "Шардов не хватает в общей картине"),
                say(
                    "Shards of other workers that a worker's page and API lack. Healthy: 0. Otherwise see "
                    "whether all workers run; metrics and alerts are not made of the merged view.",
                    "Шарды других воркеров, которых не хватает странице и API воркера. Норма: 0. Иначе "
                    "проверьте, все ли воркеры работают; метрики и алерты из общей картины не строятся.",
                ),
            ),
            [Query(f"max by (instance) ({metrics.DESK_MISSING.name})", "{{instance}}")],
            say,
        ),
        lines(
            About(
                say("What the audit found", "Что нашла сверка"),
                say(
                    "All journeys folded once more beside the running totals: sums that differ, and how "
                    "often it was done. Healthy: drift 0, always. Otherwise restart the worker, keep the "
                    "topics and report it. Empty until the first audit.",
                    "Все сделки подсчитаны ещё раз рядом с текущими суммами: сколько сумм разошлось и "
                    "сколько раз сверяли. Норма: расхождение всегда 0. Иначе перезапустите воркер, сохраните "
                    "топики и сообщите. Пусто до первой сверки.",
                ),
            ),
            [
                Query(f"sum({metrics.AUDIT_DRIFT.name})", say("drift", "расхождение")),
                Query(f"sum({metrics.AUDITS.name})", say("audits", "сверки")),
            ],
            say,
        ),
        lines(
            About(
                say("The mirror in Redis is written", "Копия в Redis пишется"),
                say(
                    "Healthy: 1. At 0 other programs read old numbers: see whether Redis answers. Empty "
                    "where no Redis is configured (VORONKA_REDIS).",
                    "Норма: 1. При 0 другие программы читают старые показатели: проверьте, отвечает ли "
                    "Redis. Пусто, если Redis не настроен (VORONKA_REDIS).",
                ),
            ),
            [Query(f"min by (instance) ({metrics.REDIS_UP.name})", "{{instance}}")],
            say,
        ),
    ]


def causes(say: Speech) -> list[Panel]:
    lane = metrics.LANE
    shown = ("chunks", "holes", "stale_chunks", "gap_offsets", "abandoned_chunks", "recoveries")
    return [
        lines(
            About(
                say("What the lane does", "Что делает транспорт"),
                say(
                    "Healthy: chunks rise, the others do not. Gap offsets mean that records expired "
                    "before they "
                    "were read.",
                    "Норма: растут только chunks. Рост gap_offsets значит, что записи истекли "
                    "непрочитанными.",
                ),
            ),
            [Query(f"sum({lane[field].name})", field) for field in shown],
            say,
        ),
        lines(
            About(
                say("Recovery", "Восстановление"),
                say(
                    "How long the last recovery of each worker took. Healthy: seconds. Otherwise see that "
                    "VORONKA_CHECKPOINTS is on, "
                    "or give workers more CPU.",
                    "Сколько длилось последнее восстановление каждого воркера. Норма: секунды. Иначе "
                    "проверьте, что включены VORONKA_CHECKPOINTS, "
                    "или добавьте CPU.",
                ),
                "s",
            ),
            [Query(lane["recovery_seconds"].name, "{{instance}}")],
            say,
        ),
        lines(
            About(
                say("Labels folded into `other`", "Свёрнуто в `other`"),
                say(
                    "Sources and reps that are not on the configured lists. Healthy: 0. Otherwise add "
                    "them to "
                    "VORONKA_SOURCES and VORONKA_REPS.",
                    "Источники и продавцы не из списков настроек. Норма: 0. Иначе добавьте их в "
                    "VORONKA_SOURCES "
                    "и VORONKA_REPS.",
                ),
            ),
            [Query(f"max by (label) ({metrics.LABELS_FOLDED.name})", "{{label}}")],
            say,
        ),
        lines(
            About(
                say("Shards and versions", "Шарды и версии"),
                say(
                    "Ready shards by worker. Healthy: even, and their sum is the number of shards.",
                    "Готовые шарды по воркерам. Норма: поровну, а в сумме – число шардов.",
                ),
            ),
            [
                Query(f"count by (instance) ({metrics.SHARD_READY.name} == 1)", "{{instance}}"),
                Query(f"max({metrics.SHARDS.name})", say("all shards", "всего шардов")),
                Query(
                    f"count by (version) ({metrics.APP.name})", say("workers of", "воркеров") + " {{version}}"
                ),
            ],
            say,
        ),
    ]
