# Needs only python3 (3.11 or newer) and a package registry. Everything lives in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.synced

.PHONY: setup demo test test-crash check bench lock clean

setup: $(STAMP)

$(STAMP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Pictograph needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V). Set PYTHON=python3.12, say."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -c 'import uv' 2>/dev/null || $(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@# Compiles what the server and its jobs load, else their first start would take twice as long, and every start where
	@# this variable is set.
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -c 'import pictograph.cli.app, pictograph_server.up, \
	  pictograph_server.engines.annotators.sam3.network, pictograph_server.executors.annotator_serve, \
	  pictograph_server.engines.trainers.train, pictograph_server.engines.trainers.yolox.learner'
	@touch $@

demo: setup
	$(BIN)/python -m examples.demo

# Two at a time: many wait for processes that they kill, and the rest is arithmetic. A file's tests stay together.
test: setup
	$(BIN)/pytest -n 2 --dist loadfile

# Every place at which a process can be killed; `test` tries some of them.
test-crash: setup
	$(BIN)/pytest -m "" tests/e2e/test_kill.py

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

bench: setup
	$(BIN)/python -m benchmarks

# The locks name no registry, so they install from any mirror.
COMPILE := $(BIN)/uv pip compile pyproject.toml requirements/headless.in --override requirements/overrides.txt \
  --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet --upgrade
lock:
	$(COMPILE) --extra all -o requirements/all.txt
	$(COMPILE) --extra all --group dev -o requirements/dev.txt

clean:
	rm -rf $(VENV) pictograph-data demo-output dist
