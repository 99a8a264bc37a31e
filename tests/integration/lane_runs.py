"""Running the reference worker of the lane in tests: topics, acknowledged sends, processes, the log."""

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from agents.child import Child
from agents.lane import CLAIM_KEY

ROOT = Path(__file__).parents[2]
Place = tuple[int, bytes]


def until(condition: Callable[[], bool], seconds: float, what: Callable[[], str]) -> None:
    """Return once the condition holds; fail saying what there was instead."""
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, f"not within {seconds} s: {what()}"
        time.sleep(0.05)


def bits(encoded: bytes) -> set[int]:
    """The sequence numbers in a bit set of the changelog."""
    number = int.from_bytes(encoded)
    return {place for place in range(number.bit_length()) if number >> place & 1}


@dataclass
class Worker:
    """One worker process and what it last told."""

    child: Child
    report: Path

    def last(self) -> dict[str, Any]:
        """The newest complete line of its report; {} before the first."""
        lines = self.report.read_text().rpartition("\n")[0].splitlines() if self.report.exists() else []
        return json.loads(lines[-1]) if lines else {}

    def total(self) -> int:
        """Distinct sequence numbers in its shards."""
        return sum(self.last().get("totals", {}).values())

    def owns(self) -> set[str]:
        """The partitions that it shows."""
        return set(self.last().get("totals", {}))

    def told(self) -> str:
        """For failure messages."""
        return f"{self.last()}\n{self.child.log_tail()}"


@dataclass
class Run:
    """One app with its source topics on one broker."""

    bootstrap: str
    app: str
    folder: Path
    topics: tuple[str, ...]
    partitions: int = 4
    session_seconds: float = 6
    workers: list[Worker] = field(default_factory=list)
    sent: dict[Place, set[int]] = field(default_factory=dict)

    def create_topics(self, extra: Iterable[NewTopic] = ()) -> None:
        """The source topics, and others that a test wants."""
        new = [NewTopic(topic, self.partitions, 1) for topic in self.topics]
        with_admin(self.bootstrap, lambda admin: admin.create_topics([*new, *extra]))

    def send(self, topic: str, records: Iterable[tuple[str, int]], *, commit: bool = True) -> int:
        """Send (key, sequence number) pairs and wait for every acknowledgement; counts distinct ones."""
        producer = KafkaProducer(bootstrap_servers=self.bootstrap, linger_ms=5, batch_size=100_000)
        sends = [
            (key.encode(), number, producer.send(topic, str(number).encode(), key=key.encode()))
            for key, number in records
        ]
        producer.flush()
        producer.close()
        for key, number, send in sends:
            if commit:
                self.sent.setdefault((send.get(1).partition, key), set()).add(number)
        return sum(map(len, self.sent.values()))

    def send_raw(self, topic: str, key: bytes, value: bytes, partition: int) -> None:
        """Send one record as it is."""
        producer = KafkaProducer(bootstrap_servers=self.bootstrap)
        producer.send(topic, value, key=key, partition=partition).get(10)
        producer.close()

    def start(self, **settings: Any) -> Worker:
        """Start one more worker."""
        name = f"{self.app}-{len(self.workers)}"
        report = self.folder / f"{name}.jsonl"
        told = {
            "app": self.app,
            "bootstrap": self.bootstrap,
            "topics": self.topics,
            "partitions": self.partitions,
            "session": self.session_seconds,
            "folder": str(self.folder / name),
            "report": str(report),
            **settings,
        }
        argv = [sys.executable, "-m", "tests.integration.lane_worker", json.dumps(told)]
        worker = Worker(Child(argv, self.folder / f"{name}.log").start(), report)
        self.workers.append(worker)
        return worker

    def close(self) -> None:
        """End what still runs."""
        for worker in self.workers:
            worker.child.kill()

    def finish(self, *workers: Worker, seconds: float = 40.0) -> None:
        """Wait until the workers, or all that run, together hold all that was sent, durable, without lag."""
        wanted = sum(map(len, self.sent.values()))

        def asked() -> list[Worker]:
            return list(workers) or [worker for worker in self.workers if worker.child.running]

        def done() -> bool:
            told = [worker.last() for worker in asked()]
            return (
                sum(sum(line.get("totals", {}).values()) for line in told) == wanted
                and all(line and not line["lag"] and line["next"] == line["durable"] for line in told)
                and sum(len(line["totals"]) for line in told) == self.partitions
            )

        until(done, seconds, lambda: f"{wanted} wanted, {[worker.told() for worker in asked()]}")

    def logged(self) -> dict[Place, set[int]]:
        """The newest value of every key in the changelog: what compaction would leave."""
        newest: dict[Place, bytes | None] = {}
        for record in self.read(f"{self.app}-seen-changelog"):
            if record.key != CLAIM_KEY:
                newest[record.partition, record.key] = record.value
        return {place: bits(value) for place, value in newest.items() if value is not None}

    def read(self, topic: str) -> Iterator[Any]:
        """Every record of a topic up to its present end, as fetches tell the end."""
        consumer = KafkaConsumer(bootstrap_servers=self.bootstrap, auto_offset_reset="earliest")
        try:
            tps = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic))]
            consumer.assign(tps)
            consumer.seek_to_beginning(*tps)
            ends = consumer.end_offsets(tps)
            left = {tp for tp in tps if ends[tp] > consumer.position(tp)}
            while left:
                for records in consumer.poll(500).values():
                    yield from records
                left -= {tp for tp in left if consumer.position(tp) >= (consumer.highwater(tp) or ends[tp])}
        finally:
            consumer.close()

    def committed(self, topic: str) -> dict[int, int]:
        """The group's committed offsets of a topic by partition."""
        consumer = KafkaConsumer(
            bootstrap_servers=self.bootstrap, group_id=self.app, enable_auto_commit=False
        )
        try:
            found = {n: consumer.committed(TopicPartition(topic, n)) for n in range(self.partitions)}
        finally:
            consumer.close()
        return {number: offset for number, offset in found.items() if offset is not None}


def with_admin(bootstrap: str, do: Callable[[KafkaAdminClient], Any]) -> Any:
    """Do one thing with an admin client."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        return do(admin)
    finally:
        admin.close()


def story(keys: int, first: int, count: int) -> list[tuple[str, int]]:
    """Sequence numbers first .. first+count of each of so many keys, interleaved."""
    return [(f"k{key}", number) for number in range(first, first + count) for key in range(keys)]
