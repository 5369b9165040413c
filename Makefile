# `make` alone lists the targets. Each sets up what it needs from git, make and Python 3.11.
SHELL := /bin/sh
PYTHON ?=
export PYTHON

BIN := .venv/bin
READY := .venv/ready
ENGINE := $(wildcard $(addprefix src/restrike/,base pipeline codecs evaluation training worker))
COMPILE := $(BIN)/uv pip compile --quiet --generate-hashes --no-annotate --no-header \
	--no-emit-index-url --no-emit-find-links pyproject.toml --extra polars
UPGRADE ?=

.DEFAULT_GOAL := help
.PHONY: help demo test test-all test-long check format bench bench-cache docs lock clean

help: ## list these targets
	@echo "restrike: every training run reproducible by construction, and provably so."
	@echo
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'
	@echo
	@echo "All of them need only git, make and Python 3.11 or later; the rest goes into .venv."

$(READY): requirements/dev.txt pyproject.toml tools/set-up
	@tools/set-up

demo: $(READY) ## train on real data, spoil everything, reproduce the run by its ID
	@PATH="$(CURDIR)/$(BIN):$$PATH" examples/demo/demo

test: $(READY) ## run the tests (under eight minutes on two cores)
	$(BIN)/python -m pytest -n auto -m "not slow and not long" -q

test-all: $(READY) ## run the slow tests too
	$(BIN)/python -m pytest -n auto -m "not long" -q --durations=25

test-long: $(READY) ## run the tests that take minutes each, or install torch
	$(BIN)/python -m pytest -m long -q

check: $(READY) ## check format, style, types, floors and what must not be in the repository
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/mypy --python-version 3.10 $(ENGINE)
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/python -m pytest -q tests/house

format: $(READY) ## bring the source into the house's format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(READY) ## measure restrike against its budgets and against plain Python
	$(BIN)/python bench/run.py

bench-cache: $(READY) ## compare what is reused with other tools' caches, each in an environment of its own
	$(BIN)/python bench/cache/run.py

docs: $(READY) ## write the pages of docs that are made from the source
	$(BIN)/python tools/reference.py

lock: $(READY) ## write requirements/ anew from pyproject.toml (UPGRADE=1: with the newest versions)
	$(COMPILE) $(if $(UPGRADE),--upgrade) -o requirements/run.txt
	$(COMPILE) $(if $(UPGRADE),--upgrade) --group dev -o requirements/dev.txt

clean: ## remove .venv, caches and what was built
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests tools examples bench -name __pycache__ -type d -prune -exec rm -rf {} +
