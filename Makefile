# Every target first sets up what it needs, which takes no time if nothing has changed.
# PYTHON=3.15 runs a target on exactly that version, in a separate environment.

VENV := .venv$(if $(PYTHON),-$(PYTHON))
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BROWSER_SCRIPTS := static/vendor
UV := .python/tools/bin/uv
# What the server builds on.
SERVER_PACKAGES := uvicorn starlette httptools h11

# An environment only works in the folder and with the Python that it was made for. If either has changed, set it up
# again.
$(shell test "$$(cat $(READY) 2>/dev/null)" = "$(CURDIR)" && $(BIN)/python -c '' 2>/dev/null || rm -f $(READY))

# Without bytecode, each of the hundreds of servers that the tests start would compile all its modules again, which takes
# more than a second.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup dev test test-newest lint format types bench docs docs-dev requirements dist clean
.DELETE_ON_ERROR:

help:
	@echo 'make setup         create $(VENV) with Python 3.14 or newer, hyperpy and its development tools'
	@echo 'make dev           serve routes_example/ and reload on every change'
	@echo 'make test          run the tests, with SLOW=1 the slow ones too; ARGS="tests/test_x.py -k name" runs some'
	@echo 'make test-newest   run the server tests with the newest $(SERVER_PACKAGES)'
	@echo 'make lint          check the style of code (ruff) and wording (scripts/prose.toml)'
	@echo 'make format        format the code and fix style (ruff)'
	@echo 'make types         check types (mypy, strict)'
	@echo 'make docs          run the examples of README.md and docs/, and build their site'
	@echo 'make docs-dev      serve the site of docs/; reload a page to see changed Markdown'
	@echo 'make bench         compare hyperpy with its peers'
	@echo 'make requirements  pin the newest versions in requirements/'
	@echo 'make dist          build the wheel and the source distribution, and try the wheel in a new environment'
	@echo 'make clean         delete everything that these targets created'
	@echo
	@echo 'Add PYTHON=3.15 to run a target on another version of Python.'

setup: $(READY)

$(READY): pyproject.toml requirements/dev.txt requirements/bench.txt scripts/setup $(wildcard scripts/*.py)
	@scripts/setup $(VENV) $(PYTHON)
	@printf %s '$(CURDIR)' > $@

dev: setup $(BROWSER_SCRIPTS)
	@$(BIN)/hyper dev --routes routes_example $(ARGS)

# Not a file target: the script is quick if there is nothing to fetch, and must run again once npm is installed.
.PHONY: $(BROWSER_SCRIPTS)
$(BROWSER_SCRIPTS): setup
	@$(BIN)/python scripts/fetch_browser_scripts.py $@

test: setup
	@$(BIN)/python -m pytest $(if $(ARGS),$(ARGS),--cov --numprocesses auto --dist worksteal)

# In an environment of its own, and without the upper bounds in pyproject.toml.
NEWEST := $(VENV)-newest
test-newest:
	@$(MAKE) --no-print-directory VENV=$(NEWEST) setup
	@PIP_ROOT_USER_ACTION=ignore $(NEWEST)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade \
		$(SERVER_PACKAGES)
	@$(NEWEST)/bin/python -c 'import sys; from importlib.metadata import version; \
		print("testing with", *(f"{name}=={version(name)}" for name in sys.argv[1:]))' $(SERVER_PACKAGES)
	@$(NEWEST)/bin/python -m pytest $(if $(ARGS),$(ARGS),tests/server tests/servers --numprocesses 3)

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@git ls-files -z '*.md' '*.py' | xargs -0 $(BIN)/python scripts/prose.py

format: setup
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: setup
	@$(BIN)/mypy

docs: setup
	@$(BIN)/python -m pytest tests/test_docs.py
	@cd docs/site && DOCS_STATIC=1 $(CURDIR)/$(BIN)/hyper build $(ARGS)
	@echo 'The site is in docs/site/dist/. Look at it with: python3 -m http.server --directory docs/site/dist'

docs-dev: setup
	@cd docs/site && $(CURDIR)/$(BIN)/hyper dev $(ARGS)

bench: setup
	@$(BIN)/python -m bench $(ARGS)

# Without indexes and hashes: the files must work behind any mirror.
COMPILE = $(UV) pip compile --quiet --upgrade --universal --python-version 3.14 --no-build \
	--custom-compile-command 'make requirements'
requirements: setup
	@test -x $(UV) || $(BIN)/python -m pip install --quiet --quiet --target .python/tools uv
	@$(COMPILE) pyproject.toml requirements/dev.in --output-file requirements/dev.txt
	@$(COMPILE) requirements/bench.in --constraints requirements/dev.txt --output-file requirements/bench.txt

dist: setup
	@$(BIN)/python scripts/distribution.py

clean:
	rm -rf .venv .venv-* .python $(BROWSER_SCRIPTS) editors/vscode/node_modules dist docs/site/dist harbour.db* .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
	find . -name __pycache__ -prune -exec rm -rf {} +
