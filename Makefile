# Data Workbench. `make help` lists what can be done.
# Needs Python 3.11 or 3.12 with pip, and make. Everything is installed into folders of its own.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Great Expectations imports in 8 s without compiled bytecode and in 3 s with it
unexport PYTHONDONTWRITEBYTECODE
unexport VIRTUAL_ENV

PYTHON ?= python3
UV := $(or $(shell command -v uv 2>/dev/null),.tools/bin/uv)
BIN := .venv/bin
LOCK := .ci/requirements.lock
INSTALLED := .venv/.installed
FRONT := workbench/front
BUNDLE := $(FRONT)/dist/licences.txt
FRONT_SOURCES := $(shell find $(FRONT) -maxdepth 1 -name "*.json" -o -maxdepth 1 -name "*.mjs") $(shell find $(FRONT)/src -type f) .ci/front

# tests wait for processes a quarter of their time: three for every two cores keep the cores busy
SIDE_BY_SIDE := $(shell cores=$$(nproc 2>/dev/null || echo 2); echo $$(( (cores * 3 + 1) / 2 )))

.PHONY: help install demo test soak lab bench lint lock clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(INSTALLED) ## install everything into .venv (the commands below do it by themselves)

demo: $(INSTALLED) ## messy budget and sales files become trusted tables, through queue and workers
	@$(BIN)/workbench demo

test: $(INSTALLED) ## the tests, and every notebook; names what this machine lacks; all with ARGS=--long
	@$(BIN)/pytest -n $(SIDE_BY_SIDE) --dist worksteal --nbmake tests notebooks $(ARGS)

soak: $(INSTALLED) ## break every promise, for an hour; ARGS="--only NAME --seed N --minutes M"
	@$(BIN)/python -m tests.soak $(ARGS)

lab: $(INSTALLED) ## the control room, in JupyterLab; WORKBENCH_PROJECT=… for another project
	@$(BIN)/workbench lab $(ARGS)

bench: $(INSTALLED) ## measure against the near-limits (minutes; leave the machine alone meanwhile)
	@$(BIN)/python -m tests.bench

lint: $(INSTALLED) ## ruff, mypy, the layers and the types of the portal's scripts
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@PYTHON=$(PYTHON) .ci/front check

lock: $(UV) ## choose the newest allowed versions anew and write them to the lock
	@$(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate --extra postgres --extra test \
	  --output-file $(LOCK) pyproject.toml
	@echo "wrote $(LOCK)"

clean: ## remove what was installed and cached; data in .workbench stays
	@rm -rf .venv .tools .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis dist build \
	  $(FRONT)/dist $(FRONT)/node_modules
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Again only when the scripts' sources or their lock changed
$(BUNDLE): $(FRONT_SOURCES) | $(UV)
	@echo "building the portal's scripts and styles"
	@PYTHON=$(PYTHON) .ci/front build || echo "  → all but the portal works without them"

# Again only when the lock or the package's description changed
$(INSTALLED): pyproject.toml $(LOCK) | $(UV) $(BUNDLE)
	@echo "installing into .venv (a minute or two the first time)"
	@test -x $(BIN)/python || $(UV) venv --quiet --no-python-downloads --python $(PYTHON) .venv
	@$(UV) pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r $(LOCK)
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

# Works where Debian's pip refuses to install system-wide and where the venv module is missing
.tools/bin/uv:
	@echo "fetching uv into .tools"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
	  --target .tools uv
