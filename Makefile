# Every target sets up what it needs; all that is wanted beforehand is Python 3.11 or newer.
PYTHON ?= python3
BIN := .venv/bin
STACK ?= dev
ARGS ?=
# Each worker has a local cloud of its own; what takes long comes first, so that the workers end together.
IN_PARALLEL := -n 2 --dist loadfile --no-loadscope-reorder tests/e2e tests/browser tests/contract tests

# The two environments are made at once.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += --jobs=2
endif
export OPENBLAS_NUM_THREADS := 1

.DEFAULT_GOAL := help
.PHONY: help setup messages screenshots local down test check format bench load chaos pulumi prerequisites doctor cost migrate layers lock browser clean

help: ## List the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

setup: .venv/.ready .venv-emulator/.ready ## Install the project's and the emulator's packages

local: setup ## Start the whole product on this machine (STACK=, CATALOG=folder, MODELS=, PORT=, SET=, LOCAL_DIR=)
	@STACK=$(STACK) $(BIN)/python -m local up

down: setup ## Stop it from another terminal
	@$(BIN)/python -m local down

test: setup browser ## Run all tests (ARGS="tests/unit -k search" for some)
	$(BIN)/python -m pytest $(or $(ARGS),$(IN_PARALLEL))

check: setup ## Formatting, lint, types, then all tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(MAKE) test

format: setup ## Format the code and mend what lint can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup ## Measure and write docs/performance.md (ONLY=engine for one part)
	$(BIN)/pip install --quiet --require-hashes --requirement requirements/bench.txt
	$(BIN)/python -m benchmarks $(ONLY)

pulumi: setup # the CLI of the SDK's version, where there is none or another; for workflows
	curl --silent --show-error --fail --location https://get.pulumi.com | sh -s -- \
	  --version "$$($(BIN)/python -c 'import importlib.metadata as m; print(m.version("pulumi"))')"
	@[ -z "$$GITHUB_PATH" ] || echo "$$HOME/.pulumi/bin" >> "$$GITHUB_PATH"

prerequisites: setup ## Say what is missing before a deployment (STACK=prod)
	@$(BIN)/python -m operations.prerequisites $(STACK) $(ARGS)

doctor: setup ## Examine a deployed stack (STACK=prod, ARGS="--no-paid --json"; DESCRIPTION=.local/stack.json instead)
	@$(BIN)/python -m operations.doctor $(if $(DESCRIPTION),--description $(DESCRIPTION),$(STACK)) $(ARGS)

load: setup ## Let many shoppers come at once, at the highest rate that holds (ARGS="--rate 5 --stack FILE")
	@$(BIN)/python -m benchmarks.load $(ARGS) && $(BIN)/python -m benchmarks.report

chaos: setup ## Let things fail one after the other, and see what survives (ARGS="--only try-on")
	@$(BIN)/python -m benchmarks.chaos $(ARGS) && $(BIN)/python -m benchmarks.report

cost: setup ## Estimate what a stack costs a month (STACK=prod ARGS="--traffic large --queries 50000")
	@$(BIN)/python -m operations.cost $(STACK) $(ARGS)

migrate: setup ## Move the vectors of a stack, see docs/migration.md (ARGS="start|status|verify|switch|rollback")
	@$(BIN)/python -m operations.migrate $(ARGS)

messages: setup ## Bring the site's message files up to date with its code (ui/languages)
	@mkdir -p .build
	@$(BIN)/python -m babel.messages.frontend --quiet extract --mapping-file=ui/languages/babel.cfg \
	  --no-default-keywords -k say -k later -k say_many:1,2 --no-location --sort-output --project=virtual-stylist \
	  --output-file=.build/site.pot ui
	@for file in ui/languages/*.po; do \
	  $(BIN)/pybabel --quiet update --input-file=.build/site.pot --output-file=$$file --locale=$$(basename $$file .po) \
	    --no-fuzzy-matching --ignore-obsolete --omit-header --no-wrap || exit 1; \
	done

screenshots: setup browser ## Take pictures of every page in both themes and three sizes, and those of docs/tour.md
	$(BIN)/python -m tests.browser.screenshots

layers: setup ## Build the Lambda layers for arm64; needed before `pulumi up`
	$(BIN)/python -m layers arm64

browser: setup # the browser on the PATH, else Playwright's own, else Debian's package
	@$(BIN)/python -m tests.browser.find >/dev/null 2>&1 \
	  || $(BIN)/playwright install chromium >/dev/null 2>&1 \
	  || { apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } \
	  || echo "no browser could be installed: install Chromium and put it on the PATH"

lock: setup ## Pin every requirement anew, with hashes
	$(BIN)/pip install --quiet "uv>=0.9,<1"
	for name in layers/core layers/arrays layers/tokens layers/opensearch layers/runtime-client requirements/site requirements/dev requirements/bench requirements/emulator requirements/audit; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	    $$name.in --output-file $$name.txt || exit 1; \
	done

clean: ## Remove everything that was made (environments, builds, local state)
	rm -rf .venv .venv-emulator .build .local test-artifacts

.venv/.ready: requirements/dev.txt layers/core.txt layers/arrays.txt layers/tokens.txt layers/opensearch.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/dev.txt
	@touch $@

.venv-emulator/.ready: requirements/emulator.txt
	$(PYTHON) -m venv .venv-emulator
	.venv-emulator/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/emulator.txt
	@touch $@
