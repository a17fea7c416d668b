.DEFAULT_GOAL := help
.PHONY: help setup up down reset sign-in test lint types fuzz chaos weekly bench check images compose plan deploy terraform-check
# One more than the processors of the smallest machine: tests that kill services wait for most of their time.
WORKERS ?= 3
JOBS ?= 300
KILL ?= all
DEFINITIONS ?= 300
BROKEN ?= 10%
INPUTS ?= 20000
PATHS := shared services cli local tests terraform
ENV ?=
GIT_SHA ?= $(shell git rev-parse HEAD 2>/dev/null)
DOCKERFILES := services/api/Dockerfile services/dispatcher/Dockerfile services/task/Dockerfile local/Dockerfile terraform/images/api.Dockerfile

help: ## Say what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | while IFS='	' read -r name words; do printf '  make %-15s %s\n' "$$name" "$$words"; done

setup: ## Install everything for development into .venv
	@sh bin/bootstrap dev

up: ## Start the whole system on this machine and show three sample sources
	@sh bin/bootstrap
	@exec .venv/bin/oa-local up

down: ## Stop what `make up` started, from another terminal
	@if [ -x .venv/bin/oa-local ]; then .venv/bin/oa-local down; fi

sign-in: ## Print a link that signs you in to what `make up` started, as its admin
	@.venv/bin/oa-local sign-in

reset: down ## Stop and remove all state of this machine
	@rm -rf .local

test: setup ## Run all tests
	@PYTHONDONTWRITEBYTECODE= .venv/bin/pytest -n $(WORKERS) --dist worksteal -q

lint: setup ## Check style, imports between packages, container files, workflows and scripts
	@.venv/bin/ruff check $(PATHS)
	@.venv/bin/ruff format --check $(PATHS)
	@.venv/bin/lint-imports
	@.venv/bin/hadolint $(DOCKERFILES)
	@.venv/bin/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	@.venv/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@.venv/bin/zizmor --offline --quiet .github/workflows
	@.venv/bin/shellcheck bin/* .ci/run

types: setup ## Check types
	@.venv/bin/mypy
	@cd tests/bench && ../../.venv/bin/mypy --config-file ../../pyproject.toml api_*.py engine_*.py run.py idle_task.py

fuzz: setup ## Random definitions and rows against a plain reference, random files through the readers; INPUTS=20000
	@cd tests && ../.venv/bin/python -m bench.fuzz $(INPUTS)
	@cd tests && ../.venv/bin/python -m fuzz.readers $(INPUTS)

chaos: setup ## Kill each service in the middle of 300 jobs; JOBS=300 KILL=api|dispatcher|batch|aws|postgres|all
	@.venv/bin/oa-local chaos --jobs $(JOBS) --kill $(KILL)

weekly: setup ## Take made-up towns through the weekly run of the running stack; DEFINITIONS=300 BROKEN=10%
	@.venv/bin/oa-local weekly --definitions $(DEFINITIONS) --broken $(BROKEN)

images: ## Build the container image of each service; needs a Docker engine
	@sh bin/images

compose: ## Start the system as containers with LocalStack; needs Docker with compose
	@sh bin/compose-env
	@docker compose up --build

bench: setup ## Measure speed, each figure beside its baseline; ONLY=api takes those whose name begins so
	@.venv/bin/python tests/bench/run.py $(ONLY)

plan: ## Show what deploy would change; ENV=dev|staging|prod GIT_SHA=<commit, by default HEAD>
	@sh bin/terraform plan "$(ENV)" "$(GIT_SHA)"

deploy: ## Push images if need be and apply Terraform; ENV=dev|staging|prod GIT_SHA=<commit>
	@sh bin/terraform apply "$(ENV)" "$(GIT_SHA)"

terraform-check: setup ## Check terraform/ without AWS: format, tests, scanner, apply against an emulator, one job
	@.venv/bin/python -m oa_local.deployment $(TERRAFORM_CHECK)

check: lint types test ## All of lint, types and test
