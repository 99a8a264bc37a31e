"""The topics we need, created where missing and checked: partition counts, cleanup, retention."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import click
import msgspec
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import for_code

from agents.broker import MAX_MESSAGE_BYTES, admin_client
from agents.errors import BrokerError, UserError
from agents.lane import KEEP_MS
from agents.settings import Settings, load_settings

DAY_MS = 86_400_000
_TRUTH = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "message.timestamp.type": "CreateTime",
}
# A checkpoint refers to what journeys were when it was made: compaction must not take that before its time.
_CHANGELOG = {
    "cleanup.policy": "compact",
    "max.message.bytes": str(MAX_MESSAGE_BYTES),
    "min.compaction.lag.ms": str(KEEP_MS),
}
# Only the latest of each key is ever read: small segments are compacted soon, and read quickly at a start.
_TOTALS = {
    "cleanup.policy": "compact",
    "max.message.bytes": str(MAX_MESSAGE_BYTES),
    "segment.bytes": str(16 * 1024 * 1024),
    "segment.ms": str(DAY_MS // 24),
    "min.cleanable.dirty.ratio": "0.1",
    "delete.retention.ms": str(DAY_MS // 24),
}
_AT_LEAST = frozenset(
    ("retention.ms", "retention.bytes", "max.message.bytes", "min.insync.replicas", "min.compaction.lag.ms")
)
_TOPIC_EXISTS, _UNKNOWN_TOPIC = 36, 3
_PAGE = "docs/settings.md, More partitions"


class TopicPlan(msgspec.Struct, frozen=True):
    """How a topic must be; `together` marks those whose partitions belong together."""

    name: str
    partitions: int
    configs: Mapping[str, str]
    together: bool = False


class Found(msgspec.Struct, frozen=True):
    """How a topic is; a config that the broker does not tell is absent."""

    partitions: int
    configs: Mapping[str, str]


class Difference(msgspec.Struct, frozen=True):
    """One thing that is not as planned, and what to do about it; no worker can run on a `fatal` one."""

    topic: str
    what: str
    fix: str
    fatal: bool = False

    def __str__(self) -> str:
        return f"{self.topic}: {self.what}; {self.fix}"


class Report(msgspec.Struct, frozen=True):
    """What `ensure_topics` made and what still differs."""

    created: tuple[str, ...]
    differences: tuple[Difference, ...]


def planned(settings: Settings) -> tuple[TopicPlan, ...]:
    """All topics of this deployment.

    Sources are kept for ever: they are what everything can be replayed from.
    The quarantine keeps by arrival: its records may be years old by their own time.
    """
    replicas = {} if (settings.replication or 1) < 3 else {"min.insync.replicas": "2"}
    large = {"max.message.bytes": str(MAX_MESSAGE_BYTES)}
    arrival = {"cleanup.policy": "delete", "message.timestamp.type": "LogAppendTime"}
    count = settings.partitions
    return (
        TopicPlan(settings.leads_topic, count, _TRUTH | replicas, together=True),
        TopicPlan(settings.deals_topic, count, _TRUTH | replicas, together=True),
        TopicPlan(settings.moves_topic, count, _TRUTH | large | replicas, together=True),
        TopicPlan(settings.changelog_topic, count, _CHANGELOG | replicas, together=True),
        TopicPlan(settings.totals_topic, 1, _TOTALS),
        TopicPlan(settings.ledger_topic, count, _TRUTH | replicas, together=True),
        TopicPlan(settings.quarantine_topic, count, arrival | large | {"retention.ms": str(90 * DAY_MS)}),
        TopicPlan(settings.signals_topic, 1, arrival | {"retention.ms": str(30 * DAY_MS)}),
    )


def differences(
    plans: Sequence[TopicPlan], found: Mapping[str, Found], broker: str
) -> tuple[Difference, ...]:
    """Compare; a config that the broker does not tell (the embedded one tells few) is taken as right."""
    result = []
    for plan in plans:
        topic = found.get(plan.name)
        if topic is None:
            result.append(Difference(plan.name, "is missing", "create it with: voronka topics", fatal=True))
            continue
        if plan.together and topic.partitions != plan.partitions:
            what = f"has {topic.partitions} partitions, not {plan.partitions}"
            result.append(Difference(plan.name, what, _count_fix(plans, found), fatal=True))
        for key, wanted in plan.configs.items():
            if (value := topic.configs.get(key)) is not None and not _suffices(key, value, wanted):
                fix = (
                    f"run: kafka-configs.sh --bootstrap-server {broker} --alter --entity-type topics "
                    f"--entity-name {plan.name} --add-config {key}={wanted}"
                )
                result.append(Difference(plan.name, f"{key} is {value}, not {wanted}", fix))
    return tuple(result)


def _suffices(key: str, value: str, wanted: str) -> bool:
    """More is fine for sizes and times, where -1 is without end; everything else must be equal."""
    if key not in _AT_LEAST:
        return value == wanted
    return value == "-1" or (wanted != "-1" and int(value) >= int(wanted))


def _counts(plans: Sequence[TopicPlan], found: Mapping[str, Found]) -> set[int]:
    return {found[plan.name].partitions for plan in plans if plan.together and plan.name in found}


def _count_fix(plans: Sequence[TopicPlan], found: Mapping[str, Found]) -> str:
    counts = _counts(plans, found)
    if len(counts) == 1:
        return f"set VORONKA_PARTITIONS={counts.pop()}: only new topics have another count ({_PAGE})"
    names = ", ".join(plan.name for plan in plans if plan.together)
    return f"give {names} equal counts: take new ones ({_PAGE})"


def _found(client: KafkaAdminClient, plans: Sequence[TopicPlan]) -> dict[str, Found]:
    names = [plan.name for plan in plans]
    partitions = {}
    for topic in client.describe_topics(names):
        if topic["error_code"] == 0:
            partitions[topic["name"]] = len(topic["partitions"])
        elif topic["error_code"] != _UNKNOWN_TOPIC:
            raise for_code(topic["error_code"])(topic["name"])
    if not partitions:
        return {}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in partitions]
    described = client.describe_configs(resources, config_filter="all").get("topic", {})
    return {
        name: Found(
            count,
            {
                key: config["value"]
                for key, config in described.get(name, {}).items()
                if config["value"] is not None
            },
        )
        for name, count in partitions.items()
    }


def check_topics(settings: Settings) -> tuple[Difference, ...]:
    """Look only; raises `BrokerError` where the broker cannot be asked."""
    plans = planned(settings)
    with admin_client(settings) as client:
        return differences(plans, _found(client, plans), settings.broker)


def require_topics(settings: Settings) -> tuple[Difference, ...]:
    """Look before a worker starts; raises `UserError` naming every fatal difference, returns the others."""
    found = check_topics(settings)
    if fatal := [difference for difference in found if difference.fatal]:
        raise UserError("the topics are not as they must be:\n" + "\n".join(f"  {each}" for each in fatal))
    return found


def ensure_topics(settings: Settings) -> Report:
    """Create what is missing, then check everything; safe to repeat and to run by several workers at once."""
    plans = planned(settings)
    with admin_client(settings) as client:
        found = _found(client, plans)
        counts = _counts(plans, found)
        missing = [plan for plan in plans if plan.name not in found]
        # A missing one joins those that are there: a different count could never be right.
        common = counts.pop() if len(counts) == 1 else settings.partitions
        created = _create(client, missing, common, settings.replication or -1)
        return Report(created, differences(plans, _found(client, plans), settings.broker))


def _create(
    client: KafkaAdminClient, missing: Sequence[TopicPlan], common: int, replication: int
) -> tuple[str, ...]:
    if not missing:
        return ()
    wanted = {
        plan.name: {
            "num_partitions": common if plan.together else plan.partitions,
            "replication_factor": replication,
            "configs": dict(plan.configs),
        }
        for plan in missing
    }
    created = []
    for topic in client.create_topics(wanted, raise_errors=False)["topics"]:
        if topic["error_code"] == 0:
            created.append(topic["name"])
        elif topic["error_code"] != _TOPIC_EXISTS:
            reason = topic["error_message"] or for_code(topic["error_code"]).__name__
            raise BrokerError(f"{topic['name']} could not be created: {reason}")
    client.wait_for_topics(list(wanted))
    return tuple(created)


@click.command("topics")
@click.option("--check", is_flag=True, help="Only look; exit with 1 where something differs.")
@click.option("--partitions", type=click.IntRange(1, 1024), help="Instead of VORONKA_PARTITIONS.")
def command(check: bool, partitions: int | None) -> None:
    """Create the topics that are missing and check all of them.

    Leads, deals, ledger, moves and the changelog of the journeys need equal partition counts; sources
    are kept for ever; the changelog is compacted. Each difference is printed with its fix; exit code 1 then.
    """
    settings = load_settings(os.environ)
    if partitions is not None:
        settings = msgspec.structs.replace(settings, partitions=partitions)
    report = Report((), check_topics(settings)) if check else ensure_topics(settings)
    for name in report.created:
        click.echo(f"created {name}")
    for difference in report.differences:
        click.echo(str(difference), err=True)
    if report.differences:
        raise SystemExit(1)
    click.echo(f"{len(planned(settings))} topics are as they must be")
