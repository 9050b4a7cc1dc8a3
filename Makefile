# Everything a newcomer or CI runs. `make` alone lists it. ARGS goes to the command: make demo ARGS="--days 2".

PYTHON ?= python3
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up
PYTHON313 ?= $(firstword $(wildcard $(HOME)/.pyenv/versions/3.13.*/bin/python) $(shell command -v python3.13))
HOME_ASSISTANT := .venv-home-assistant
OPENADR_PEER := .venv-openadr
BEANCOUNT := .venv-beancount
NPM_STAMP := contracts/evm/node_modules/.package-lock.json

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo up report test check format-check lint types floors check-lock check-contracts evm peers client home-assistant lock-home-assistant openadr-peer beancount format lock clean

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make .venv with the locked dependencies and the gridpact command

$(STAMP): requirements/lock.txt requirements/uv.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; \
	sys.exit(0 if (3, 11) <= v <= (3, 13) else "Gridpact needs Python 3.11, 3.12 or 3.13; \"$(PYTHON)\" is %d.%d. Try: make setup PYTHON=python3.12" % v)'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	{ echo "$(PYTHON) cannot make environments. On Debian and Ubuntu: apt-get install python3-venv"; exit 3; }
	@echo "Gridpact: making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)
	@echo "Gridpact: fetching uv, pinned by hash"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@echo "Gridpact: installing the locked dependencies (the first time about a minute)"
	@$(BIN)/uv pip sync --python $(BIN)/python --require-hashes --compile-bytecode requirements/lock.txt
	@echo "Gridpact: installing the gridpact command"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --offline --no-deps --no-build-isolation --editable .
	@echo "Gridpact: reading the demonstration's profiles, once (about ten seconds)"
	@$(BIN)/python -c 'from pathlib import Path; from simulation.community import load_community as load; load(Path(".gridpact/demo/cache"))'
	@echo "Gridpact: compiling the market's loops, once (about a minute)"
	@$(BIN)/python -c 'from gridpact.warm import warm; warm()'
	@touch $@
	@echo "Gridpact: set-up done"

demo: setup ## A real trading day, fast-forwarded; ends with the table of figures
	@$(BIN)/gridpact demo $(ARGS)

up: setup ## The same in real time, with the API and the scheduler
	@$(BIN)/gridpact up $(ARGS)

report: setup ## One HTML page of the last demonstration
	@$(BIN)/gridpact report $(ARGS)

test: setup ## All tests (ARGS="tests/market -k clearing" for some)
	@$(BIN)/python -m pytest $(or $(ARGS),-n auto --maxprocesses 4 --dist loadfile)

check: format-check lint types floors check-lock ## What CI checks beside the tests

format-check: setup
	@$(BIN)/ruff format --check .

lint: setup
	@$(BIN)/ruff check .

types: setup
	@$(BIN)/mypy

floors: setup
	@$(BIN)/lint-imports

check-lock: setup ## Do pyproject.toml, the lock and the environment agree? Asks no network
	@$(BIN)/python requirements/check_lock.py

evm: $(NPM_STAMP) ## The Solidity compiler, OpenZeppelin's contracts and the test chain, from npm

$(NPM_STAMP): contracts/evm/package.json contracts/evm/package-lock.json
	@echo "Gridpact: installing solc, OpenZeppelin and anvil (npm ci in contracts/evm)"
	@cd contracts/evm && npm ci --no-fund --no-audit
	@touch $@

openadr-peer: $(OPENADR_PEER)/.set-up ## An OpenADR 3.1 client that others wrote, in an environment of its own, for its test

$(OPENADR_PEER)/.set-up: requirements/openadr-peer.txt $(STAMP)
	@echo "Gridpact: installing the OpenADR peer"
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(OPENADR_PEER)
	@$(BIN)/uv pip sync --quiet --python $(OPENADR_PEER)/bin/python --require-hashes $<
	@touch $@

beancount: $(BEANCOUNT)/.set-up ## bean-check, which audits the exported books, in an environment of its own, for its test

$(BEANCOUNT)/.set-up: requirements/beancount.txt $(STAMP)
	@echo "Gridpact: installing beancount"
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(BEANCOUNT)
	@$(BIN)/uv pip sync --quiet --python $(BEANCOUNT)/bin/python --require-hashes $<
	@touch $@

peers: ## What the tests talk to from npm: the devices and programs of other authors
	@for peer in tests/peers/*/package.json; do \
	echo "Gridpact: installing $$(dirname $$peer) (npm ci)"; (cd $$(dirname $$peer) && npm ci --no-fund --no-audit) || exit 1; done

client: setup ## Write client/api.py anew from the API's description
	@mkdir -p build
	@$(BIN)/gridpact openapi > build/openapi.json
	@$(BIN)/python -m client.generator < build/openapi.json > build/api.py
	@$(BIN)/ruff format --stdin-filename client/api.py - < build/api.py > build/api.formatted
	@mv build/api.formatted client/api.py

check-contracts: evm ## Recompile the contracts and compare byte for byte
	@cd contracts/evm && node compile.mjs --check

home-assistant: $(HOME_ASSISTANT)/.set-up ## Home Assistant in an environment of its own, for its test (needs Python 3.13)

$(HOME_ASSISTANT)/.set-up: requirements/home-assistant.txt | setup
	@test -n "$(PYTHON313)" || { echo "Home Assistant needs Python 3.13: make home-assistant PYTHON313=..."; exit 3; }
	@echo "Gridpact: making $(HOME_ASSISTANT) with $$($(PYTHON313) --version)"
	@$(PYTHON313) -m venv $(HOME_ASSISTANT)
	@$(BIN)/uv pip sync --quiet --python $(HOME_ASSISTANT)/bin/python --require-hashes requirements/home-assistant.txt
	@touch $@

lock-home-assistant: setup ## Write requirements/home-assistant.txt anew
	@$(BIN)/uv pip compile --quiet --python-version 3.13 --generate-hashes --no-annotate --no-emit-index-url \
	--custom-compile-command "make lock-home-assistant" requirements/home-assistant.in \
	--output-file requirements/home-assistant.txt

format: setup ## Rewrite the sources in the house format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: setup ## Write requirements/lock.txt anew from pyproject.toml (ARGS=--upgrade for newer versions)
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra demo --group dev \
	--generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
	--custom-compile-command "make lock" $(ARGS) pyproject.toml --output-file requirements/lock.txt

clean: ## Remove what set-up and tests made, keep the data directory
	rm -rf $(VENV) $(HOME_ASSISTANT) $(OPENADR_PEER) $(BEANCOUNT) contracts/evm/node_modules build gridpact.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
