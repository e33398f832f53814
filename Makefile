# make setup      installs everything below this folder: .venv and bridge_node/node_modules
# make run        the whole pipeline on real GOOG prices; Ctrl-C ends it
# make check      linters and types             make fix       formats, and fixes what a linter can fix
# make test       every test                    make test-unit those of Python that start no process
# make test-e2e   those of the whole pipeline   make coverage  which lines and branches the tests reach
# make bench      measurements                  make fuzz      looks for inputs that no parser is ready for
# make lock       renews the lock files         make audit     known vulnerabilities in the locked packages
# make release VERSION=0.2.0                    make clean     removes what setup made

PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)

PYTHON_READY := .venv/.ready
NODE_READY := bridge_node/node_modules/.ready
NODE_TESTS := $(wildcard bridge_node/test/*.test.js bridge_node/zerorpc/test/*.test.js)

.PHONY: setup run test test-node test-unit test-e2e coverage check fix bench fuzz lock audit release clean

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

# Most of the time of the tests is waiting.
PYTEST := pytest -n 4 --dist worksteal --durations=30
NODE_TEST := cd bridge_node && exec node --test --test-concurrency=3 --test-timeout=300000

# Both languages at once; what the tests of Node.js print comes at the end.
test: setup
	@log=$$(mktemp); trap 'kill $$node 2>/dev/null; rm -f $$log' EXIT; trap 'exit 130' INT; trap 'exit 143' TERM; \
	( $(NODE_TEST) $(NODE_TESTS:bridge_node/%=%) ) >$$log 2>&1 & node=$$!; \
	status=0; $(PYTEST) || status=$$?; wait $$node || status=$$?; cat $$log; exit $$status

test-node: setup
	$(NODE_TEST) $(NODE_TESTS:bridge_node/%=%)

test-unit: setup
	$(PYTEST) -m "not processes and not slow"

test-e2e: setup
	$(PYTEST) -m e2e

# Of Python, what runs in the tests' own processes; what runs in processes that they start is not counted.
coverage: setup
	$(PYTEST) -m "not e2e" --cov --cov-report=term
	$(NODE_TEST) --experimental-test-coverage $(NODE_TESTS:bridge_node/%=%)

check: setup
	ruff check .
	ruff format --check .
	mypy
	lint-imports --cache-dir .mypy_cache/import_linter
	cd bridge_node && npx eslint . && npm run --silent types && npm run --silent format:check && npm run --silent imports
	bridge_node/node_modules/.bin/eslint --config bridge_node/eslint.config.js benchmarks examples

fix: setup
	ruff check --fix .
	ruff format .
	cd bridge_node && npm run format

bench: setup
	python -m benchmarks.pipeline
	python -m benchmarks.growth
	python -m benchmarks.indicators
	python -m benchmarks.record
	python -m benchmarks.live
	python -m benchmarks.dashboard
	python -m benchmarks.backtest.run

# Both languages at once, then those of Node.js alone; SECONDS is how long each of the two takes. It ends with a failure
# if an input is found, which is kept below tests/fuzz/found.
SECONDS ?= 600

fuzz: setup
	@python -m tests.fuzz --seconds $(SECONDS)
	@cd bridge_node && FUZZ_SECONDS=$(SECONDS) exec node --test --test-reporter=spec test/fuzz.test.js

# Renews the lock files from pyproject.toml and package.json.
lock: setup
	.venv/bin/pip install --quiet pip-tools
	pip-compile --quiet --upgrade --strip-extras --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file requirements.txt pyproject.toml
	pip-compile --quiet --upgrade --strip-extras --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --extra backtest --extra postgres --extra live --extra notify --extra dev --output-file requirements-dev.txt pyproject.toml
	pip-compile --quiet --upgrade --strip-extras --no-header --no-annotate --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --constraint requirements-dev.txt --extra backtest --output-file requirements-backtest.txt pyproject.toml
	pip-compile --quiet --upgrade --strip-extras --no-header --no-annotate --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --constraint requirements-dev.txt --extra notify --output-file requirements-notify.txt pyproject.toml
	cd bridge_node && npm update

# Fails if a package could not be looked up; says SKIPPED where no advisory service is reachable.
audit: setup
	@python -m tools.audit

# Bumps the version, dates the changelog, builds the packages and tries them elsewhere; DRY_RUN=1 leaves the
# tree as it is. Tags and pushes nothing.
release: setup
	@python -m tools.release "$(VERSION)" $(if $(DRY_RUN),--dry-run)

clean:
	rm -rf .venv bridge_node/node_modules build *.egg-info .mypy_cache .pytest_cache .ruff_cache dist .hypothesis .coverage .bench .nodes tests/fuzz/found
