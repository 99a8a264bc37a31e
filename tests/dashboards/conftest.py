"""One simulated department for all tests of rules and boards: two workers on Kafka, scraped by Prometheus."""

from collections.abc import Callable, Iterator

import pytest

from dashboards.files import GENERATED
from tests.brokers import KafkaBroker
from tests.dashboards import prometheus
from tests.dashboards.department import CHOSEN, MORE, Department, history
from tests.integration.worker import deployed, split, until


@pytest.fixture(scope="package")
def department(
    kafka_broker: KafkaBroker, fresh_name: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Department]:
    """Two months are applied, every shard is exported by one of two workers, every rule is evaluated."""
    folder = tmp_path_factory.mktemp("department")
    prometheus.program("prometheus")
    with deployed(kafka_broker.bootstrap, fresh_name("boards"), folder, CHOSEN) as deployment:
        workers = [deployment.start(), deployment.start()]
        until(
            lambda: split(workers) and all(worker.shards() for worker in workers),
            lambda: str([worker.told() for worker in workers]),
        )
        deployment.publish([*history(), *MORE])
        deployment.settle(*workers)
        rule_files = [GENERATED / "rules.yml", GENERATED / "alerts.yml"]
        server = prometheus.start(folder, [worker.port for worker in workers], rule_files)
        try:
            server.await_rules(len(workers))
            yield Department(deployment, workers, server, folder)
        finally:
            server.child.stop()
