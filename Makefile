# make setup  installs everything below this folder: .venv and bridge_node/node_modules
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

# Bytecode is left to the first import, which halves the time; unless Python is told to write none.
PIP_INSTALL := .venv/bin/pip install --disable-pip-version-check --progress-bar off \
	$(if $(PYTHONDONTWRITEBYTECODE),,--no-compile)

$(PYTHON_READY): requirements-dev.txt pyproject.toml
	@tools/check-versions "$(PYTHON)"
	@tools/step "Python: an environment in .venv" "$(PYTHON)" -m venv .venv
	@tools/step "Python: $$(grep -c == $<) packages of $<" $(PIP_INSTALL) --requirement $<
# compat: a plain path, where the default would have every command import a finder first
	@tools/step "Python: the commands algo-service, market-data and zerorpc" \
		$(PIP_INSTALL) --no-deps --config-settings editable_mode=compat --editable .
	@ln -sf ../../bridge_node/bin/bridge-node.js .venv/bin/bridge-node
	@touch $@

$(NODE_READY): bridge_node/package-lock.json bridge_node/package.json
	@tools/check-versions "$(PYTHON)" >/dev/null
	@cd bridge_node && ../tools/step "Node.js: the packages of bridge_node/package-lock.json" \
		npm ci --no-audit --no-fund
	@touch $@

run: setup
	@python -m tools.run

test: setup
	cd bridge_node && node --test --test-timeout=300000 $(NODE_TESTS:bridge_node/%=%)
	pytest -n 4 --dist worksteal

check: setup
	ruff check .
	ruff format --check .
	mypy
	lint-imports --cache-dir .mypy_cache/import_linter
	cd bridge_node && npx eslint . && npx tsc && npm run --silent format:check && npm run --silent imports
	bridge_node/node_modules/.bin/eslint --config bridge_node/eslint.config.js benchmarks

bench: setup
	python -m benchmarks.pipeline
	python -m benchmarks.growth
	python -m benchmarks.backtest.run

# Renews the lock files from pyproject.toml and package.json.
lock: setup
	.venv/bin/pip install --quiet pip-tools
	pip-compile --quiet --upgrade --strip-extras --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file requirements.txt pyproject.toml
	pip-compile --quiet --upgrade --strip-extras --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --extra backtest --extra dev --output-file requirements-dev.txt pyproject.toml
	cd bridge_node && npm update

clean:
	rm -rf .venv bridge_node/node_modules build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .bench
