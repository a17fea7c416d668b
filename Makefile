# OpenAddresses Batch. `make help` lists what can be done.
SHELL := /bin/sh
.DEFAULT_GOAL := help
UV_VERSION := 0.13.9
UV := .local/tools/bin/uv
export UV_PYTHON_DOWNLOADS := never
PYTHON ?= python3

.PHONY: help setup test lint types format check

help: ## List what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(UV):
	@$(PYTHON) -m venv .local/tools
	@.local/tools/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

setup: $(UV) ## Make the virtual environment from the lock file
	@$(UV) sync --frozen --quiet --python $(PYTHON)

test: setup ## Run every test
	.venv/bin/pytest -n 2

lint: setup ## Style, formatting and import rules
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports

types: setup ## Static types
	.venv/bin/mypy

format: setup ## Put the code into its format
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

check: ## All that CI does
	.ci/run
