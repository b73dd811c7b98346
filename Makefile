# Kith. `make help` lists what there is; `make demo` and `make test` set everything up from nothing.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup demo up test whole check lint bench soak spark sparkcheck clean lock browsers postgres

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
INSTALL = $(BIN)/uv pip install --compile-bytecode --quiet --python $(BIN)/python --require-hashes -r $(1) \
	|| $(BIN)/python -m pip install --quiet --require-hashes -r $(1)

# Whole worlds lived day by day: minutes each, with samples of their own among the tests.
WORLDS := sixty_days or playbooks or simulation

help: ## What can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: .venv/.base ## The virtual environment with the locked packages

.venv/.base: requirements.lock requirements-uv.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
		|| { echo "Kith needs Python 3.11, found $$($(PYTHON) --version); set PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Installing the locked packages into .venv …"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@$(call INSTALL,requirements.lock)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.lint: .venv/.base requirements-lint.lock
	@$(call INSTALL,requirements-lint.lock)
	@touch $@

.venv/.browser: .venv/.base requirements-browser.lock
	@$(call INSTALL,requirements-browser.lock)
	@touch $@

.venv/.postgres: .venv/.base requirements-postgres.lock
	@$(call INSTALL,requirements-postgres.lock)
	@touch $@

# An environment of its own: where pyspark is installed, Great Expectations goes looking for a Spark.
.venv-spark/.done: requirements-spark.lock requirements-uv.lock pyproject.toml
	@echo "Installing the packages for Spark into .venv-spark …"
	@test -x .venv-spark/bin/python || $(PYTHON) -m venv .venv-spark
	@.venv-spark/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@.venv-spark/bin/uv pip install --compile-bytecode --quiet --python .venv-spark/bin/python --require-hashes \
		-r requirements-spark.lock || .venv-spark/bin/python -m pip install --quiet --require-hashes -r requirements-spark.lock
	@.venv-spark/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: .venv/.base ## The whole of it, in minutes, on a simulated shop with a real mail server
	@$(BIN)/kith sandbox demo $(or $(ARGS),--run-every 56)

up: .venv/.base ## Dagster UI, dashboards, API, MLflow and the sandbox vendors, on loopback
	@$(BIN)/kith up

test: .venv/.base ## The tests, but for what takes a machine of its own or goes from end to end: those are in `make check`
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 --dist loadfile \
		-m "not browser and not soak and not spark and not whole and not real_data"

whole: .venv/.base ## Tests of whole runs: the graph, the demo, builds, trainings, long histories, public data
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 --dist loadfile -m "(whole or real_data) and not soak" tests/unit tests/integration

lint: .venv/.lint ## Format, lint, types, imports, SQL
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/pyright
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/sqlfluff lint --disable-progress-bar --processes 2 dbt/models dbt/tests

browsers: .venv/.browser
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile -m browser tests/browser

postgres: .venv/.postgres ## Tests that need a PostgreSQL server (KITH_TEST_POSTGRES) or an object store
	@$(BIN)/python -m pytest -q -m "not soak" -k "postgres or object_store" tests/integration

spark: .venv-spark/.done ## The dbt project on Spark, each table's checksum beside DuckDB's; HOME_DIR=, PEOPLE=
	@.venv-spark/bin/python -W ignore -m tests.integration.spark "$(HOME_DIR)" "$(PEOPLE)"

sparkcheck: .venv-spark/.done
	@.venv-spark/bin/python -m pytest -q -m spark tests/integration/spark

check: lint test whole browsers postgres ## Everything that CI asks: lint, test, whole runs, browsers, PostgreSQL, a sample of soak, Spark
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile -m soak --count 5 -k "not ($(WORLDS))" tests
	@$(BIN)/python -m pytest -q -n 2 --dist load -m soak --count 20000 -k agree_with_the_oracle tests/unit/segments
	@$(MAKE) --no-print-directory sparkcheck

bench: .venv/.base ## The benches, a JSON line each; ONLY=name for one
	@$(BIN)/python -m tests.bench $(ONLY)

soak: .venv/.base ## The kill and fault battery at full count; ONLY=, COUNT=, SEED=
	@$(BIN)/python -m pytest -q -s -m soak --timeout 0 $(if $(COUNT),--count $(COUNT)) $(if $(SEED),--seed $(SEED)) \
		$(if $(ONLY),-k $(ONLY)) tests

lock: .venv/.base ## Compile the locks anew from pyproject.toml
	@COMPILE="$(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--no-annotate"; \
	$$COMPILE pyproject.toml --extra test -o requirements.lock; \
	$$COMPILE pyproject.toml --extra test --extra lint -c requirements.lock -o requirements-lint.lock; \
	$$COMPILE pyproject.toml --extra test --extra postgres -c requirements.lock -o requirements-postgres.lock; \
	$$COMPILE pyproject.toml --extra test --extra spark -c requirements.lock -o requirements-spark.lock; \
	$$COMPILE pyproject.toml --extra test --extra browser -c requirements.lock -o requirements-browser.lock; \
	$$COMPILE tests/bench/packages.in -o requirements-bench.lock

clean: ## Remove the demo's data, caches and build leftovers (not .venv)
	@rm -rf data .sandbox artifacts build dist dbt/target dbt/logs logs .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
