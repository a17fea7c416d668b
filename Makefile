.DEFAULT_GOAL := help
.PHONY: help setup up down reset sign-in test lint types fuzz probe readers chaos weekly bench check images check-images compose plan deploy docs terraform-check walkthrough audit screenshots
# One more than the processors of the smallest machine: tests that kill services mostly wait.
WORKERS ?= 3
JOBS ?= 300
KILL ?= all
DEFINITIONS ?= 300
BROKEN ?= 10%
FIX ?=
CHANGED ?=
PLATFORM ?=
PORT ?=
STATE ?= $(OA_LOCAL_STATE)
LOCAL_STATE = $(if $(STATE),--state "$(STATE)")
INPUTS ?= 20000
MINUTES ?= 30
COMBINATIONS ?= 5000
PATHS := shared services cli local tools tests terraform
PACKAGES := shared services/api services/dispatcher services/task cli local
ENV ?=
GIT_SHA ?= $(shell git rev-parse HEAD 2>/dev/null)
DOCKERFILES := services/api/Dockerfile services/dispatcher/Dockerfile services/task/Dockerfile local/Dockerfile terraform/images/api.Dockerfile
TOOLS := PYTHONPATH=tools .venv/bin/python -m

help: ## Show this help
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | while IFS='	' read -r name words; do printf '  make %-15s %s\n' "$$name" "$$words"; done

setup: ## Install everything for development into .venv
	@sh bin/bootstrap dev

up: ## Start the whole system on this machine and publish three sample sources; PORT=8000 STATE=FOLDER
	@sh bin/bootstrap
	@echo '[4/4] Starting'
	@exec .venv/bin/oa-local up $(if $(PORT),--port $(PORT)) $(LOCAL_STATE)

down: ## Stop the system that `make up` started, from another terminal; STATE=FOLDER
	@if [ -x .venv/bin/oa-local ]; then .venv/bin/oa-local down $(LOCAL_STATE); fi

sign-in: ## Print a link that signs you in as the admin of the running system
	@.venv/bin/oa-local sign-in $(LOCAL_STATE)

reset: down ## Stop the system and delete its state; STATE=FOLDER
	@$(if $(STATE),.venv/bin/oa-local reset $(LOCAL_STATE),rm -rf .local)

test: setup ## Run all tests
	@PYTHONDONTWRITEBYTECODE= .venv/bin/pytest -n $(WORKERS) --dist worksteal -q

lint: setup ## Check style, imports, dependencies, container files, workflows and scripts
	@.venv/bin/ruff check $(PATHS)
	@.venv/bin/ruff format --check $(PATHS)
	@PYTHONPATH=tools .venv/bin/lint-imports
	@for package in $(PACKAGES); do \
	  (cd $$package && $(CURDIR)/.venv/bin/deptry --no-ansi src) >.local/deptry.log 2>&1 || { echo "$$package:"; cat .local/deptry.log; exit 1; }; \
	done
	@.venv/bin/hadolint $(DOCKERFILES)
	@.venv/bin/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	@.venv/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@.venv/bin/zizmor --offline --quiet .github/workflows
	@.venv/bin/shellcheck bin/* .ci/run

types: setup ## Check types
	@.venv/bin/mypy
	@cd tests/bench && ../../.venv/bin/mypy --config-file ../../pyproject.toml api_*.py engine_*.py soak_*.py scale_*.py run.py idle_task.py

fuzz: setup ## Compare random definitions and rows with a plain reference, read random files, convert random sources; INPUTS=20000
	@cd tests && ../.venv/bin/python -m bench.fuzz $(INPUTS)
	@cd tests && ../.venv/bin/python -m fuzz.readers $(INPUTS)
	@cd tests && ../.venv/bin/python -m fuzz.damage $(INPUTS)
	@cd tests && ../.venv/bin/python -m fuzz.geometries $(INPUTS)
	@cd tests && ../.venv/bin/python -m fuzz.round_trips

screenshots: setup ## Take screenshots of every page in light, dark and on a phone, with axe and weights, in .local/screenshots
	@.venv/bin/pytest -q tests/browser/take_screenshots.py

probe: setup ## Send generated, odd and hostile requests as each role to a running API, crawl its pages; MINUTES=30 KIND=generated|pages|odd
	@cd tests && PYTHONPATH=../tools ../.venv/bin/python -m abuse.probe --minutes $(MINUTES) $(KIND)

readers: setup ## Read combinations of format, geometry, encoding, packing and damage; COMBINATIONS=5000|pairs|all
	@cd tests && ../.venv/bin/python -m readers.run $(COMBINATIONS) 2>/dev/null

chaos: setup ## Kill each service in the middle of 300 jobs; JOBS=300 KILL=api|dispatcher|batch|aws|postgres|all
	@.venv/bin/oa-local chaos --jobs $(JOBS) --kill $(KILL)

weekly: ## Run the weekly schedule over test towns; DEFINITIONS=300 BROKEN=10%, FIX=1 fixes them, CHANGED=20% compares two weeks
	@$(TOOLS) oa_tools.weekly $(if $(FIX),--fix,--definitions $(DEFINITIONS) $(if $(CHANGED),--changed $(CHANGED),--broken $(BROKEN)))

images: ## Build the container image of each service; needs a Docker engine; PLATFORM=linux/amd64|linux/arm64
	@sh bin/images $(PLATFORM)

check-images: setup ## Start each image of `make images` read-only, as its user, and let it do its main work
	@sh bin/check-images

compose: ## Start the system as containers with LocalStack; needs Docker Compose
	@sh bin/compose-env
	@docker compose up --build

bench: setup ## Measure speed and compare it with the baseline; ONLY=PREFIX selects benchmarks
	@.venv/bin/python tests/bench/run.py $(ONLY)

plan: ## Show the changes of a deployment; ENV=dev|staging|prod GIT_SHA=COMMIT (default HEAD)
	@sh bin/terraform plan "$(ENV)" "$(GIT_SHA)"

deploy: ## Push missing images and apply Terraform; ENV=dev|staging|prod GIT_SHA=COMMIT
	@sh bin/terraform apply "$(ENV)" "$(GIT_SHA)"

terraform-check: setup ## Check terraform/ without AWS: format, tests, scanner, a deployment with its roles on an emulated account
	@$(TOOLS) oa_tools.deployment $(TERRAFORM_CHECK)

walkthrough: setup ## Run the commands of docs/deploy.md as printed, against an emulated AWS account
	@$(TOOLS) oa_tools.deployment.walkthrough

docs: setup ## Write the generated pages of docs/: settings, failure codes, data model
	@$(TOOLS) oa_tools.reference

check: lint types test ## Run lint, types and test

audit: setup ## Look up known vulnerabilities of the locked packages; .ci/accepted-advisories lists exceptions
	@PYTHONPATH=tools .venv/bin/python -m oa_tools.audit
