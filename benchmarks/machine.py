"""The machine and who runs where on it: a broker of our own, and processes pinned to cores."""

from __future__ import annotations

import contextlib
import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path

from tests.brokers import KafkaBroker

# Kafka's own start script sets these.
JAVA_OPTIONS = (
    "-Xmx1g",
    "-Xms1g",
    "-XX:+UseG1GC",
    "-XX:MaxGCPauseMillis=20",
    "-XX:InitiatingHeapOccupancyPercent=35",
    "-XX:+ExplicitGCInvokesConcurrent",
)
BROKER = {
    "num.network.threads": "3",
    "num.io.threads": "8",
    "log.retention.ms": "-1",
    "log.segment.bytes": str(256 * 1024 * 1024),
    "message.max.bytes": str(8 * 1024 * 1024),
    # Workers that start together get their partitions together: Kafka's own default.
    "group.initial.rebalance.delay.ms": "3000",
    "log.cleaner.dedupe.buffer.size": str(128 * 1024 * 1024),
}


@dataclass(frozen=True)
class Placement:
    """Which cores the broker and each worker may use; empty: any."""

    name: str
    broker: tuple[int, ...]
    workers: tuple[tuple[int, ...], ...]

    @property
    def text(self) -> str:
        """For people."""
        if not self.broker:
            return "not pinned"
        told = ", ".join(f"worker {n + 1} on {_cores(each)}" for n, each in enumerate(self.workers))
        return f"broker on {_cores(self.broker)}, {told}"


def _cores(cores: tuple[int, ...]) -> str:
    return f"core {cores[0]}" if len(cores) == 1 else "cores " + " and ".join(map(str, cores))


def placements() -> dict[str, Placement]:
    """`apart`: broker and one worker on cores of their own; `shared`: both on one core, so that `pair`, two
    workers and the broker on two cores, has twice its processor and nothing else.
    """
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        return {
            name: Placement(name, (), ((),) * (1 + (name == "pair"))) for name in ("apart", "shared", "pair")
        }
    first, second = cores[:2]
    return {
        "apart": Placement("apart", (first,), ((second,),)),
        "shared": Placement("shared", (second,), ((second,),)),
        "pair": Placement("pair", (first, second), ((first,), (second,))),
    }


def pin(pid: int, cores: tuple[int, ...]) -> None:
    """Let all threads of a process run on these cores only; threads that it starts later inherit it."""
    if not cores:
        return
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(ProcessLookupError):  # it has ended
            os.sched_setaffinity(int(thread.name), cores)


def broker() -> KafkaBroker:
    """A Kafka as its own start script would run it."""
    return KafkaBroker(BROKER, JAVA_OPTIONS)


def describe() -> dict[str, str]:
    """What a reader needs to know of the machine; no names, no paths."""
    model = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = re.search(r"^MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return {
        "processor": model[1].strip() if model else platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory_gib": f"{int(memory[1]) / 1024**2:.0f}" if memory else "unknown",
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "load_at_start": f"{os.getloadavg()[0]:.1f}",
    }
