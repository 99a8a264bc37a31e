"""A program we start beside us: logged to a file, stopped for certain, and never left behind."""

import contextlib
import ctypes
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

# Below the kernel's ephemeral range: there, a client that keeps reconnecting to a stopped server can be
# given that very port for its own end, connect to itself and so keep the server from coming back.
PORTS = range(12_000, 32_000)
PR_SET_PDEATHSIG = 1
LOG_TAIL_BYTES = 4_000


class ChildError(RuntimeError):
    """A child could not be started or did not become ready; the message ends with its last log lines."""


class ProgramMissingError(ChildError):
    """The program is not on this machine; the message says how to get it."""


def free_port() -> int:
    """A loopback TCP port that nothing listens on now, outside the range that clients are given."""
    for _ in range(200):
        port = PORTS.start + secrets.randbelow(len(PORTS))
        with socket.socket() as probe:
            # As servers do: a port whose old connections still linger may be listened on again.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise ChildError(f"no free port between {PORTS.start} and {PORTS.stop} on 127.0.0.1")


def _parent_bond() -> Callable[[], None] | None:
    """What a forked child runs so that the kernel kills it when the thread that started it ends."""
    if sys.platform != "linux":
        return None
    prctl, parent = ctypes.CDLL(None, use_errno=True).prctl, os.getpid()

    def bond() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # the parent ended between fork and here
            os._exit(1)

    return bond


class Child:
    """One running program; Ctrl-C in our terminal does not reach it, our end does.

    Start it from a thread that lives as long as it shall: the kernel bonds it to that thread.
    """

    def __init__(self, argv: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> None:
        self.argv, self.log, self.env = list(argv), log, env
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id; an error when it was never started."""
        if self._process is None:
            raise ChildError(f"{self.argv[0]} was not started")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the program has been started and has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """The exit code, negative for a signal; None while it runs or before it was started."""
        return None if self._process is None else self._process.poll()

    def start(self) -> Self:
        """Start the program; its output is appended to the log file."""
        if self.running:
            raise ChildError(f"{self.argv[0]} is already running as {self.pid}")
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - we name the programs ourselves
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self.env,
                start_new_session=True,
                preexec_fn=_parent_bond(),  # noqa: PLW1509 - it takes no lock and imports nothing
            )
        return self

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if it still runs."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def stop(self, patience_seconds: float = 10.0) -> None:
        """Ask it to end, and end it when it has not after that time; safe to repeat."""
        self.send(signal.SIGTERM)
        self.send(signal.SIGCONT)
        try:
            self.wait(patience_seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it at once, as a power cut would; safe to repeat."""
        self.send(signal.SIGKILL)
        self.wait(10.0)

    def wait(self, seconds: float | None = None) -> int | None:
        """Wait for its end and return the exit code; raises subprocess.TimeoutExpired."""
        return None if self._process is None else self._process.wait(seconds)

    def await_ready(self, ready: Callable[[], bool], seconds: float) -> None:
        """Return once `ready()` holds; raise with the log's tail when it ends or takes too long."""
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.running:
                raise ChildError(
                    f"{self.argv[0]} ended with {self.exit_code} at its start:\n{self.log_tail()}"
                )
            if time.monotonic() > deadline:
                raise ChildError(f"{self.argv[0]} was not ready after {seconds} s:\n{self.log_tail()}")
            time.sleep(0.05)

    def log_tail(self) -> str:
        """The last lines that the program wrote."""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - LOG_TAIL_BYTES))
            return log.read().decode(errors="replace")
