"""What docker-compose.yml starts, started here: Kafka and Redis with the stack's own configuration."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import msgspec
import pytest

from agents.child import Child, ProgramMissingError, free_port
from agents.settings import Settings
from agents.topics import ensure_topics
from tests.brokers import KafkaBroker
from tests.conftest import unavailable
from tests.dashboards import prometheus
from tests.integration.worker import until
from tests.redis_server import redis_program
from tests.unit.compose import ROOT, services

pytestmark = pytest.mark.integration


@pytest.mark.kafka
def test_the_topics_job_is_content_with_the_stacks_kafka() -> None:
    """Only addresses and folders are this machine's: nothing else is refused or differs."""
    lines = (ROOT / "deploy" / "kafka.properties").read_text("utf-8").splitlines()
    properties = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    ours = ("listener", "advertised", "controller", "inter.broker", "log.dirs", "process", "node")
    kept = {name: text for name, text in properties.items() if not name.startswith(ours)}
    assert len(kept) > 5
    try:
        broker = KafkaBroker(kept)
    except ProgramMissingError as reason:
        unavailable(str(reason))
    with broker:
        settings = msgspec.structs.replace(Settings(), broker=broker.bootstrap, replication=1)
        report = ensure_topics(settings)
        assert report.created
        assert not report.differences


def test_the_stacks_redis_wants_its_password_and_shows_it_to_nobody(tmp_path: Path) -> None:
    """The service's own command: without the password it answers nothing, and no argument holds it."""
    program, port, secret = redis_program(), free_port(), "s3cret-of-redis"
    (tmp_path / "redis-password").write_text(f"{secret}\n")
    shell, flag, script = services()["redis"]["command"]
    script = script.replace("$$", "$").replace("/run/secrets", str(tmp_path))
    script = script.replace("exec redis-server", f"exec {program}").replace("bind * -::*", f"port {port}")
    child = Child([shell, flag, script], tmp_path / "redis.log").start()

    def asks(*commands: str) -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall("".join(f"{command}\r\n" for command in commands).encode())
            return connection.recv(200)

    def listens() -> bool:
        try:
            return bool(asks("PING"))
        except OSError:
            return False

    try:
        until(listens, child.log_tail, 10)
        assert asks("PING").startswith(b"-NOAUTH")
        assert asks(f"AUTH {secret}").startswith(b"+OK")
        assert secret.encode() not in Path(f"/proc/{child.pid}/cmdline").read_bytes()
    finally:
        child.kill()


def test_the_stacks_prometheus_takes_its_configuration(tmp_path: Path) -> None:
    """promtool checks the file as it is, with the rules where the service has them."""
    (tmp_path / "rules").mkdir()
    for mount in services()["prometheus"]["volumes"]:
        source, target, *_ = mount.split(":")
        if target.startswith("/etc/prometheus/"):
            place = tmp_path / Path(target).relative_to("/etc/prometheus")
            place.write_text((ROOT / source).read_text("utf-8"), "utf-8")
    done: subprocess.CompletedProcess[str] = prometheus.run(
        "promtool", "check", "config", tmp_path / "prometheus.yml"
    )
    assert done.returncode == 0, done.stderr + done.stdout
    assert done.stdout.count("rules found") == 2
