# Everything a person does here, one target each. `make` alone lists them.
# Needs make and Python 3.11 or newer with venv; the rest goes into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

# A copy of requirements/dev.txt once .venv holds what that pins; and a mark that the project itself
# is in it.
LOCKED := $(VENV)/.locked
INSTALLED := $(VENV)/.installed

CHECK_PYTHON := $(PYTHON) -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' \
  2>/dev/null || { echo 'Pointsman needs Python 3.11 or newer with venv (Debian: apt install' \
  'python3-venv); name one with: make PYTHON=python3.11'; exit 2; }
# Twice quiet: errors still show, a machine's own pip settings do not.
PIP := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-input
PIP_COMPILE := CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet

# `make demo SECONDS=20` is short for `make demo ARGS="--seconds 20"`. Only from the command line:
# a variable of that name in the environment is some shell's own.
ifeq ($(origin SECONDS),command line)
DEMO_ARGS := --seconds $(SECONDS)
endif

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench campaign screenshots lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo '  Arguments go in ARGS: make demo ARGS="--seconds 20", make test ARGS=tests/routing'

setup: $(INSTALLED) ## make .venv; the command is .venv/bin/pointsman
	@:

demo: setup ## run the whole system on this machine, live (SECONDS=20 ends it by itself)
	@$(BIN)/pointsman demo $(DEMO_ARGS) $(ARGS)

# Tests that wait for a broker leave time to others: four processes are good for two cores. Each has
# a RabbitMQ of its own, and a file's tests stay together, one after another. ARGS=-n0 is one process.
# They start the command hundreds of times, each time compiled anew where Python may not keep that.
test: setup ## run all tests, the broker ones on a RabbitMQ of their own
	-@$(BIN)/python -m worker.demo.debian_package
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -q -n 4 --dist loadfile --no-loadscope-reorder $(ARGS)

check: setup ## format, lint, strict types, import rule
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/python -m mypy
	@$(BIN)/python -m pytest -q tests/test_layout.py

bench: setup ## measure throughput and CPU beside a bare relay
	@$(BIN)/python -m benchmarks $(ARGS)

campaign: setup ## faults at random on real brokers, then workers broken on purpose (ARGS=--help)
	@$(BIN)/python -m tests.campaign $(ARGS)
	@test -n '$(ARGS)' || $(BIN)/python -m tests.campaign mutants

screenshots: setup ## take the pictures of the console in docs/images, of the demo (needs chromium)
	@$(BIN)/python -m tests.console.screenshots $(ARGS)

lock: setup ## pin requirements again (ARGS=--upgrade takes newer versions)
	@$(PIP_COMPILE) $(ARGS) --extra worker --output-file requirements/worker.txt pyproject.toml
	@$(PIP_COMPILE) $(ARGS) --only-build-deps --build-deps-for wheel \
	  --output-file requirements/build.txt pyproject.toml
	@$(PIP_COMPILE) $(ARGS) --output-file requirements/dev.txt requirements/dev.in

clean: ## remove .venv and everything that tools leave behind
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Kept if only the date of the file changed.
$(LOCKED): requirements/dev.txt
	@cmp -s $< $@ || { $(CHECK_PYTHON) && echo 'Making $(VENV) (a minute or so, once) ...' && \
	  $(PYTHON) -m venv --clear $(VENV) && $(PIP) --require-hashes --requirement $<; }
	@cp $< $@

# The project goes in as a link to this folder: editing a file needs no new install.
$(INSTALLED): $(LOCKED) pyproject.toml
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@
	@echo 'Ready: $(BIN)/pointsman'
