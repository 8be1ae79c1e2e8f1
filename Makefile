# All that a newcomer types. On a fresh Debian or Ubuntu: `make demo`, then `make test`.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The Python to build the environment with (3.11 or later); more arguments for what is run.
PYTHON ?= python3
ARGS ?=

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet
THEATRON := $(VENV)/bin/theatron

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: warmup ## Install, compile, and broadcast a synthetic operation; no hardware needed
	@exec $(THEATRON) demo $(ARGS)

.PHONY: test
test: lint chromium ## Check style and types, then run all tests, those in a real browser too
	@exec $(PY) -m pytest $(ARGS)

.PHONY: lint
lint: $(VENV)/tools ## Check style (ruff) and types (mypy; the pages' own when they are built)
	@$(PY) -m ruff check --quiet .
	@$(PY) -m ruff format --check --quiet .
	@$(PY) -m mypy

.PHONY: format
format: $(VENV)/tools ## Rewrite the Python code in the project's style
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

.PHONY: build
build: $(VENV)/installed ## Make .venv, install the package into it, bundle the pages

.PHONY: warmup
warmup: $(VENV)/warm ## Compile the numba kernels, once, with a progress bar

.PHONY: soak
soak: warmup $(VENV)/tools chromium ## Watch one room for long: ARGS="--minutes 60"
	@exec $(PY) -m tests.e2e.soak $(ARGS)

.PHONY: bench
bench: warmup ## Measure this machine: ARGS="--help" lists what can be measured
	@exec $(THEATRON) bench $(ARGS)

.PHONY: clean
clean: ## Remove what was made: environment, pages, caches
	@rm -rf $(VENV) viewers/dist viewers/node_modules dist build test-artifacts
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---------------------------------------------------------------- what the above stand on

# $(call apt,REASON,PACKAGES): install Debian packages where we may, else say what to type.
apt = if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	  echo "$(1): installing $(2)."; \
	  apt-get update -qq; \
	  DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $(2) > /dev/null; \
	else \
	  echo "$(1). Type this once, then repeat:  sudo apt-get install $(2)" >&2; exit 1; \
	fi

# What the opencv-python wheel expects of the system.
LIBRARIES := libgl1 libglib2.0-0

# The bundle is made anew when a source of it changes, or when it is gone.
PAGES := $(shell find viewers \( -name node_modules -o -name dist \) -prune -o -type f \
	\( -name '*.ts' -o -name '*.css' -o -name '*.html' -o -name '*.json' -o -name '*.mjs' \) -print)
GONE := $(if $(wildcard viewers/dist/*),,bundle-is-gone)

# The test tools are the extras `test` and `dev` of pyproject.toml, without building the package
# again, and the Node that builds the pages, for their own tests.
TOOLS = import tomllib; \
	project = tomllib.load(open("pyproject.toml", "rb")); \
	extras = project["project"]["optional-dependencies"]; \
	node = [d for d in project["build-system"]["requires"] if d.startswith("nodejs")]; \
	print(*extras["test"], *(d for d in extras["dev"] if "theatron" not in d), *node, sep="\n")

$(PY):
	@command -v "$(PYTHON)" > /dev/null || { $(call apt,Python is missing,python3 python3-venv); }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Theatron needs Python 3.11 or later; $(PYTHON) is $$("$(PYTHON)" -V 2>&1)." \
	    "Name another:  make PYTHON=python3.12 demo" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2> /dev/null \
	  || { $(call apt,Python has no venv module,python3-venv); }
	@echo "Making the Python environment in $(VENV)."
	@"$(PYTHON)" -m venv --clear $(VENV)

.PHONY: bundle-is-gone
bundle-is-gone:

$(VENV)/installed: pyproject.toml hatch_build.py streamer/room/messages.py $(PAGES) $(GONE) | $(PY)
	@echo "Installing Theatron and bundling its pages; the first time takes a few minutes."
	@$(PIP) install --editable .
	@$(PY) -c 'import cv2' 2> /dev/null \
	  || { $(call apt,OpenCV needs system libraries,$(LIBRARIES)); }
	@$(PY) -c 'import cv2'
	@touch $@

$(VENV)/tools: pyproject.toml | $(VENV)/installed
	@echo "Installing the test tools."
	@$(PY) -c '$(TOOLS)' > $(VENV)/tools.txt
	@$(PIP) install --requirement $(VENV)/tools.txt
	@touch $@

$(VENV)/warm: $(VENV)/installed $(wildcard streamer/render/kernels/*.py)
	@$(THEATRON) warmup
	@touch $@

# The distribution's Chromium, because the one that Playwright brings has no H.264. Ubuntu has it
# as a snap only. THEATRON_CHROMIUM names another. Playwright's own Node needs libatomic.
.PHONY: chromium
chromium: $(VENV)/tools
	@for name in "$${THEATRON_CHROMIUM:-}" chromium chromium-browser google-chrome; do \
	  if [ -n "$$name" ] && command -v "$$name" > /dev/null; then found=yes; fi; \
	done; \
	if [ -n "$${found:-}" ]; then :; \
	elif grep -qs '^ID=ubuntu' /etc/os-release; then \
	  echo "The tests need Chromium. Type this once, then repeat:  sudo snap install chromium" >&2; \
	  exit 1; \
	else $(call apt,The tests need Chromium,chromium fonts-dejavu-core libnss3-tools); \
	fi
	@$(VENV)/lib/python3*/site-packages/playwright/driver/node --version > /dev/null 2>&1 \
	  || { $(call apt,Playwright needs a system library,libatomic1); }
