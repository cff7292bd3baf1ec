# CNN Lab. `make` alone lists the targets; README.md has the same commands for machines without make.

PYTHON ?= python3
VENV ?= .venv
ARGS ?=
JOBS ?= 2

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
APP := $(VENV)/.requirements.stamp
DEV := $(VENV)/.requirements-dev.stamp

.DEFAULT_GOAL := help
.PHONY: help run test lint format bench study

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile

run: $(APP)  ## install what the app needs and open it in the browser
	$(BIN)/streamlit run app.py $(ARGS)

# Tests start some hundred processes: they share compiled code, whatever the environment says.
test: $(DEV)  ## run every test, two files at a time (ARGS="-k queue" picks some)
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(DEV)  ## check formatting, style, types and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict cnn_core
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile Dockerfile.service

format: $(DEV)  ## format the code and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(DEV)  ## measure this machine (benchmarks/README.md)
	$(BIN)/python -m benchmarks $(ARGS)

study: $(DEV)  ## kill a hundred runs while they write (ARGS="accuracy" picks another study)
	$(BIN)/python -m studies $(or $(ARGS),kills)

# Installed once: a stamp is newer than the files that it was installed from.
$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	  echo "CNN Lab needs Python 3.11, 3.12 or 3.13, but $(PYTHON) is: $$($(PYTHON) --version 2>&1)."; \
	  echo "Name another one: make run PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(APP): requirements.txt constraints.txt | $(VENV)/pyvenv.cfg
	$(PIP) install -r requirements.txt -c constraints.txt
	@touch $@

$(DEV): requirements-dev.txt $(APP)
	$(PIP) install -r requirements-dev.txt -c constraints.txt
	@touch $@
