# Every target that needs the environment creates it first, from the lock file.
.DEFAULT_GOAL := help
# PyAirbyte, which the demo and the tests load databases with, needs Python 3.10 to 3.12.
PYTHON ?= $(firstword $(foreach v,python3 python3.12 python3.11 python3.10,$(shell $(v) -c 'import sys; (3, 10) <= sys.version_info < (3, 13) and print("$(v)")' 2>/dev/null)))
CORES := $(shell getconf _NPROCESSORS_ONLN)
# One more than there are cores: tests spend some of their time waiting for programs and servers.
JOBS ?= $(shell expr $(CORES) + 1)
VENV := .venv
BIN := $(VENV)/bin
# Tests in one group share slow fixtures, so they stay on one worker.
PYTEST = $(BIN)/pytest -q -n $(JOBS) --dist loadgroup
LOCK := $(VENV)-lock/bin/uv pip compile pyproject.toml --quiet --universal --no-strip-extras --python-version 3.10 \
	--generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
# Without bytecode, every start of the connector would compile the CDK again.
unexport PYTHONDONTWRITEBYTECODE
export DO_NOT_TRACK := 1
export AIRBYTE_OFFLINE_MODE := 1

.PHONY: help install demo dbt dashboard dashboard-test warehouses sandbox unit pythons lowest test soak mutants bench lint fix tables \
	doctor-example lock build image image-test form audit clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

install: $(VENV)/installed ## create .venv from the lock, with the connector in it

$(VENV)/installed: requirements/dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.10, 3.11 or 3.12 is required; set it with make PYTHON=/path/to/python"; exit 1; }
	@echo "Installing the development environment into $(VENV), which takes some minutes."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: install ## start the sandbox, sync twice into a DuckDB file, and show the result
	@PYTHONWARNINGS=ignore::FutureWarning $(BIN)/python -m scripts.demo
	@$(BIN)/python -m scripts.demo_show

dbt: install ## build and test the dbt package on the demo's database
	@$(BIN)/python -m scripts.dbt_build

# DATABASE defaults to the demo's. DASHBOARD passes more options; see python -m scripts.dashboard --help.
dashboard: install ## write a dashboard; DATABASE=file.duckdb or a PostgreSQL URL, RAW_SCHEMA=schema of the streams
	@$(BIN)/python -m scripts.dashboard $(if $(DATABASE),--database "$(DATABASE)") \
		$(if $(RAW_SCHEMA),--raw-schema "$(RAW_SCHEMA)") $(if $(OUT),--out "$(OUT)") $(DASHBOARD)

dashboard-test: dashboard ## test the demo's dashboard in Chromium, and take screenshots; requires Node.js and Chromium
	cd scripts/form && npm ci --silent --no-audit --no-fund && npm run --silent dashboard

warehouses: install $(VENV)-warehouses/installed $(VENV)-snowflake/installed ## build the dbt package on BigQuery and Snowflake emulators; requires Python 3.11 or later
	@PYTHONWARNINGS=ignore $(BIN)/python -m scripts.warehouses.run

$(VENV)-warehouses/installed $(VENV)-snowflake/installed: $(VENV)-%/installed: requirements/%.txt
	$(PYTHON) -m venv $(VENV)-$*
	$(VENV)-$*/bin/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/$*.txt
	@touch $@

sandbox: install ## start the sandbox; ARGS="--write-config secrets/config.json" saves its configuration
	@$(BIN)/python -m sandbox $(ARGS)

# Unit tests do not wait, so more workers than cores would not help.
unit: JOBS := $(CORES)
unit: install ## run the unit tests
	$(PYTEST) unit_tests

pythons: ## run the unit tests on every Python from 3.10 to 3.14 that is installed
	@$(PYTHON) -m scripts.pythons

lowest: ## run the unit tests with the lowest versions that pyproject.toml allows, on Python 3.10
	@$(PYTHON) -m scripts.pythons --requirements lowest 3.10

test: install ## run all tests
	$(PYTEST)

soak: install ## run the long versions of the tests: every fault, many syncs, many kills
	$(PYTEST) -m soak
	$(PYTEST) --hypothesis-profile=soak unit_tests

mutants: install ## run mutation tests: change the code in small ways and count the changes that tests notice; MODULES=... selects modules
	$(BIN)/python -m scripts.mutants $(MODULES)

bench: install $(VENV)-lean/installed ## measure speed and memory against other ways to read the same data
	$(BIN)/python -m benchmarks.run

# The connector as users install it: development packages slow down its imports and make them larger.
$(VENV)-lean/installed: requirements/main.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)-lean
	$(VENV)-lean/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/main.txt
	$(VENV)-lean/bin/pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

lint: install ## run ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fix: install ## let ruff fix and format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

tables: install ## regenerate the tables in README.md and docs/, and examples/catalog.json
	$(BIN)/python -m scripts.tables

doctor-example: install ## regenerate the example report in docs/doctor.md from the sandbox
	$(BIN)/python -m scripts.doctor_example

lock: ## regenerate requirements/*.txt from pyproject.toml
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/pip install --quiet uv
	$(LOCK) --group dev -o requirements/dev.txt
	$(LOCK) --constraint requirements/dev.txt -o requirements/main.txt
	$(LOCK) --group warehouses -o requirements/warehouses.txt
	$(LOCK) --group unit --constraint requirements/dev.txt -o requirements/unit.txt
	$(LOCK) --group unit --resolution lowest-direct -o requirements/lowest.txt
	$(LOCK) --group snowflake -o requirements/snowflake.txt

build: install ## build the wheel and the source distribution into dist/
	rm -rf dist
	$(BIN)/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	$(BIN)/python -c "from poetry.core.masonry.api import build_sdist; print(build_sdist('dist'))"

image: install ## build the image with docker or podman
	$(BIN)/python -m scripts.image build

image-test: image ## lint the Dockerfile, then run the image against the sandbox as Airbyte does
	$(BIN)/hadolint Dockerfile
	$(BIN)/python -m scripts.image test

form: install ## render the spec as a form and test it in Chromium; requires Node.js and Chromium
	mkdir -p scripts/form/build && cp scripts/form/page.html scripts/form/build/
	$(BIN)/python -m scripts.spec > scripts/form/build/spec.json
	cd scripts/form && npm ci --silent --no-audit --no-fund && npm run --silent build && npm run --silent check

audit: install ## check the locked dependencies for known vulnerabilities
	$(BIN)/pip-audit --requirement requirements/main.txt --disable-pip --progress-spinner off

clean: ## remove everything that the targets above create
	rm -rf $(VENV) $(VENV)-lock $(VENV)-lean $(VENV)-warehouses $(VENV)-snowflake $(VENV)-unit $(VENV)-lowest demo dist .tmp .pytest_cache .mypy_cache .ruff_cache .hypothesis scripts/form/build
