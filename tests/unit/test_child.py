"""Programs that we start end with us, tell why they failed and give their port back."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from agents.child import PORTS, Child, ChildError, free_port

PATIENCE_SECONDS = 10.0
PARENT = """
import sys, time
from pathlib import Path
from agents.child import Child
child = Child([sys.executable, "-c", "import time; time.sleep(60)"], Path(sys.argv[1]))
print(child.start().pid, flush=True)
time.sleep(60)
"""


def python(code: str, log: Path) -> Child:
    """A child that runs this Python code."""
    return Child([sys.executable, "-c", textwrap.dedent(code)], log)


def has_said(child: Child, words: str) -> None:
    """Wait until the child has written these words."""
    child.await_ready(lambda: words in child.log_tail(), PATIENCE_SECONDS)


def alive(pid: int) -> bool:
    """Whether a process runs: zombies do not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_stopped_child_gets_the_chance_to_end_in_order(tmp_path: Path) -> None:
    """Stop asks first: the child's own handler decides the exit code."""
    child = python(
        """
        import signal, sys, time
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
        print("ready", flush=True)
        time.sleep(60)
        """,
        tmp_path / "log",
    ).start()
    has_said(child, "ready")
    child.stop()
    assert child.exit_code == 7
    child.stop()


def test_a_child_that_will_not_end_is_killed(tmp_path: Path) -> None:
    """Stop returns with the child gone, whatever the child thinks of it, frozen or not."""
    child = python(
        """
        import signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("ready", flush=True)
        time.sleep(60)
        """,
        tmp_path / "log",
    ).start()
    has_said(child, "ready")
    child.send(signal.SIGSTOP)
    child.stop(patience_seconds=0.2)
    assert child.exit_code == -signal.SIGKILL


def test_a_child_that_fails_at_its_start_says_why(tmp_path: Path) -> None:
    """The error carries the exit code and the last lines of the log."""
    child = python("import sys; sys.exit('no licence to sell')", tmp_path / "log").start()
    with pytest.raises(ChildError, match=r"(?s)ended with 1.*no licence to sell"):
        child.await_ready(lambda: False, PATIENCE_SECONDS)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's bond between parent and child is Linux's")
def test_a_child_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    """After kill -9 of the parent nothing is left behind."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path / "log")],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    with parent:
        assert parent.stdout is not None
        grandchild = int(parent.stdout.readline())
        assert alive(grandchild)
        os.kill(parent.pid, signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while alive(grandchild) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not alive(grandchild)


def test_a_free_port_can_be_listened_on_and_is_never_given_to_a_client() -> None:
    """Ports lie below the range from which the kernel takes those of outgoing connections."""
    port = free_port()
    assert port in PORTS
    with socket.socket() as server:
        server.bind(("127.0.0.1", port))
        server.listen()
    ephemeral = Path("/proc/sys/net/ipv4/ip_local_port_range")
    if ephemeral.exists():
        assert int(ephemeral.read_text().split()[0]) >= PORTS.stop
