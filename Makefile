# Everything a person types. `make setup` is quick after the first time. Targets that need more than python3 say so.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
UV := uv==0.13.9
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Ten times quicker than pip, which follows where uv does not know a machine's way to the packages.
INSTALL_LOCKED := $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
# Versions that are locked stay as they are; make lock UPGRADE=--upgrade takes the newest.
LOCK_OPTIONS := $(UPGRADE) --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
CORE := build/core
PEERS := .cache/bench
PEERS_STAMP := $(PEERS)/.installed
WORKERS ?= 1
# Most tests wait for a broker or a worker; PROCESSES=0 runs them one after the other, in this process.
PROCESSES ?= 2
ARGS ?=

.PHONY: help setup lock components core demo dashboards check format test chaos bench up down clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 20

setup: $(STAMP) ## make .venv with the locked packages

$(STAMP): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "voronka needs Python 3.11 or newer: install it, or name one with PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "voronka needs Python 3.11 or newer, $(PYTHON) is $$($(PYTHON) -V): name a newer one with PYTHON=..." >&2; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) >&2 || { echo "this Python has no venv module: on Debian, apt-get install python3-venv" >&2; exit 1; }
	@echo "installing the locked packages into $(VENV)" >&2
	@$(PIP) $(UV) >&2
	@$(INSTALL_LOCKED) >&2 || $(PIP) --require-hashes -r requirements.lock >&2
	@$(PIP) --no-deps --no-build-isolation -e . >&2
	@touch $@

lock: $(STAMP) ## write requirements.lock for pyproject.toml; UPGRADE=--upgrade takes newer versions
	$(BIN)/uv pip compile --quiet $(LOCK_OPTIONS) --all-extras --output-file requirements.lock pyproject.toml
	$(BIN)/uv pip compile --quiet $(LOCK_OPTIONS) --group bench --output-file benchmarks/requirements.lock pyproject.toml
	$(BIN)/uv pip compile --quiet $(LOCK_OPTIONS) --group image --constraints requirements.lock --output-file deploy/requirements.lock pyproject.toml

components: setup ## fetch what the integration tests run: Kafka, Prometheus, the AsyncAPI parser
	@.ci/components

# The same modules, compiled: a copy of the packages to put first on the path of modules.
$(CORE)/.built: $(wildcard streams/* agents/*.py agents/*/*) tools/core/__main__.py | $(STAMP)
	@command -v cc >/dev/null || { echo "this needs a C compiler: on Debian, apt-get install gcc libc6-dev" >&2; exit 1; }
	@echo "compiling the hot modules into $(CORE)" >&2
	@$(BIN)/python -m tools.core $(CORE) >&2
	@touch $@

core: setup $(CORE)/.built ## compile what every event goes through: PYTHONPATH=build/core .venv/bin/voronka worker

demo: setup ## watch a sales department live; ARGS="--duration 20 --json" ends by itself
	@$(BIN)/voronka demo $(ARGS)

dashboards: setup ## write rules, alerts, boards and runbook from the catalogue
	$(BIN)/python -m dashboards

# Bytewax has packages for Python 3.11 and 3.12 only; PYTHON=... names one.
$(PEERS_STAMP): benchmarks/requirements.lock | $(STAMP)
	@echo "installing the engines that are measured beside ours into $(PEERS)" >&2
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS) >&2
	@$(BIN)/uv pip install --quiet --python $(PEERS)/bin/python --require-hashes -r benchmarks/requirements.lock >&2
	@touch $@

bench: components $(PEERS_STAMP) $(CORE)/.built ## measure against other engines on Apache Kafka; ARGS="--help" tells what else
	@$(BIN)/python -m benchmarks --core $(CORE) $(ARGS)

check: setup ## lint, format and types, without the network
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: setup ## let ruff mend what it can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

test: components ## every test; ARGS="-k journey -x" goes to pytest
	$(BIN)/pytest -n $(PROCESSES) --dist loadscope --no-loadscope-reorder $(ARGS)

chaos: components ## every fault test at full size on Apache Kafka; ARGS="--scale 0.05 --seed 7 -k kill"
	@$(BIN)/python -m tests.chaos $(ARGS)

up: ## the whole stack in Docker: Kafka, workers, Redis, Prometheus, Alertmanager, Grafana; WORKERS=3
	@command -v docker >/dev/null && docker compose version >/dev/null 2>&1 || { echo "this needs Docker with its compose plugin; without, make demo shows a department on this machine" >&2; exit 1; }
	@deploy/secrets
	docker compose up --build --detach --remove-orphans --scale worker=$(WORKERS) $(ARGS)
	@docker compose port --index 1 worker 6066 | sed 's|^|the live page: http://|'
	@echo "Grafana: http://127.0.0.1:3000, user admin, password in .secrets/grafana-admin-password"
	@echo "COMPOSE_PROFILES=simulator make up lets a simulated CRM send events; events of yours go to 127.0.0.1:9092"

down: ## end the stack; ARGS=--volumes forgets its data too
	docker compose --profile simulator down --remove-orphans $(ARGS)

clean: ## remove what these targets made
	rm -rf $(VENV) .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache dist build
