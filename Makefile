# One command each; every target makes the environment it needs from the locks.
.DEFAULT_GOAL := help
# PyAirbyte, which the demo and the tests load databases with, runs on Python 3.10 to 3.12.
PYTHON ?= $(firstword $(foreach v,python3 python3.12 python3.11 python3.10,$(shell $(v) -c 'import sys; (3, 10) <= sys.version_info < (3, 13) and print("$(v)")' 2>/dev/null)))
VENV := .venv
BIN := $(VENV)/bin
LOCK := $(VENV)-lock/bin/uv pip compile pyproject.toml --quiet --universal --no-strip-extras --python-version 3.10 \
	--generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
# Without bytecode every start of the connector would compile the CDK again.
unexport PYTHONDONTWRITEBYTECODE
export DO_NOT_TRACK := 1
export AIRBYTE_OFFLINE_MODE := 1

soak: install ## the long form of the tests: every fault, many syncs, many kills; about 20 minutes
	$(BIN)/pytest -q -m soak integration_tests

image: install ## build the image with docker or podman
	$(BIN)/python -m scripts.image build

image-test: image ## lint the Dockerfile, and run the image as Airbyte does, against the sandbox
	$(BIN)/hadolint Dockerfile
	$(BIN)/python -m scripts.image test

form: install ## draw the spec as a form and drive it in Chromium; needs Node.js and Chromium
	mkdir -p scripts/form/build && cp scripts/form/page.html scripts/form/build/
	$(BIN)/python -m scripts.spec > scripts/form/build/spec.json
	cd scripts/form && npm ci --silent --no-audit --no-fund && npm run --silent build && npm run --silent check

build: install ## make wheel and source distribution in dist/
	rm -rf dist
	$(BIN)/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	$(BIN)/python -c "from poetry.core.masonry.api import build_sdist; print(build_sdist('dist'))"

audit: install ## look the locked dependencies up in the public list of known vulnerabilities
	$(BIN)/pip-audit --requirement requirements/main.txt --disable-pip --progress-spinner off

bench: install ## measure speed and memory against rivals, in about 7 minutes
	$(BIN)/python -m benchmarks.run

.PHONY: help install demo sandbox test soak image image-test form build audit bench lint fix lock tables clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

install: $(VENV)/installed ## make .venv from the lock, with the connector in it

$(VENV)/installed: requirements/dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.10, 3.11 or 3.12 is needed; name it with make PYTHON=/path/to/python"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: install ## start the sandbox, load a DuckDB file twice, show what is in it
	@PYTHONWARNINGS=ignore::FutureWarning $(BIN)/python -m scripts.demo
	@$(BIN)/python -m scripts.demo_show

sandbox: install ## start the sandbox; make sandbox ARGS="--write-config secrets/config.json" saves its configuration
	@$(BIN)/python -m sandbox $(ARGS)

test: install ## unit tests, then integration tests
	$(BIN)/pytest -q

lint: install ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fix: install ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

tables: install ## write the README's generated tables from the manifest
	$(BIN)/python -m scripts.tables

lock: ## remake requirements/*.txt from pyproject.toml
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/pip install --quiet uv
	$(LOCK) --group dev -o requirements/dev.txt
	$(LOCK) --constraint requirements/dev.txt -o requirements/main.txt

clean: ## remove what the targets above made
	rm -rf $(VENV) $(VENV)-lock demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
