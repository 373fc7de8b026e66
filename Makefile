# The README's commands. A virtual environment is made beside this file, once; nothing else of the machine is touched.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

VENV := .venv
BIN := $(VENV)/bin
# Two at a time by default; `make test JOBS=0` runs all in one process.
JOBS ?= 2
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Compiled ahead, so that no start compiles: not everywhere may Python write what it compiled.
COMPILE = $(BIN)/python -m compileall -q core tui

.PHONY: help demo test lint format clean

help: ## say what there is
	@echo "make demo    open the app on an example repository (EXAMPLE=flux for another one)"
	@echo "make test    run all tests"
	@echo "make lint    ruff, mypy and the import contracts"
	@echo "make format  lay the code out"
	@echo "make clean   remove what was made here"

demo: $(VENV)/.installed
	@$(BIN)/liftlock demo $(if $(EXAMPLE),--example $(EXAMPLE))

test: $(VENV)/.installed-dev
	@$(BIN)/python -m pytest $(if $(filter-out 0,$(JOBS)),-n $(JOBS) --dist loadscope) $(TESTS)

lint: $(VENV)/.installed-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@PYTHONPATH=core:tui $(BIN)/lint-imports --no-logo

format: $(VENV)/.installed-dev
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find core tui tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# The first python that is new enough; PYTHON=/path/to/python chooses another one.
$(BIN)/python:
	@set -e; \
	for python in $(PYTHON) python3.11 python3.12 python3.13 python3.14 python3 python; do \
	  if command -v "$$python" >/dev/null 2>&1 && "$$python" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "setting up $(VENV) with $$($$python --version)"; \
	    "$$python" -m venv $(VENV) || { \
	      rm -rf $(VENV); echo "$$python cannot make a virtual environment; on Debian: apt install python3-venv" >&2; exit 1; }; \
	    exit 0; \
	  fi; \
	done; \
	echo "liftlock needs Python 3.11 or later, and none is on PATH" >&2; exit 1

$(VENV)/.installed: pyproject.toml setup.py | $(BIN)/python
	@echo "installing liftlock (once)"
	@$(BIN)/python -m pip install --quiet -e .
	@$(COMPILE)
	@touch $@

$(VENV)/.installed-dev: pyproject.toml setup.py | $(BIN)/python
	@echo "installing liftlock and what its tests need (once)"
	@$(BIN)/python -m pip install --quiet -e '.[dev]'
	@$(COMPILE)
	@touch $@ $(VENV)/.installed
