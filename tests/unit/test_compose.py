"""docker-compose.yml without a Docker engine: it is hardened, and all that it names exists and agrees."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from agents.cli import TARGETS, main
from agents.crm.cast import CAMPAIGN_NAMES, ROSTER, SOURCE_NAMES
from agents.settings import Settings, load_settings
from tests.unit.compose import ROOT, binds, compose, secret_targets, services

OURS = {"topics", "worker", "simulator"}


def settings_of(name: str) -> Settings:
    """What our program makes of a service's environment; a wrong or unknown variable fails."""
    environment = {variable: str(text) for variable, text in services()[name]["environment"].items()}
    secrets = {variable for variable, text in environment.items() if text in secret_targets(services()[name])}
    assert all(variable.endswith("_FILE") for variable in secrets)
    told = {variable: text for variable, text in environment.items() if variable not in secrets}
    settings = load_settings(told)
    for variable in environment:
        field = variable.removeprefix("VORONKA_").removesuffix("_FILE").lower()
        assert hasattr(settings, field), f"{variable} is no setting"
    return settings


@pytest.mark.parametrize("name", sorted(services()))
def test_every_service_may_do_as_little_as_possible(name: str) -> None:
    """Not root, nothing writable but data and scratch, no capability, bounded memory, CPU and processes."""
    service = services()[name]
    user, _, _group = str(service["user"]).partition(":")
    assert user.isdigit()
    assert int(user) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["cpus"]
    assert service["pids_limit"]
    assert not {"privileged", "network_mode", "pid", "ipc", "devices"} & set(service)
    assert "/var/run/docker.sock" not in str(service)


@pytest.mark.parametrize("name", sorted(services()))
def test_ports_are_published_on_loopback_alone(name: str) -> None:
    """Nobody outside of this machine reaches a service; within, they share a network that leads nowhere."""
    service = services()[name]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    assert "inside" in service["networks"]
    assert compose()["networks"]["inside"] == {"internal": True}
    assert ("outside" in service["networks"]) == bool(service.get("ports"))


def test_images_are_named_by_an_exact_tag() -> None:
    """No service changes by itself: major, minor and patch are given."""
    for name, service in services().items():
        assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+\.\d+(-[a-z]+)?", service["image"]), (name, service["image"])
        assert ("build" in service) == (name in OURS)


def test_what_lasts_is_watched_and_what_ends_is_not() -> None:
    """Each server says whether it is healthy; the worker does so by its image."""
    without = {name for name, service in services().items() if not service.get("healthcheck", {}).get("test")}
    assert without == OURS
    assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text("utf-8")
    disabled = {name for name in OURS if services()[name].get("healthcheck") == {"disable": True}}
    assert disabled == OURS - {"worker"}


def test_services_wait_for_what_they_need() -> None:
    """Topics are checked on a healthy broker before a worker or the simulator begins."""
    needs = {
        name: {other: each["condition"] for other, each in service.get("depends_on", {}).items()}
        for name, service in services().items()
    }
    assert needs["topics"] == {"kafka": "service_healthy"}
    assert needs["worker"] == {"kafka": "service_healthy", "topics": "service_completed_successfully"}
    assert needs["simulator"] == {"topics": "service_completed_successfully"}
    assert needs["grafana"] == {"prometheus": "service_healthy"}
    for name, others in needs.items():
        for other, condition in others.items():
            test = services()[other].get("healthcheck", {}).get("test")
            assert condition != "service_healthy" or test, f"{name} waits for {other}, which has no check"


def test_our_services_run_commands_and_settings_that_exist() -> None:
    """Each command is one of the program's with options it knows, each variable a setting."""
    for name in sorted(OURS):
        command, *options = services()[name]["command"]
        assert command in TARGETS
        asked = CliRunner().invoke(main, [command, *options, "--help"])
        assert asked.exit_code == 0, asked.output
    worker, topics, simulator = map(settings_of, ("worker", "topics", "simulator"))
    assert (worker.http_host, worker.http_port) == ("0.0.0.0", 6066)  # noqa: S104 - within its container
    assert topics == simulator
    assert (worker.partitions, worker.app_id, worker.broker) == (topics.partitions, "voronka", topics.broker)
    assert (topics.reps, topics.sources) == (tuple(ROSTER), tuple(SOURCE_NAMES))
    assert topics.campaigns == CAMPAIGN_NAMES
    assert topics.zone == Settings().zone
    assert topics.currency == Settings().currency


