"""A real single-node Apache Kafka (KRaft) that tests start, freeze, kill and bring back on the same port."""

import functools
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from agents.child import Child, ChildError, ProgramMissingError, free_port
from agents.embedded import answers

ROOT = Path(__file__).parents[2]
HOW_TO_GET = "run `make components`"
START_SECONDS = 60.0
LOG4J = "-Dlog4j2.configurationFile=" + str(Path(__file__).with_name("log4j2.properties"))
# Quick to start rather than fast for hours; a benchmark passes its own.
JAVA_OPTIONS = ("-Xmx512m", "-Xms128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


def kafka_libraries() -> Path:
    """The folder of Kafka's jars as `make components` leaves it; ProgramMissingError says how to get them."""
    pom = (ROOT / ".ci" / "kafka" / "pom.xml").read_text()
    found = re.search(r"<kafka\.version>(.+?)<", pom)
    if found is None:
        raise ChildError(".ci/kafka/pom.xml names no kafka.version")
    libraries = ROOT / ".cache" / "kafka" / found[1]
    if not (libraries / ".complete").exists():
        raise ProgramMissingError(f"Apache Kafka {found[1]} is missing: {HOW_TO_GET}")
    return libraries


@functools.cache
def java_program() -> str:
    """The path of a Java that can run Kafka 4; ProgramMissingError says how to get one."""
    java = shutil.which("java")
    if java is None:
        raise ProgramMissingError(f"Java is missing: {HOW_TO_GET}, or install a JRE of version 17 or newer")
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=True).stderr
    found = re.search(r'version "(\d+)', told)
    if found is None or int(found[1]) < 17:
        raise ProgramMissingError(f"Kafka needs Java 17 or newer, {java} is: {told.splitlines()[0]}")
    return java


class KafkaBroker:
    """One broker that is its own controller; data, log and settings live in a folder that `close` removes.

    `overrides` are lines of server.properties, for example {"log.segment.bytes": "1048576"}.
    """

    def __init__(
        self, overrides: Mapping[str, str] | None = None, java_options: tuple[str, ...] = JAVA_OPTIONS
    ) -> None:
        java, libraries = java_program(), kafka_libraries()
        self._command = [java, *java_options, LOG4J, "-cp", f"{libraries}{os.sep}*"]
        self._folder = tempfile.TemporaryDirectory(prefix="voronka-kafka-")
        home = Path(self._folder.name)
        self._settings = home / "server.properties"
        self._data = home / "data"
        self._ports = (free_port(), free_port())
        self._overrides = dict(overrides or {})
        self._child = Child([*self._command, "kafka.Kafka", str(self._settings)], home / "kafka.log")

    @property
    def bootstrap(self) -> str:
        """The `host:port` that clients connect to; the same after every restart."""
        return f"127.0.0.1:{self._ports[0]}"

    @property
    def log(self) -> Path:
        """The file that the broker logs to, over all its restarts."""
        return self._child.log

    @property
    def pid(self) -> int:
        """The process id of the running broker."""
        return self._child.pid

    def start(self) -> Self:
        """Start (the first time on empty storage) and return once the broker answers."""
        if not self._data.exists():
            self._format()
        self._child.start()
        self._child.await_ready(lambda: answers(self.bootstrap), START_SECONDS)
        return self

    def stop(self) -> None:
        """End the broker in order; its data stay for `start`."""
        self._child.stop(patience_seconds=30.0)

    def kill(self) -> None:
        """End the broker as a power cut would; its data stay for `start`."""
        self._child.kill()

    def restart(self, *, kill: bool = False) -> None:
        """End the broker, in order or by a kill, and bring it back on the same port with the same data."""
        if kill:
            self.kill()
        else:
            self.stop()
        self.start()

    def pause(self) -> None:
        """Freeze the broker: its connections stay open and nothing answers."""
        self._child.send(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen broker go on."""
        self._child.send(signal.SIGCONT)

    def close(self) -> None:
        """End the broker and remove its data; safe to repeat."""
        self._child.kill()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        try:
            return self.start()
        except ChildError:
            self.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _format(self) -> None:
        """Write the settings and lay out empty storage for them."""
        lines = {**self._defaults(), **self._overrides}
        self._settings.write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
        argv = [
            "kafka.tools.StorageTool",
            "format",
            "-t",
            "dm9yb25rYS10ZXN0cy0wMQ",
            "-c",
            str(self._settings),
        ]
        done = subprocess.run([*self._command, *argv], capture_output=True, text=True, check=False)
        if done.returncode:
            raise ChildError(
                f"Kafka could not format its storage:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
            )

    def _defaults(self) -> dict[str, str]:
        """One node that is broker and controller, forgets nothing by itself and needs no second replica."""
        port, controller = self._ports
        return {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": str(self._data),
            "auto.create.topics.enable": "false",
            "num.partitions": "1",
            "default.replication.factor": "1",
            "min.insync.replicas": "1",
            # A killed broker may come back only when its session has expired.
            "broker.session.timeout.ms": "3000",
            "broker.heartbeat.interval.ms": "500",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "transaction.state.log.num.partitions": "4",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "log.cleaner.dedupe.buffer.size": "8388608",
        }
