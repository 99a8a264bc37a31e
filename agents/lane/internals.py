"""Every internal of Faust and aiokafka that the lane leans on, each with its reason; checked at start.

Both packages are pinned exactly. When a pin moves, read the list, run the lane's tests, then move VERIFIED.
"""

import importlib
import inspect
from collections.abc import Iterable
from importlib.metadata import version

from agents.errors import UserError

VERIFIED = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0"}

CONSUMER = "faust.transport.consumer:Consumer"
DELEGATE = "faust.transport.consumer:ThreadDelegateConsumer"
THREAD = "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread"
RECOVERY = "faust.tables.recovery:Recovery"
COORDINATOR = "aiokafka.consumer.group_coordinator:GroupCoordinator"
SUBSCRIPTION = "aiokafka.consumer.subscription_state"

# (where, name, parameters that must be there, why)
USED: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("faust.app.base:App", "_new_transport", ("self",), "overridden: our consumer"),
    (CONSUMER, "_to_message", ("self", "tp", "record"), "overridden: a span becomes one message"),
    (CONSUMER, "_new_offset", ("self", "tp"), "overridden: only a durable prefix is committed"),
    (
        CONSUMER,
        "_filter_tps_with_pending_acks",
        ("self", "topics"),
        "overridden: adds our partitions",
    ),
    (CONSUMER, "_add_gap", ("self", "tp", "offset_from", "offset_to"), "overridden: spans know their gaps"),
    (CONSUMER, "perform_seek", ("self",), "overridden: flow stops first, or ordinary agents lose records"),
    (CONSUMER, "on_partitions_revoked", ("self", "revoked"), "overridden: shards leave after the last flush"),
    (
        DELEGATE,
        "_getmany",
        ("self", "active_partitions", "timeout"),
        "overridden: rewinds in between",
    ),
    (DELEGATE, "seek_wait", ("self", "partitions"), "overridden: recovery tells where it reads from"),
    (DELEGATE, "_new_consumer_thread", ("self",), "overridden: our thread"),
    (
        THREAD,
        "_fetch_records",
        ("self", "consumer", "active_partitions", "timeout", "max_records"),
        "overridden: spans",
    ),
    (THREAD, "_seek_wait", ("self", "consumer", "partitions"), "overridden: the position is known again"),
    (THREAD, "seek", ("self", "partition", "offset"), "overridden: the position is known again"),
    (THREAD, "seek_to_committed", ("self",), "overridden: positions are unknown until it has ended"),
    (THREAD, "_highwaters", ("self", "partitions"), "overridden: ends as fetches tell them"),
    (THREAD, "_create_worker_consumer", ("self", "transport"), "overridden: _fetch_max_wait_ms is lowered"),
    (THREAD, "on_start", ("self",), "overridden: heartbeats are timed"),
    (RECOVERY, "_wait", ("self", "coro", "timeout"), "overridden: a wait that runs out ends the worker"),
    (RECOVERY, "active_remaining", ("self",), "active_offsets is written back after a hole"),
    (RECOVERY, "standby_remaining", ("self",), "standby_offsets is written back after a hole"),
    ("faust.tables.manager:TableManager", "add", ("self", "table"), "its _recovery is ours"),
    ("faust.tables.base:Collection", "on_changelog_event", ("self", "event"), "overridden: restores at once"),
    ("faust.serializers.schemas:Schema", "compile", ("self", "app"), "overridden: records pass undecoded"),
    (COORDINATOR, "check_errors", ("self",), "called: Faust reads past what would raise its errors"),
    ("aiokafka.consumer.fetcher:Fetcher", "fetched_records", ("self",), "its error_future is looked at"),
    (
        COORDINATOR,
        "_do_heartbeat",
        ("self",),
        "wrapped: the age of the last heartbeat tells a paused worker from a living one",
    ),
    (f"{SUBSCRIPTION}:TopicPartitionState", "consumed_to", ("self", "position"), "position after a fetch"),
    (
        "aiokafka.producer.transaction_manager:TransactionManager",
        "set_pid_and_epoch",
        ("self", "pid", "epoch"),
        "transactional_id is cleared once it has fenced the former owner: no transactions are used",
    ),
    (
        "aiokafka.consumer.fetcher:FetchResult",
        "getall",
        ("self", "max_records"),
        "replaced: bounds bytes",
    ),
    (
        "aiokafka.consumer.fetcher:PartitionRecords",
        "_consumer_record",
        ("self", "tp", "record"),
        "overridden: records of lanes come by the batch, and are not copied into objects of their own",
    ),
    (
        "aiokafka.consumer.fetcher:PartitionRecords",
        "_unpack_records",
        ("self",),
        "iterates over what stands in for the batches of a lane",
    ),
    ("aiokafka.consumer.fetcher:FetchResult", "_update_position", ("self",), "called after each piece"),
    (f"{SUBSCRIPTION}:Assignment", "state_value", ("self", "tp"), "position after a fetch"),
)


def problems(entries: Iterable[tuple[str, str, tuple[str, ...], str]] = USED) -> list[str]:
    """What differs from the versions and internals that the lane was verified with; [] when nothing does."""
    found = [
        f"{package} {version(package)} is installed, the lane is verified with {wanted}"
        for package, wanted in VERIFIED.items()
        if version(package) != wanted
    ]
    for where, name, parameters, why in entries:
        module, _, owner = where.partition(":")
        method = getattr(getattr(importlib.import_module(module), owner, None), name, None)
        if method is None:
            found.append(f"{where}.{name} is gone ({why})")
            continue
        missing = set(parameters) - set(inspect.signature(method).parameters)
        if missing:
            found.append(f"{where}.{name} has no parameter {', '.join(sorted(missing))} ({why})")
    return found


def check() -> None:
    """Refuse to start on internals that the lane does not know."""
    found = problems()
    if found:
        wanted = " ".join(f"{package}=={number}" for package, number in VERIFIED.items())
        raise UserError(
            f"the lane does not fit the installed packages: {'; '.join(found)}. Install {wanted}."
        )
