# What a person does with this repository. Needs python3 (3.11 or newer, with venv), make and a
# C compiler; everything else goes into .venv. `make` alone lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
COMPILED := .compiled
NODE := tests/e2e/node
NODE_READY := $(NODE)/node_modules/.ready
PYTEST := $(BIN)/python -m pytest
# Tests at a time; those that measure or kill run alone.
WORKERS ?= 2
# Random cases per law: few while working, the promised number in `check`.
CHECK_CASES := 2000
# Options for `make demo`, for example ARGS="--speed 600".
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint check compile plain bench pin clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

setup: $(READY) ## install everything into .venv (quick when nothing changed)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Ebbline needs Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input \
	  --require-hashes --only-binary :all: --requirement constraints.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input \
	  --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## a simulated shop, audiences, and a Braze sandbox receiving them
	@$(BIN)/ebbline demo $(ARGS)

test: $(READY) ## the quick suite
	@$(PYTEST) -n $(WORKERS) -m "not slow and not alone and not full"

lint: $(READY) ## style, types and the order of the rooms
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

check: $(READY) lint $(NODE_READY) ## everything that must hold before a change lands
	@EBBLINE_CASES=$(CHECK_CASES) $(PYTEST) -m "alone and not full" || test $$? -eq 5 # none
	@EBBLINE_CASES=$(CHECK_CASES) $(PYTEST) -n $(WORKERS) --dist worksteal -m "not alone and not full"

$(NODE_READY): $(NODE)/package.json
	@command -v npm >/dev/null || { echo "make check drives the Node SDK too: install node and npm" >&2; exit 1; }
	@cd $(NODE) && npm install --no-package-lock --no-audit --no-fund --ignore-scripts --loglevel error
	@touch $@

compile: $(READY) ## the hot path through mypyc, in place: same source, same tests, faster
	@$(BIN)/python tools/compile.py

plain: $(READY) ## back to plain Python after `make compile`
	@$(BIN)/python tools/compile.py --remove

bench: $(READY) $(COMPILED)/.ready ## what an event costs, on this machine (PLAIN=1: without mypyc)
	@PYTHONPATH=$(if $(PLAIN),src,$(COMPILED)) $(BIN)/python -m benchmarks $(ARGS)

# The same source with its hot path compiled, beside it: editing src never meets a stale build.
$(COMPILED)/.ready: $(READY) tools/compile.py $(shell find src -name '*.py')
	@rm -rf $(COMPILED) && mkdir $(COMPILED) && cp -r src/ebbline $(COMPILED)/
	@$(BIN)/python tools/compile.py --source $(COMPILED)
	@touch $@

pin: $(READY) ## write constraints.txt anew (ARGS=--upgrade takes the newest versions)
	@$(BIN)/python tools/pin.py $(ARGS)

clean: ## remove what the other targets made
	@rm -rf $(VENV) $(COMPILED) $(NODE)/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