def test_a_deployment_may_choose_every_setting_that_is_not_the_stacks_own() -> None:
    """What .env says reaches every service of ours; names and defaults are those of the settings."""
    own = {"BROKER", "REPLICATION", "HTTP_HOST", "HTTP_PORT", "HTTP_ADVERTISED", "REDIS_FILE", "REDIS"}
    own |= {"CLOCK", "DATA_DIR"}
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    chosen = re.findall(r'^  VORONKA_(\w+): "?\$\{VORONKA_(\w+):-', text, re.MULTILINE)
    assert all(name == variable for name, variable in chosen)
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    known = {name for name in re.findall(r"`VORONKA_(\w+)`", page) if not name.startswith("KAFKA_")}
    assert {name for name, _ in chosen} == known - own - {"GENERATED"}
    for name in sorted(OURS):
        assert {f"VORONKA_{each}" for each, _ in chosen} <= services()[name]["environment"].keys()
        assert binds(services()[name])["/own"] == "./examples"


def test_workers_can_be_scaled_to_one_a_partition() -> None:
    """A worker has neither a name nor a port of its own, and the range of ports is long enough."""
    worker = services()["worker"]
    assert "container_name" not in worker
    first, last = re.fullmatch(r"127\.0\.0\.1:(\d+)-(\d+):6066", worker["ports"][0]).groups()  # type: ignore[union-attr]
    assert int(last) - int(first) + 1 >= settings_of("worker").partitions


def test_every_mount_and_volume_exists() -> None:
    """Files of the repository are there and cannot be written to; named volumes are declared and used."""
    for name, service in services().items():
        for target, source in binds(service).items():
            assert (ROOT / source).exists(), f"{name}: {source}"
            assert target.startswith("/")
    used = {
        mount.split(":")[0]
        for service in services().values()
        for mount in service.get("volumes", ())
        if not mount.startswith("./")
    }
    assert used == set(compose()["volumes"])


def test_clients_reach_kafka_where_it_listens() -> None:
    """The address inside the network and the published one are the two that the broker advertises."""
    lines = (ROOT / "deploy/kafka.properties").read_text("utf-8").splitlines()
    properties = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    advertised = dict(each.split("://") for each in properties["advertised.listeners"].split(","))
    assert advertised == {"INSIDE": settings_of("worker").broker, "OUTSIDE": Settings().broker}
    assert services()["kafka"]["ports"] == ["127.0.0.1:9092:9092"]
    assert properties["log.dirs"] in str(services()["kafka"]["volumes"])
    assert properties["auto.create.topics.enable"] == "false"
    assert services()["kafka"]["healthcheck"]["test"][1].count(advertised["INSIDE"]) == 1


def test_prometheus_finds_workers_rules_and_alertmanager() -> None:
    """Names and ports are those of the services, rule files those that are mounted."""
    configured = yaml.safe_load((ROOT / "deploy/prometheus.yml").read_text("utf-8"))
    (job,) = configured["scrape_configs"]
    assert job["job_name"] == "voronka"
    assert [(each["names"], each["type"], each["port"]) for each in job["dns_sd_configs"]] == [
        (["worker"], "A", settings_of("worker").http_port)
    ]
    (manager,) = configured["alerting"]["alertmanagers"]
    assert manager["static_configs"] == [{"targets": ["alertmanager:9093"]}]
    mounted = binds(services()["prometheus"])
    for rules in configured["rule_files"]:
        assert mounted[f"/etc/prometheus/{rules}"] == f"./dashboards/generated/{Path(rules).name}"
    assert mounted["/etc/prometheus/prometheus.yml"] == "./deploy/prometheus.yml"
    assert "--config.file=/etc/prometheus/prometheus.yml" in services()["prometheus"]["command"]


def test_grafana_finds_its_data_source_and_boards_at_first_login() -> None:
    """Provisioning is mounted where Grafana looks, and names paths and variables that the service has."""
    grafana = services()["grafana"]
    mounted, environment = binds(grafana), grafana["environment"]
    kinds = {name: mounted[f"/etc/grafana/provisioning/{name}"] for name in ("dashboards", "datasources")}
    (boards,) = (ROOT / kinds["dashboards"]).glob("*.yml")
    for provider in yaml.safe_load(boards.read_text("utf-8"))["providers"]:
        assert list((ROOT / mounted[provider["options"]["path"]]).glob("*.json")), provider
    home = Path(environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert (ROOT / mounted[str(home.parent)] / home.name).is_file()
    (sources,) = (ROOT / kinds["datasources"]).glob("*.yml")
    (source,) = yaml.safe_load(sources.read_text("utf-8"))["datasources"]
    assert environment[source["url"].removeprefix("$")] == "http://prometheus:9090"
    assert {name for name in environment if not name.startswith("GF_")} == {source["url"].removeprefix("$")}
    assert services()["prometheus"]["ports"] == ["127.0.0.1:9090:9090"]
