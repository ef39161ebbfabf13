# Everything here sets up what it needs first, and does so at once when nothing has changed.
# PYTHON=3.15 runs a target on that very version, in an environment of its own.

VENV := .venv$(if $(PYTHON),-$(PYTHON))
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BROWSER_SCRIPTS := static/vendor
UV := .python/tools/bin/uv

# An environment remembers where it stood and which Python it is of. If the folder has moved or that Python has gone,
# forget that the environment was ready.
$(shell test "$$(cat $(READY) 2>/dev/null)" = "$(CURDIR)" && $(BIN)/python -c '' 2>/dev/null || rm -f $(READY))

# Without bytecode, each of the hundreds of servers that the tests start would compile all its modules again, which takes
# more than a second.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup dev test lint format types bench docs requirements clean
.DELETE_ON_ERROR:

help:
	@echo 'make setup         make $(VENV): Python 3.14 or newer, hyperpy and the tools to develop it'
	@echo 'make dev           serve routes_example/ and reload on every change'
	@echo 'make test          run the tests, with SLOW=1 the slow ones too; ARGS="tests/test_x.py -k name" runs some'
	@echo 'make lint          check style (ruff)'
	@echo 'make format        mend what ruff can mend'
	@echo 'make types         check types (mypy, strict)'
	@echo 'make docs          run the examples of README.md and docs/'
	@echo 'make bench         measure hyperpy beside its peers'
	@echo 'make requirements  pin the newest versions in requirements/'
	@echo 'make clean         delete all that these targets made'
	@echo
	@echo 'Add PYTHON=3.15 to run a target on another version of Python.'

setup: $(READY)

$(READY): pyproject.toml requirements/dev.txt requirements/bench.txt scripts/setup $(wildcard scripts/*.py)
	@scripts/setup $(VENV) $(PYTHON)
	@printf %s '$(CURDIR)' > $@

dev: setup $(BROWSER_SCRIPTS)
	@$(BIN)/hyper dev --routes routes_example $(ARGS)

# Not a file target: the script is quick when there is nothing to fetch, and must run again once npm is there.
.PHONY: $(BROWSER_SCRIPTS)
$(BROWSER_SCRIPTS): setup
	@$(BIN)/python scripts/fetch_browser_scripts.py $@

test: setup
	@$(BIN)/python -m pytest $(if $(ARGS),$(ARGS),--cov --numprocesses 3 --dist worksteal)

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: setup
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: setup
	@$(BIN)/mypy

docs: setup
	@$(BIN)/python -m pytest tests/test_docs.py

bench: setup
	@$(BIN)/python -m bench $(ARGS)

# No index and no hash is written down: the files must serve behind any mirror.
COMPILE = $(UV) pip compile --quiet --upgrade --universal --python-version 3.14 --no-build \
	--custom-compile-command 'make requirements'
requirements: setup
	@test -x $(UV) || $(BIN)/python -m pip install --quiet --quiet --target .python/tools uv
	@$(COMPILE) pyproject.toml requirements/dev.in --output-file requirements/dev.txt
	@$(COMPILE) requirements/bench.in --constraints requirements/dev.txt --output-file requirements/bench.txt

clean:
	rm -rf .venv .venv-* .python $(BROWSER_SCRIPTS) dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
	find . -name __pycache__ -prune -exec rm -rf {} +
