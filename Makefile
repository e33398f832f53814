# make run    the whole pipeline on real GOOG prices; Ctrl-C ends it
# make test   every test        make check  linters and types
# make bench  measurements      make clean  removes what setup made

PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)

PYTHON_READY := .venv/.ready
NODE_READY := bridge_node/node_modules/.ready
NODE_TESTS := $(wildcard bridge_node/test/*.test.js bridge_node/zerorpc/test/*.test.js)

.PHONY: setup run test check bench clean lock

setup: $(PYTHON_READY) $(NODE_READY)

$(PYTHON_READY): requirements-dev.txt pyproject.toml
	$(PYTHON) -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --editable .
	ln -sf ../../bridge_node/bin/bridge-node.js .venv/bin/bridge-node
	touch $@

$(NODE_READY): bridge_node/package-lock.json bridge_node/package.json
	cd bridge_node && npm ci --no-audit --no-fund
	touch $@

run: setup
	honcho start

test: setup
	cd bridge_node && node --test --test-timeout=300000 $(NODE_TESTS:bridge_node/%=%)
	pytest -n 4 --dist worksteal

check: setup
	ruff check .
	ruff format --check .
	mypy
	cd bridge_node && npx eslint . && npx tsc
	bridge_node/node_modules/.bin/eslint --config bridge_node/eslint.config.js tests/bench

bench: setup
	python -m tests.bench.pipeline
	python -m tests.bench.growth
	python -m tests.bench.backtest.run

# Renews the lock files from pyproject.toml and package.json.
lock: setup
	.venv/bin/pip install --quiet pip-tools
	pip-compile --quiet --upgrade --strip-extras --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file requirements.txt pyproject.toml
	pip-compile --quiet --upgrade --strip-extras --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --extra backtest --extra dev --output-file requirements-dev.txt pyproject.toml
	cd bridge_node && npm update

clean:
	rm -rf .venv bridge_node/node_modules build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .bench
