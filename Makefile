# Each target does its own set-up first; a second run finds it done. `make help` lists them.
#   PYTHON=python3.12 make test      another interpreter for .venv (3.11 or newer)
#   PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu make run      a smaller torch, without CUDA
#   TASK=demo.log-in make run        another task; `.venv/bin/webagent tasks demo` lists them
#   ARGS="-m 'not browser' -x" make test      further arguments for pytest
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help setup run test check wheel clean

# Without this, python puts the checkout on its path, and `import datasets` finds the folder here.
export PYTHONSAFEPATH := 1

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
TASK   ?= demo.book-workshop
REPORT ?= build/run-report
ARGS   ?=

help:  ## say what each target does
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/'

setup: $(VENV)/.browser  ## .venv, dependencies and a browser

run: setup  ## do a task on the bundled practice site (nothing there is real: --yes) and write a report
	@$(BIN)/webagent run --task $(TASK) --yes --out $(REPORT) --report $(REPORT)

test: setup  ## run all tests
	@$(BIN)/pytest $(ARGS)

check: setup wheel  ## linter, format and the types of the built wheel
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@rm -rf build/typed && mkdir -p build/typed
	@$(BIN)/python -m zipfile -e build/wheel/webagent-*.whl build/typed
	@cd build/typed && MYPYPATH=. $(abspath $(BIN))/mypy --config-file $(CURDIR)/pyproject.toml -p webagent

wheel: $(VENV)/.installed  ## build/wheel/webagent-….whl
	@rm -rf build/lib build/bdist.* build/wheel  # setuptools would pack what an earlier build left there
	@$(BIN)/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir build/wheel .

clean:  ## remove what was built, .venv included
	@rm -rf build dist *.egg-info $(VENV)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "expected Python 3.11 or newer, found: $$($(PYTHON) --version 2>&1); set PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv; \
	  else \
	    echo "Python's venv module is missing; run: sudo apt-get install -y python3-venv" >&2; exit 1; \
	  fi; }
	@$(PYTHON) -m venv --clear $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing dependencies into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt pip setuptools wheel
	@$(BIN)/pip install -c constraints.txt torch
	@$(BIN)/pip install -c constraints.txt --no-build-isolation -e '.[dev,train,record]'
	@touch $@

$(VENV)/.browser: $(VENV)/.installed
	@$(BIN)/webagent install
	@touch $@
