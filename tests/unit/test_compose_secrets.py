"""The secrets of docker-compose.yml: files, made once, where each service looks for them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from agents.settings import load_settings
from dashboards.alertmanager import SECRETS, Delivery, alertmanager
from dashboards.receivers import load_receivers
from tests.unit.compose import ROOT, binds, compose, secret_targets, services


def test_secrets_are_files_and_none_stands_in_a_configuration(tmp_path: Path) -> None:
    """All secrets that services name are made by one script, readable by them alone, and never made twice."""
    run = [str(ROOT / "deploy/secrets"), str(tmp_path / "secrets")]
    subprocess.run(run, check=True)
    made = {path.name: path.read_text("utf-8") for path in (tmp_path / "secrets").iterdir()}
    assert {f".secrets/{name}" for name in made} == {each["file"] for each in compose()["secrets"].values()}
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert len(made["redis-password"]) > 30
    assert made["redis-password"] != made["grafana-admin-password"]
    (tmp_path / "secrets" / "slack-url").write_text("mine")
    subprocess.run(run, check=True)
    again = {path.name: path.read_text("utf-8") for path in (tmp_path / "secrets").iterdir()}
    assert again == made | {"slack-url": "mine"}
    used = {name for service in services().values() for name in secret_targets(service).values()}
    assert used == set(compose()["secrets"]) == set(made)
    assert ".secrets/" in (ROOT / ".gitignore").read_text("utf-8").splitlines()
    for service in services().values():
        for variable, text in service.get("environment", {}).items():
            told = re.search("PASSWORD|TOKEN|SECRET|REDIS", variable)
            assert not told or str(text) in secret_targets(service), f"{variable} is no file"


def test_workers_find_redis_with_its_password(tmp_path: Path) -> None:
    """The address in the workers' secret is the service's, with the password that Redis asks for."""
    subprocess.run([str(ROOT / "deploy/secrets"), str(tmp_path)], check=True)
    path = {name: str(tmp_path / name) for name in ("redis-url", "redis-password")}
    assert secret_targets(services()["worker"]) == {
        services()["worker"]["environment"]["VORONKA_REDIS_FILE"]: "redis-url"
    }
    settings = load_settings({"VORONKA_REDIS_FILE": path["redis-url"]})
    password = Path(path["redis-password"]).read_text("utf-8").strip()
    assert settings.redis is not None
    assert settings.redis.url == f"redis://:{password}@redis:6379/0"
    assert "$(cat /run/secrets/redis-password)" in services()["redis"]["command"][-1].replace("$$", "$")


def test_alertmanager_has_every_secret_that_receivers_can_need() -> None:
    """Where all receivers of the example are told, each secret is mounted where the configuration looks."""
    told = load_receivers((ROOT / "examples" / "receivers.toml").read_text("utf-8"))
    named = set(re.findall(rf"{SECRETS}/[\w-]+", alertmanager(Delivery(receivers=told))))
    assert named == set(secret_targets(services()["alertmanager"]))
    assert binds(services()["alertmanager"]) == {
        "/etc/alertmanager/alertmanager.yml": "./dashboards/generated/alertmanager.yml"
    }
